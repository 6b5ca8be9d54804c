"""Single cells: each becomes a value that can be kept, or the line is refused with what to write instead."""

import re
from datetime import UTC, date, datetime, timedelta
from difflib import SequenceMatcher
from functools import lru_cache
from zoneinfo import ZoneInfo

from calltrack.money import BadAmount, to_cents
from calltrack.phone import is_e164, normalise

FIRST_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)
LAST_DAY = date(2099, 12, 31)
LONGEST_CALL = 24 * 3600  # seconds
LARGEST_AMOUNT = 10**11  # cents: sums of any number of these that could ever be sent fit into 64 bits
# What clocks and time zones may be off by before a moment is taken for one that has not come yet.
TOLERANCE = timedelta(days=1)
_ANSWERS = {"true": True, "false": False}
_MOST_NAMED = 5
_DRESSED = re.compile(r"(-?)\$?([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)((?:\.[0-9]+)?)")
_PUNCTUATION = str.maketrans("", "", "()-. ")


class BadLine(ValueError):
    """A line that cannot be kept; the message says what to change."""


def read_text(text: str, *, column: str, longest: int) -> str:
    """A cell that must hold something."""
    if not text:
        raise BadLine(f"{column} is empty; enter one")
    if len(text) > longest:
        raise BadLine(f"{column} has at most {longest} characters")
    return text


def read_optional(text: str, *, column: str, longest: int) -> str | None:
    """A cell that may be empty."""
    return read_text(text, column=column, longest=longest) if text else None


# Decimal would also take 1e5, 1_000 and the digits of other scripts.
_PLAIN = re.compile(r"[+-]?\d+(\.\d*)?", re.ASCII)


def read_moment(text: str, *, column: str, latest: datetime, zone: ZoneInfo) -> datetime:
    """An ISO 8601 moment with an offset, in UTC; not before the year 2000 and not after `latest`. What is wrong with
    it is shown by a moment in `zone`."""
    try:
        moment = datetime.fromisoformat(text)
        in_utc = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadLine(
            f"{column} is {'empty' if not text else f'{text[:40]!r}, which is no moment'}; "
            f"write it like {datetime.now(zone).replace(hour=9, minute=30, second=0, microsecond=0).isoformat()}"
        ) from None
    if moment.tzinfo is None:
        raise BadLine(
            f"{column} has no offset; write which moment it is, like {moment.replace(tzinfo=zone).isoformat()}"
        )
    if not FIRST_MOMENT <= in_utc <= latest:
        raise BadLine(f"{column} is {text}: {'in the future' if in_utc > latest else 'too long ago'}; correct it")
    return in_utc


def read_seconds(text: str, *, column: str) -> int:
    """Whole seconds, at most a day."""
    if not (text.isascii() and text.isdigit()) or len(text) > 9 or int(text) > LONGEST_CALL:
        raise BadLine(f"{column} is {text[:40]!r}; write whole seconds from 0 to {LONGEST_CALL}")
    return int(text)


def read_answer(text: str, *, column: str) -> bool | None:
    """true or false; None for an empty cell."""
    answer = _ANSWERS.get(text) if text in _ANSWERS else _ANSWERS.get(text.lower())
    if answer is None and text:
        raise BadLine(f"{column} is {text[:40]!r}; write true or false")
    return answer


def read_phone(text: str, *, column: str, longest: int) -> str:
    """A number in E.164 where it can be read; else the text as it is (anonymous)."""
    if is_e164(text):
        return text
    return read_text(_normalised(text), column=column, longest=longest)


@lru_cache(maxsize=50_000)
def _normalised(text: str) -> str:
    """As phone.normalise does, which takes its time: the usual ten digits are quickly said."""
    digits = text.translate(_PUNCTUATION)
    if len(digits) == 10 and digits.isascii() and digits.isdigit() and digits[0] > "1":
        return f"+1{digits}"
    return normalise(text)


def read_amount(text: str, *, column: str) -> int:
    """An amount of money, in cents: 1200.00, $1,200.00; a comma only between thousands."""
    units, _, decimals = text.partition(".")
    if len(decimals) == 2 and len(units) < 9 and text.isascii() and units.isdigit() and decimals.isdigit():
        return int(units + decimals)  # the usual spelling needs no Decimal
    dressed = _DRESSED.fullmatch(text)
    try:
        if not dressed and not _PLAIN.fullmatch(text):
            raise BadAmount(f"{text[:40]!r} is not an amount; write it like 1250.00")
        cents = to_cents(dressed[1] + dressed[2].replace(",", "") + dressed[3] if dressed else text)
    except BadAmount as error:
        raise BadLine(f"{column}: {error}") from None
    if abs(cents) > LARGEST_AMOUNT:
        raise BadLine(f"{column} is more than a billion; correct it")
    return cents


@lru_cache(maxsize=1000)
def name_nearest(text: str, *, known: tuple[str, ...]) -> str:
    """The few of the known names that are spelled most like `text`, and how many more there are."""
    if not known:
        return "there are none yet"
    likeness = SequenceMatcher(b=text.casefold()[:60])

    def unlike(name: str) -> tuple[float, str]:
        likeness.set_seq1(name.casefold())
        return -likeness.ratio(), name

    shown = sorted(known, key=unlike)[:_MOST_NAMED]
    more = len(known) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def read_cost(text: str, *, column: str) -> int:
    """An amount of zero or more, in cents."""
    cents = read_amount(text, column=column)
    if cents < 0:
        raise BadLine(f"{column} is {text}; a cost is zero or more")
    return cents


def read_date(text: str, *, column: str) -> date:
    """A local date such as 2026-05-31."""
    try:
        day = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        day = None
    if day is None or not FIRST_MOMENT.date() <= day <= LAST_DAY:
        raise BadLine(f"{column} is {text[:40]!r}; write a date like 2026-05-31")
    return day


def read_month(text: str, *, column: str) -> date:
    """The first day of a month such as 2026-05."""
    if len(text) != 7:
        raise BadLine(f"{column} is {text[:40]!r}; write a month like 2026-05")
    try:
        return read_date(f"{text}-01", column=column)
    except BadLine:
        raise BadLine(f"{column} is {text!r}; write a month like 2026-05") from None
