"""The label ledger: what a machine or a person said of a call, and whose word is in force."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from calltrack.models import BlindCheck, Call, Label, Reason

LONGEST_NOTE = 2000  # characters


class BadLabel(ValueError):
    """A label that cannot be given; the message says what can."""


class Stale(BadLabel):
    """Somebody said something of the call meanwhile; the message says what."""


def label_call(
    session: Session,
    *,
    call: Call,
    value: str,
    reason: str | None,
    note: str | None,
    said_by: str,
    seen: int | None = None,
    blind: bool | None = None,
) -> Label:
    """A person's word, in force from now on. `reason` must be one of the account's for this label.

    `seen`: the id of the label that they looked at (0: there was none), where that matters; another in force by now
    raises Stale. `blind`: they were shown none. Raises BadLabel.
    """
    _check_note(note)
    if value not in ("lead", "excused"):
        raise BadLabel(f"label is lead or excused, not {value!r}")
    if reason is not None:
        known = reasons_of(session, account_id=call.account_id)[value] if call.account_id else []
        if reason not in known:
            raise BadLabel(f"{reason!r} is no reason for {value}; choose one of: {', '.join(known)}")
    if seen is not None:
        _lock(session, call=call)
        _check_seen(current_label(session, call=call), seen=seen)
    return _append(
        session, call=call, value=value, reason=reason, source="human", said_by=said_by, note=note, blind=blind
    )


def confirm_label(
    session: Session, *, call: Call, said_by: str, note: str | None = None, seen: int | None = None
) -> Label:
    """ "Correct": the label in force becomes a person's word too. `seen`: as for `label_call`."""
    _check_note(note)
    _lock(session, call=call)
    current = current_label(session, call=call)
    if current is None:
        raise BadLabel("there is no label to confirm yet; choose lead or excused")
    if seen is not None:
        _check_seen(current, seen=seen)
    return _append(
        session, call=call, value=current.value, reason=current.reason, source="human", said_by=said_by, note=note
    )


def undo_label(session: Session, *, call: Call, label_id: int, said_by: str) -> Label | None:
    """Take a person's word back: the label that is in force now, or None.

    That is the latest of a person which was not taken back, else the latest of a machine (of a missed call none). The
    word stays in the ledger; a blind check that it answered is open again. Raises BadLabel.
    """
    _lock(session, call=call)
    label = session.get(Label, label_id, populate_existing=True)
    if label is None or label.call_id != call.id or label.source != "human":
        raise BadLabel(f"no person's label of this call has the id {label_id}")
    if label.undone_at is not None:
        raise BadLabel(f"{label.undone_by} has taken it back already")
    label.undone_at, label.undone_by = datetime.now(UTC), said_by
    session.flush()
    reopened = {"value": None, "said_by": None, "said_at": None, "label_id": None}
    session.execute(update(BlindCheck).where(BlindCheck.label_id == label.id).values(reopened))
    newest = select(Label).where(Label.call_id == call.id).order_by(Label.id.desc()).limit(1)
    left = session.scalar(newest.where(Label.source == "human", Label.undone_at.is_(None)))
    if left is None and not call.missed:
        left = session.scalar(newest.where(Label.source != "human"))
    call.label_id = left.id if left else None
    session.flush()
    return left


def keep_verdict(
    session: Session,
    *,
    call: Call,
    value: str,
    reason: str | None,
    source: str,
    confidence: float,
    model: str,
    review: bool,
    evidence: list[dict[str, Any]],
    booked: float | None = None,
) -> None:
    """A machine's word: kept always, in force only where no person has spoken; the same word twice is kept once."""
    _lock(session, call=call)
    call.booked_chance = booked
    last = session.scalar(
        select(Label).where(Label.call_id == call.id, Label.source != "human").order_by(Label.id.desc()).limit(1)
    )
    same = (value, reason, source, model, _rounded(confidence), _rounded(booked))
    if last and same == (
        last.value, last.reason, last.source, last.model, _rounded(last.confidence), _rounded(last.booked)
    ):  # fmt: skip
        if call.label_id is None:  # it was withdrawn meanwhile
            call.label_id = last.id
        return
    _append(
        session,
        call=call,
        value=value,
        reason=reason,
        source=source,
        confidence=confidence,
        model=model,
        review=review,
        evidence=evidence,
        booked=booked,
    )


def withdraw_verdict(session: Session, *, call: Call) -> None:
    """Let no machine's word be in force: the call turned out to be missed. A person's word stays, and the ledger."""
    current = current_label(session, call=call)
    if current is not None and current.source != "human":
        call.label_id = None


def current_label(session: Session, *, call: Call) -> Label | None:
    """The label in force."""
    return session.get(Label, call.label_id) if call.label_id else None


def ledger(session: Session, *, call: Call) -> list[Label]:
    """Every word on the call, oldest first."""
    return list(session.scalars(select(Label).where(Label.call_id == call.id).order_by(Label.id)))


def reasons_of(session: Session, *, account_id: int) -> dict[str, list[str]]:
    """The account's reasons on offer for each of the two labels, in the order they were made."""
    reasons: dict[str, list[str]] = {"lead": [], "excused": []}
    own = select(Reason).where(Reason.account_id == account_id, Reason.retired_at.is_(None)).order_by(Reason.id)
    for reason in session.scalars(own):
        reasons[reason.label].append(reason.name)
    return reasons


def _check_seen(current: Label | None, *, seen: int) -> None:
    if current is None and seen:
        raise Stale("meanwhile the label was taken back; look at it again")
    if current is not None and seen != current.id:
        raise Stale(f"meanwhile {current.said_by or 'the classifier'} said {current.value}; look at it again")


def _rounded(probability: float | None) -> float | None:
    return None if probability is None else round(probability, 4)


def _check_note(note: str | None) -> None:
    if note is not None and len(note) > LONGEST_NOTE:
        raise BadLabel(f"a note has at most {LONGEST_NOTE} characters")


def _lock(session: Session, *, call: Call) -> None:
    """Race: a person labels while a worker judges. The row lock puts one after the other, so that the pointer is moved
    by whoever comes second knowing what the first said. (SQLite: the write lock does it.)"""
    session.flush()
    session.refresh(call, with_for_update=True)


def _append(session: Session, *, call: Call, value: str, source: str, **said: Any) -> Label:
    _lock(session, call=call)
    label = Label(
        account_id=call.account_id, call_id=call.id, value=value, source=source, said_at=datetime.now(UTC), **said
    )
    session.add(label)
    session.flush()
    current = current_label(session, call=call)
    if source == "human" or current is None or current.source != "human":
        call.label_id = label.id
    return label
