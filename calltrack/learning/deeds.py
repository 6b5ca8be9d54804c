"""Many labels at once, and taking them back as one."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from calltrack.calls.batches import MOST_CALLS, BadBatch, write_batch
from calltrack.calls.labels import BadLabel, Stale, confirm_label, label_call, undo_label
from calltrack.models import Account, Call, Label

_LARGEST_ID = 2**63 - 1
What = Literal["confirm", "lead", "excused"]


@dataclass(frozen=True)
class Deed:
    """What a person says of one call. `seen`: the id of the label that they looked at (0: there was none; None: they
    do not say)."""

    call_sid: str
    what: What
    reason: str | None = None
    seen: int | None = None


@dataclass(frozen=True)
class Skipped:
    """A call of which nothing was said, and why; `stale`: somebody spoke of it meanwhile."""

    call_sid: str
    why: str
    stale: bool = False


@dataclass(frozen=True)
class Done:
    """What became of the deeds. `done`: (call, its new label); `batch` names them together, empty where none was
    done."""

    batch: str
    done: list[tuple[str, Label]]
    skipped: list[Skipped]


def say_all(session: Session, *, account: Account, deeds: Sequence[Deed], said_by: str) -> Done:
    """Label or confirm each call that can be; a call that is not the account's is skipped as one that never was.

    Raises BadBatch for more than MOST_CALLS.
    """
    if len(deeds) > MOST_CALLS:
        raise BadBatch(f"these are {len(deeds)} calls; judge at most {MOST_CALLS} at once")
    named = select(Call).where(Call.account_id == account.id, Call.call_sid.in_({deed.call_sid for deed in deeds}))
    calls = {call.call_sid: call for call in session.scalars(named.order_by(Call.id))}
    done: list[tuple[str, Label]] = []
    skipped: list[Skipped] = []
    # In the order of their ids, so that two batches that name the same calls wait for each other and never both.
    ordered = sorted(deeds, key=lambda deed: calls[deed.call_sid].id if deed.call_sid in calls else 0)
    judged = set[str]()
    for deed in ordered:
        call = calls.get(deed.call_sid)
        if call is None:
            skipped.append(Skipped(deed.call_sid, f"there is no call {deed.call_sid}"))
        elif deed.call_sid in judged:
            skipped.append(Skipped(deed.call_sid, "it is named twice; the first counts"))
        else:
            judged.add(deed.call_sid)
            try:
                done.append((deed.call_sid, _say(session, call=call, deed=deed, said_by=said_by)))
            except BadLabel as wrong:
                skipped.append(Skipped(deed.call_sid, str(wrong), stale=isinstance(wrong, Stale)))
    return Done(write_batch([label.id for _, label in done]), done, skipped)


def undo_all(
    session: Session, *, account: Account, label_ids: Collection[int], said_by: str
) -> tuple[list[tuple[str, int]], list[tuple[int, str]]]:
    """Take people's labels back: (call, label) of each that was, and (label, why) of each that could not be.

    Raises BadBatch for more than MOST_CALLS.
    """
    if len(label_ids) > MOST_CALLS:
        raise BadBatch(f"these are {len(label_ids)} labels; take at most {MOST_CALLS} back at once")
    known = [one for one in set(label_ids) if 0 < one <= _LARGEST_ID]
    own = select(Label.id, Call).join(Call, and_(Call.id == Label.call_id, Call.account_id == account.id))
    found = session.execute(own.where(Label.account_id == account.id, Label.id.in_(known)).order_by(Call.id, Label.id))
    undone: list[tuple[str, int]] = []
    refused = {one: f"there is no label {one}" for one in sorted(set(label_ids))}
    for label_id, call in found.all():
        try:
            undo_label(session, call=call, label_id=label_id, said_by=said_by)
        except BadLabel as wrong:
            refused[label_id] = str(wrong)
        else:
            undone.append((call.call_sid, label_id))
            del refused[label_id]
    return undone, list(refused.items())


def _say(session: Session, *, call: Call, deed: Deed, said_by: str) -> Label:
    if deed.what == "confirm":
        return confirm_label(session, call=call, said_by=said_by, seen=deed.seen)
    return label_call(
        session, call=call, value=deed.what, reason=deed.reason, note=None, said_by=said_by, seen=deed.seen
    )
