"""Scheduled reports: what can be asked for, and whose they are."""

from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from calltrack.db import Database
from calltrack.models import Account, Report
from calltrack.reports.recipients import BadReport
from calltrack.reports.schedule import (
    MOST_REPORTS,
    change_report,
    create_report,
    delete_report,
    find_report,
    list_reports,
)
from calltrack.reports.times import next_due
from tests.campaigns.story import Story
from tests.reports.conftest import ANA, BEN, Firm


def weekly(session: Session, account: Account, **changes: object) -> Report:
    asked = {"every": "week", "hour": 7, "recipients": [ANA], "created_by": ANA, **changes}
    return create_report(session, account=account, **asked)  # type: ignore[arg-type]


def test_a_report_is_first_due_at_its_next_hour(database: Database, firm: Firm) -> None:
    before = datetime.now(UTC)
    with database.write.begin() as session:
        report = weekly(session, firm.account, recipients=[f" {ANA} ", BEN, ANA.upper(), ""])
        assert report.recipients == [ANA.upper(), BEN]
        due = next_due(every="week", hour=7, zone=firm.account.time_zone, after=before)
        assert (report.due_at, report.sent_at, report.last_error) == (due, None, None)


@pytest.mark.parametrize(
    "wrong",
    [{"every": "year"}, {"every": ""}, {"hour": 24}, {"hour": -1}, {"recipients": []}, {"recipients": ["ana"]},
     {"recipients": [f"a{number}@example.com" for number in range(21)]}, {"recipients": ["a@example.com\nBcc: b"]}],
)  # fmt: skip
def test_what_cannot_be_sent_is_refused(database: Database, firm: Firm, wrong: dict[str, object]) -> None:
    with database.write.begin() as session:
        with pytest.raises(BadReport):
            weekly(session, firm.account, **wrong)
        assert list_reports(session, account=firm.account) == []


def test_a_changed_report_is_due_when_its_new_hour_comes(database: Database, firm: Firm) -> None:
    with database.write.begin() as session:
        report = weekly(session, firm.account)
        report.last_error = "the mail server was away"
        change_report(session, account=firm.account, report=report, every="month", hour=0, recipients=[BEN])
        due = next_due(every="month", hour=0, zone=firm.account.time_zone, after=datetime.now(UTC))
        assert (report.due_at, report.recipients) == (due, [BEN])
        assert not report.last_error
        with pytest.raises(BadReport):
            change_report(session, account=firm.account, report=report, every="week", hour=7, recipients=["x"])
        assert (report.every, report.recipients) == ("month", [BEN])


def test_a_report_is_its_accounts_own(database: Database, firm: Firm) -> None:
    with database.write.begin() as session:
        stranger = Story(session).account
        report = weekly(session, firm.account)
        assert find_report(session, account=stranger, report_id=report.id) is None
        assert list_reports(session, account=stranger) == []
        assert find_report(session, account=firm.account, report_id=report.id) is report
        delete_report(session, report=report)
        assert list_reports(session, account=firm.account) == []


def test_there_is_an_end_to_how_many_there_may_be(database: Database, firm: Firm) -> None:
    with database.write.begin() as session:
        for _ in range(MOST_REPORTS):
            weekly(session, firm.account)
        with pytest.raises(BadReport, match="remove one"):
            weekly(session, firm.account)
