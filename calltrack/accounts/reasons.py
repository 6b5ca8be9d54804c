"""An account's reasons for a label: added, taken out of use, brought back. None is ever renamed or removed: labels keep
the word that they gave."""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.changes import record
from calltrack.models import Account, Reason

LABELS = ("lead", "excused")
LONGEST_REASON = 60


class BadReason(ValueError):
    """A reason that cannot be; the message says what to do."""


class ReasonTaken(BadReason):
    """The account has this reason already."""


def list_reasons(session: Session, *, account: Account) -> list[Reason]:
    """The account's reasons in the order they were made, retired ones too."""
    return list(session.scalars(select(Reason).where(Reason.account_id == account.id).order_by(Reason.id)))


def find_reason(session: Session, *, account: Account, reason_id: int) -> Reason | None:
    """The account's own reason of that id."""
    return session.scalar(select(Reason).where(Reason.account_id == account.id, Reason.id == reason_id))


def add_reason(session: Session, *, account: Account, label: str, name: str, by: str) -> Reason:
    """A new reason for one label, or a retired one of that label on offer again. Raises BadReason, ReasonTaken.

    Upper and lower case are the same word, so that no two reasons are told apart by that alone.
    """
    if label not in LABELS:
        raise BadReason(f"a reason belongs to one of: {', '.join(LABELS)}; not to {label!r}")
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_REASON:
        raise BadReason(f"a reason has 1 to {LONGEST_REASON} characters")
    # Race: two people add the same reason in different case, which no unique key would see.
    session.get_one(Account, account.id, with_for_update={"key_share": True})
    known = next((one for one in list_reasons(session, account=account) if one.name.lower() == name.lower()), None)
    if known is not None and (known.retired_at is None or known.label != label):
        state = "" if known.retired_at is None else ", retired"
        raise ReasonTaken(f"there is a reason {known.name!r} for {known.label} already{state}")
    if known is not None:
        restore_reason(session, reason=known, by=by)
        return known
    reason = Reason(account_id=account.id, label=label, name=name)
    session.add(reason)
    session.flush()
    record(
        session, account_id=account.id, noun="reason", noun_id=reason.id, fields={"name": (None, name)}, by=by
    )  # fmt: skip
    return reason


def retire_reason(session: Session, *, reason: Reason, by: str) -> None:
    """Offer the reason no longer; labels that gave it keep it."""
    _set_retired(session, reason=reason, retired_at=reason.retired_at or datetime.now(UTC), by=by)


def restore_reason(session: Session, *, reason: Reason, by: str) -> None:
    """Offer the reason again."""
    _set_retired(session, reason=reason, retired_at=None, by=by)


def _set_retired(session: Session, *, reason: Reason, retired_at: datetime | None, by: str) -> None:
    fields = {"retired": ("yes" if reason.retired_at else None, "yes" if retired_at else None)}
    reason.retired_at = retired_at
    record(session, account_id=reason.account_id, noun="reason", noun_id=reason.id, fields=fields, by=by)
    session.flush()
