"""How single values are spelled in requests and answers: texts, moments, local dates, money, ids."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, PlainSerializer, WithJsonSchema

from calltrack.money import BadAmount, to_cents, to_text

T = TypeVar("T")

FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2199, 12, 31)
LARGEST_AMOUNT = 10**11  # cents: sums of any number of these that could ever be sent fit into 64 bits
LARGEST_ID = 2**31 - 1  # PostgreSQL refuses even to compare a larger number with such an id
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_AMOUNT = re.compile(r"-?\d{1,15}(\.\d{1,20})?", re.ASCII)


def _read_date(value: Any) -> date:
    try:
        if isinstance(value, str) and _DATE.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise ValueError("is no date; write it like 2026-05-31")


def _within_reason(value: date) -> date:
    """No call is older or newer, and midnight there exists in every zone."""
    return min(max(value, FIRST_DAY), LAST_DAY)


def _read_moment(value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        if moment and moment.tzinfo and FIRST_DAY.year < moment.year < LAST_DAY.year:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        moment = None
    if moment and moment.tzinfo is None:
        raise ValueError("has no offset, so that nobody knows which moment it is; write it like 2026-05-31T09:30:00Z")
    raise ValueError("is no moment that can be kept; write it like 2026-05-31T09:30:00-05:00")


def _read_amount(value: Any) -> int:
    written = str(value) if isinstance(value, str | int | float | Decimal) and not isinstance(value, bool) else ""
    if not _AMOUNT.fullmatch(written):
        raise ValueError("is no amount of money; write it like 1250.00")
    try:
        cents = to_cents(written)
    except BadAmount as error:
        raise ValueError(str(error)) from None
    if abs(cents) > LARGEST_AMOUNT:
        raise ValueError("is more than a billion; that cannot be kept")
    return cents


def _not_negative(value: int) -> int:
    if value < 0:
        raise ValueError("is negative; write 0 or more")
    return value


_AS_MONEY = {"type": "string", "pattern": r"^-?\d+\.\d{2}$", "examples": ["1250.00"]}
_MONEY_IN = {
    "anyOf": [{"type": "string", "pattern": r"^-?\d{1,10}(\.\d{1,2})?$"}, {"type": "number"}],
    "description": "An amount with at most two decimals, as a decimal string or a number",
    "examples": ["1250.00"],
}
_COST_IN = {
    "anyOf": [{"type": "string", "pattern": r"^\d{1,10}(\.\d{1,2})?$"}, {"type": "number", "minimum": 0}],
    "description": "An amount of zero or more with at most two decimals, as a decimal string or a number",
    "examples": ["120.00"],
}

# Requests. Money arrives as whole cents.
LocalDate = Annotated[date, BeforeValidator(_read_date)]
RangeDate = Annotated[LocalDate, AfterValidator(_within_reason)]
MomentIn = Annotated[
    datetime,
    BeforeValidator(_read_moment),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-05-31T09:30:00-05:00"]}),
]
MoneyIn = Annotated[int, BeforeValidator(_read_amount), WithJsonSchema(_MONEY_IN)]
CostIn = Annotated[int, BeforeValidator(_read_amount), AfterValidator(_not_negative), WithJsonSchema(_COST_IN)]
Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]

# Answers.
Day = date  # under a name of its own: a field called `date` hides the type
Moment = Annotated[
    datetime,
    PlainSerializer(datetime.isoformat, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Money = Annotated[int, PlainSerializer(to_text, return_type=str), WithJsonSchema(_AS_MONEY)]


class PageQuery(BaseModel):
    """Where in a list, and how much of it."""

    cursor: str | None = Field(None, max_length=200, description="`next` of the page before; leave it out at first")
    limit: int = Field(50, description="How many items, kept within 1 to 200")


class Items(BaseModel, Generic[T]):
    """A list; `next` is the cursor of the page after this one, null on the last."""

    items: list[T]
    next: str | None = None
