"""Random histories told to the product by its own verbs, and every figure of it held against a bookkeeper's."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from itertools import count
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from calltrack.accounts.accounts import create_account
from calltrack.calls.labels import keep_verdict, label_call
from calltrack.campaigns.campaigns import assign_number, create_campaign
from calltrack.campaigns.cells import refresh_some, up_to_date
from calltrack.campaigns.costs import state_costs
from calltrack.campaigns.recount import recount
from calltrack.campaigns.rows import COUNTED_BY, rows
from calltrack.campaigns.scorecard import Kpis, campaign_scorecard, scorecards
from calltrack.db import Database
from calltrack.jobs.arriving import UNSAID, take_job
from calltrack.jobs.facts import Bill, Item, JobFacts
from calltrack.jobs.jobs import find_job, set_threshold
from calltrack.jobs.linking import link_job
from calltrack.jobs.matching import match_all, match_call
from calltrack.models import Account, Call, Campaign
from calltrack.period import Period
from tests import twilio_wire
from tests.campaigns.histories import PHONES, PLACES, Bookkeeper, Deed, Place, histories, rounded
from tests.factories import deliver, new_sid

_companies = count(1)
thorough = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


# By campaign, "total", or campaign and day.
Figures: TypeAlias = dict[Any, dict[str, Any]]


class Company:
    """One company in the database, to which the same is done as the bookkeeper writes down."""

    def __init__(self, database: Database, place: Place) -> None:
        self.database, self.books = database, Bookkeeper(place)
        number = next(_companies)
        self.numbers = [f"+1414555{number * 2 + one:04}" for one in (0, 1)]
        with database.write.begin() as session:
            self.account = create_account(session, name=f"Company {number}", time_zone=place.zone)
            self.campaigns = [
                create_campaign(session, account=self.account, name=name, lead_seconds=seconds)
                for name, seconds in (("Radio", 30), ("Flyer", None))
            ]
            for number_, campaign in zip(self.numbers, self.campaigns, strict=True):
                self._assign(session, number_, campaign, datetime(2020, 1, 1, tzinfo=UTC))
            for name, threshold in (("Repair", None), ("Install", 500)):
                set_threshold(session, account=self.account, name=name, sold_threshold=threshold, by="Ana")

    def do(self, deed: Deed) -> None:
        name, parts = deed
        with self.database.write.begin() as session:
            self.account = session.get_one(Account, self.account.id)
            getattr(self, f"do_{name}")(session, **parts)
        match_all(self.database)  # a worker's work

    def do_call(self, session: Session, *, number: int, caller: int, at: int, seconds: int, ends: str) -> None:
        moment, sid = self.books.moment(at), new_sid()
        who = twilio_wire.parties(caller=PHONES[caller], number=self.numbers[number])
        row = deliver(session, "voice", twilio_wire.voice(call=sid, **who), at=moment)
        assert row is not None
        call: dict[str, Any] = {
            "sid": sid, "id": row.id, "who": who, "at": moment, "caller": caller, "seconds": None, "missed": False,
            "campaign": self.books.campaign_of(number, moment), "labels": [],
        }  # fmt: skip
        self.books.calls.append(call)
        if ends != "not yet":
            self._end(session, call, seconds=seconds, missed=ends == "missed")
        match_call(session, call=row)

    def do_end(self, session: Session, *, call: int, seconds: int, missed: bool) -> None:
        if running := [one for one in self.books.calls if one["seconds"] is None]:
            self._end(session, running[call % len(running)], seconds=seconds, missed=missed)

    def _end(self, session: Session, call: dict[str, Any], *, seconds: int, missed: bool) -> None:
        ended_at = call["at"] + timedelta(seconds=seconds)
        status = {"status": "no-answer"} if missed else {"DialBridged": "true"}
        deliver(session, "dial", twilio_wire.dial(call=call["sid"], **status, **call["who"]), at=ended_at)
        over = twilio_wire.ended(at=format_datetime(ended_at), seconds=seconds, call=call["sid"], **call["who"])
        row = deliver(session, "status", over, at=ended_at)
        assert row is not None
        call.update(seconds=seconds, missed=missed)
        match_call(session, call=row)

    def do_label(self, session: Session, *, call: int, value: str) -> None:
        for one in self._call(call):
            row = session.get_one(Call, one["id"])
            label_call(session, call=row, value=value, reason=None, note=None, said_by="Ana")
            one["labels"].append((value, True))

    def do_verdict(self, session: Session, *, call: int, value: str) -> None:
        for one in self._call(call):
            if one["seconds"] is None or one["missed"]:
                continue  # no machine judges those
            keep_verdict(
                session, call=session.get_one(Call, one["id"]), value=value, reason=None, source="model",
                confidence=0.8, model="a model", review=False, evidence=[],
            )  # fmt: skip
            one["labels"].append((value, False))

    def do_job(self, session: Session, *, job: int, phone: int | None, call: Any, **said: Any) -> None:
        named = next(self._call(call), None) if isinstance(call, int) else None
        unsaid = call == "unsaid" or (isinstance(call, int) and named is None)
        created, completed = self.books.moment(said["created"]), self.books.moment(said["completed"])
        facts = JobFacts(
            external_id=f"J-{job}",
            customer_name="Mia",
            customer_phone=None if phone is None else PHONES[phone],
            job_type=("Repair", "Install")[said["type"]],
            status=said["status"],
            created_at=created,
            completed_at=completed,
            technician_lead=said["technician_lead"],
            invoices=[
                Bill(str(number), subtotal, [Item("line", cents, is_income) for cents, is_income in items])
                for number, (subtotal, items) in enumerate(said["bills"])
            ],
        )
        take_job(
            session,
            account=self.account,
            facts=facts,
            call_sid=UNSAID if unsaid else named["sid"] if named else None,
            campaign_id=None if said["campaign"] is None else self.campaigns[said["campaign"]].id,
            sent_by="a program",
        )
        known = self.books.jobs.setdefault(job, {})
        known.update(said, phone=phone, created=created, completed=completed)
        if not unsaid:
            known["said"] = named

    def do_link(self, session: Session, *, job: int, call: int | None) -> None:
        row = find_job(session, account=self.account, external_id=f"J-{job}")
        if row is None:
            return
        one = None if call is None else next(self._call(call), None)
        found = session.get_one(Call, one["id"]) if one else None
        link_job(session, job=row, call=found, matched_by="person", linked_by="Ana")
        self.books.jobs[job]["said"] = one

    def do_costs(self, session: Session, *, campaign: int, days: dict[int, int]) -> None:
        costs = {self.books.place.first + timedelta(days=day): cents for day, cents in days.items()}
        state_costs(session, campaign=self.campaigns[campaign], costs=[*costs.items()], stated_by="Ana")
        self.books.costs[campaign] = costs

    def do_assign(self, session: Session, *, number: int, campaign: int, at: int) -> None:
        self._assign(session, self.numbers[number], self.campaigns[campaign], self.books.moment(at))
        self.books.assigned.append((number, self.books.moment(at), campaign))

    def do_lead_seconds(self, session: Session, *, campaign: int | None, seconds: int | None) -> None:
        if campaign is not None:
            session.get_one(Campaign, self.campaigns[campaign].id).lead_seconds = seconds
            self.books.campaign_seconds[campaign] = seconds
        elif seconds is not None:
            self.account.lead_seconds = self.books.account_seconds = seconds

    def do_threshold(self, session: Session, *, type: int, cents: int | None) -> None:  # noqa: A002 - a deed's word
        name = ("Repair", "Install")[type]
        set_threshold(session, account=self.account, name=name, sold_threshold=cents, by="Ana")
        self.books.thresholds[type] = cents

    def do_match_days(self, _session: Session, *, days: int) -> None:
        self.account.match_days = self.books.match_days = days

    def do_zone(self, _session: Session, *, zone: str) -> None:
        self.account.time_zone = self.books.zone = zone

    def _call(self, place: int) -> Iterator[dict[str, Any]]:
        if self.books.calls:
            yield self.books.calls[place % len(self.books.calls)]

    def _assign(self, session: Session, number: str, campaign: Campaign, moment: datetime) -> None:
        assign_number(
            session, account=self.account, phone_number=number, campaign=campaign, forward_to=[twilio_wire.CHO],
            assigned_by="Ana", starts_at=moment,
        )  # fmt: skip

    @property
    def period(self) -> Period:
        days = self.books.place.all_days()
        return Period(days[0], days[-1], self.books.zone)

    def shown(self, *, as_of: datetime | None = None) -> Figures:
        """What the scorecards say: by campaign, all together, and by campaign and day."""
        with up_to_date(self.database, account=self.account, period=self.period, as_of=as_of) as session:
            whole = scorecards(session, account=self.account, period=self.period, as_of=as_of)
            found: Figures = {self._place(one.campaign_id): written(one.kpis) for one in whole.items}
            found["total"] = written(whole.total)
            for place, campaign in enumerate(self.campaigns):
                card = campaign_scorecard(
                    session, account=self.account, campaign=campaign, period=self.period, as_of=as_of
                )
                assert written(card.kpis) == found[place]
                found |= {(place, day): written(kpis) for day, kpis in card.days}
        return found

    def counted_by_hand(self) -> Figures:
        days = self.books.place.all_days()
        found: Figures = {campaign: self.books.figures([campaign], days) for campaign in (0, 1)}
        found["total"] = self.books.figures([0, 1, None], days)
        return found | {(campaign, day): self.books.figures([campaign], [day]) for campaign in (0, 1) for day in days}

    def _place(self, campaign_id: int) -> int:
        return [campaign.id for campaign in self.campaigns].index(campaign_id)


def written(kpis: Kpis) -> dict[str, Any]:
    return {key: str(value) if isinstance(value, Decimal) else value for key, value in asdict(kpis).items()}


NOON, NEXT_DAY = 24 * 3600, 60 * 3600
TOLD = {"technician_lead": False, "type": 1, "campaign": 0}
A_DAY_OF_WORK: list[Deed] = [
    ("call", {"number": 0, "caller": 0, "at": NOON, "seconds": 45, "ends": "answered"}),
    ("call", {"number": 1, "caller": 1, "at": NOON + 600, "seconds": 59, "ends": "answered"}),
    ("call", {"number": 1, "caller": 2, "at": NOON + 900, "seconds": 90, "ends": "answered"}),
    ("call", {"number": 0, "caller": 2, "at": NOON + 999, "seconds": 0, "ends": "not yet"}),
    ("call", {"number": 0, "caller": 0, "at": NOON + 1200, "seconds": 45, "ends": "answered"}),
    ("job", TOLD | {"job": 0, "phone": 0, "created": NEXT_DAY, "completed": NEXT_DAY, "status": "completed",
                    "call": "unsaid", "bills": [(600, [(500, True)])]}),
    ("job", TOLD | {"job": 1, "phone": None, "created": NOON, "completed": NOON, "status": "completed",
                    "call": "unsaid", "bills": [(600, [(300, True)])]}),
]  # fmt: skip
CHANGES: list[Deed] = [
    ("call", {"number": 0, "caller": 1, "at": NOON, "seconds": 10, "ends": "missed"}),
    ("end", {"call": 0, "seconds": 200, "missed": False}),
    ("end", {"call": 0, "seconds": 200, "missed": True}),
    ("label", {"call": 1, "value": "lead"}),
    ("label", {"call": 2, "value": "excused"}),
    ("verdict", {"call": 2, "value": "excused"}),
    ("job", TOLD | {"job": 1, "phone": 1, "created": NEXT_DAY, "completed": NOON, "status": "completed",
                    "call": "unsaid", "bills": [(600, [(300, True)])]}),
    ("job", TOLD | {"job": 1, "phone": None, "created": NOON, "completed": NOON, "status": "completed",
                    "call": "unsaid", "bills": [(600, [(299, True)])]}),
    ("job", TOLD | {"job": 1, "phone": None, "created": NOON, "completed": NOON, "status": "canceled",
                    "call": "unsaid", "bills": [(600, [(300, True)])]}),
    ("job", TOLD | {"job": 1, "phone": None, "created": NOON, "completed": NOON, "status": "completed",
                    "call": 2, "bills": [(600, [(300, True)])]}),
    ("link", {"job": 0, "call": None}),
    ("link", {"job": 0, "call": 2}),
    ("costs", {"campaign": 1, "days": {0: 1_001}}),
    ("lead_seconds", {"campaign": 1, "seconds": 59}),
    ("lead_seconds", {"campaign": 0, "seconds": 46}),
    ("lead_seconds", {"campaign": None, "seconds": 91}),
    ("threshold", {"type": 1, "cents": 601}),
    ("match_days", {"days": 0}),
    ("zone", {"zone": "Asia/Kolkata"}),
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: f"{change[0]} {[*change[1].values()][:3]}")
def test_each_kind_of_change_is_in_the_figures_at_the_next_look(database: Database, change: Deed) -> None:
    company = Company(database, PLACES[0])
    for deed in A_DAY_OF_WORK:
        company.do(deed)
    before, moment = company.shown(), datetime.now(UTC)
    company.do(change)
    assert company.shown() == company.counted_by_hand() != before
    assert company.shown(as_of=moment) == before


@given(place=st.sampled_from(PLACES), history=histories)
@thorough
def test_after_each_change_every_kpi_of_every_campaign_and_day_is_what_counting_by_hand_gives(
    database: Database, place: Place, history: list[Deed]
) -> None:
    company = Company(database, place)
    for deed in history:
        company.do(deed)
        assert company.shown() == company.counted_by_hand(), deed
    assert recount(database, account_name=company.account.name) == []


@given(place=st.sampled_from(PLACES), history=histories)
@thorough
def test_a_scorecard_as_of_any_past_moment_says_what_it_said_then(
    database: Database, place: Place, history: list[Deed]
) -> None:
    company = Company(database, place)
    said: list[tuple[datetime, Figures]] = [(datetime.now(UTC), company.shown())]
    for deed in history:
        company.do(deed)
        said.append((datetime.now(UTC), company.shown()))
    for moment, then in said:
        assert company.shown(as_of=moment) == then, moment


@given(place=st.sampled_from(PLACES), history=histories, kpi=st.sampled_from(sorted(set(COUNTED_BY) - {"total_cost"})))
@thorough
def test_the_rows_under_a_kpi_are_as_many_or_add_up_to_as_much_as_it_says(
    database: Database, place: Place, history: list[Deed], kpi: str
) -> None:
    company = Company(database, place)
    for deed in history:
        company.do(deed)
    for campaign, by_hand in ((one, company.books.figures([one], place.all_days())) for one in (0, 1)):
        with database.read() as session:
            page = rows(
                session, account=company.account, campaign_id=company.campaigns[campaign].id, period=company.period,
                kpi=kpi, limit=200,
            )  # fmt: skip
        counted_by = COUNTED_BY[kpi]
        items: list[Any] = page.items
        assert all(one.why for one in items)
        if counted_by in ("revenue", "cohort_revenue"):
            assert sum(one.income for one in items) == by_hand[counted_by]
        elif counted_by in by_hand:
            assert len(items) == by_hand[counted_by]
        else:  # the calls that a percentage counts
            whole = by_hand["calls" if kpi == "raw_booked_pct" else "leads"]
            assert rounded(100 * len(items), whole, 1) == by_hand[kpi]


@given(history=histories)
@thorough
def test_cells_that_are_counted_a_few_at_a_time_by_several_hands_say_the_same(
    database: Database, history: list[Deed]
) -> None:
    """A worker may have been at it at any moment, and need not have finished."""
    company = Company(database, PLACES[0])
    for number, deed in enumerate(history):
        company.do(deed)
        if number % 2:
            refresh_some(database, account_id=company.account.id)
    with database.read() as session:  # nothing is refreshed first: the reader counts what is marked
        whole = scorecards(session, account=company.account, period=company.period)
    by_hand = company.counted_by_hand()
    assert written(whole.total) == by_hand["total"]
    items = sorted(whole.items, key=lambda one: one.campaign_id)
    assert [written(one.kpis) for one in items] == [by_hand[0], by_hand[1]]
