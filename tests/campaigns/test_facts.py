"""Random small histories, counted in SQL and once more in plain Python that shares no rule with it."""

from collections import Counter
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from calltrack.campaigns.campaigns import list_campaigns
from calltrack.campaigns.facts import facts_by_campaign, facts_by_day
from calltrack.campaigns.rows import COUNTED_BY, rows
from calltrack.campaigns.sources import Facts
from calltrack.period import Period
from tests.campaigns.story import CHICAGO, Story, may


@dataclass(frozen=True)
class Place:
    """A zone, and a few days of it, on one of which the clocks change."""

    zone: str
    first: date
    days: int = 4


PLACES = [
    Place(CHICAGO, date(2026, 3, 6)),
    Place(CHICAGO, date(2026, 10, 30)),
    Place("America/Havana", date(2026, 3, 6)),
    Place("Australia/Lord_Howe", date(2026, 4, 3)),
    Place("Pacific/Apia", date(2011, 12, 28)),  # the 30th never was
]
FIGURES = [field.name for field in fields(Facts)]
KPIS = sorted(set(COUNTED_BY) - {"total_cost"})

# A moment is told in microseconds from half a day before the place's first day; the edges of days are favoured.
HOUR = 3_600_000_000
moments = st.one_of(
    st.integers(0, 6 * 24 * HOUR),
    st.builds(lambda hour, off: hour * HOUR // 2 + off, st.integers(0, 290), st.sampled_from([-1, 0, 1, -400])),
)
campaigns = st.sampled_from([None, 0, 1])
Outline: TypeAlias = dict[str, Any]
calls: st.SearchStrategy[Outline] = st.fixed_dictionaries(
    {
        "at": moments,
        "campaign": campaigns,
        "seconds": st.sampled_from([None, 0, 29, 30, 59, 60, 300]),
        "missed": st.booleans(),
        "running": st.sampled_from([False, False, False, True]),
        "label": st.sampled_from(
            [
                None,
                ("lead", "human"),
                ("excused", "human"),
                ("lead", "model"),
                ("excused", "model"),
                ("excused", "rule"),
            ]
        ),
        "outbound": st.sampled_from([False, False, False, True]),
    }
)
invoices = st.lists(
    st.tuples(
        st.sampled_from([-100, 0, 1, 499, 500, 700]),
        st.lists(st.tuples(st.integers(-50, 900), st.booleans()), max_size=2),
    ),
    max_size=2,
)
jobs: st.SearchStrategy[Outline] = st.fixed_dictionaries(
    {
        "call": st.one_of(st.none(), st.integers(0, 5)),
        "campaign": campaigns,
        "status": st.sampled_from(["scheduled", "in_progress", "completed", "completed", "completed", "canceled"]),
        "created": moments,
        "completed": st.one_of(st.none(), moments),
        "threshold": st.sampled_from([None, 0, 500]),
        "invoices": invoices,
    }
)


def told(session: Session, place: Place, call_outlines: list[Outline], job_outlines: list[Outline]) -> Story:
    """The outlines as rows; what the oracle needs is added to them."""
    begin = datetime(place.first.year, place.first.month, place.first.day, tzinfo=UTC) - timedelta(hours=12)
    story = Story(session, zone=place.zone)
    known = [story.campaign("Radio", lead_seconds=30), story.campaign("Flyer")]

    def moment(offset: int | None) -> datetime | None:
        return None if offset is None else begin + timedelta(microseconds=offset)

    rows_of_calls = []
    for outline in call_outlines:
        outline["moment"] = moment(outline["at"])
        outline["lead_seconds"] = 30 if outline["campaign"] == 0 else 60
        missed = outline["missed"] and not outline["running"]
        row = story.call(
            outline["moment"],
            campaign=None if outline["campaign"] is None else known[outline["campaign"]],
            seconds=outline["seconds"],
            missed=missed,
            running=outline["running"],
            says=outline["label"],
            direction="outbound-dial" if outline["outbound"] else "inbound",
        )
        rows_of_calls.append(row)
        outline["jobs"] = []
    for outline in job_outlines:
        linked = outline["call"] is not None and outline["call"] < len(rows_of_calls)
        job = story.job(
            call=rows_of_calls[outline["call"]] if linked else None,
            campaign=None if outline["campaign"] is None else known[outline["campaign"]],
            status=outline["status"],
            created=moment(outline["created"]) or begin,
            threshold=outline["threshold"],
            invoices=outline["invoices"],
        )
        job.completed_at = moment(outline["completed"])
        outline["from"] = call_outlines[outline["call"]] if linked else None
        if linked:
            outline["from"]["jobs"].append(outline)
        outline["created_at"], outline["completed_at"] = job.created_at, job.completed_at
    session.flush()
    return story


def billed_enough(job: Outline) -> bool:
    subtotal = sum(subtotal for subtotal, _ in job["invoices"])
    return bool(job["status"] == "completed" and subtotal > 0 and subtotal >= (job["threshold"] or 0))


def lead(call: Outline) -> bool:
    if call["jobs"]:
        return True
    if call["missed"] and not call["running"]:
        return False
    if call["label"] == ("lead", "human"):
        return True
    if call["running"] or call["seconds"] is None or call["seconds"] < call["lead_seconds"]:
        return False
    return call["label"] is None or call["label"][0] != "excused"


def oracle(call_outlines: list[Outline], job_outlines: list[Outline], zone: str) -> Counter[tuple[Any, date, str]]:
    """(campaign, local day, figure) -> its count or sum, walked through one by one."""
    counted: Counter[tuple[Any, date, str]] = Counter()

    def add(campaign: Any, moment: datetime, figure: str, amount: int = 1) -> None:
        counted[campaign, moment.astimezone(ZoneInfo(zone)).date(), figure] += amount

    for call in call_outlines:
        if call["outbound"]:
            continue
        gone_unheard = call["missed"] and not call["running"] and not call["jobs"]
        sold = any(billed_enough(job) for job in call["jobs"])
        machine = call["label"][0] if call["label"] and call["label"][1] != "human" else None
        figures = {
            "calls": True,
            "missed": gone_unheard,
            "leads": lead(call),
            "leads_by_machine": lead(call) and not call["jobs"] and machine == "lead",
            "excused_by_machine": machine == "excused" and not call["jobs"] and lead({**call, "label": None}),
            "leads_booked": bool(call["jobs"]),
            "calls_booked": bool(call["jobs"]),
            "leads_sold": sold,
        }
        for figure, holds in figures.items():
            add(call["campaign"], call["moment"], figure, int(holds))
    for job in job_outlines:
        inbound = job["from"] is not None and not job["from"]["outbound"]
        campaign = job["from"]["campaign"] if inbound else job["campaign"]
        moment = job["from"]["moment"] if inbound else job["created_at"]
        income = sum(amount for _, items in job["invoices"] for amount, is_income in items if is_income)
        add(campaign, moment, "inbound_booked" if inbound else "manual_calls")
        add(campaign, moment, "sold", int(billed_enough(job)))
        if job["status"] == "completed":
            add(campaign, moment, "cohort_revenue", income)
            if job["completed_at"]:
                add(campaign, job["completed_at"], "revenue", income)
    return counted


histories: dict[str, st.SearchStrategy[Any]] = {
    "place": st.sampled_from(PLACES),
    "call_outlines": st.lists(calls, max_size=6),
    "job_outlines": st.lists(jobs, max_size=5),
}
thorough = settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
AN_INSTANT_BEFORE_MIDNIGHT = {
    "at": 42 * HOUR - 400, "campaign": None, "seconds": 60, "missed": False, "running": False,
    "label": None, "outbound": False,
}  # fmt: skip


@given(**histories)
@example(place=PLACES[-1], call_outlines=[dict(AN_INSTANT_BEFORE_MIDNIGHT)], job_outlines=[])
@example(place=PLACES[0], call_outlines=[dict(AN_INSTANT_BEFORE_MIDNIGHT)], job_outlines=[])
@thorough
def test_every_figure_of_every_day_and_campaign_is_what_counting_by_hand_gives(
    session: Session, place: Place, call_outlines: list[Outline], job_outlines: list[Outline]
) -> None:
    with session.begin_nested() as attempt:
        story = told(session, place, call_outlines, job_outlines)
        names = {campaign_id: name for name, campaign_id in enumerate(campaign_ids(story))} | {None: None}
        period = Period(place.first, place.first + timedelta(days=place.days - 1), place.zone)
        by_hand = oracle(call_outlines, job_outlines, place.zone)
        days = facts_by_day(session, account_id=story.account.id, period=period)
        for day in period.days():
            for campaign_id, name in names.items():
                found = asdict(days.get((campaign_id, day), Facts()))
                assert found == {figure: by_hand[name, day, figure] for figure in FIGURES}, (day, name)
        whole = facts_by_campaign(session, account_id=story.account.id, period=period)
        for campaign_id, name in names.items():
            found = asdict(whole.get(campaign_id, Facts()))
            assert found == {figure: sum(by_hand[name, day, figure] for day in period.days()) for figure in FIGURES}
        attempt.rollback()


@given(kpi=st.sampled_from(KPIS), **histories)
@thorough
def test_the_rows_under_a_kpi_are_as_many_or_add_up_to_as_much_as_it_says(
    session: Session, kpi: str, place: Place, call_outlines: list[Outline], job_outlines: list[Outline]
) -> None:
    with session.begin_nested() as attempt:
        story = told(session, place, call_outlines, job_outlines)
        period = Period(place.first, place.first + timedelta(days=place.days - 1), place.zone)
        whole = facts_by_campaign(session, account_id=story.account.id, period=period)
        for campaign_id in [*campaign_ids(story), None]:
            found = rows(session, account=story.account, campaign_id=campaign_id, period=period, kpi=kpi, limit=200)
            items: list[Any] = found.items
            is_sum = kpi in ("revenue", "cohort_revenue", "roi")
            counted = sum(row.income for row in items) if is_sum else len({row.id for row in items})
            assert counted == getattr(whole.get(campaign_id, Facts()), COUNTED_BY[kpi])
            assert is_sum or counted == len(items)
        attempt.rollback()


def campaign_ids(story: Story) -> list[int]:
    return sorted(campaign.id for campaign in list_campaigns(story.session, account=story.account))


@pytest.mark.parametrize("days", [1, 31])
def test_a_period_without_calls_or_jobs_has_no_facts(story: Story, days: int) -> None:
    story.campaign()
    assert facts_by_day(story.session, account_id=story.account.id, period=may(1, days)) == {}
    assert facts_by_campaign(story.session, account_id=story.account.id, period=may(1, days)) == {}
