"""What an account decides about itself: its time zone, what a lead is, how far back a job finds its call, how many
calls a week are labelled blind."""

from functools import cache
from zoneinfo import available_timezones

from sqlalchemy.orm import Session

from calltrack.changes import record
from calltrack.models import Account

LONGEST_LEAD_SECONDS = 86_400
MOST_MATCH_DAYS = 365
MOST_BLIND_CALLS = 500
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
) -> tuple[Account, set[str]]:
    """Change what is given, leave the rest, and keep who changed it: the account as it is now, and what is new of it.

    A new zone or `lead_seconds` counts every day anew. After new `match_days` the jobs' calls have to be looked for
    again (see jobs/matching.py). Raises BadSetting.
    """
    # Race: two people change settings at once; the lock lets the second see what the first wrote.
    own = session.get_one(Account, account.id, with_for_update={"key_share": True})
    asked: dict[str, str | int] = {}
    if time_zone is not None:
        asked["time_zone"] = find_zone(time_zone)
    if lead_seconds is not None:
        asked["lead_seconds"] = check_lead_seconds(lead_seconds)
    if match_days is not None:
        if not 0 <= match_days <= MOST_MATCH_DAYS:
            raise BadSetting(f"a job finds its call 0 to {MOST_MATCH_DAYS} days back, not {match_days}")
        asked["match_days"] = match_days
    if blind_calls is not None:
        if not 0 <= blind_calls <= MOST_BLIND_CALLS:
            raise BadSetting(f"0 to {MOST_BLIND_CALLS} calls a week are labelled blind, not {blind_calls}")
        asked["blind_calls"] = blind_calls
    fields = {name: (getattr(own, name), value) for name, value in asked.items()}
    for name, value in asked.items():
        setattr(own, name, value)
    record(session, account_id=own.id, noun="account", noun_id=own.id, fields=fields, by=by)
    session.flush()
    return own, {name for name, (was, now) in fields.items() if was != now}


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
