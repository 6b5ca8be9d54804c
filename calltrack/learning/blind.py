"""Asking and answering the blind sample: which drawn calls still wait, and what a person says of one."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from calltrack.calls.labels import BadLabel, label_call, undo_label
from calltrack.calls.reading import read_call
from calltrack.models import BlindCheck, Call, Recording

CANNOT_TELL = "cannot tell"
ANSWERS = ("lead", "excused", CANNOT_TELL)


class Answered(ValueError):
    """The check has an answer already; the message says whose."""


@dataclass(frozen=True)
class Unseen:
    """A drawn call as it is shown to whoever labels it blind: what was said, and nothing that anybody made of it."""

    check_id: int
    call: Call
    recording: Recording | None
    turns: list[dict[str, Any]]
    text: str


def unanswered(session: Session, *, account_id: int, limit: int = 50) -> list[BlindCheck]:
    """The account's checks that nobody has answered, the longest waiting first."""
    waiting = select(BlindCheck).where(own_checks(account_id=account_id), BlindCheck.value.is_(None))
    # By call: in the order of drawing, the labels would follow each other and tell what is to be guessed.
    return list(session.scalars(waiting.order_by(BlindCheck.week, BlindCheck.call_id).limit(limit)))


def count_unanswered(session: Session, *, account_id: int) -> int:
    """How many checks wait for an answer."""
    waiting = select(func.count()).where(own_checks(account_id=account_id), BlindCheck.value.is_(None))
    return session.scalars(waiting).one()


def find_check(session: Session, *, account_id: int, check_id: int) -> BlindCheck | None:
    """The account's check of that id."""
    return session.scalar(select(BlindCheck).where(own_checks(account_id=account_id), BlindCheck.id == check_id))


def own_checks(*, account_id: int) -> ColumnElement[bool]:
    """The account's checks, but for those of calls that turned out to be another's (a late delivery may say so)."""
    still_own = select(Call.id).where(Call.id == BlindCheck.call_id, Call.account_id == account_id)
    return and_(BlindCheck.account_id == account_id, still_own.correlate(BlindCheck).exists())


def show_unseen(session: Session, *, check: BlindCheck) -> Unseen:
    """What may be seen of a drawn call before the check is answered."""
    detail = read_call(session, call=session.get_one(Call, check.call_id))
    text = detail.transcript.text if detail.transcript else ""
    turns = [{name: turn[name] for name in ("speaker", "start", "text")} for turn in detail.turns]
    return Unseen(check_id=check.id, call=detail.call, recording=detail.recording, turns=turns, text=text)


def answer_check(session: Session, *, check: BlindCheck, value: str, reason: str | None, said_by: str) -> None:
    """Keep what a person said who was shown no label; unless they cannot tell it is the call's label from now on.

    Raises Answered and calltrack.calls.labels.BadLabel.
    """
    if value not in ANSWERS:
        raise BadLabel(f"an answer is one of: {', '.join(ANSWERS)}; not {value!r}")
    if value == CANNOT_TELL and reason is not None:
        raise BadLabel("whoever cannot tell gives no reason; leave it out")
    # Race: two people answer the same check at once; the row lock lets the second see that the first has spoken.
    session.refresh(check, with_for_update=True)
    if check.value is not None:
        raise Answered(f"{check.said_by} has answered this check already; take that back first")
    if value != CANNOT_TELL:
        call = session.get_one(Call, check.call_id)
        said = label_call(session, call=call, value=value, reason=reason, note=None, said_by=said_by, blind=True)
        check.label_id = said.id
    check.value, check.said_by, check.said_at = value, said_by, datetime.now(UTC)
    session.flush()


def take_back(session: Session, *, check: BlindCheck, said_by: str) -> None:
    """Reopen the check, and take its word out of the call's ledger; one without an answer stays as it is."""
    # Race: two people take the same answer back; the row lock lets the second see that it is open again.
    session.refresh(check, with_for_update=True)
    if check.label_id is not None:
        undo_label(session, call=session.get_one(Call, check.call_id), label_id=check.label_id, said_by=said_by)
        session.refresh(check)
    else:
        check.value = check.said_by = check.said_at = None
    session.flush()
