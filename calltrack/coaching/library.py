"""The library: calls, or parts of them, that show how it is done, each with why it was kept."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session

from calltrack.calls.recordings import main_recording
from calltrack.calls.tags import clean_tag
from calltrack.coaching.words import BadCoaching, check_time, clean_text
from calltrack.models import Call, CallTag, Example, Recording
from calltrack.paging import Page, clamp, older_than, read_cursor, write_cursor

LONGEST_TITLE = 120
LONGEST_SEARCH = 200


@dataclass(frozen=True)
class Shown:
    """An example with its call, the call's tags, and whether its recording can be played."""

    example: Example
    call: Call
    tags: list[str]
    playable: bool


def add_example(
    session: Session,
    *,
    call: Call,
    title: str,
    why: str,
    start: float | None,
    end: float | None,
    by: str,
    now: datetime | None = None,
) -> Example:
    """Keep the call, or its seconds `start` to `end`, as an example; with one of the two, from there on, or up to
    there. Raises BadCoaching."""
    clean_title = " ".join(clean_text(title, called="a title", longest=LONGEST_TITLE).split())
    clean_why = clean_text(why, called="why it is an example")
    if start is not None or end is not None:
        start, end = check_time(start or 0.0), None if end is None else check_time(end)
        recording = main_recording(session, call_id=call.id)
        length = recording.duration if recording else None
        if end is not None and end <= start:
            raise BadCoaching("The part ends before it begins: write a later end.")
        if length is not None and start >= length:
            raise BadCoaching("The recording is over before this part begins: write an earlier beginning.")
    example = Example(
        account_id=call.account_id, call_id=call.id, title=clean_title, why=clean_why, start=start, end=end,
        added_by=by, added_at=now or datetime.now(UTC),
    )  # fmt: skip
    session.add(example)
    session.flush()
    return example


def find_example(session: Session, *, account_id: int, example_id: int) -> Example | None:
    """The account's own example of that id."""
    return session.scalar(select(Example).where(Example.account_id == account_id, Example.id == example_id))


def remove_example(session: Session, *, example: Example) -> None:
    """Take it out of the library; the call stays."""
    session.delete(example)
    session.flush()


def list_examples(
    session: Session,
    *,
    account_id: int,
    tag: str = "",
    words: str = "",
    call_id: int | None = None,
    cursor: str | None = None,
    limit: int = 20,
) -> Page[Shown]:
    """The examples whose call has the tag and whose title or why holds the words, the newest first.

    Raises calltrack.paging.BadCursor, and calltrack.calls.tags.BadTag for a tag that no call can have.
    """
    rows = select(Example).where(Example.account_id == account_id)
    if call_id is not None:
        rows = rows.where(Example.call_id == call_id)
    if tag:
        rows = rows.where(exists().where(CallTag.call_id == Example.call_id, CallTag.tag == clean_tag(tag)))
    words = words.replace("\x00", "").strip()[:LONGEST_SEARCH]
    if words:
        rows = rows.where(
            or_(Example.title.icontains(words, autoescape=True), Example.why.icontains(words, autoescape=True))
        )
    if cursor is not None:
        rows = rows.where(older_than(read_cursor(cursor), moment=Example.added_at, row_id=Example.id))
    limit = clamp(limit)
    found = session.scalars(rows.order_by(Example.added_at.desc(), Example.id.desc()).limit(limit + 1)).all()
    page = found[:limit]
    ids = {one.call_id for one in page}
    calls = {one.id: one for one in session.scalars(select(Call).where(Call.id.in_(ids)))}
    tags: dict[int, list[str]] = {call_id: [] for call_id in ids}
    for tagged, name in session.execute(
        select(CallTag.call_id, CallTag.tag).where(CallTag.call_id.in_(ids)).order_by(CallTag.tag)
    ):
        tags[tagged].append(name)
    stored = set(
        session.scalars(
            select(Recording.call_id).where(Recording.call_id.in_(ids), Recording.status == "stored").distinct()
        )
    )
    return Page(
        items=[Shown(one, calls[one.call_id], tags[one.call_id], one.call_id in stored) for one in page],
        next=write_cursor(page[-1].added_at, page[-1].id) if len(found) > limit else None,
    )


def tags_of_examples(session: Session, *, account_id: int) -> list[tuple[str, int]]:
    """The tags of the examples' calls, each with how many examples have it, by name."""
    rows = (
        select(CallTag.tag, func.count())
        .join(Example, and_(Example.call_id == CallTag.call_id, Example.account_id == account_id))
        .group_by(CallTag.tag)
        .order_by(CallTag.tag)
    )
    return [(tag, count) for tag, count in session.execute(rows)]
