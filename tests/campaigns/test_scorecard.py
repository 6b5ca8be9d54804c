"""The scorecard as a whole: its lines, its total, its days, and how its figures are written."""

from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from calltrack.campaigns.costs import state_costs
from calltrack.campaigns.scorecard import KPI_KEYS, Kpis, as_json, campaign_scorecard, kpis_of, numbers_at
from calltrack.campaigns.sources import Facts
from calltrack.models import Campaign, Number, NumberAssignment
from tests.campaigns.story import INCOME, LATE, MORNING, Story, at, cards, may, of, total


def assign(story: Story, number: str, campaign: Campaign, *, since: datetime) -> None:
    row = story.session.query(Number).filter_by(phone_number=number).one_or_none()
    if row is None:
        row = Number(account_id=story.account.id, phone_number=number, forward_to=[], created_at=MORNING)
        story.session.add(row)
        story.session.flush()
    story.session.add(
        NumberAssignment(
            number_id=row.id, campaign_id=campaign.id, starts_at=since, assigned_at=since, assigned_by="ana"
        )
    )
    story.session.flush()


# Phone


def test_phone_is_the_campaigns_tracking_numbers(story: Story) -> None:
    radio, flyer = story.campaign("Radio"), story.campaign("Flyer")
    assign(story, "+13125550111", radio, since=at("2026-05-01 00:00"))
    assign(story, "+13125550110", radio, since=at("2026-05-01 00:00"))
    phones = {item.campaign_id: item.phone for item in cards(story).items}
    assert phones == {radio.id: ["+13125550110", "+13125550111"], flyer.id: []}


def test_a_number_that_moved_is_the_new_campaigns_from_that_moment_on(story: Story) -> None:
    radio, flyer = story.campaign("Radio"), story.campaign("Flyer")
    assign(story, "+13125550111", radio, since=at("2026-05-01 00:00"))
    assign(story, "+13125550111", flyer, since=at("2026-05-08 00:00"))
    phones = [
        numbers_at(story.session, account_id=story.account.id, moment=now)
        for now in (at("2026-04-30 12:00"), at("2026-05-07 12:00"), at("2026-05-08 00:00"))
    ]
    assert phones == [{}, {radio.id: ["+13125550111"]}, {flyer.id: ["+13125550111"]}]


# Figures


def test_a_zero_denominator_gives_no_value() -> None:
    nothing = as_json(kpis_of(Facts(), cost=0))
    undefined = "inbound_booked_pct raw_booked_pct sold_pct cost_per_lead cost_per_booked_job roi".split()
    assert {key for key, value in nothing.items() if value is None} == set(undefined)


@pytest.mark.parametrize(("leads", "booked", "percentage"), [(8, 1, "12.5"), (800, 1, "0.1"), (2000, 1, "0.1")])
def test_percentages_round_half_up_to_one_decimal(leads: int, booked: int, percentage: str) -> None:
    assert kpis_of(Facts(leads=leads, leads_booked=booked), cost=0).inbound_booked_pct == Decimal(percentage)


def test_ratios_and_money_per_lead_round_half_up_to_two_decimals() -> None:
    kpis = kpis_of(Facts(leads=8, revenue=1_005), cost=1_000)
    assert (kpis.cost_per_lead, kpis.roi) == (Decimal("1.25"), Decimal("1.01"))


def test_a_canceled_job_counts_as_booked_and_never_as_sold_or_revenue(story: Story) -> None:
    story.job(call=story.call(seconds=5), status="canceled", invoices=INCOME)
    kpis = total(story)
    assert (kpis.inbound_booked, kpis.leads, kpis.sold, kpis.revenue, kpis.cohort_revenue) == (1, 1, 0, 0, 0)


