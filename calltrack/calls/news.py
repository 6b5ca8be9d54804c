"""What a list on somebody's screen has missed: which of its calls look otherwise by now, and which came.

Nothing is stored for it and no caller waits for it. A row's version is a word made of all that the row shows; whoever
looks sends those of the rows they have, and gets the rows whose version is another. What came is found by the account's
newest calls, an index scan of HEAD rows: only when one of those looks otherwise is the list itself asked again.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.calls.callers import with_names
from calltrack.calls.facts import inbound
from calltrack.calls.listing import ListedCall, calls_of_ids
from calltrack.models import Call, Recording

HEAD = 50
"""The newest calls of the account that are looked at for news."""


@dataclass(frozen=True)
class Row:
    """A listed call as the desk shows it. `seen`: the id of the label in force, 0 for none; `recorded`: there is a
    recording to hear; `version`: another as soon as the row would look otherwise."""

    call: ListedCall
    seen: int
    recorded: bool
    version: str


@dataclass(frozen=True)
class Look:
    """`rows` by the ids of their calls; `head` is a word for the account's newest calls as they are now, `since` when
    the oldest of those began (None: there is no call)."""

    rows: dict[int, Row]
    head: str
    since: datetime | None


def as_rows(session: Session, *, account_id: int, calls: Sequence[ListedCall]) -> list[Row]:
    """The account's calls as rows, in their order, with the callers named as its customers are."""
    ids = [call.id for call in calls]
    labels = {row.id: row.label_id for row in session.execute(select(Call.id, Call.label_id).where(Call.id.in_(ids)))}
    heard = select(Recording.call_id).where(Recording.call_id.in_(ids), Recording.status == "stored")
    recorded = set(session.scalars(heard))
    return [
        Row(call, seen, call.id in recorded, _word(repr((call, seen, call.id in recorded))))
        for call in with_names(session, account_id=account_id, rows=calls)
        for seen in [labels.get(call.id) or 0]
    ]


def look(session: Session, *, account_id: int, call_ids: Collection[int]) -> Look:
    """The account's newest calls and these of its calls, as they are now."""
    newest = select(Call.id).where(inbound(account_id=account_id)).order_by(Call.started_at.desc(), Call.id.desc())
    head_ids = session.scalars(newest.limit(HEAD)).all()
    found = calls_of_ids(session, account_id=account_id, call_ids={*head_ids, *call_ids})
    rows = {row.call.id: row for row in as_rows(session, account_id=account_id, calls=list(found.values()))}
    head = [rows[call_id] for call_id in head_ids]
    return Look(
        rows=rows,
        head=_word(" ".join(row.version for row in head)),
        since=min((row.call.started_at for row in head), default=None),
    )


def _word(text: str) -> str:
    return blake2b(text.encode(), digest_size=5).hexdigest()
