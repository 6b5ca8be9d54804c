"""Reports go out when they are due: once, whatever happens."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import update

from calltrack.accounts.settings import change_account
from calltrack.config import Settings
from calltrack.db import Database
from calltrack.mail import MailUnavailable
from calltrack.models import Account, Report
from calltrack.reports.schedule import change_report, create_report, delete_report
from calltrack.reports.sending import send_due, send_now
from tests.campaigns.story import at
from tests.postbox import Postbox
from tests.reports.conftest import ANA, BEN, Firm
from tests.reports.happening import more

MONDAY = at("2026-05-11 07:00")
pytestmark = pytest.mark.enable_socket


def planned(database: Database, firm: Firm, *, due_at: datetime = MONDAY, every: str = "week", hour: int = 7) -> int:
    """A report to Ana and Ben that is due at that moment."""
    with database.write.begin() as session:
        report = create_report(
            session, account=firm.account, every=every, hour=hour, recipients=[ANA, BEN], created_by=ANA
        )
        report.due_at = due_at
        return report.id


def report_of(database: Database, report_id: int) -> Report:
    with database.read() as session:
        return session.get_one(Report, report_id)


def subjects(box: Postbox) -> list[str]:
    return [message["Subject"].partition(": ")[2] for _, message in box.delivered]


def test_a_report_goes_out_when_it_is_due_and_not_before(
    database: Database, firm: Firm, settings: Settings, box: Postbox
) -> None:
    report_id = planned(database, firm)
    with more(database, firm.account) as story:
        story.call(at("2026-05-06 09:00"), campaign=firm.radio)
    assert send_due(database, settings, now=MONDAY - timedelta(seconds=1)) == 0
    assert send_due(database, settings, now=MONDAY + timedelta(seconds=40)) == 1
    [(recipients, message)] = box.delivered
    assert recipients == [ANA, BEN]
    assert subjects(box) == ["1 lead, 4 May to 10 May 2026"]
    assert [one.get_content_type().rpartition("/")[2][:3] for one in message.iter_attachments()] == ["pdf", "vnd"]
    report = report_of(database, report_id)
    assert (report.sent_at, report.last_error) == (MONDAY + timedelta(seconds=40), None)
    assert report.due_at == MONDAY + timedelta(days=7)
    assert send_due(database, settings, now=MONDAY + timedelta(minutes=2)) == 0


@pytest.mark.parametrize(
    ("every", "now", "about"),
    [
        ("day", "2026-05-11 07:00", "10 May 2026"),
        ("month", "2026-06-01 07:00", "1 May to 31 May 2026"),
        ("week", "2026-05-13 18:00", "4 May to 10 May 2026"),
    ],
)
def test_it_is_about_what_was_due_however_late_it_goes_out(
    database: Database, firm: Firm, settings: Settings, box: Postbox, every: str, now: str, about: str
) -> None:
    planned(database, firm, every=every, due_at=at("2026-05-04 07:00"))
    assert send_due(database, settings, now=at(now)) == 1
    assert subjects(box)[0].endswith(about)
    assert send_due(database, settings, now=at(now)) == 0


def test_several_workers_send_it_once(database: Database, firm: Firm, settings: Settings, box: Postbox) -> None:
    planned(database, firm)
    start = Barrier(4)

    def work(_: int) -> int:
        start.wait()
        return send_due(database, settings, now=MONDAY)

    with ThreadPoolExecutor(4) as workers:
        assert sorted(workers.map(work, range(4))) == [0, 0, 0, 1]
    assert len(box.delivered) == 1


def test_a_mail_server_that_is_away_is_asked_again_about_the_same_days(
    database: Database, firm: Firm, settings: Settings, box: Postbox
) -> None:
    late = at("2026-05-11 23:00")
    report_id = planned(database, firm, every="day", hour=23, due_at=late)
    box.refuse["MAIL"] = "451 later"
    now = late
    while now < late + timedelta(hours=2):
        assert send_due(database, settings, now=now) == 0
        report = report_of(database, report_id)
        assert "451 later" in (report.last_error or "")
        assert now < report.due_at <= now + timedelta(minutes=15)
        now = report.due_at
    box.refuse.clear()
    assert send_due(database, settings, now=now) == 1
    assert subjects(box) == ["0 leads, 10 May 2026"]
    assert report_of(database, report_id).due_at == late + timedelta(days=1)


def test_a_mail_server_that_stays_away_is_left_alone_after_a_day(
    database: Database, firm: Firm, settings: Settings, box: Postbox
) -> None:
    report_id = planned(database, firm)
    box.refuse["MAIL"] = "451 later"
    send_due(database, settings, now=MONDAY + timedelta(hours=23))
    assert report_of(database, report_id).due_at == MONDAY + timedelta(hours=23, minutes=15)
    send_due(database, settings, now=MONDAY + timedelta(hours=25))
    assert report_of(database, report_id).due_at == MONDAY + timedelta(days=7)


def test_what_is_refused_for_good_waits_for_the_next_time(
    database: Database, firm: Firm, settings: Settings, box: Postbox
) -> None:
    report_id = planned(database, firm)
    box.refuse["RCPT"] = "550 unknown"
    assert send_due(database, settings, now=MONDAY) == 0
    report = report_of(database, report_id)
    assert report.due_at == MONDAY + timedelta(days=7)
    assert "550 unknown" in (report.last_error or "")
    assert report.sent_at is None


def test_without_a_mail_server_the_report_says_so(database: Database, firm: Firm) -> None:
    report_id = planned(database, firm)
    assert send_due(database, Settings(_env_file=None), now=MONDAY) == 0
    assert "SMTP_URL" in (report_of(database, report_id).last_error or "")


def test_one_refused_address_is_named_and_the_others_have_it(
    database: Database, firm: Firm, settings: Settings, box: Postbox
) -> None:
    report_id = planned(database, firm)
    box.refuse[f"RCPT TO:<{BEN}>"] = "550 unknown"
    assert send_due(database, settings, now=MONDAY) == 1
    assert report_of(database, report_id).last_error == f"the mail server refused {BEN}"


def test_a_process_that_dies_while_sending_loses_one_report_and_repeats_none(
    database: Database, firm: Firm, settings: Settings, box: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The death is played by what no handler catches, once the mail is out."""
    report_id = planned(database, firm)

    def die(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("calltrack.reports.sending._settle", die)
    with pytest.raises(KeyboardInterrupt):
        send_due(database, settings, now=MONDAY)
    monkeypatch.undo()
    assert len(box.delivered) == 1
    assert "did not end" in (report_of(database, report_id).last_error or "")
    assert send_due(database, settings, now=MONDAY + timedelta(hours=1)) == 0
    assert len(box.delivered) == 1
    assert send_due(database, settings, now=MONDAY + timedelta(days=7)) == 1


def test_a_report_that_cannot_be_written_says_so_and_does_not_come_back(
    database: Database, firm: Firm, settings: Settings
) -> None:
    report_id = planned(database, firm)
    with database.write.begin() as session:
        session.execute(update(Report).values(every="week", hour=7, recipients=[None]))
    with pytest.raises(TypeError):
        send_due(database, settings, now=MONDAY)
    report = report_of(database, report_id)
    assert "mistake" in (report.last_error or "")
    assert report.due_at == MONDAY + timedelta(days=7)


def test_who_changes_it_meanwhile_decides_when_it_is_due(
    database: Database, firm: Firm, settings: Settings, box: Postbox
) -> None:
    report_id = planned(database, firm)
    box.refuse["MAIL"] = "451 later"
    send_due(database, settings, now=MONDAY)
    with database.write.begin() as session:
        report = session.get_one(Report, report_id)
        change_report(session, account=firm.account, report=report, every="month", hour=3, recipients=[ANA])
        due = report.due_at
    assert due > datetime.now(UTC)
    assert report_of(database, report_id).due_at == due
    with database.write.begin() as session:
        delete_report(session, report=session.get_one(Report, report_id))
    assert send_due(database, settings, now=due + timedelta(days=40)) == 0


def test_somebody_gets_one_at_once_and_the_schedule_stays(
    database: Database, firm: Firm, settings: Settings, box: Postbox
) -> None:
    report_id = planned(database, firm)
    report = report_of(database, report_id)
    send_now(database, settings, account=firm.account, report=report, to=BEN, now=at("2026-05-14 03:00"))
    [(recipients, _)] = box.delivered
    assert recipients == [BEN]
    assert subjects(box)[0].endswith("4 May to 10 May 2026")
    assert report_of(database, report_id).due_at == MONDAY
    box.refuse["MAIL"] = "451 later"
    with pytest.raises(MailUnavailable):
        send_now(database, settings, account=firm.account, report=report, to=BEN)


def test_no_report_goes_out_twice_when_the_company_moves_to_another_zone(
    database: Database, firm: Firm, settings: Settings, box: Postbox
) -> None:
    with database.write.begin() as session:
        account = session.get_one(Account, firm.account.id)
        change_account(session, account=account, by=ANA, time_zone="Asia/Tokyo")
    planned(database, firm, due_at=at("2026-05-11 07:00", zone="Asia/Tokyo"))
    now = at("2026-05-11 07:00", zone="Asia/Tokyo")
    assert send_due(database, settings, now=now) == 1
    with database.write.begin() as session:
        account = session.get_one(Account, firm.account.id)
        change_account(session, account=account, by=ANA, time_zone="America/Chicago")
    for hour in range(10 * 24):
        send_due(database, settings, now=now + timedelta(hours=hour))
    assert [subject.rpartition(", ")[2] for subject in subjects(box)] == [
        "4 May to 10 May 2026",
        "11 May to 17 May 2026",
    ]
