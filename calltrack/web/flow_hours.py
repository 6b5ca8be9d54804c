"""Opening hours and holidays, between what a plan holds and what people type. Pure."""

import re
from collections.abc import Sequence
from datetime import date

from calltrack.telephony.plan import MOST_HOLIDAYS, Holiday, Span
from calltrack.web.forms import BadField

_CLOCK = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*([ap]m)?", re.ASCII | re.IGNORECASE)
_UNTIL = re.compile(r"\s*(?:-|\u2013|\u2014|\bto\b|\buntil\b)\s*", re.IGNORECASE)
_TIME = r"\d{1,2}(?:[:.]\d{2})?\s*(?:[ap]m)?"
_TRAILING = re.compile(
    rf"(?:^|\s)({_TIME}\s*[-\u2013]\s*{_TIME}(?:\s*,\s*{_TIME}\s*[-\u2013]\s*{_TIME})*)$", re.ASCII | re.IGNORECASE
)


def write_spans(spans: Sequence[Span]) -> str:
    """`08:00-12:00, 13:00-17:00`; empty for a day that is closed."""
    return ", ".join(f"{begin}-{end}" for begin, end in spans)


def read_spans(written: str, *, called: str) -> tuple[Span, ...]:
    """Stretches of a day as people write them (8-17, 8:00 am to 5 pm); raises BadField."""
    if written.strip().lower() in {"", "closed", "-"}:
        return ()
    if written.strip().lower() in {"all day", "24 hours", "24h"}:
        return (("00:00", "24:00"),)
    return tuple(_span(one, called=called) for one in re.split(r"[,;]", written) if one.strip())


def write_holidays(holidays: Sequence[Holiday]) -> str:
    """One a line: `2026-12-24 Christmas Eve 08:00-12:00`."""
    return "\n".join(
        " ".join(filter(None, (one.date.isoformat(), one.name, write_spans(one.hours)))) for one in holidays
    )


def read_holidays(written: str) -> tuple[Holiday, ...]:
    """The lines of that, oldest first; raises BadField."""
    lines = [line.strip() for line in written.split("\n") if line.strip()]
    if len(lines) > MOST_HOLIDAYS:
        raise BadField(f"Enter at most {MOST_HOLIDAYS} holidays; leave out those that are over.")
    return tuple(sorted((_holiday(line) for line in lines), key=lambda one: one.date))


def _holiday(line: str) -> Holiday:
    first, _, rest = line.partition(" ")
    try:
        day = date.fromisoformat(first)
    except ValueError:
        raise BadField(f"Begin the holiday {line[:40]!r} with its date, like 2026-12-25 Christmas.") from None
    hours: tuple[Span, ...] = ()
    if found := _TRAILING.search(rest.strip()):
        hours = read_spans(found[1], called=f"the hours of {first}")
        rest = rest.strip()[: found.start()]
    name = rest.strip(" ,:")
    if len(name) > 60:
        raise BadField(f"Shorten the name of the holiday on {first}: it has at most 60 characters.")
    try:
        return Holiday(date=day, name=name, hours=hours)
    except ValueError as wrong:
        raise BadField(f"Put the hours of {first} right: {plain_words(wrong)}.") from None


def plain_words(wrong: ValueError) -> str:
    """What pydantic has to say, without its own words around ours."""
    errors = getattr(wrong, "errors", None)
    message = str(errors()[0]["msg"]) if callable(errors) else str(wrong)
    return message.removeprefix("Value error, ").rstrip(".")


def _span(written: str, *, called: str) -> Span:
    begin, *rest = _UNTIL.split(written.strip())
    if len(rest) != 1:
        raise BadField(f"Enter {called} like 08:00-12:00, 13:00-17:00, or leave it empty for closed.")
    return _clock(begin, called=called), _clock(rest[0], called=called)


def _clock(written: str, *, called: str) -> str:
    found = _CLOCK.fullmatch(written.strip())
    hour, minute = (int(found[1]), int(found[2] or 0)) if found else (99, 0)
    if found and found[3]:
        hour = 99 if not 1 <= hour <= 12 else hour % 12 + (12 if found[3].lower() == "pm" else 0)
    if not (hour * 60 + minute <= 24 * 60 and minute < 60):
        raise BadField(f"Enter {called} like 08:00-12:00, 13:00-17:00: {written.strip()[:20]!r} is no time of day.")
    return f"{hour:02}:{minute:02}"
