"""Scorecards over the API, and the rows behind each figure."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from sqlalchemy.orm import Session

from calltrack.campaigns.scorecard import KPI_KEYS
from calltrack.period import today
from tests.api.conftest import BILLBOARD, Program
from tests.api.test_jobs import JOB
from tests.factories import CHICAGO, NOON, Company, answered_call, missed_call

MAY = "from=2026-05-01&to=2026-05-31"


@pytest.fixture
def booked(ana: Program, anas: Company, write: Callable[[], AbstractContextManager[Session]]) -> int:
    """Three calls: one booked a job of 400.50 income, one was missed, one was excused; ten dollars a day."""
    with write() as session:
        answered_call(session, number=BILLBOARD, sid="booked")
        missed_call(session, number=BILLBOARD, sid="missed", started_at=NOON + timedelta(hours=1))
        answered_call(session, number=BILLBOARD, sid="vendor", started_at=NOON + timedelta(hours=2))
    ana.put("/calls/vendor/label", {"label": "excused", "reason": "vendor"})
    ana.put("/job-types/furnace repair", {"sold_threshold": "150"})
    ana.put("/jobs/J-1", {**JOB, "call_sid": "booked"})
    ana.put(f"/campaigns/{anas.campaign.id}/costs", [{"from": "2026-05-04", "daily_cost": 10}])
    ana.put(f"/campaigns/{anas.campaign.id}/costs", [
        {"from": "2026-05-04", "daily_cost": 10}, {"from": "2026-05-14", "daily_cost": 0},
    ])  # fmt: skip
    return anas.campaign.id


def test_every_campaign_has_its_line_and_the_total_holds_all(ana: Program, booked: int) -> None:
    ana.post("/campaigns", {"name": "Radio"})
    ana.put("/jobs/J-2", {**JOB, "call_sid": None, "invoices": []})
    card = ana.get(f"/scorecards?{MAY}")
    billboard, radio = card["items"]
    assert (billboard["campaign_id"], billboard["campaign"], billboard["phone"]) == (booked, "Billboard", [BILLBOARD])
    assert {key: billboard[key] for key in KPI_KEYS} == {
        "calls": 3,
        "missed": 1,
        "leads": 1,
        "inbound_booked": 1,
        "inbound_booked_pct": 100.0,
        "raw_booked_pct": 33.3,
        "manual_calls": 0,
        "sold": 1,
        "sold_pct": 100.0,
        "revenue": "400.50",
        "cohort_revenue": "400.50",
        "total_cost": "100.00",
        "cost_per_lead": "100.00",
        "cost_per_booked_job": "100.00",
        "roi": 4.01,
    }
    assert (radio["calls"], radio["inbound_booked_pct"], radio["total_cost"], radio["roi"]) == (0, None, "0.00", None)
    assert (card["total"]["calls"], card["total"]["manual_calls"]) == (3, 1)
    assert (card["from"], card["to"]) == ("2026-05-01", "2026-05-31")


def test_one_campaign_is_told_day_by_day(ana: Program, booked: int) -> None:
    card = ana.get(f"/scorecards/{booked}?{MAY}")
    assert (card["calls"], card["total_cost"], card["campaign"]) == (3, "100.00", "Billboard")
    assert [day["date"] for day in card["days"]][::30] == ["2026-05-01", "2026-05-31"]
    fourth = card["days"][3]
    assert (fourth["date"], fourth["calls"], fourth["total_cost"], fourth["revenue"]) == (
        "2026-05-04", 3, "10.00", "0.00",
    )  # fmt: skip


@pytest.mark.parametrize("kpi", KPI_KEYS)
def test_a_kpis_rows_are_what_it_counts_each_with_why(ana: Program, booked: int, kpi: str) -> None:
    counted = {"calls": 3, "raw_booked_pct": 1, "manual_calls": 0, "total_cost": 10}
    rows = ana.get(f"/scorecards/{booked}/rows?kpi={kpi}&{MAY}")
    assert len(rows["items"]) == counted.get(kpi, 1)
    assert all(row["why"] and row["kind"] for row in rows["items"])
    assert rows["next"] is None


def test_rows_come_a_page_at_a_time(ana: Program, booked: int) -> None:
    first = ana.get(f"/scorecards/{booked}/rows?kpi=calls&limit=2&{MAY}")
    rest = ana.get(f"/scorecards/{booked}/rows?kpi=calls&limit=2&{MAY}&cursor={first['next']}")
    assert [row["call_sid"] for row in first["items"] + rest["items"]] == ["vendor", "missed", "booked"]
    assert rest["next"] is None


def test_without_dates_the_last_thirty_local_days_are_meant(ana: Program, booked: int) -> None:
    now = today(zone=CHICAGO)
    card = ana.get("/scorecards")
    assert (card["from"], card["to"]) == (str(now - timedelta(days=29)), str(now))
    assert len(ana.get(f"/scorecards/{booked}")["days"]) == 30
    assert ana.get("/scorecards?to=2026-05-31")["from"] == "2026-05-02"
    assert ana.get("/scorecards?from=2199-01-01")["to"] == "2199-01-01"


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("?from=2026-05-02&to=2026-05-01", "before it starts"),
        ("/1?from=2026-05-02&to=2026-05-01", "before it starts"),
        ("/1?from=0001-01-01&to=9999-12-31", "days"),
        ("/1/rows?from=2026-05-01", "kpi"),
        ("/1/rows?kpi=happiness", "happiness"),
        ("/1/rows?kpi=calls&cursor=x", "cursor"),
        ("?from=2026-5-1", "from"),
    ],
)
def test_a_scorecard_that_cannot_be_asked_for_is_refused(ana: Program, booked: int, path: str, named: str) -> None:
    assert named in ana.refused(422, "GET", f"/scorecards{path}")


@pytest.mark.parametrize("campaign_id", ["0", "987", "-1", str(2**31), str(2**63), str(10**30)])
def test_a_campaign_that_is_not_there_has_no_scorecard(ana: Program, campaign_id: str) -> None:
    ana.refused(404, "GET", f"/scorecards/{campaign_id}")
    ana.refused(404, "GET", f"/scorecards/{campaign_id}/rows?kpi=calls")


def test_the_widest_range_is_answered(ana: Program, booked: int) -> None:
    assert ana.get("/scorecards?from=0001-01-01&to=9999-12-31")["total"]["calls"] == 3
    assert len(ana.get(f"/scorecards/{booked}/rows?kpi=total_cost&from=0001-01-01&to=9999-12-31")["items"]) == 10


def test_as_of_a_moment_says_what_the_scorecard_said_then(ana: Program, booked: int) -> None:
    then, moment = ana.get(f"/scorecards?{MAY}"), datetime.now(UTC).isoformat()
    days = ana.get(f"/scorecards/{booked}?{MAY}")
    ana.put("/calls/vendor/label", {"label": "lead"})
    ana.put("/jobs/J-1", {**JOB, "call_sid": None})
    ana.put(f"/campaigns/{booked}/costs", [])
    ana.put("/job-types/furnace repair", {"sold_threshold": None})
    assert ana.get(f"/scorecards?{MAY}")["total"] != then["total"]
    known = {"as_of": moment}
    found = ana.get(f"/scorecards?{MAY}&{urlencode(known)}")
    assert {**found, "as_of": None} == then
    assert {**ana.get(f"/scorecards/{booked}?{MAY}&{urlencode(known)}"), "as_of": None} == days


def test_before_anything_was_known_a_scorecard_is_empty_and_a_moment_to_come_means_now(
    ana: Program, booked: int
) -> None:
    long_ago = ana.get(f"/scorecards?{MAY}&as_of=2020-01-01T00:00:00Z")
    assert (long_ago["items"], long_ago["total"]["calls"]) == ([], 0)
    to_come = ana.get(f"/scorecards?{MAY}&as_of=2120-01-01T00:00:00Z")
    assert (to_come["as_of"], to_come["total"]["calls"]) == (None, 3)


@pytest.mark.parametrize("written", ["yesterday", "2026-05-04T10:00:00"])
def test_a_moment_that_nobody_can_read_is_refused(ana: Program, booked: int, written: str) -> None:
    assert ana.ask("GET", f"/scorecards?{MAY}&as_of={written}").status_code == 422
