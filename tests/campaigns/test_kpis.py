"""One test for each line of the KPI table: what is counted, and what dates it."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from calltrack.campaigns.costs import state_costs
from tests.campaigns.story import INCOME, MORNING, Story, at, of, total

# Calls, missed, leads


def test_calls_are_inbound_calls(story: Story) -> None:
    story.call()
    story.call(missed=True)
    story.call(running=True)
    story.call(direction="outbound-dial")
    assert total(story).calls == 3


def test_missed_are_calls_with_outcome_missed(story: Story) -> None:
    story.call(missed=True)
    story.call()
    booked = story.call(missed=True)
    story.job(call=booked)
    assert total(story).missed == 1


def test_leads_are_calls_that_are_leads(story: Story) -> None:
    story.call(seconds=60)
    story.call(seconds=59)
    story.call(seconds=9, says=("lead", "human"))
    assert total(story).leads == 2


@pytest.mark.parametrize("key", ["calls", "missed", "leads"])
def test_calls_missed_and_leads_are_dated_by_call_start(story: Story, key: str) -> None:
    start = at("2026-05-03 23:59")
    story.call(start, seconds=300, missed=key == "missed")
    assert [getattr(total(story, first=day, last=day), key) for day in (2, 3, 4)] == [0, 1, 0]


# Booked


def test_inbound_booked_are_jobs_and_two_jobs_from_one_call_count_two(story: Story) -> None:
    call = story.call()
    story.job(call=call)
    story.job(call=call)
    story.job()
    assert total(story).inbound_booked == 2


def test_inbound_booked_is_dated_by_call_start(story: Story) -> None:
    story.job(call=story.call(at("2026-05-03 12:00")), created=at("2026-05-09 12:00"))
    assert [total(story, first=day, last=day).inbound_booked for day in (3, 9)] == [1, 0]


def test_inbound_booked_percentage_is_leads_with_a_job_of_leads_and_never_above_100(story: Story) -> None:
    twice = story.call()
    story.job(call=twice)
    story.job(call=twice)
    assert total(story).inbound_booked_pct == Decimal("100.0")
    story.call()
    story.call()
    assert total(story).inbound_booked_pct == Decimal("33.3")


def test_raw_booked_percentage_is_calls_with_a_job_of_all_inbound_calls(story: Story) -> None:
    story.job(call=story.call())
    story.call(says=("excused", "human"))
    story.call(seconds=5)
    assert (total(story).raw_booked_pct, total(story).inbound_booked_pct) == (Decimal("33.3"), Decimal("100.0"))


def test_excusing_calls_cannot_flatter_the_raw_percentage(story: Story) -> None:
    story.job(call=story.call())
    other = story.call()
    before = total(story)
    story.say(other, "excused", "human")
    after = total(story)
    assert (before.inbound_booked_pct, after.inbound_booked_pct) == (Decimal("50.0"), Decimal("100.0"))
    assert (before.raw_booked_pct, after.raw_booked_pct) == (Decimal("50.0"), Decimal("50.0"))


def test_manual_calls_are_jobs_not_booked_from_inbound_calls(story: Story) -> None:
    story.job(call=story.call())
    story.job()
    story.job(call=story.call(direction="outbound-dial"))
    assert total(story).manual_calls == 2


def test_manual_calls_are_dated_by_job_creation(story: Story) -> None:
    story.job(created=at("2026-05-04 00:00"), completed=at("2026-05-09 12:00"))
    assert [total(story, first=day, last=day).manual_calls for day in (3, 4, 9)] == [0, 1, 0]


# Sold


@pytest.mark.parametrize(
    ("subtotals", "threshold", "sold"),
    [
        ([50_000], 50_000, 1),
        ([49_999], 50_000, 0),
        ([30_000, 20_000], 50_000, 1),
        ([1], None, 1),
        ([1], 0, 1),
        ([0], 0, 0),
        ([], None, 0),
        ([60_000, -20_000], 50_000, 0),
    ],
)
def test_sold_are_completed_jobs_whose_invoice_subtotals_reach_the_threshold_and_exceed_zero(
    story: Story, subtotals: list[int], threshold: int | None, sold: int
) -> None:
    story.job(completed=MORNING, threshold=threshold, invoices=[(subtotal, []) for subtotal in subtotals])
    assert total(story).sold == sold


@pytest.mark.parametrize("status", ["scheduled", "in_progress", "canceled"])
def test_only_completed_jobs_are_sold(story: Story, status: str) -> None:
    story.job(status=status, invoices=INCOME)
    assert total(story).sold == 0


def test_sold_is_dated_by_call_start_and_a_manual_job_by_its_creation(story: Story) -> None:
    story.sold_job(call=story.call(at("2026-05-03 12:00")), created=at("2026-05-04 12:00"))
    story.sold_job(created=at("2026-05-05 12:00"))
    assert [total(story, first=day, last=day).sold for day in (3, 4, 5, 10)] == [1, 0, 1, 0]


def test_sold_percentage_is_leads_with_at_least_one_sold_job_of_leads(story: Story) -> None:
    twice = story.call()
    story.sold_job(call=twice)
    story.sold_job(call=twice)
    story.job(call=story.call())
    story.sold_job()
    assert total(story).sold_pct == Decimal("50.0")


# Revenue


def test_revenue_is_the_sum_of_income_items_however_many_invoices_and_items(story: Story) -> None:
    story.job(
        completed=MORNING,
        invoices=[(50_000, [(20_000, True), (30_000, True)]), (15_000, [(10_000, True), (5_000, False)])],
    )
    assert total(story).revenue == 60_000


@pytest.mark.parametrize("status", ["scheduled", "in_progress", "canceled"])
def test_revenue_is_of_completed_jobs_only(story: Story, status: str) -> None:
    story.job(status=status, invoices=INCOME)
    assert (total(story).revenue, total(story).cohort_revenue) == (0, 0)


def test_revenue_is_dated_by_job_completion(story: Story) -> None:
    story.sold_job(call=story.call(at("2026-05-03 12:00")), completed=at("2026-05-10 23:59"))
    assert [total(story, first=day, last=day).revenue for day in (3, 10, 11)] == [0, 80_000, 0]


def test_revenue_without_a_completion_moment_waits_for_one(story: Story) -> None:
    story.job(status="completed", invoices=INCOME)
    assert (total(story).revenue, total(story).cohort_revenue) == (0, 80_000)


def test_cohort_revenue_is_dated_by_call_and_of_a_manual_job_by_its_creation(story: Story) -> None:
    story.sold_job(call=story.call(at("2026-05-03 12:00")), created=at("2026-05-04 12:00"))
    story.sold_job(created=at("2026-05-05 12:00"))
    days = [total(story, first=day, last=day).cohort_revenue for day in (3, 4, 5, 10)]
    assert days == [80_000, 0, 80_000, 0]


# Cost


def test_total_cost_is_the_sum_over_days_of_the_cost_in_force(story: Story) -> None:
    radio = story.campaign()
    costs = [(date(2026, 5, 10), 2_000), (date(2026, 5, 2), 1_000)]
    state_costs(story.session, campaign=radio, costs=costs, stated_by="ana")
    assert of(story, radio, first=1, last=11).total_cost == 8 * 1_000 + 2 * 2_000


def test_days_after_the_accounts_today_cost_nothing_yet(story: Story) -> None:
    state_costs(story.session, campaign=story.campaign(), costs=[(date(2026, 5, 1), 1_000)], stated_by="ana")
    last_minute_of_the_third = datetime(2026, 5, 4, 4, 59, tzinfo=UTC)
    assert total(story, now=last_minute_of_the_third).total_cost == 3_000


def test_cost_per_lead_is_total_cost_over_leads_to_the_cent(story: Story) -> None:
    radio = story.campaign()
    state_costs(story.session, campaign=radio, costs=[(date(2026, 5, 3), 10_000)], stated_by="ana")
    for _ in range(3):
        story.call(campaign=radio)
    assert of(story, radio, first=3, last=3).cost_per_lead == Decimal("33.33")


def test_cost_per_booked_job_is_total_cost_over_inbound_booked(story: Story) -> None:
    radio = story.campaign()
    state_costs(story.session, campaign=radio, costs=[(date(2026, 5, 3), 10_000)], stated_by="ana")
    call = story.call(campaign=radio)
    story.job(call=call)
    story.job(call=call)
    story.job(campaign=radio)
    assert of(story, radio, first=3, last=3).cost_per_booked_job == Decimal("50.00")


def test_roi_is_revenue_over_total_cost(story: Story) -> None:
    radio = story.campaign()
    state_costs(story.session, campaign=radio, costs=[(date(2026, 5, 10), 23_500)], stated_by="ana")
    story.sold_job(campaign=radio)
    assert of(story, radio, first=10, last=10).roi == Decimal("3.40")
