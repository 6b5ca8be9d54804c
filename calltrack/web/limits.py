"""Pages are asked for no oftener than people can look at them (rate.py); who asks too fast is told when to go on."""

from contextlib import suppress

from flask import current_app, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import TooManyRequests

from calltrack.accounts.sign_in import Visitor
from calltrack.rate import wait_for_person, wait_for_stranger
from calltrack.web.visitors import find_visitor

_TOO_MANY = "Too many requests came from here in a short time. Wait a moment, then go on."
# What a page brings along, what a carrier fetches for a caller, and what has limits, or none, of its own.
_FREE = ("/assets/", "/sounds/", "/healthz", "/readyz", "/metrics", "/api/", "/webhooks/")


def limit_pages() -> None:
    """Before a request. Raises TooManyRequests (429, with Retry-After). Tests ask faster than anybody else may."""
    if current_app.testing or request.path.startswith(_FREE):
        return
    known: Visitor | None = None
    with suppress(SQLAlchemyError):  # what the page itself asks of a database that is away says so better
        known = find_visitor()
    wait = wait_for_person(user_id=known.user_id) if known else wait_for_stranger(address=request.remote_addr)
    if wait:
        raise TooManyRequests(_TOO_MANY, retry_after=wait)
