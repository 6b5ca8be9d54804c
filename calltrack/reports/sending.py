"""Reports that are due go out: each once, whoever of several workers sees it first.

A report is claimed before it is sent, by moving its next due moment on. A process that dies in between therefore loses
that one report and never sends it twice, nor again and again; its page says that it began and did not end. A mail
server that cannot be reached is asked again every quarter of an hour, for a day.
"""

import logging
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from calltrack.config import Settings
from calltrack.db import Database
from calltrack.mail import MailUnavailable, send
from calltrack.models import Account, Report
from calltrack.reports.letter import Letter, write_letter
from calltrack.reports.times import days_before, last_day_due, moment_due, next_due

TRY_AGAIN = timedelta(minutes=15)
GIVE_UP = timedelta(days=1)
_log = logging.getLogger(__name__)


def send_due(database: Database, settings: Settings, now: datetime) -> int:
    """Send every report that is due by `now`; returns how many were sent. What goes wrong is written on the report."""
    with database.read() as session:
        due = session.execute(select(Report.id, Report.due_at).where(Report.due_at <= now).order_by(Report.due_at))
        found = [(report_id, due_at) for report_id, due_at in due]
    return sum(_send_one(database, settings, report_id=report_id, due_at=at, now=now) for report_id, at in found)


def send_now(
    database: Database, settings: Settings, *, account: Account, report: Report, to: str, now: datetime | None = None
) -> None:
    """Send somebody the report as it would go out today, beside its schedule. Raises MailUnavailable."""
    now = now or datetime.now(UTC)
    day = last_day_due(every=report.every, hour=0, zone=account.time_zone, by=now)
    with database.read() as session:
        letter = _write(session, settings, account=account, every=report.every, day_due=day, now=now)
    _mail(settings, letter, to=[to])


def _send_one(database: Database, settings: Settings, *, report_id: int, due_at: datetime, now: datetime) -> bool:
    claimed = _claim(database, report_id=report_id, due_at=due_at, now=now)
    if claimed is None:
        return False
    report, account = claimed
    zone = account.time_zone
    day = last_day_due(every=report.every, hour=report.hour, zone=zone, by=now)
    if report.sent_for is not None and day <= report.sent_for:
        _settle(database, report, error=None)
        return False
    try:
        with database.read() as session:
            letter = _write(session, settings, account=account, every=report.every, day_due=day, now=now)
        refused = _mail(settings, letter, to=report.recipients)
    except MailUnavailable as error:
        late = now - moment_due(day, hour=report.hour, zone=zone) > GIVE_UP
        again = None if error.permanent or late else now + TRY_AGAIN
        _settle(database, report, error=f"not sent: {error}", again=again)
        return False
    except Exception:
        _settle(database, report, error="not sent: calltrack made a mistake here; its log says more")
        raise
    _settle(
        database, report, error=f"the mail server refused {', '.join(refused)}" if refused else None, sent=(now, day)
    )
    return True


def _claim(database: Database, *, report_id: int, due_at: datetime, now: datetime) -> tuple[Report, Account] | None:
    """Race: several workers see the same report; the one whose update finds the due moment that it saw, sends it."""
    with database.write.begin() as session:
        row = session.execute(
            select(Report, Account).join(Account, Account.id == Report.account_id).where(Report.id == report_id)
        ).first()
        if row is None:
            return None
        report, account = row
        following = next_due(every=report.every, hour=report.hour, zone=account.time_zone, after=now)
        began = f"sending began on {now:%Y-%m-%d at %H:%M} UTC and did not end"
        claimed = session.execute(
            update(Report)
            .where(Report.id == report_id, Report.due_at == due_at)
            .values(due_at=following, last_error=began)
            .returning(Report.id)
            .execution_options(synchronize_session=False)
        ).first()
        if claimed is None:
            return None
        session.refresh(report)
        return report, account


def _write(
    session: Session, settings: Settings, *, account: Account, every: str, day_due: date, now: datetime
) -> Letter:
    period = days_before(day_due, every=every, zone=account.time_zone)
    return write_letter(session, account=account, every=every, period=period, now=now, base_url=settings.base_url)


def _mail(settings: Settings, letter: Letter, *, to: list[str]) -> list[str]:
    return send(
        settings, to=to, subject=letter.subject, text=letter.text, html=letter.html, attachments=letter.attachments
    )


def _settle(
    database: Database, report: Report, *, error: str | None, sent: tuple[datetime, date] | None = None,
    again: datetime | None = None,
) -> None:  # fmt: skip
    """Write down how it went; `sent`: when, and for which day due. Race: who changed the report meanwhile has set
    another due moment, which stays."""
    with database.write.begin() as session:
        values: dict[str, object] = {"last_error": error}
        if sent:
            values |= {"sent_at": sent[0], "sent_for": sent[1]}
        session.execute(update(Report).where(Report.id == report.id).values(values))
        if again is not None:
            session.execute(
                update(Report)
                .where(Report.id == report.id, Report.due_at == report.due_at)
                .values(due_at=min(again, report.due_at))
            )
    if error:
        _log.warning("report %s of account %s: %s", report.id, report.account_id, error)
