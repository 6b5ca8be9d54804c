"""Many calls at once: tagging and untagging them, taking that back as one, and the words that name what was done."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from sqlalchemy import ColumnElement, and_, delete, select
from sqlalchemy.orm import Session

from calltrack.calls.tags import clean_tag, know_tag
from calltrack.db import upsert
from calltrack.models import Account, Call, CallTag

MOST_CALLS = 200  # at once
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LARGEST_ID = 2**63 - 1
_LAST_MOMENT = 253402300799 * 10**6  # microseconds until the year 10000


class BadBatch(ValueError):
    """More calls than can be handled at once, or a batch that is none; the message says what to do."""


@dataclass(frozen=True)
class Hung:
    """What became of it. `batch` names what was changed, empty where nothing was; `changed`: on how many calls;
    `unchanged`: how many had (or lacked) the tag already; `unknown`: the ids that are no calls of the account."""

    batch: str
    tag: str
    changed: int
    unchanged: int
    unknown: list[str]


def tag_calls(
    session: Session, *, account: Account, call_sids: Collection[str], tag: str, tagged_by: str, now: datetime
) -> Hung:
    """Hang a tag on each of the account's calls. Raises calltrack.calls.tags.BadTag, and BadBatch for too many."""
    name = clean_tag(tag)
    calls = _find(session, account=account, call_sids=call_sids)
    hung: list[int] = []
    if calls:
        know_tag(session, account_id=account.id, name=name)
        rows = [
            {
                "call_id": call.id, "tag": name, "account_id": account.id, "tagged_by": tagged_by, "tagged_at": now,
                "called_at": call.started_at,
            }
            for call in calls
        ]  # fmt: skip
        new = upsert(session, CallTag).values(rows).on_conflict_do_nothing().returning(CallTag.call_id)
        hung = list(session.scalars(new))
    return _hung(hung, calls=calls, call_sids=call_sids, tag=name, now=now)


def untag_calls(session: Session, *, account: Account, call_sids: Collection[str], tag: str, now: datetime) -> Hung:
    """Take a tag off each of the account's calls. Raises as `tag_calls` does."""
    name = clean_tag(tag)
    calls = _find(session, account=account, call_sids=call_sids)
    gone = delete(CallTag).where(_on({call.id for call in calls}, account=account, tag=name))
    return _hung(
        list(session.scalars(gone.returning(CallTag.call_id))), calls=calls, call_sids=call_sids, tag=name, now=now
    )


def undo_tag_calls(session: Session, *, account: Account, batch: str, tag: str, tagged_by: str) -> int:
    """Take off what `tag_calls` hung: only those tags, as they were hung then by `tagged_by`. On how many calls.

    Raises BadBatch.
    """
    moment, call_ids = _read(batch)
    mine = and_(CallTag.tagged_at == moment, CallTag.tagged_by == tagged_by)
    gone = delete(CallTag).where(_on(call_ids, account=account, tag=clean_tag(tag)), mine)
    return len(session.scalars(gone.returning(CallTag.call_id)).all())


def undo_untag_calls(session: Session, *, account: Account, batch: str, tag: str, tagged_by: str) -> int:
    """Hang again what `untag_calls` took off. On how many calls. Raises BadBatch."""
    name, (_, call_ids) = clean_tag(tag), _read(batch)
    own = select(Call.call_sid).where(Call.account_id == account.id, Call.id.in_(call_ids))
    again = session.scalars(own).all()
    return tag_calls(
        session, account=account, call_sids=again, tag=name, tagged_by=tagged_by, now=datetime.now(UTC)
    ).changed


def write_batch(ids: Collection[int]) -> str:
    """The rows of one deed as a short word: `17-19.22`."""
    ordered = sorted(ids)
    breaks = [0, *(place for place, (one, after) in enumerate(pairwise(ordered), 1) if after != one + 1), len(ordered)]
    runs = [(ordered[begin], ordered[end - 1]) for begin, end in pairwise(breaks) if end > begin]
    return ".".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def read_batch(batch: str) -> list[int]:
    """The rows that `write_batch` was given. Raises BadBatch for any other word."""
    ids: list[int] = []
    for run in batch.split("."):
        first, _, last = run.partition("-")
        ends = [int(end) for end in (first, last or first) if end.isascii() and end.isdigit() and len(end) < 20]
        if len(ends) < 2 or not 0 <= ends[1] - ends[0] < MOST_CALLS or len(ids) > MOST_CALLS:
            raise BadBatch("this batch is none that was given out; send the one of the answer, or the labels' ids")
        ids += range(ends[0], ends[1] + 1)
    return ids


def _find(session: Session, *, account: Account, call_sids: Collection[str]) -> list[Call]:
    """In the order of their ids, so that two batches that name the same calls wait for each other and never both."""
    if len(set(call_sids)) > MOST_CALLS:
        raise BadBatch(f"these are {len(set(call_sids))} calls; change at most {MOST_CALLS} at once")
    own = select(Call).where(Call.account_id == account.id, Call.call_sid.in_(set(call_sids)))
    return list(session.scalars(own.order_by(Call.id)))


def _on(call_ids: Iterable[int], *, account: Account, tag: str) -> ColumnElement[bool]:
    return and_(CallTag.call_id.in_(call_ids), CallTag.tag == tag, CallTag.account_id == account.id)


def _hung(changed: list[int], *, calls: list[Call], call_sids: Collection[str], tag: str, now: datetime) -> Hung:
    moment = (now - _EPOCH) // timedelta(microseconds=1)
    return Hung(
        batch=f"{moment}.{write_batch(changed)}" if changed else "",
        tag=tag,
        changed=len(changed),
        unchanged=len(calls) - len(changed),
        unknown=sorted(set(call_sids) - {call.call_sid for call in calls}),
    )


def _read(batch: str) -> tuple[datetime, list[int]]:
    written, _, ids = batch.partition(".")
    if not (written.isascii() and written.isdigit() and int(written[:20]) <= _LAST_MOMENT):
        raise BadBatch("this batch is none that was given out; send the one of the answer")
    return _EPOCH + timedelta(microseconds=int(written[:20])), [one for one in read_batch(ids) if one <= _LARGEST_ID]
