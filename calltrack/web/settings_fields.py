"""What the settings' forms are filled with: read into values that can be kept, or shown again beside what is wrong."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import request

from calltrack.money import to_cents
from calltrack.phone import display, normalise
from calltrack.stand_ins import unknown_stand_in
from calltrack.telephony.plan import CAMPAIGN
from calltrack.web.forms import BadField, text_field
from calltrack.web.ranges import FIRST_YEAR, LAST_YEAR, read_day

LARGEST_AMOUNT = 10**11  # cents
# Commas separate thousands and nothing else: elsewhere "1200,50" means cents.
_WHOLE = re.compile(r"\d{1,3}(,\d{3}){1,3}|\d{1,12}", re.ASCII)
_AMOUNT = re.compile(rf"\$?\s*({_WHOLE.pattern})(\.\d{{1,2}})?", re.ASCII)
_MONTH = re.compile(r"(\d{4})-(\d{1,2})", re.ASCII)


class BadFields(BadField):
    """Several fields of one form; the message holds what to enter in each."""

    def __init__(self, wrong: Mapping[str, str]) -> None:
        super().__init__(" ".join(wrong.values()))
        self.names = frozenset(wrong)


@contextmanager
def all_fields() -> Iterator[Callable[[str], AbstractContextManager[None]]]:
    """Read each field within `with field(its name):`, so that all that is wrong is said at once; raises BadFields."""
    wrong: dict[str, str] = {}

    @contextmanager
    def field_of(name: str) -> Iterator[None]:
        try:
            yield
        except BadField as error:
            wrong[name] = str(error)

    yield field_of
    if wrong:
        raise BadFields(wrong)


@dataclass(frozen=True)
class Typed:
    """A form that was refused: which one of the page, why, and what it was filled with. Without a form: none was.

    `wrong`: the fields to fill in anew, as far as that is known.
    """

    form: str = ""
    problem: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    wrong: Collection[str] = ()

    def get(self, form: str, name: str, otherwise: object = "") -> object:
        """What was typed into a field of that form; `otherwise` where that form was not sent."""
        return self.values.get(name, "") if form == self.form else "" if otherwise is None else otherwise


def refused(form: str, wrong: ValueError, *, not_done: str) -> Typed:
    """The form of the current request. `not_done` begins the sentence: "The campaign was not saved"."""
    problem = f"{not_done}. {wrong}" if isinstance(wrong, BadField) else f"{not_done}: {wrong}."
    values = {name: text_field(name) for name in request.form if name != "csrf_token"}
    return Typed(form, problem, values, wrong.names if isinstance(wrong, BadFields) else ())


def whole_field(name: str, *, called: str, least: int, most: int) -> int:
    """A whole number; raises BadField."""
    written = text_field(name)
    value = int(written.replace(",", "")) if _WHOLE.fullmatch(written) else -1
    if not least <= value <= most:
        raise BadField(f"Enter {called} as a whole number from {least:,} to {most:,}.")
    return value


def optional_whole_field(name: str, *, called: str, least: int, most: int) -> int | None:
    """A whole number, or nothing; raises BadField."""
    return whole_field(name, called=called, least=least, most=most) if text_field(name) else None


def money_field(name: str, *, called: str) -> int:
    """An amount of zero or more, in cents; raises BadField."""
    written = text_field(name)
    cents = to_cents(re.sub(r"[$,\s]", "", written)) if _AMOUNT.fullmatch(written) else -1
    if not 0 <= cents <= LARGEST_AMOUNT:
        raise BadField(f"Enter {called} as dollars, zero or more. Write cents after a point, like 1,250.00.")
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


def phones_field(name: str, *, most: int) -> list[str]:
    """Phone numbers in any usual spelling, one a line; raises BadField. Whoever keeps them says which are none."""
    phones = [normalise(one.strip()) for one in re.split(r"[\n,;]", text_field(name)) if one.strip()]
    if not 1 <= len(phones) <= most:
        raise BadField(f"Enter 1 to {most} phones to ring, one a line.")
    return phones


def whisper_field() -> str | None:
    """What whoever answers hears before the caller, or nothing; raises BadField."""
    words = text_field("whisper") or None
    if odd := unknown_stand_in(words, known=[CAMPAIGN]):
        raise BadField(f"{odd} stands for nothing in the whisper; {CAMPAIGN} stands for the campaign's name.")
    return words


def phone_words(number: str) -> str:
    """A number to be shown in a form: as people write it, where it can be read back from that."""
    return display(number) if normalise(display(number)) == number else number
