"""Error pages: what happened, and what to do about it. The programs' doors answer their own errors."""

import logging
from contextlib import suppress

from flask import Blueprint, Flask, current_app, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from werkzeug.exceptions import Conflict, HTTPException, ServiceUnavailable, default_exceptions

from calltrack.db import AWAY
from calltrack.web.guard import is_for_programs
from calltrack.web.visitors import find_visitor

_ADVICE = {
    400: ("This could not be read", "Go back, check what you entered and send it again."),
    403: ("Not allowed", "Your role may not do this. Ask an administrator of your company."),
    404: ("Not found", "Nothing is at this address, or it belongs to another company. Check the address."),
    405: ("Not possible this way", "This address only takes what a form sends. Go back and use the button there."),
    409: (
        "Somebody else was faster",
        "Go back, reload the page to see what they did, and do yours again if needed.",
    ),
    413: ("Too large", "What you sent is more than this form takes. Shorten it and send it again."),
    416: ("Not that long", "The recording ends before the place that was asked for. Play it from its beginning."),
    429: ("Too fast", "Too many requests came from here in a short time. Wait a moment, then go on."),
    500: ("Something went wrong here", "Try again in a minute; if it stays, tell whoever runs this server."),
    503: ("Away for a moment", "Something this page needs cannot be reached. Try again in a minute."),
}
_DATABASE_AWAY = "The database cannot be reached at this moment. Try again shortly; look first whether a form was kept."
_OLD_FORM = (
    "This form is out of date",
    "Nothing was changed. Go back, reload the page and send the form again. If it happens each time, allow cookies.",
)
_log = logging.getLogger(__name__)


def init_pages(site: Blueprint) -> None:
    """Errors at the addresses of pages."""
    site.register_error_handler(HTTPException, error_page)
    site.register_error_handler(500, error_page)
    site.register_error_handler(IntegrityError, _two_writers_met)
    for away in AWAY:
        site.register_error_handler(away, _database_away)


def init_app(app: Flask) -> None:
    """Errors at addresses that do not exist, or not for this method: no blueprint is asked about those."""
    for code in (404, 405):
        app.register_error_handler(code, _unknown_address)


def error_page(error: HTTPException) -> ResponseReturnValue:
    """The page for an error, in the layout of all others; redirects and the like pass through."""
    code = error.code or 500
    if code < 400 or error.response is not None:
        return error
    title, advice = _ADVICE.get(code, (error.name, _ADVICE[500][1]))
    if isinstance(error, CSRFError):
        title, advice = _OLD_FORM
    elif error.description and error.description != default_exceptions[code].description:
        advice = error.description
    headers = {name: value for name, value in error.get_headers() if name != "Content-Type"}
    return render_template("errors/error.html", code=code, title=title, advice=advice), code, headers


def _database_away(error: Exception) -> ResponseReturnValue:
    """Who is signed in may be unknown then; the page greets a stranger and asks the database nothing."""
    _log.error("the database is away: %s", getattr(error, "orig", error))
    return error_page(ServiceUnavailable(_DATABASE_AWAY, retry_after=5))


def _two_writers_met(error: IntegrityError) -> ResponseReturnValue:
    """Race: somebody else wrote the same key between our look and our write; the unique key let one of us win."""
    _log.info("two writers met: %s", error.orig)
    return error_page(Conflict())


def _page_above(path: str) -> str | None:
    """The page of a form in the settings: a form that was refused is shown at the form's own address, and whoever
    reloads it, or comes back to it, asks for that as for a page."""
    above = path.rstrip("/").rpartition("/")[0]
    while f"{above}/".startswith("/settings/"):
        with suppress(HTTPException):
            current_app.create_url_adapter(request).match(above, method="GET")  # type: ignore[union-attr]
            return above
        above = above.rpartition("/")[0]
    return None


def _unknown_address(error: HTTPException) -> ResponseReturnValue:
    if is_for_programs():
        return error
    if error.code == 405 and request.method == "GET" and (page := _page_above(request.path)):
        return redirect(page, 303)
    with suppress(SQLAlchemyError):  # then the page greets a stranger: what is missing is not the database's fault
        find_visitor()
    return error_page(error)