def test_a_linked_jobs_campaign_is_its_calls(story: Story) -> None:
    radio, flyer = story.campaign("Radio"), story.campaign("Flyer")
    story.sold_job(call=story.call(campaign=radio), campaign=flyer)
    for key in ("inbound_booked", "sold", "revenue", "cohort_revenue"):
        assert [bool(getattr(of(story, one), key)) for one in (radio, flyer)] == [True, False], key


def test_the_total_also_holds_calls_and_jobs_without_a_campaign(story: Story) -> None:
    radio = story.campaign()
    story.call(campaign=radio)
    story.call()
    story.job()
    kpis = total(story)
    assert (of(story, radio).calls, kpis.calls, kpis.manual_calls) == (1, 2, 1)


def test_every_campaign_is_listed_by_name_zeros_included(story: Story) -> None:
    names = ["Yard signs", "Flyer"]
    for name in names:
        story.campaign(name)
    assert [item.campaign for item in cards(story).items] == sorted(names)


def test_another_accounts_calls_and_jobs_are_never_counted(story: Story) -> None:
    other = Story(story.session)
    other.sold_job(call=other.call(campaign=other.campaign()))
    other.job()
    assert total(story) == kpis_of(Facts(), cost=0)


def test_a_job_of_another_account_never_books_a_call(story: Story) -> None:
    Story(story.session).sold_job(call=story.call(seconds=75))
    kpis = total(story)
    assert (kpis.calls, kpis.leads, kpis.inbound_booked, kpis.sold) == (1, 1, 0, 0)
    assert (kpis.raw_booked_pct, kpis.sold_pct) == (Decimal("0.0"), Decimal("0.0"))


def test_a_corrected_job_changes_every_kpi_at_once(story: Story) -> None:
    call = story.call(seconds=5)
    job = story.sold_job(call=call)
    assert (total(story).leads, total(story).inbound_booked, total(story).manual_calls) == (1, 1, 0)
    job.call_id = None
    story.session.flush()
    assert (total(story).leads, total(story).inbound_booked, total(story).manual_calls) == (0, 0, 1)


def test_the_days_of_one_campaign_add_up_to_its_line(story: Story) -> None:
    radio = story.campaign()
    state_costs(story.session, campaign=radio, costs=[(date(2026, 5, 2), 1_000)], stated_by="ana")
    story.sold_job(call=story.call(at("2026-05-02 23:59"), campaign=radio))
    story.call(at("2026-05-03 00:00"), campaign=radio)
    card = campaign_scorecard(story.session, account=story.account, campaign=radio, period=may(1, 4), now=LATE)
    days = {day.day: kpis for day, kpis in card.days}
    assert {day: (kpis.calls, kpis.sold, kpis.total_cost) for day, kpis in days.items()} == {
        1: (0, 0, 0),
        2: (1, 1, 1_000),
        3: (1, 0, 1_000),
        4: (0, 0, 1_000),
    }
    assert card.kpis == of(story, radio, first=1, last=4)


def test_money_is_written_as_decimal_strings_and_other_fractions_as_numbers() -> None:
    facts = Facts(calls=4, leads=3, leads_booked=1, calls_booked=1, inbound_booked=2, revenue=125_000)
    written: dict[str, Any] = as_json(kpis_of(facts, cost=10_000))
    keys = ("revenue", "total_cost", "cost_per_lead", "cost_per_booked_job", "inbound_booked_pct", "roi", "calls")
    assert [written[key] for key in keys] == ["1250.00", "100.00", "33.33", "50.00", 33.3, 12.5, 4]


def test_the_keys_are_the_public_ones_in_their_order() -> None:
    assert list(as_json(kpis_of(Facts(), cost=0))) == list(KPI_KEYS) == [field.name for field in fields(Kpis)]
    assert (
        tuple(
            "calls missed leads inbound_booked inbound_booked_pct raw_booked_pct manual_calls sold sold_pct revenue "
            "cohort_revenue total_cost cost_per_lead cost_per_booked_job roi".split()
        )
        == KPI_KEYS
    )
