"""What the forms of coaching send: whatever it is, a value that can be kept or a sentence that says what to do."""

from datetime import date

from flask import request
from sqlalchemy.orm import Session

from calltrack.coaching.rubrics import find_rubric, questions_of
from calltrack.coaching.words import BadCoaching
from calltrack.models import Rubric
from calltrack.web.forms import text_field
from calltrack.web.moments import read_moment
from calltrack.web.visitors import visitor

LARGEST_ID = 2**63 - 1
_LARGEST_SMALL_ID = 2**31 - 1  # of a person, or of a rubric
MOST_PEOPLE = 100


def number(written: str) -> int | None:
    """The id of a person or a rubric; None for anything else."""
    clean = written.strip()
    if not (clean.isascii() and clean.isdigit()) or len(clean) > 10:
        return None
    return int(clean) if 0 < int(clean) <= _LARGEST_SMALL_ID else None


def rubric_field(session: Session) -> Rubric | None:
    """The rubric that was chosen; None for none. Raises BadCoaching."""
    written = text_field("rubric")
    if not written:
        return None
    chosen = number(written)
    rubric = find_rubric(session, account_id=visitor().account.id, rubric_id=chosen) if chosen else None
    if rubric is None:
        raise BadCoaching("Choose one of the rubrics on offer.")
    return rubric


def answer_fields(session: Session, *, rubric: Rubric) -> dict[int, int | None]:
    """The answers that were given, by question; None: does not apply. Raises BadCoaching."""
    answers = dict[int, int | None]()
    for one in questions_of(session, rubric_ids=[rubric.id])[rubric.id]:
        written = text_field(f"answer-{one.id}")
        if written == "na":
            answers[one.id] = None
        elif len(written) == 1 and written.isascii() and written.isdigit():
            answers[one.id] = int(written)
        elif written:
            raise BadCoaching(f"Answer {one.text!r} with one of its buttons.")
    return answers


def people_field() -> list[int]:
    """The people who were ticked. Raises BadCoaching."""
    found = [number(one) for one in request.form.getlist("person")[:MOST_PEOPLE]]
    if None in found:
        raise BadCoaching("Choose people of your company who coach or answer calls.")
    return [one for one in found if one is not None]


def day_field(name: str) -> date | None:
    """A day, as browsers send it; None for none. Raises BadCoaching."""
    written = text_field(name)
    if not written:
        return None
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise BadCoaching("Choose a day, or write it as year-month-day, such as 2026-05-31.") from None


def part_field(name: str) -> float | None:
    """A time of the recording; None for none. Raises BadField."""
    written = text_field(name)
    return read_moment(written) if written else None
