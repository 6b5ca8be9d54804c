"""The audit trail: who saw, played, downloaded, changed or exported what, and when.

A change and its entry are one transaction: a door gives the sessions of a request that may change something a `Trace`
(Database.within), and whichever commits leaves it. Nothing can take an entry back (the database's triggers refuse).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import event
from sqlalchemy.orm import Session

from calltrack.models import AuditEntry

Deed = Literal["saw", "played", "downloaded", "exported", "changed", "refused", "entered", "left", "failed"]
LONGEST_DETAIL = 2000


@dataclass
class Trace:
    """What a request is about to do, and what its changes add to that: `details`, a sentence each."""

    account_id: int
    who: str
    address: str | None
    action: str
    route: str
    noun: str | None
    noun_id: str | None
    details: list[str] = field(default_factory=list)
    left: bool = False


def note(
    session: Session,
    *,
    account_id: int,
    who: str,
    deed: Deed,
    action: str,
    route: str,
    noun: str | None = None,
    noun_id: str | None = None,
    detail: str | None = None,
    address: str | None = None,
) -> None:
    """Leave an entry that becomes true with the session's transaction. No secret, no whole phone number and nothing
    that anybody said may be in it: it stays when all of that is erased."""
    entry = AuditEntry(
        account_id=account_id, at=datetime.now(UTC), who=who[:320], address=address, deed=deed, action=action[:40],
        route=route[:120], noun=noun, noun_id=noun_id[:120] if noun_id else None,
        detail=detail[:LONGEST_DETAIL] if detail else None,
    )  # fmt: skip
    session.add(entry)


def add_details(session: Session, details: Iterable[str]) -> None:
    """Say more of what the request at hand changes, if one is at hand."""
    trace: Trace | None = session.info.get("trace")
    if trace is not None:
        trace.details += details


@event.listens_for(Session, "before_commit")
def _leave(session: Session) -> None:
    trace: Trace | None = session.info.get("trace")
    if trace is None or session.in_nested_transaction() or (trace.left and not trace.details):
        return
    note(
        session,
        account_id=trace.account_id,
        who=trace.who,
        deed="changed",
        action=trace.action,
        route=trace.route,
        noun=trace.noun,
        noun_id=trace.noun_id,
        detail="; ".join(trace.details) or None,
        address=trace.address,
    )


@event.listens_for(Session, "after_commit")
def _has_left(session: Session) -> None:
    trace: Trace | None = session.info.get("trace")
    if trace is not None and not session.in_nested_transaction():
        trace.left, trace.details = True, []


@event.listens_for(Session, "after_rollback")
def _nothing_came_of_it(session: Session) -> None:
    trace: Trace | None = session.info.get("trace")
    if trace is not None and not session.in_nested_transaction():
        trace.details = []
