"""When a task is due: the few moments that people choose from, by the account's own clock."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from calltrack.period import today

When = Literal["hour", "afternoon", "morning"]
WHENS: tuple[When, ...] = get_args(When)
AFTERNOON, MORNING = time(15), time(9)
WORDS: dict[When, str] = {"hour": "In an hour", "afternoon": "This afternoon", "morning": "Tomorrow morning"}


@dataclass(frozen=True)
class Choice:
    """A moment on offer; `words` as a button says it."""

    when: When
    words: str
    due_at: datetime


def due_choices(*, zone: str, now: datetime) -> list[Choice]:
    """What is on offer at `now`; this afternoon only until then."""
    choices = [Choice(when, WORDS[when], due_at(when, zone=zone, now=now)) for when in WHENS]
    return [one for one in choices if one.due_at > now]


def due_at(when: When, *, zone: str, now: datetime) -> datetime:
    """The moment that is meant, in UTC: an hour of real time, or 15:00 today or 9:00 tomorrow as the local clock shows
    it, whether or not the clock is changed before."""
    if when == "hour":
        return (now + timedelta(hours=1)).astimezone(UTC)
    day = today(zone=zone, now=now)
    if when == "morning":
        day += timedelta(days=1)
    clock = AFTERNOON if when == "afternoon" else MORNING
    return datetime.combine(day, clock, ZoneInfo(zone)).astimezone(UTC)
