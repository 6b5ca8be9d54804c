"""The ledger of what was changed and has no ledger of its own: a row a field, written with the change itself."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.audit import add_details
from calltrack.models import Change
from calltrack.phone import mask_numbers

Noun = Literal[
    "account", "agent", "campaign", "customer", "flow", "identity provider", "invitation", "job", "job type", "key",
    "ledger account", "number", "person", "reason", "sound", "task",
]  # fmt: skip
# Whose values are people's own: the audit trail, which nothing is taken out of, names the fields alone.
_PERSONAL: tuple[Noun, ...] = ("customer", "job", "task")


def record(
    session: Session, *, account_id: int, noun: Noun, noun_id: int, fields: Mapping[str, tuple[object, object]], by: str
) -> None:
    """Keep each field's (was, now) where the two differ. None: there was, or is, nothing."""
    moment = datetime.now(UTC)
    changed = {field: (was, now) for field, (was, now) in fields.items() if was != now}
    add_details(session, (_told(noun, field, *values) for field, values in changed.items()))
    session.add_all(
        Change(
            account_id=account_id, noun=noun, noun_id=noun_id, field=field, was=_written(was), now=_written(now),
            changed_by=by, changed_at=moment,
        )
        for field, (was, now) in changed.items()
    )  # fmt: skip


def changes_of(session: Session, *, account_id: int, noun: Noun, noun_id: int) -> list[Change]:
    """What was changed of one thing, oldest first."""
    return list(
        session.scalars(
            select(Change)
            .where(Change.account_id == account_id, Change.noun == noun, Change.noun_id == noun_id)
            .order_by(Change.id)
        )
    )


def newest_changes(session: Session, *, account_id: int, noun: Noun, limit: int = 100) -> list[Change]:
    """The newest changes of all things of one kind, oldest first: for a page that shows them all."""
    own = select(Change).where(Change.account_id == account_id, Change.noun == noun)
    return list(session.scalars(own.order_by(Change.id.desc()).limit(limit)))[::-1]


def _told(noun: Noun, field: str, was: object, now: object) -> str:
    if noun in _PERSONAL:
        return field
    before, after = (one if one is None else str(one)[:80] for one in (was, now))
    return mask_numbers(f"{field}: {before or 'nothing'} to {after or 'nothing'}")


def _written(value: object) -> str | None:
    return None if value is None else str(value)[:500]
