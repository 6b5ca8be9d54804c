"""Scheduled reports: who gets the scorecard, how often, at which hour of the account's zone."""

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from calltrack.models import Account, Report
from calltrack.reports.recipients import BadReport, clean_recipients
from calltrack.reports.times import EVERY, next_due

MOST_REPORTS = 50


def create_report(
    session: Session, *, account: Account, every: str, hour: int, recipients: Iterable[str], created_by: str
) -> Report:
    """A scorecard each day, week (on Monday) or month (on the first) at a full hour, 0 to 23. Raises BadReport."""
    _check(every, hour)
    addresses = clean_recipients(recipients)
    if (session.scalar(select(func.count(Report.id)).where(Report.account_id == account.id)) or 0) >= MOST_REPORTS:
        raise BadReport(f"there are {MOST_REPORTS} reports already; remove one first")
    now = datetime.now(UTC)
    report = Report(
        account_id=account.id,
        every=every,
        hour=hour,
        recipients=addresses,
        created_by=created_by,
        created_at=now,
        due_at=next_due(every=every, hour=hour, zone=account.time_zone, after=now),
    )
    session.add(report)
    session.flush()
    return report


def list_reports(session: Session, *, account: Account) -> list[Report]:
    """The account's reports, oldest first."""
    return list(session.scalars(select(Report).where(Report.account_id == account.id).order_by(Report.id)))


def find_report(session: Session, *, account: Account, report_id: int) -> Report | None:
    """The account's own report of that id."""
    return session.scalar(select(Report).where(Report.account_id == account.id, Report.id == report_id))


def change_report(
    session: Session, *, account: Account, report: Report, every: str, hour: int, recipients: Iterable[str]
) -> None:
    """Make it what is said; when it is next due follows. Raises BadReport."""
    _check(every, hour)
    report.recipients = clean_recipients(recipients)
    report.every, report.hour, report.last_error = every, hour, None
    report.due_at = next_due(every=every, hour=hour, zone=account.time_zone, after=datetime.now(UTC))
    session.flush()


def delete_report(session: Session, *, report: Report) -> None:
    """No more of it is sent, but for one that is on its way."""
    session.delete(report)
    session.flush()


def _check(every: str, hour: int) -> None:
    if every not in EVERY:
        raise BadReport(f"a report is sent every {', '.join(EVERY[:-1])} or {EVERY[-1]}")
    if not 0 <= hour <= 23:
        raise BadReport("the hour is 0 to 23")
