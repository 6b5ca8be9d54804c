"""What an account decides about itself: its time zone, what a lead is, how far back a job finds its call, how many
calls a week are labelled blind, which carrier its numbers are with, and what is done about a missed call."""

from collections.abc import Callable
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from sqlalchemy.orm import Session

from calltrack.changes import record
from calltrack.models import Account
from calltrack.models.account import CARRIER_NAMES
from calltrack.stand_ins import unknown_stand_in

LONGEST_LEAD_SECONDS = 86_400
MOST_MATCH_DAYS = 365
MOST_BLIND_CALLS = 500
MOST_CALL_BACK_MINUTES = 24 * 60
LONGEST_TEXT_BACK, LONGEST_TEXT_HELP = 480, 320  # characters
BUSINESS = "{business}"
"""What stands for the account's name in a text that it sends."""
_AREAS = "Africa America Antarctica Arctic Asia Atlantic Australia Europe Indian Pacific".split()


class BadSetting(ValueError):
    """A setting that cannot be; the message says what can."""


def change_account(
    session: Session,
    *,
    account: Account,
    by: str,
    time_zone: str | None = None,
    lead_seconds: int | None = None,
    match_days: int | None = None,
    blind_calls: int | None = None,
    carrier: str | None = None,
    call_back_minutes: int | None = None,
    text_back: str | None = None,
    text_help: str | None = None,
) -> tuple[Account, set[str]]:
    """Change what is given, leave the rest, and keep who changed it: the account as it is now, and what is new of it.

    0 `call_back_minutes` and an empty text mean none from now on. A new zone or `lead_seconds` counts every day anew.
    After new `match_days` the jobs' calls have to be looked for again (see jobs/matching.py). Raises BadSetting.
    """
    # Race: two people change settings at once; the lock lets the second see what the first wrote.
    own = session.get_one(Account, account.id, with_for_update={"key_share": True})
    given: dict[str, Any] = {
        "time_zone": time_zone, "lead_seconds": lead_seconds, "match_days": match_days, "blind_calls": blind_calls,
        "carrier": carrier, "call_back_minutes": call_back_minutes, "text_back": text_back, "text_help": text_help,
    }  # fmt: skip
    asked = {name: _CHECKS[name](value, own) for name, value in given.items() if value is not None}
    fields = {name: (getattr(own, name), value) for name, value in asked.items()}
    for name, value in asked.items():
        setattr(own, name, value)
    record(session, account_id=own.id, noun="account", noun_id=own.id, fields=fields, by=by)
    session.flush()
    return own, {name for name, (was, now) in fields.items() if was != now}


def check_carrier(name: str) -> str:
    """The name of a carrier that we can talk with. Raises BadSetting."""
    if name not in CARRIER_NAMES:
        raise BadSetting(f"{name!r} is no carrier; choose one of: {', '.join(CARRIER_NAMES)}")
    return name


def _within(most: int, sentence: str) -> Callable[[int, Account], int]:
    """A whole number from 0 to `most`; `sentence` says what is wrong with {value}."""

    def check(value: int, _: Account) -> int:
        if not 0 <= value <= most:
            raise BadSetting(sentence.format(most=most, value=value))
        return value

    return check


def _own_text(written: str, *, account: Account, longest: int) -> str | None:
    """A text as it can be sent: it says who it is from, because a phone shows a number only. Raises BadSetting."""
    text = written.replace("\x00", "").replace("\r\n", "\n").strip()
    if len(text) > longest:
        raise BadSetting(f"the text has at most {longest} characters")
    if text and BUSINESS not in text and account.name.casefold() not in text.casefold():
        raise BadSetting(f"the text has to say who it is from; {BUSINESS} stands for {account.name}")
    if odd := unknown_stand_in(text, known=[BUSINESS]):
        raise BadSetting(f"{odd} stands for nothing; {BUSINESS} stands for {account.name}")
    return text or None


def check_lead_seconds(seconds: int) -> int:
    """From how many seconds on a call may be a lead: 0 to a day. Raises BadSetting."""
    if not 0 <= seconds <= LONGEST_LEAD_SECONDS:
        raise BadSetting(f"a lead lasts 0 to {LONGEST_LEAD_SECONDS:,} seconds at least, not {seconds}")
    return seconds


def find_zone(written: str) -> str:
    """The IANA zone that is meant; blanks for underscores and any case will do. Raises BadSetting."""
    zone = _by_spelling().get(_spelling(written))
    if zone is None:
        raise BadSetting(f"{written!r} is no time zone; choose one like America/Chicago")
    return zone


@cache
def list_zones() -> list[str]:
    """The IANA zones that are named for a place, and UTC."""
    return sorted(zone for zone in available_timezones() if zone.partition("/")[0] in _AREAS or zone == "UTC")


@cache
def _by_spelling() -> dict[str, str]:
    return {_spelling(zone): zone for zone in available_timezones()}


def _spelling(zone: str) -> str:
    return "_".join(zone.lower().split())


_minutes = _within(MOST_CALL_BACK_MINUTES, "a missed caller is called back within 0 to {most} minutes, not {value}")
# What is asked of each setting, and what is kept of it.
_CHECKS: dict[str, Callable[[Any, Account], Any]] = {
    "time_zone": lambda value, _: find_zone(value),
    "lead_seconds": lambda value, _: check_lead_seconds(value),
    "match_days": _within(MOST_MATCH_DAYS, "a job finds its call 0 to {most} days back, not {value}"),
    "blind_calls": _within(MOST_BLIND_CALLS, "0 to {most} calls a week are labelled blind, not {value}"),
    "carrier": lambda value, _: check_carrier(value),
    "call_back_minutes": lambda value, account: _minutes(value, account) or None,
    "text_back": lambda value, account: _own_text(value, account=account, longest=LONGEST_TEXT_BACK),
    "text_help": lambda value, account: _own_text(value, account=account, longest=LONGEST_TEXT_HELP),
}
