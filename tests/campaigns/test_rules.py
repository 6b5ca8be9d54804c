"""Rules of the domain that no other file is named for: the words, the ledgers, exactness, days, and what depends on
what."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from calltrack.calls.facts import OUTCOMES
from calltrack.calls.labels import label_call
from calltrack.calls.listing import call_facts
from calltrack.campaigns.cells import refresh, up_to_date
from calltrack.campaigns.costs import state_costs
from calltrack.campaigns.rows import rows
from calltrack.campaigns.scorecard import Kpis, Scorecards, kpis_of, scorecards
from calltrack.campaigns.sources import Facts
from calltrack.db import Database
from calltrack.jobs.jobs import link_job
from calltrack.models import Account, Call, Campaign, Job, Label, Number, NumberAssignment
from calltrack.period import Period
from tests.campaigns.story import CHICAGO, LATE, MORNING, Story, at, may, of, total

COUNTS = st.integers(0, 10**6)
CENTS = st.integers(-(10**14), 10**14)

# Words


@pytest.mark.parametrize("status", ["scheduled", "in_progress", "completed", "canceled"])
def test_a_job_is_scheduled_in_progress_completed_or_canceled(story: Story, status: str) -> None:
    assert story.job(status=status).status == status


def test_a_job_has_no_other_status(story: Story) -> None:
    with pytest.raises(IntegrityError), story.session.begin_nested():
        story.job(status="sold")


def test_a_job_is_invoiced_by_the_sum_of_its_invoices(story: Story) -> None:
    story.job(completed=MORNING, invoices=[(30_000, []), (25_000, [])])
    (job,) = under(story, "sold")
    assert job.subtotal == 55_000


def test_a_technician_generated_lead_is_no_inbound_booking(story: Story) -> None:
    job = story.job()
    job.technician_lead = True
    assert (total(story).inbound_booked, total(story).manual_calls) == (0, 1)


# A call's outcome


def test_an_outcome_is_booked_missed_unbooked_or_excused() -> None:
    assert list(OUTCOMES) == ["booked", "missed", "unbooked", "excused"]


@pytest.mark.parametrize("ends", ["abandoned", "no_answer", "busy", "failed", "not_bridged"])
def test_however_a_call_was_missed_it_is_missed_with_that_detail_kept(story: Story, ends: str) -> None:
    call = story.call(missed=True, missed_reason=ends)
    found = call_facts(story.session, account_id=story.account.id, call_id=call.id)
    assert found
    assert (found.outcome, found.missed_reason) == ("missed", ends)
    assert total(story).missed == 1


# A lead


@pytest.mark.parametrize("more", [{"seconds": 600}, {"says": ("lead", "human")}])
def test_a_call_that_went_out_is_no_lead(story: Story, more: dict[str, Any]) -> None:
    call = story.call(direction="outbound-dial", **more)
    story.job(call=call)
    assert (total(story).calls, total(story).leads) == (0, 0)


def test_sixty_seconds_of_greeting_and_ringing_are_enough(story: Story) -> None:
    story.call(seconds=60, talk_seconds=1)
    assert total(story).leads == 1


def test_a_missed_call_of_an_hour_with_a_persons_lead_on_it_is_no_lead(story: Story) -> None:
    story.call(seconds=3_600, missed=True, says=("lead", "human"))
    assert (total(story).leads, total(story).missed) == (0, 1)


# Exact


@given(revenue=CENTS, cost=st.integers(0, 10**14), leads=COUNTS, jobs=COUNTS)
def test_money_is_exact_and_never_a_float(revenue: int, cost: int, leads: int, jobs: int) -> None:
    kpis = kpis_of(Facts(revenue=revenue, leads=leads, inbound_booked=jobs), cost=cost)
    assert not any(isinstance(value, float) for value in vars(kpis).values())
    for found, part, whole in (
        (kpis.cost_per_lead, Fraction(cost, 100), leads),
        (kpis.cost_per_booked_job, Fraction(cost, 100), jobs),
        (kpis.roi, Fraction(revenue), cost),
    ):
        assert found == half_up(part, whole, places=2)


@given(leads=COUNTS, booked=COUNTS, sold=COUNTS, calls=COUNTS, calls_booked=COUNTS)
def test_percentages_are_rounded_once_from_exact_counts(
    leads: int, booked: int, sold: int, calls: int, calls_booked: int
) -> None:
    facts = Facts(leads=leads, leads_booked=booked, leads_sold=sold, calls=calls, calls_booked=calls_booked)
    kpis = kpis_of(facts, cost=0)
    assert kpis.inbound_booked_pct == half_up(Fraction(100 * booked), leads, places=1)
    assert kpis.sold_pct == half_up(Fraction(100 * sold), leads, places=1)
    assert kpis.raw_booked_pct == half_up(Fraction(100 * calls_booked), calls, places=1)


def half_up(part: Fraction, whole: int, *, places: int) -> Decimal | None:
    """Rounded in whole numbers, away from zero at a half."""
    if whole == 0:
        return None
    value = Fraction(part) / whole * 10**places
    steps = (2 * abs(value.numerator) + value.denominator) // (2 * value.denominator)
    return Decimal(-steps if value < 0 else steps).scaleb(-places).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def test_sums_stay_exact_where_a_float_would_lose_a_cent(story: Story) -> None:
    large = 2**53
    for amount in (large, 1):
        story.job(completed=MORNING, threshold=1, invoices=[(amount, [(amount, True)])])
    assert (total(story).revenue, total(story).cohort_revenue) == (large + 1, large + 1)


def test_every_quotient_without_a_denominator_is_a_dash_in_a_whole_scorecard(story: Story) -> None:
    kpis = total(story)
    quotients = (kpis.inbound_booked_pct, kpis.raw_booked_pct, kpis.sold_pct, kpis.cost_per_lead,
                 kpis.cost_per_booked_job, kpis.roi)  # fmt: skip
    assert quotients == (None,) * 6


# Days


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 8), 23), (date(2026, 11, 1), 25), (date(2026, 5, 3), 24)], ids=str
)
def test_a_day_on_which_the_clocks_change_holds_all_its_calls_and_no_others(
    story: Story, day: date, hours: int
) -> None:
    midnight = at(f"{day} 00:00")
    story.call(midnight - timedelta(microseconds=1))
    for hour in range(hours):
        story.call(midnight + timedelta(hours=hour))
    story.call(midnight + timedelta(hours=hours) - timedelta(microseconds=1))
    story.call(midnight + timedelta(hours=hours))
    period = only(day)
    assert scorecards(story.session, account=story.account, period=period, now=LATE).total.calls == hours + 1


def only(day: date) -> Period:
    return Period(day, day, CHICAGO)


# What depends on what


@contextmanager
def committed(database: Database) -> Iterator[Story]:
    with database.write.begin() as session:
        yield Story(session)


def seen(database: Database, account: Account, *, as_of: datetime | None = None) -> Scorecards:
    with up_to_date(database, account=account, period=may(1, 31), as_of=as_of) as session:
        return scorecards(session, account=account, period=may(1, 31), as_of=as_of)


def under(story: Story, kpi: str) -> list[Any]:
    page = rows(
        story.session, account=story.account, campaign_id="every", period=may(1, 31), kpi=kpi, limit=200, now=LATE
    )
    return page.items


def test_a_job_is_linked_to_at_most_one_call(story: Story) -> None:
    radio, flyer = story.campaign("Radio"), story.campaign("Flyer")
    first, second = story.call(campaign=radio), story.call(campaign=flyer)
    job = story.sold_job(call=first)
    assert (of(story, radio).inbound_booked, of(story, flyer).inbound_booked) == (1, 0)
    link_job(story.session, job=job, call=second, matched_by="person", linked_by="ana")
    assert (of(story, radio).inbound_booked, of(story, flyer).inbound_booked) == (0, 1)
    assert [[one.call_sid for one in under(story, kpi)] for kpi in ("inbound_booked", "inbound_booked_pct")] == [
        [second.call_sid], [second.call_sid],
    ]  # fmt: skip


def relink(session: Session, call: Call, other: Call, job: Job) -> None:
    link_job(session, job=session.get_one(Job, job.id), call=other, matched_by="person", linked_by="ana")


def unlink(session: Session, call: Call, other: Call, job: Job) -> None:
    link_job(session, job=session.get_one(Job, job.id), call=None, matched_by=None, linked_by="ana")


def bill_less(session: Session, call: Call, other: Call, job: Job) -> None:
    (invoice,) = session.get_one(Job, job.id).invoices
    invoice.subtotal = 49_999


def earn_less(session: Session, call: Call, other: Call, job: Job) -> None:
    (invoice,) = session.get_one(Job, job.id).invoices
    invoice.items[0].amount = 70_000


def excuse_other(session: Session, call: Call, other: Call, job: Job) -> None:
    found = session.get_one(Call, other.id)
    label_call(session, call=found, value="excused", reason=None, note=None, said_by="ana")


@pytest.mark.parametrize(
    ("change", "figures"),
    [
        (relink, {"inbound_booked": 1, "leads": 2, "sold": 1, "revenue": 80_000, "cohort_revenue": 80_000}),
        (unlink, {"inbound_booked": 0, "leads": 2, "sold": 1, "manual_calls": 1, "inbound_booked_pct": Decimal("0.0")}),
        (bill_less, {"sold": 0, "sold_pct": Decimal("0.0"), "revenue": 80_000}),
        (earn_less, {"sold": 1, "revenue": 70_000, "cohort_revenue": 70_000}),
        (excuse_other, {"leads": 1, "inbound_booked_pct": Decimal("100.0"), "raw_booked_pct": Decimal("50.0")}),
    ],
)  # fmt: skip
def test_a_change_is_in_every_kpi_that_depends_on_it_at_once_and_so_are_its_rows(
    database: Database, change: Any, figures: dict[str, Any]
) -> None:
    with committed(database) as story:
        radio = story.campaign()
        call, other = story.call(campaign=radio), story.call(campaign=radio)
        job = story.sold_job(call=call)
    account = story.account
    assert seen(database, account).total.inbound_booked_pct == Decimal("50.0")  # counted, and kept
    with database.write.begin() as session:
        change(session, call, other, job)
    kpis = seen(database, account).total
    assert {name: getattr(kpis, name) for name in figures} == figures
    with database.read() as session:
        story.session = session
        for name in ("calls", "leads", "inbound_booked", "manual_calls", "sold"):
            assert len(under(story, name)) == getattr(kpis, name), name
        assert sum(one.income for one in under(story, "revenue")) == kpis.revenue


# As known on


@pytest.fixture
def past(database: Database) -> tuple[Account, datetime, Kpis]:
    """An account whose label, link, cost and number changed after `moment`, and its figures then."""
    with committed(database) as story:
        radio = story.campaign()
        call = story.call(campaign=radio)
        job = story.sold_job(call=call)
        story.call(campaign=radio)
        state_costs(story.session, campaign=radio, costs=[(date(2026, 5, 1), 1_000)], stated_by="ana")
        number = Number(account_id=story.account.id, phone_number=f"+1773{radio.id:07}", forward_to=[],
                        created_at=MORNING)  # fmt: skip
        story.session.add(number)
        story.session.flush()
        assign(story.session, number, radio)
    account = story.account
    kpis, moment = seen(database, account).total, datetime.now(UTC)
    with database.write.begin() as session:
        link_job(session, job=session.get_one(Job, job.id), call=None, matched_by=None, linked_by="ana")
        label_call(session, call=session.get_one(Call, call.id), value="excused", reason=None, note=None, said_by="ana")
        state_costs(session, campaign=radio, costs=[(date(2026, 5, 1), 9_000)], stated_by="ana")
        flyer = Campaign(account_id=account.id, name="Flyer", created_at=MORNING)
        session.add(flyer)
        session.flush()
        assign(session, session.get_one(Number, number.id), flyer)
    return account, moment, kpis


def assign(session: Session, number: Number, campaign: Campaign) -> None:
    """In force since long ago, said now."""
    session.add(
        NumberAssignment(
            number_id=number.id, campaign_id=campaign.id, starts_at=MORNING, assigned_at=datetime.now(UTC),
            assigned_by="ana",
        )
    )  # fmt: skip


def test_a_scorecard_as_known_on_has_the_labels_links_and_costs_of_then(
    database: Database, past: tuple[Account, datetime, Kpis]
) -> None:
    account, moment, then = past
    assert seen(database, account, as_of=moment).total == then != seen(database, account).total
    assert (then.leads, then.inbound_booked, then.total_cost) == (2, 1, 31_000)


def test_a_scorecard_as_known_on_has_the_numbers_of_then(
    database: Database, past: tuple[Account, datetime, Kpis]
) -> None:
    account, moment, _ = past
    now = {one.campaign: len(one.phone) for one in seen(database, account).items}
    then = {one.campaign: len(one.phone) for one in seen(database, account, as_of=moment).items}
    assert (now["Radio"], now["Flyer"], then["Radio"]) == (0, 1, 1)


def test_what_was_said_since_is_in_no_scorecard_of_then_while_it_waits_to_be_counted(
    database: Database, past: tuple[Account, datetime, Kpis]
) -> None:
    account, moment, then = past
    with database.read() as session:  # nobody counted anew yet
        found = scorecards(session, account=account, period=may(1, 31), as_of=moment)
    assert found.total == then
    refresh(database, account_id=account.id)
    assert seen(database, account, as_of=moment).total == then


def test_before_anything_was_known_everything_is_zero(database: Database, past: tuple[Account, datetime, Kpis]) -> None:
    account, _, _ = past
    found = seen(database, account, as_of=datetime(2020, 1, 1, tzinfo=UTC))
    assert (found.items, found.total) == ([], kpis_of(Facts(), cost=0))


# Labels


def test_a_label_keeps_who_when_which_reason_and_note_and_is_never_rewritten(story: Story) -> None:
    call = story.call(says=("excused", "model"))
    ids = [call.label_id]
    before = datetime.now(UTC)
    said = label_call(story.session, call=call, value="lead", reason=None, note="a new furnace", said_by="ana")
    assert (said.source, said.said_by, said.value, said.note) == ("human", "ana", "lead", "a new furnace")
    assert before <= said.said_at <= datetime.now(UTC)
    ledger = story.session.scalars(select(Label).where(Label.call_id == call.id).order_by(Label.id)).all()
    assert [(one.id, one.value, one.source) for one in ledger] == [
        (ids[0], "excused", "model"), (said.id, "lead", "human"),
    ]  # fmt: skip
