"""Tags and notes on calls."""

from datetime import UTC, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from calltrack.db import upsert
from calltrack.models import Call, CallNote, CallTag, Tag

LONGEST_TAG = 60
LONGEST_NOTE = 2000
MOST_OFFERED = 500


class BadTag(ValueError):
    """A tag or note that cannot be kept; the message says why."""


def tag_call(session: Session, *, call: Call, tag: str, tagged_by: str) -> None:
    """Hang a tag on a call; a tag that hangs there already stays as it is."""
    name = clean_tag(tag)
    know_tag(session, account_id=call.account_id, name=name)
    row = upsert(session, CallTag).values(
        call_id=call.id,
        tag=name,
        account_id=call.account_id,
        tagged_by=tagged_by,
        tagged_at=datetime.now(UTC),
        called_at=call.started_at,
    )
    session.execute(row.on_conflict_do_nothing())


def untag_call(session: Session, *, call: Call, tag: str) -> None:
    """Take a tag off; one that is not there is no error."""
    session.execute(delete(CallTag).where(CallTag.call_id == call.id, CallTag.tag == clean_tag(tag)))


def know_tag(session: Session, *, account_id: int | None, name: str) -> None:
    """Keep a clean tag among those that the account knows, so that it is offered again.

    Race: somebody renames or deletes it at this moment. The lock on its row makes us wait, and if it is gone then, it
    is made anew, so that no call has a tag that the account does not know.
    """
    made = upsert(session, Tag).values(account_id=account_id, name=name).on_conflict_do_nothing()
    known = select(Tag.name).where(Tag.account_id == account_id, Tag.name == name)
    session.execute(made)
    if session.scalar(known.with_for_update(key_share=True, read=True)) is None:
        session.execute(made)


def known_tags(session: Session, *, account_id: int) -> list[Tag]:
    """The tags to offer where one is typed, alphabetically; at most MOST_OFFERED."""
    own = select(Tag).where(Tag.account_id == account_id, Tag.retired_at.is_(None))
    return list(session.scalars(own.order_by(Tag.name).limit(MOST_OFFERED)))


def colours_of(session: Session, *, account_id: int) -> dict[str, str]:
    """The colour of each tag that somebody gave one (see calls/tag_list.py)."""
    own = select(Tag.name, Tag.colour).where(Tag.account_id == account_id, Tag.colour.is_not(None))
    return {name: str(colour) for name, colour in session.execute(own)}


def clean_tag(tag: str) -> str:
    """Lower case, single spaces, so that one word is one tag."""
    clean = " ".join(tag.replace("\x00", "").split()).lower()
    if not 0 < len(clean) <= LONGEST_TAG:
        raise BadTag(f"a tag has 1 to {LONGEST_TAG} characters")
    return clean


def note_call(session: Session, *, call: Call, text: str, written_by: str, at: float | None = None) -> None:
    """Add a remark; `at` pins it to a second of the recording."""
    text = text.replace("\x00", "").strip()
    if not 0 < len(text) <= LONGEST_NOTE:
        raise BadTag(f"a note has 1 to {LONGEST_NOTE} characters")
    session.add(CallNote(call_id=call.id, text=text, at=at, written_by=written_by, written_at=datetime.now(UTC)))


def tags_of(session: Session, *, call_id: int) -> list[str]:
    """A call's tags, alphabetically."""
    return list(session.scalars(select(CallTag.tag).where(CallTag.call_id == call_id).order_by(CallTag.tag)))


def notes_of(session: Session, *, call_id: int) -> list[CallNote]:
    """A call's notes, oldest first."""
    return list(session.scalars(select(CallNote).where(CallNote.call_id == call_id).order_by(CallNote.id)))
