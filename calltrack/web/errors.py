"""Error pages: what happened, and what to do about it. The programs' doors answer their own errors."""

from contextlib import suppress

from flask import Blueprint, Flask, render_template
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException, default_exceptions

from calltrack.web.guard import is_for_programs
from calltrack.web.visitors import find_visitor

_ADVICE = {
    400: ("This could not be read", "Go back, check what you entered and send it again."),
    403: ("Not allowed", "Your role may not do this. Ask an administrator of your company."),
    404: ("Not found", "Nothing is at this address, or it belongs to another company. Check the address."),
    405: ("Not possible this way", "This address only takes what a form sends. Go back and use the button there."),
    413: ("Too large", "What you sent is more than this form takes. Shorten it and send it again."),
    416: ("Not that long", "The recording ends before the place that was asked for. Play it from its beginning."),
    500: ("Something went wrong here", "Try again in a minute; if it stays, tell whoever runs this server."),
    503: ("Away for a moment", "Something this page needs cannot be reached. Try again in a minute."),
}
_OLD_FORM = (
    "This form is out of date",
    "Nothing was changed. Go back, reload the page and send the form again. If it happens each time, allow cookies.",
)


def init_pages(site: Blueprint) -> None:
    """Errors at the addresses of pages."""
    site.register_error_handler(HTTPException, error_page)
    site.register_error_handler(500, error_page)


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
    return render_template("errors/error.html", code=code, title=title, advice=advice), code


def _unknown_address(error: HTTPException) -> ResponseReturnValue:
    if is_for_programs():
        return error
    with suppress(SQLAlchemyError):  # then the page greets a stranger: what is missing is not the database's fault
        find_visitor()
    return error_page(error)
