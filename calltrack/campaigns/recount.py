"""All cells of an account against a count of its base rows: the proof that no change was ever missed."""

from collections.abc import Iterator
from dataclasses import asdict

from sqlalchemy import select

from calltrack.accounts.accounts import find_account
from calltrack.campaigns.cells import MOST_DAYS, days_with_rows, in_force, is_marked, refresh, runs
from calltrack.campaigns.counting import count_days
from calltrack.campaigns.sources import Facts
from calltrack.db import Database
from calltrack.models import Account
from calltrack.period import Period

_TRIES = 5  # while calls come in, a day may be marked again before it is compared


def recount(database: Database, *, account_name: str | None) -> list[str]:
    """A sentence for each figure of a cell that differs from its base rows, of one account or (None) of all."""
    with database.read() as session:
        accounts = (
            [find_account(session, name=account_name)] if account_name else list(session.scalars(select(Account)))
        )
    return [sentence for account in accounts for sentence in _differences(database, account=account)]


def _differences(database: Database, *, account: Account) -> Iterator[str]:
    with database.read() as session:
        days = days_with_rows(session, account_id=account.id)
    for run in runs(days, zone=account.time_zone):
        whole = run.days()
        for at in range(0, len(whole), MOST_DAYS):
            part = whole[at : at + MOST_DAYS]
            yield from _compared(database, account=account, period=Period(part[0], part[-1], account.time_zone))


def _compared(database: Database, *, account: Account, period: Period) -> list[str]:
    for _ in range(_TRIES):
        refresh(database, account_id=account.id, period=period)
        with database.read() as session:  # one snapshot for both sides
            if is_marked(session, account_id=account.id, period=period):
                continue
            counted = count_days(session, account_id=account.id, period=period)
            kept = in_force(session, account_id=account.id, first=period.first, last=period.last)
        return [
            f"{account.name}, campaign {place[0] or 'none'}, {place[1]}: {figure} is {value}, not {now}"
            for place in sorted(kept.keys() | counted.keys())
            for figure, value in asdict(kept.get(place, Facts())).items()
            if value != (now := getattr(counted.get(place, Facts()), figure))
        ]
    return [f"{account.name}, {period.first} to {period.last}: not compared, because it does not stop changing"]
