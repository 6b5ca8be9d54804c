"""The tags an account knows: their colours and uses, other names for them, and taking them out of use."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import and_, delete, func, literal, select, update
from sqlalchemy.orm import Session, aliased

from calltrack.calls.tags import BadTag, clean_tag, know_tag
from calltrack.calls.views import rename_in_views
from calltrack.calls.why import NO_JOB
from calltrack.models import CallTag, Tag

COLOURS = ("red", "orange", "yellow", "green", "teal", "blue", "violet", "pink")
MOST_COUNTED = 1000
"""Calls of a tag that are counted; a page that says "1,000 or more" must not read a million rows for it."""


@dataclass(frozen=True)
class ListedTag:
    """A tag with the number of calls that have it, counted up to MOST_COUNTED. `fixed`: calltrack itself goes by this
    word, so that it keeps its name."""

    name: str
    colour: str | None
    retired_at: datetime | None
    calls: int
    fixed: bool


def list_tags(session: Session, *, account_id: int) -> list[ListedTag]:
    """All tags of the account, alphabetically."""
    some = (
        select(literal(1).label("one"))
        .where(CallTag.account_id == Tag.account_id, CallTag.tag == Tag.name)
        .limit(MOST_COUNTED)
        .correlate(Tag)
        .subquery()
    )
    calls = select(func.count()).select_from(some).correlate(Tag).scalar_subquery()
    own = select(Tag.name, Tag.colour, Tag.retired_at, calls.label("calls")).where(Tag.account_id == account_id)
    return [
        ListedTag(row.name, row.colour, row.retired_at, row.calls, row.name == NO_JOB)
        for row in session.execute(own.order_by(Tag.name))
    ]


def colour_tag(session: Session, *, account_id: int, name: str, colour: str | None) -> None:
    """Give a tag one of COLOURS, or none. Raises BadTag."""
    if colour is not None and colour not in COLOURS:
        raise BadTag(f"a colour is one of: {', '.join(COLOURS)}")
    _find(session, account_id=account_id, name=name).colour = colour


def retire_tag(session: Session, *, account_id: int, name: str) -> None:
    """Offer a tag no longer; the calls that have it keep it. Raises BadTag."""
    tag = _find(session, account_id=account_id, name=name)
    tag.retired_at = tag.retired_at or datetime.now(UTC)


def restore_tag(session: Session, *, account_id: int, name: str) -> None:
    """Offer a tag again. Raises BadTag."""
    _find(session, account_id=account_id, name=name).retired_at = None


def rename_tag(session: Session, *, account_id: int, name: str, to: str) -> bool:
    """Give a tag another name on every call; whether the account knew a tag of that name, so that the two are one now.

    A call that had both keeps the one that was there. Raises BadTag.
    """
    tag, new = _find_free(session, account_id=account_id, name=name), clean_tag(to)
    if new == tag.name:
        return False
    if new == NO_JOB:
        raise BadTag(f"{NO_JOB!r} takes calls off the list of those whose job is missing; give it to them one by one")
    merged = session.get(Tag, (account_id, new)) is not None
    know_tag(session, account_id=account_id, name=new)
    if not merged:
        named = session.get_one(Tag, (account_id, new))
        named.colour, named.retired_at = tag.colour, tag.retired_at
    old, there = and_(CallTag.account_id == account_id, CallTag.tag == tag.name), aliased(CallTag)
    both = select(there.call_id).where(there.call_id == CallTag.call_id, there.tag == new).exists()
    whole = {"synchronize_session": False}
    session.execute(update(CallTag).where(old, ~both).values(tag=new), execution_options=whole)
    session.execute(delete(CallTag).where(old), execution_options=whole)
    rename_in_views(session, account_id=account_id, tag=tag.name, to=new)
    session.delete(tag)
    session.flush()
    return merged


def delete_tag(session: Session, *, account_id: int, name: str) -> None:
    """Take a tag off every call and forget it. Raises BadTag."""
    tag = _find_free(session, account_id=account_id, name=name)
    gone = delete(CallTag).where(CallTag.account_id == account_id, CallTag.tag == tag.name)
    session.execute(gone, execution_options={"synchronize_session": False})
    session.delete(tag)
    session.flush()


def _find(session: Session, *, account_id: int, name: str) -> Tag:
    """Locked, so that nobody gives a tag a colour while another renames it."""
    tag = session.get(Tag, (account_id, clean_tag(name)), with_for_update=True)
    if tag is None:
        raise BadTag(f"there is no tag {clean_tag(name)!r}; perhaps somebody renamed it meanwhile")
    return tag


def _find_free(session: Session, *, account_id: int, name: str) -> Tag:
    if clean_tag(name) == NO_JOB:
        raise BadTag(f"{NO_JOB!r} says that no job came of a call, and calltrack goes by that word; retire it instead")
    return _find(session, account_id=account_id, name=name)
