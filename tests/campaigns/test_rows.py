"""The rows behind each KPI: as many as it says, each with why."""

from datetime import date, datetime
from typing import Any

import pytest

from calltrack.calls.listing import ListedCall
from calltrack.campaigns.costs import state_costs
from calltrack.campaigns.rows import COUNTED_BY, BadKpi, CostDay, CountedJob, rows
from calltrack.campaigns.scorecard import KPI_KEYS
from calltrack.models import Campaign
from calltrack.paging import BadCursor, write_cursor
from tests.campaigns.story import MORNING, Story, at, may


def under(story: Story, kpi: str, campaign: Campaign | None = None, **more: Any) -> list[Any]:
    campaign_id = campaign.id if campaign else None
    page = rows(story.session, account=story.account, campaign_id=campaign_id, period=may(1, 31), kpi=kpi, **more)
    assert page.next is None
    return page.items


def test_every_kpi_has_rows() -> None:
    assert list(COUNTED_BY) == list(KPI_KEYS)


def test_an_unknown_kpi_is_refused_by_naming_those_there_are(story: Story) -> None:
    with pytest.raises(BadKpi, match="'profit'; choose one of: calls, missed"):
        under(story, "profit")


@pytest.mark.parametrize("kpi", ["calls", "missed", "leads"])
def test_under_calls_missed_and_leads_are_those_calls_newest_first(story: Story, kpi: str) -> None:
    radio = story.campaign()
    lead = story.call(at("2026-05-03 10:00"), campaign=radio)
    short = story.call(at("2026-05-04 10:00"), campaign=radio, seconds=42)
    missed = story.call(at("2026-05-05 10:00"), campaign=radio, missed=True)
    story.call()
    expected = {"calls": [missed, short, lead], "missed": [missed], "leads": [lead]}
    found = under(story, kpi, radio)
    assert [row.id for row in found] == [call.id for call in expected[kpi]]
    assert all(isinstance(row, ListedCall) and row.why for row in found)


def test_without_a_campaign_are_the_calls_and_jobs_that_belong_to_none(story: Story) -> None:
    story.call(campaign=story.campaign())
    call, job = story.call(), story.job()
    assert [row.id for row in under(story, "calls")] == [call.id]
    assert [row.id for row in under(story, "manual_calls")] == [job.id]


def test_under_the_percentages_are_the_calls_they_count(story: Story) -> None:
    booked, sold = story.call(), story.call()
    story.call()
    story.job(call=booked)
    story.sold_job(call=sold)
    for kpi in ("inbound_booked_pct", "raw_booked_pct"):
        assert {row.id for row in under(story, kpi)} == {booked.id, sold.id}
    assert [row.id for row in under(story, "sold_pct")] == [sold.id]


def test_a_call_with_two_sold_jobs_is_one_row_that_names_both(story: Story) -> None:
    call = story.call()
    first, second = story.sold_job(call=call), story.sold_job(call=call, threshold=None)
    (row,) = under(story, "sold_pct")
    assert row.why == (
        f"job {first.external_id} sold: invoiced 800.00 >= 500.00; "
        f"job {second.external_id} sold: invoiced 800.00 > 0, no sold threshold is set"
    )


def test_under_the_job_kpis_are_jobs_with_their_amounts(story: Story) -> None:
    call = story.call(at("2026-05-03 10:00"))
    inbound = story.sold_job(call=call, invoices=[(80_000, [(70_000, True), (10_000, False)])])
    manual = story.job(created=at("2026-05-04 10:00"))
    expected = {
        "inbound_booked": [inbound],
        "cost_per_booked_job": [inbound],
        "manual_calls": [manual],
        "sold": [inbound],
        "revenue": [inbound],
        "cohort_revenue": [inbound],
        "roi": [inbound],
    }
    for kpi, jobs in expected.items():
        found = under(story, kpi)
        assert [row.id for row in found] == [job.id for job in jobs], kpi
        assert all(isinstance(row, CountedJob) for row in found)
    (row,) = under(story, "sold")
    assert (row.call_sid, row.customer, row.subtotal, row.income) == (call.call_sid, "Mia", 80_000, 70_000)


