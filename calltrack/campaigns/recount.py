"""All cells of an account against a count of its base rows: the proof that no change was ever missed."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.accounts.accounts import find_account
from calltrack.campaigns.cells import MOST_DAYS, extent, in_force, refresh
from calltrack.campaigns.counting import count_days
from calltrack.campaigns.sources import Facts
from calltrack.db import Database
from calltrack.models import Account, DirtyMark
from calltrack.period import Period


def recount(database: Database, *, account_name: str | None) -> list[str]:
    """A sentence for each cell that differs from its base rows, of one account or (None) of all."""
    with database.read() as session:
        accounts = (
            [find_account(session, name=account_name)] if account_name else list(session.scalars(select(Account)))
        )
    return [sentence for account in accounts for sentence in _differences(database, account=account)]


def _differences(database: Database, *, account: Account) -> Iterator[str]:
    refresh(database, account_id=account.id)
    with database.read() as session:
        if (whole := extent(session, account_id=account.id, zone=account.time_zone)) is None:
            return
    days = whole.days()
    for at in range(0, len(days), MOST_DAYS):
        part = days[at : at + MOST_DAYS]
        with database.read() as session:  # one snapshot for both sides
            for (campaign_id, day), kept, counted in compare(
                session, account_id=account.id, period=Period(part[0], part[-1], account.time_zone)
            ):
                for figure, value in asdict(kept).items():
                    if value != (now := getattr(counted, figure)):
                        yield f"{account.name}, campaign {campaign_id or 'none'}, {day}: {figure} is {value}, not {now}"


def compare(session: Session, *, account_id: int, period: Period) -> Iterator[tuple[tuple[int, date], Facts, Facts]]:
    """Campaign and day, cell and count, wherever these two differ although nothing is marked."""
    marked = session.scalar(select(DirtyMark.id).where(DirtyMark.account_id == account_id).limit(1))
    if marked is not None:  # news has come since; it is no difference until it has been counted
        return
    counted = count_days(session, account_id=account_id, period=period)
    kept = in_force(session, account_id=account_id, first=period.first, last=period.last)
    for place in sorted(kept.keys() | counted.keys()):
        cell, count = kept.get(place, Facts()), counted.get(place, Facts())
        if cell != count:
            yield place, cell, count
