"""What the settings' forms are filled with: read into values that can be kept, or shown again beside what is wrong."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import request

from calltrack.money import BadAmount, to_cents
from calltrack.phone import display, normalise
from calltrack.web.forms import BadField, text_field
from calltrack.web.ranges import FIRST_YEAR, LAST_YEAR, read_day

LARGEST_AMOUNT = 10**11  # cents
_AMOUNT = re.compile(r"\d{1,12}(\.\d{1,20})?", re.ASCII)
_MONTH = re.compile(r"(\d{4})-(\d{1,2})", re.ASCII)


@dataclass(frozen=True)
class Typed:
    """A form that was refused: which one of the page, why, and what it was filled with. Without a form: none was."""

    form: str = ""
    problem: str = ""
    values: Mapping[str, str] = field(default_factory=dict)

    def get(self, form: str, name: str, otherwise: object = "") -> object:
        """What was typed into a field of that form; `otherwise` where that form was not sent."""
        return self.values.get(name, "") if form == self.form else "" if otherwise is None else otherwise


def refused(form: str, wrong: ValueError, *, not_done: str) -> Typed:
    """The form of the current request. `not_done` begins the sentence: "The campaign was not saved"."""
    problem = f"{not_done}. {wrong}" if isinstance(wrong, BadField) else f"{not_done}: {wrong}."
    return Typed(form, problem, {name: text_field(name) for name in request.form if name != "csrf_token"})


def whole_field(name: str, *, called: str, least: int, most: int) -> int:
    """A whole number; raises BadField."""
    written = text_field(name).replace(",", "")
    value = int(written) if written.isascii() and written.isdecimal() and len(written) < 10 else -1
    if not least <= value <= most:
        raise BadField(f"Enter {called} as a whole number from {least:,} to {most:,}.")
    return value


def optional_whole_field(name: str, *, called: str, least: int, most: int) -> int | None:
    """A whole number, or nothing; raises BadField."""
    return whole_field(name, called=called, least=least, most=most) if text_field(name) else None


def money_field(name: str, *, called: str) -> int:
    """An amount of zero or more, in cents; raises BadField."""
    written = re.sub(r"[$,\s]", "", text_field(name))
    try:
        cents = to_cents(written) if _AMOUNT.fullmatch(written) else -1
    except BadAmount as wrong:
        raise BadField(f"Enter {called} with at most two decimals, like 1,250.00.") from wrong
    if not 0 <= cents <= LARGEST_AMOUNT:
        raise BadField(f"Enter {called} as an amount of zero or more, like 1,250.00.")
    return cents


def optional_money_field(name: str, *, called: str) -> int | None:
    """An amount of zero or more in cents, or nothing; raises BadField."""
    return money_field(name, called=called) if text_field(name) else None


def day_field(name: str, *, called: str) -> date:
    """A local day; raises BadField."""
    day = read_day(text_field(name))
    if day is None:
        raise BadField(f"Enter {called} like 2026-05-03, in the years {FIRST_YEAR} to {LAST_YEAR}.")
    return day


def month_field(name: str, *, called: str) -> date:
    """The first day of a month; raises BadField."""
    found = _MONTH.fullmatch(text_field(name))
    day = read_day(f"{found[1]}-{int(found[2]):02}-01") if found else None
    if day is None:
        raise BadField(f"Enter {called} like 2026-05, in the years {FIRST_YEAR} to {LAST_YEAR}.")
    return day


def moment_field(name: str, *, called: str, zone: str) -> datetime | None:
    """A moment by the account's clock (the earlier one where that is put back), or nothing; raises BadField."""
    written = text_field(name)
    if not written:
        return None
    try:
        local = datetime.fromisoformat(written)
    except ValueError:
        local = None
    if local is None or local.tzinfo is not None or not FIRST_YEAR <= local.year <= LAST_YEAR:
        raise BadField(f"Enter {called} like 2026-05-03T09:30, in the years {FIRST_YEAR} to {LAST_YEAR}.")
    return local.replace(tzinfo=ZoneInfo(zone), second=0, microsecond=0)


def phones_field(name: str) -> list[str]:
    """Phone numbers in any usual spelling, one a line; whoever keeps them says which are none."""
    return [normalise(one.strip()) for one in re.split(r"[\n,;]", text_field(name)) if one.strip()]


def phone_words(number: str) -> str:
    """A number to be shown in a form: as people write it, where it can be read back from that."""
    return display(number) if normalise(display(number)) == number else number
