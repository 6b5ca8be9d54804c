"""Who is at the door, and whether they may do what they ask for."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import ParamSpec

from flask import Response, abort, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from calltrack.accounts.roles import ACTIONS, may
from calltrack.accounts.sessions import mark_seen
from calltrack.accounts.sign_in import Visitor, who_is
from calltrack.audit import Deed
from calltrack.ground import ground
from calltrack.traces import keep_to, leave
from calltrack.web.cookies import SIGN_IN, read_cookie
from calltrack.web.forms import asks_by_htmx

P = ParamSpec("P")


def requires(
    action: str, *, leaves: Deed | None = None
) -> Callable[[Callable[P, ResponseReturnValue]], Callable[P, ResponseReturnValue]]:
    """Mark a view with the action that its visitor must be allowed; the sign-in page is offered to who is unknown.

    `leaves`: what having been shown or given its answer is in the audit trail. What changes something is there by
    itself.
    """
    if action not in ACTIONS:
        raise KeyError(action)

    def mark(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
        @wraps(view)
        def guarded(*args: P.args, **values: P.kwargs) -> ResponseReturnValue:
            known = find_visitor()
            if known is None:
                return _to_sign_in()
            if not may(known.role, action, limited=known.campaign_ids is not None):
                leave(known, deed="refused", action=action)
                abort(403, _refusal(known, action))
            keep_to(known, action=action)
            if leaves is None:
                return view(*args, **values)
            answer = current_app.make_response(view(*args, **values))
            if answer.status_code < 400:
                leave(known, deed=leaves, action=action)
            return answer

        vars(guarded).update(action=action, leaves=leaves)
        return guarded

    return mark


def _refusal(known: Visitor, action: str) -> str:
    company = known.account.name
    if may(known.role, action):
        return f"You see only some campaigns of {company}, and this is about the whole company."
    return f"Your role ({known.role}) may not do this. Ask an administrator of {company}."


def find_visitor() -> Visitor | None:
    """Who is signed in in this browser; asked of the database once a request."""
    if "visitor" not in g:
        token = read_cookie(SIGN_IN)
        g.visitor = None
        if token:
            with ground().database.read() as session:
                g.visitor = who_is(session, token=token)
        if token and g.visitor:
            mark_seen(ground().database.whole, token=token, seen_at=g.visitor.seen_at, now=datetime.now(UTC))
    found: Visitor | None = g.visitor
    return found


def visitor() -> Visitor:
    """Who is signed in, in a view that `requires` an action."""
    found = find_visitor()
    if found is None:
        abort(403)
    return found


def visitor_may(action: str) -> bool:
    """Whether to show the visitor a button. Asks what is known already: an error page must not ask the database."""
    known: Visitor | None = g.get("visitor")
    return known is not None and may(known.role, action, limited=known.campaign_ids is not None)


def _to_sign_in() -> Response:
    if request.method not in ("GET", "HEAD"):
        abort(403, "You are no longer signed in, so nothing was changed. Sign in and do it again.")
    if asks_by_htmx():  # the sign-in page is none to be put into another
        return Response(status=403, headers={"HX-Refresh": "true"})
    answer = redirect(url_for("web.sign_in.form", next=request.full_path.removesuffix("?")))
    assert isinstance(answer, Response)  # noqa: S101 - for the type checker: this is Flask's own redirect
    return answer
