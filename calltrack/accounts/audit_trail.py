"""Reading the audit trail: the newest deeds first, searched by who, what and when."""

from collections.abc import Sequence
from datetime import datetime
from typing import get_args
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.audit import Deed
from calltrack.models import AuditEntry
from calltrack.paging import Page, clamp, older_than, read_cursor, write_cursor
from calltrack.paper.table import Column, Table

DEEDS: tuple[Deed, ...] = get_args(Deed)


def find_entries(
    session: Session,
    *,
    account_id: int,
    who: str | None = None,
    deed: Deed | None = None,
    noun: str | None = None,
    noun_id: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[AuditEntry]:
    """The account's entries that fit, newest first, `since` included and `until` not. Raises BadCursor.

    `who` is an address or a key's name as a whole, `noun` and `noun_id` what it was done to ("call", its id).
    """
    found = select(AuditEntry).where(AuditEntry.account_id == account_id)
    asked = {AuditEntry.who: who, AuditEntry.deed: deed, AuditEntry.noun: noun, AuditEntry.noun_id: noun_id}
    found = found.where(*(column == value for column, value in asked.items() if value))
    if since is not None:
        found = found.where(AuditEntry.at >= since)
    if until is not None:
        found = found.where(AuditEntry.at < until)
    if cursor:
        found = found.where(older_than(read_cursor(cursor), moment=AuditEntry.at, row_id=AuditEntry.id))
    limit = clamp(limit)
    rows = list(session.scalars(found.order_by(AuditEntry.at.desc(), AuditEntry.id.desc()).limit(limit + 1)))
    more = len(rows) > limit
    return Page(rows[:limit], write_cursor(rows[limit - 1].at, rows[limit - 1].id) if more else None)


def audit_table(entries: Sequence[AuditEntry], *, title: str, subtitle: str, zone: str) -> Table:
    """Entries for paper."""
    here = ZoneInfo(zone)
    return Table(
        title=title,
        subtitle=subtitle,
        columns=[
            Column("When", "moment"), Column("Who"), Column("Did"), Column("What"), Column("Which"), Column("Details"),
            Column("From"), Column("Action"), Column("Route"),
        ],
        rows=[
            [one.at.astimezone(here), one.who, one.deed, one.noun, one.noun_id, one.detail, one.address, one.action,
             one.route]
            for one in entries
        ],
    )  # fmt: skip
