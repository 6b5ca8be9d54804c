"""Alerts: raised when a campaign goes wrong, mailed once, cleared when it is over."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier

import pytest

from calltrack.campaigns.costs import state_costs
from calltrack.config import Settings
from calltrack.db import Database
from calltrack.models import AlertRule, Campaign
from calltrack.paging import BadCursor
from calltrack.reports.alerts import check_due
from calltrack.reports.recipients import BadReport
from calltrack.reports.rules import (
    ListedAlert,
    create_rule,
    find_rule,
    list_alerts,
    list_rules,
    remove_rule,
)
from tests.campaigns.story import Story, at
from tests.postbox import Postbox
from tests.reports.conftest import ANA, BEN, Firm
from tests.reports.happening import more

NOW = at("2026-05-31 15:00")
SILENT = Settings(_env_file=None)
pytestmark = pytest.mark.enable_socket


def ruled(database: Database, firm: Firm, *, kind: str, threshold: int) -> int:
    with database.write.begin() as session:
        rule = create_rule(
            session, account=firm.account, kind=kind, threshold=threshold, recipients=[ANA, BEN], created_by=ANA
        )
        return rule.id


def alerts(database: Database, firm: Firm) -> list[ListedAlert]:
    with database.read() as session:
        return list_alerts(session, account=firm.account).items


def open_ones(database: Database, firm: Firm) -> list[str]:
    with database.read() as session:
        return [one.campaign for one in list_alerts(session, account=firm.account, state="open").items]


def calls_on(story: Story, campaign: Campaign, days: list[date], *, missed: bool = False) -> None:
    for day in days:
        story.call(at(f"{day} 10:00"), campaign=campaign, missed=missed)


def days(first: str, count: int, *, every: int = 1) -> list[date]:
    return [date.fromisoformat(first) + timedelta(days=every * place) for place in range(count)]


@pytest.mark.parametrize(
    ("rang", "alarmed"),
    [
        (days("2026-05-01", 27), True),  # the last on 27 May: 28, 29 and 30 May are silent, and so is today
        (days("2026-05-01", 28), False),  # the last on 28 May
        ([*days("2026-05-01", 27), date(2026, 5, 31)], False),  # one today
        (days("2026-04-30", 14, every=2), True),  # on half of the 28 days before
        (days("2026-05-01", 13, every=2), False),  # on fewer
        ([], False),
    ],
)
def test_calls_that_stopped(database: Database, firm: Firm, rang: list[date], alarmed: bool) -> None:
    ruled(database, firm, kind="calls_stopped", threshold=3)
    with more(database, firm.account) as story:
        calls_on(story, firm.radio, rang)
    assert check_due(database, SILENT, now=NOW) == int(alarmed)
    assert open_ones(database, firm) == ["Radio"] * alarmed


def test_a_silence_that_goes_on_is_one_alert_until_the_phone_rings(database: Database, firm: Firm) -> None:
    ruled(database, firm, kind="calls_stopped", threshold=3)
    with more(database, firm.account) as story:
        calls_on(story, firm.radio, days("2026-05-01", 27))
    assert check_due(database, SILENT, now=NOW) == 1
    for later in (1, 10, 40, 200):
        assert check_due(database, SILENT, now=NOW + timedelta(days=later)) == 0
        assert open_ones(database, firm) == ["Radio"]
    with more(database, firm.account) as story:
        story.call(NOW + timedelta(days=201), campaign=firm.radio)
    assert check_due(database, SILENT, now=NOW + timedelta(days=201, hours=1)) == 0
    assert open_ones(database, firm) == []
    [past] = alerts(database, firm)
    assert past.cleared_at == NOW + timedelta(days=201, hours=1)
    assert "no call for 3 full days, the last one on Wed 27 May" in past.why


def missed(story: Story, campaign: Campaign, *, first: str, of: int, missed: int) -> None:
    start = at(f"{first} 08:00")
    for place in range(of):
        story.call(start + timedelta(minutes=place), campaign=campaign, missed=place < missed)


@pytest.mark.parametrize(
    ("before", "week", "alarmed"),
    [
        ((20, 2), (10, 4), True),  # 10% before, 40% now: more than 20 points
        ((20, 2), (10, 3), False),  # exactly 20 points
        ((20, 2), (9, 9), False),  # too few calls to say
        ((20, 0), (10, 3), True),
        ((0, 0), (10, 10), False),  # nothing to compare with
        ((20, 20), (10, 10), False),
    ],
)
def test_a_share_of_missed_calls_that_rises(
    database: Database, firm: Firm, before: tuple[int, int], week: tuple[int, int], alarmed: bool
) -> None:
    ruled(database, firm, kind="missed_share", threshold=20)
    with more(database, firm.account) as story:
        missed(story, firm.radio, first="2026-05-20", of=before[0], missed=before[1])
        missed(story, firm.radio, first="2026-05-25", of=week[0], missed=week[1])
    assert check_due(database, SILENT, now=NOW) == int(alarmed)
    if alarmed:
        [alert] = alerts(database, firm)
        assert f"{week[1]} of {week[0]} calls of the last 7 days were missed" in alert.why
        assert check_due(database, SILENT, now=NOW + timedelta(days=20)) == 0
        assert open_ones(database, firm) == []


@pytest.mark.parametrize(
    ("daily", "leads", "alarmed"),
    [
        (1000, 6, False),  # 300.00 for six: 50.00 each
        (1001, 6, True),
        (1, 0, True),  # money, and not one lead
        (0, 0, False),
    ],
)
def test_leads_that_cost_too_much(database: Database, firm: Firm, daily: int, leads: int, alarmed: bool) -> None:
    ruled(database, firm, kind="cost_per_lead", threshold=5000)
    with more(database, firm.account) as story:
        state_costs(story.session, campaign=firm.radio, costs=[(date(2026, 1, 1), daily)], stated_by="a test")
        missed(story, firm.radio, first="2026-05-10", of=leads, missed=0)
    assert check_due(database, SILENT, now=NOW) == int(alarmed)
    if alarmed and leads:
        assert (
            alerts(database, firm)[0].why
            == "a lead cost $50.05, more than $50.00: $300.30 in the last 30 days brought 6 leads"
        )
    with more(database, firm.account) as story:
        missed(story, firm.radio, first="2026-05-11", of=100, missed=0)
    check_due(database, SILENT, now=NOW + timedelta(minutes=15))
    assert open_ones(database, firm) == []


def trouble(database: Database, firm: Firm) -> int:
    """Both campaigns cost and bring nothing."""
    with database.write.begin() as session:
        for campaign in (firm.radio, firm.mailing):
            state_costs(session, campaign=campaign, costs=[(date(2026, 1, 1), 100)], stated_by="a test")
    return ruled(database, firm, kind="cost_per_lead", threshold=5000)


def test_what_is_raised_is_mailed_once_to_everybody_together(
    database: Database, firm: Firm, settings: Settings, box: Postbox
) -> None:
    trouble(database, firm)
    assert check_due(database, settings, now=NOW) == 2
    [(recipients, message)] = box.delivered
    assert recipients == [ANA, BEN]
    assert message["Subject"] == f"{firm.account.name}: 2 campaigns may need a look"
    text = message.get_content()
    assert "Radio: $30.00 in the last 30 days, and not one lead." in text
    assert "https://calls.example.com/reports" in text
    assert {one.mailed_at for one in alerts(database, firm)} == {NOW}
    for minutes in (1, 15, 60, 1440):
        assert check_due(database, settings, now=NOW + timedelta(minutes=minutes)) == 0
    assert len(box.delivered) == 1


def test_a_rule_is_checked_every_quarter_of_an_hour(database: Database, firm: Firm) -> None:
    rule_id = ruled(database, firm, kind="cost_per_lead", threshold=5000)

    def checked() -> datetime | None:
        with database.read() as session:
            return session.get_one(AlertRule, rule_id).checked_at

    for minutes, seen in ((0, 0), (14, 0), (15, 15), (29, 15), (31, 31)):
        check_due(database, SILENT, now=NOW + timedelta(minutes=minutes))
        assert checked() == NOW + timedelta(minutes=seen)


def test_mail_that_could_not_be_sent_is_sent_later_the_same_day(
    database: Database, firm: Firm, settings: Settings, box: Postbox
) -> None:
    trouble(database, firm)
    box.refuse["MAIL"] = "451 later"
    assert check_due(database, settings, now=NOW) == 2
    assert {one.mailed_at for one in alerts(database, firm)} == {None}
    box.refuse.clear()
    check_due(database, settings, now=NOW + timedelta(minutes=15))
    check_due(database, settings, now=NOW + timedelta(minutes=30))
    assert len(box.delivered) == 1


def test_old_news_is_mailed_to_nobody(database: Database, firm: Firm, settings: Settings, box: Postbox) -> None:
    trouble(database, firm)
    assert check_due(database, SILENT, now=NOW) == 2
    check_due(database, settings, now=NOW + timedelta(days=1))
    assert box.delivered == []


def test_several_workers_raise_and_mail_it_once(
    database: Database, firm: Firm, settings: Settings, box: Postbox
) -> None:
    trouble(database, firm)
    start = Barrier(4)

    def work(_: int) -> int:
        start.wait()
        return check_due(database, settings, now=NOW)

    with ThreadPoolExecutor(4) as workers:
        assert sorted(workers.map(work, range(4))) == [0, 0, 0, 2]
    assert len(box.delivered) == 1
    assert len(alerts(database, firm)) == 2


def test_an_archived_campaign_alarms_nobody(database: Database, firm: Firm) -> None:
    trouble(database, firm)
    assert check_due(database, SILENT, now=NOW) == 2
    with database.write.begin() as session:
        session.get_one(Campaign, firm.radio.id).archived_at = datetime.now(UTC)
    check_due(database, SILENT, now=NOW + timedelta(hours=1))
    assert open_ones(database, firm) == ["Mailing <1>"]


def test_a_removed_rule_is_not_checked_and_its_alerts_stay_to_be_read(database: Database, firm: Firm) -> None:
    rule_id = trouble(database, firm)
    check_due(database, SILENT, now=NOW)
    with database.write.begin() as session:
        rule = find_rule(session, account=firm.account, rule_id=rule_id)
        assert rule
        remove_rule(session, rule=rule)
    assert check_due(database, SILENT, now=NOW + timedelta(days=1)) == 0
    with database.read() as session:
        assert list_rules(session, account=firm.account) == []
        assert find_rule(session, account=firm.account, rule_id=rule_id) is None
    assert open_ones(database, firm) == []
    assert len(alerts(database, firm)) == 2


def test_a_rule_that_cannot_be_checked_keeps_no_other_from_it(
    database: Database, firm: Firm, caplog: pytest.LogCaptureFixture
) -> None:
    with database.write.begin() as session:
        broken = Story(session).account
        create_rule(session, account=broken, kind="cost_per_lead", threshold=1, recipients=[ANA], created_by=ANA)
        broken.time_zone = "Nowhere/Else"
    trouble(database, firm)
    assert check_due(database, SILENT, now=NOW) == 2
    assert "could not be checked" in caplog.text


@pytest.mark.parametrize(
    ("kind", "threshold", "recipients"),
    [("sales", 1, [ANA]), ("calls_stopped", 0, [ANA]), ("calls_stopped", 61, [ANA]), ("missed_share", 101, [ANA]),
     ("cost_per_lead", 10**9, [ANA]), ("cost_per_lead", 100, []), ("cost_per_lead", 100, ["ana"])],
)  # fmt: skip
def test_a_rule_that_cannot_be_is_refused(
    database: Database, firm: Firm, kind: str, threshold: int, recipients: list[str]
) -> None:
    with database.write.begin() as session, pytest.raises(BadReport):
        create_rule(
            session, account=firm.account, kind=kind, threshold=threshold, recipients=recipients, created_by=ANA
        )


def test_alerts_are_listed_a_page_at_a_time_and_are_the_accounts_own(database: Database, firm: Firm) -> None:
    trouble(database, firm)
    check_due(database, SILENT, now=NOW)
    with database.write.begin() as session:
        stranger = Story(session).account
        first = list_alerts(session, account=firm.account, limit=1)
        second = list_alerts(session, account=firm.account, limit=1, cursor=first.next)
        assert sorted(one.campaign for one in (*first.items, *second.items)) == ["Mailing <1>", "Radio"]
        assert (len(first.items), second.next) == (1, None)
        assert list_alerts(session, account=stranger).items == []
        assert list_alerts(session, account=firm.account, state="past").items == []
        with pytest.raises(BadCursor):
            list_alerts(session, account=firm.account, cursor="x")