@pytest.mark.parametrize(
    ("kpi", "why"),
    [
        ("inbound_booked", "booked from the call of 3 May"),
        ("sold", "sold: invoiced 800.00 >= 500.00; booked from the call of 3 May"),
        ("revenue", "completed on 10 May: income 800.00"),
        ("cohort_revenue", "booked from the call of 3 May and completed: income 800.00"),
    ],
)
def test_every_job_says_why_it_counts(story: Story, kpi: str, why: str) -> None:
    story.sold_job(call=story.call(MORNING))
    assert [row.why for row in under(story, kpi)] == [why]


def test_a_manual_job_says_that_no_call_booked_it(story: Story) -> None:
    story.job(created=at("2026-05-04 10:00"))
    assert [row.why for row in under(story, "manual_calls")] == ["booked without a call on 4 May"]


def test_inbound_and_manual_jobs_are_one_list_in_the_order_of_what_dates_them(story: Story) -> None:
    late = story.sold_job(call=story.call(at("2026-05-05 10:00")))
    middle = story.sold_job(created=at("2026-05-04 10:00"))
    early = story.sold_job(call=story.call(at("2026-05-03 10:00")))
    assert [row.id for row in under(story, "sold")] == [late.id, middle.id, early.id]


def test_under_total_cost_are_the_days_that_cost_something(story: Story) -> None:
    radio = story.campaign()
    costs = [(date(2026, 5, 2), 1_000), (date(2026, 5, 4), 0)]
    state_costs(story.session, campaign=radio, costs=costs, stated_by="ana")
    found = under(story, "total_cost", radio, now=at("2026-06-01 12:00"))
    assert [(row.date.day, row.cost) for row in found] == [(3, 1_000), (2, 1_000)]
    assert all(isinstance(row, CostDay) and "10.00" in row.why for row in found)
    assert under(story, "total_cost") == []


@pytest.mark.parametrize("kpi", ["leads", "sold", "total_cost"])
def test_pages_follow_one_another_without_gap_or_repetition(story: Story, kpi: str) -> None:
    radio = story.campaign()
    state_costs(story.session, campaign=radio, costs=[(date(2026, 5, 27), 1_000)], stated_by="ana")
    for moment in ("2026-05-03 10:00", "2026-05-03 10:00", "2026-05-04 10:00"):
        story.sold_job(call=story.call(at(moment), campaign=radio))
        story.sold_job(campaign=radio, created=at(moment))
    every = under(story, kpi, radio, now=at("2026-06-01 12:00"))
    collected: list[Any] = []
    cursor = None
    while True:
        page = rows(
            story.session, account=story.account, campaign_id=radio.id, period=may(1, 31), kpi=kpi, limit=2,
            cursor=cursor, now=at("2026-06-01 12:00"),
        )  # fmt: skip
        collected += page.items
        cursor = page.next
        if cursor is None:
            break
    assert collected == every
    assert len(every) == {"leads": 3, "sold": 6, "total_cost": 5}[kpi]


@pytest.mark.parametrize("cursor", ["", "x", "!!", "é", "MTIz", write_cursor(MORNING, 2**63)])
def test_a_cursor_that_no_page_gave_out_is_refused(story: Story, cursor: str) -> None:
    with pytest.raises(BadCursor, match="start again without a cursor"):
        under(story, "calls", cursor=cursor)


def test_rows_are_of_this_account_only(story: Story) -> None:
    other = Story(story.session)
    other.sold_job(call=other.call())
    other.job()
    for kpi in COUNTED_BY:
        assert under(story, kpi) == [], kpi


def test_the_range_is_of_the_accounts_local_days(story: Story) -> None:
    inside: list[datetime] = [at("2026-05-01 00:00"), at("2026-05-31 23:59")]
    for moment in [at("2026-04-30 23:59"), *inside, at("2026-06-01 00:00")]:
        story.call(moment)
    assert [row.started_at for row in under(story, "calls")] == inside[::-1]
