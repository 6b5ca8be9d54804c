"""Random histories of a company as plain values, and a bookkeeper who counts them by hand.

The bookkeeper shares no code with the product: dates, thresholds, matching and arithmetic are done here once more, in
the slowest and plainest way there is.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from math import floor
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from hypothesis import strategies as st


@dataclass(frozen=True)
class Place:
    """A zone, and a few days of it, on one of which the clocks change."""

    zone: str
    first: date
    days: int = 4

    def all_days(self) -> list[date]:
        return [self.first + timedelta(days=i) for i in range(self.days)]


PLACES = [
    Place("America/Chicago", date(2025, 3, 7)),
    Place("America/Chicago", date(2025, 10, 31)),
    Place("America/Havana", date(2025, 3, 7)),  # midnight itself is skipped
    Place("Australia/Lord_Howe", date(2025, 4, 4)),  # by half an hour
]
PHONES = ["+13125550111", "+13125550112", "+13125550113"]
HALF_HOUR = 30 * 60
# Seconds from half a day before the place's first day; edges of days are favoured.
moments = st.one_of(
    st.integers(0, 6 * 24 * 3600),
    st.builds(lambda half, off: half * HALF_HOUR + off, st.integers(0, 288), st.sampled_from([-1, 0, 1])),
)
two = st.integers(0, 1)
some = st.integers(0, 4)  # of the calls or jobs there are, round and round
Deed: TypeAlias = tuple[str, dict[str, Any]]


def deed(name: str, **parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Deed]:
    return st.tuples(st.just(name), st.fixed_dictionaries(parts))


bills = st.lists(
    st.tuples(
        st.sampled_from([-100, 0, 1, 499, 500, 70_001]),
        st.lists(st.tuples(st.sampled_from([-50, 0, 333, 90_007]), st.booleans()), max_size=2),
    ),
    max_size=2,
)
calls = deed(
    "call",
    number=two,
    caller=st.integers(0, 2),
    at=moments,
    seconds=st.sampled_from([0, 29, 30, 59, 60, 61, 300]),
    ends=st.sampled_from(["answered", "answered", "answered", "missed", "not yet"]),
)
jobs = deed(
    "job",
    job=st.integers(0, 3),
    phone=st.one_of(st.none(), st.integers(0, 2)),
    created=moments,
    completed=moments,
    status=st.sampled_from(["scheduled", "in_progress", "completed", "completed", "completed", "canceled"]),
    campaign=st.sampled_from([None, 0, 1]),
    call=st.one_of(st.just("unsaid"), st.none(), some),
    technician_lead=st.sampled_from([False, False, False, True]),
    type=two,
    bills=bills,
)
deeds = st.one_of(
    calls,
    calls,
    calls,
    jobs,
    jobs,
    deed("end", call=some, seconds=st.sampled_from([10, 60, 200]), missed=st.booleans()),
    deed("label", call=some, value=st.sampled_from(["lead", "excused"])),
    deed("verdict", call=some, value=st.sampled_from(["lead", "excused"])),
    deed("link", job=st.integers(0, 3), call=st.one_of(st.none(), some)),
    deed("costs", campaign=two, days=st.dictionaries(st.integers(-2, 5), st.integers(0, 10_001), max_size=3)),
    deed("assign", number=two, campaign=two, at=moments),
    deed("lead_seconds", campaign=st.one_of(st.none(), two), seconds=st.sampled_from([0, 30, 60, 61, None])),
    deed("threshold", type=two, cents=st.sampled_from([None, 0, 500, 70_001])),
    deed("match_days", days=st.sampled_from([0, 1, 14])),
    deed("zone", zone=st.sampled_from(["America/Chicago", "Asia/Kolkata"])),
)
# Something to count comes first, so that what is changed after it changes a figure.
histories = st.builds(
    lambda *parts: [deed for part in parts for deed in part],
    st.lists(calls, min_size=2, max_size=5),
    st.lists(jobs, min_size=1, max_size=3),
    st.lists(deeds, min_size=2, max_size=8),
)


@dataclass
class Bookkeeper:
    """Everything that happened, in lists and dictionaries; `figures` counts it."""

    place: Place
    zone: str = ""
    begin: datetime = field(init=False)
    account_seconds: int = 60
    match_days: int = 14
    campaign_seconds: list[int | None] = field(default_factory=lambda: [30, None])
    assigned: list[tuple[int, datetime, int]] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    jobs: dict[int, dict[str, Any]] = field(default_factory=dict)
    thresholds: list[int | None] = field(default_factory=lambda: [None, 500])
    costs: list[dict[date, int]] = field(default_factory=lambda: [{}, {}])

    def __post_init__(self) -> None:
        self.zone = self.place.zone
        first = self.place.first
        self.begin = datetime(first.year, first.month, first.day, tzinfo=UTC) - timedelta(hours=12)
        long_ago = datetime(2020, 1, 1, tzinfo=UTC)
        self.assigned = [(0, long_ago, 0), (1, long_ago, 1)]

    def moment(self, seconds: int) -> datetime:
        return self.begin + timedelta(seconds=seconds)

    def campaign_of(self, number: int, moment: datetime) -> int:
        known = [(at, place, campaign) for place, (one, at, campaign) in enumerate(self.assigned) if one == number]
        return max((at, place, campaign) for at, place, campaign in known if at <= moment)[2]

    def label_of(self, call: dict[str, Any]) -> tuple[str, bool] | None:
        """(label, did a person say it)."""
        for by_person in (True, False):
            said = [value for value, person in call["labels"] if person is by_person]
            if said:
                return said[-1], by_person
        return None

    def call_of(self, job: dict[str, Any]) -> dict[str, Any] | None:
        """The call that booked the job: as somebody said, else the latest of its phone, if all agree on a campaign."""
        if "said" in job:
            found: dict[str, Any] | None = job["said"]
            return found
        if job["phone"] is None or job["technician_lead"]:
            return None
        window = timedelta(days=self.match_days)
        possible = [
            call
            for call in self.calls
            if call["caller"] == job["phone"]
            and call["seconds"] is not None  # while it runs nobody knows whether it will be missed
            and not call["missed"]
            and timedelta(0) <= job["created"] - call["at"] <= window
        ]
        if not possible or len({call["campaign"] for call in possible}) > 1:
            return None
        latest = max(call["at"] for call in possible)
        return [call for call in possible if call["at"] == latest][-1]

    def is_lead(self, call: dict[str, Any], jobs: list[dict[str, Any]]) -> bool:
        if jobs:
            return True
        if call["missed"]:
            return False
        label = self.label_of(call)
        if label == ("lead", True):
            return True
        own = self.campaign_seconds[call["campaign"]]
        enough = self.account_seconds if own is None else own
        long: bool = call["seconds"] is not None and call["seconds"] >= enough
        return long and (label is None or label[0] != "excused")

    def is_sold(self, job: dict[str, Any]) -> bool:
        subtotal = sum(subtotal for subtotal, _ in job["bills"])
        enough: bool = subtotal > 0 and subtotal >= (self.thresholds[job["type"]] or 0)
        return job["status"] == "completed" and enough

    def day(self, moment: datetime) -> date:
        return moment.astimezone(ZoneInfo(self.zone)).date()

    def cost_of(self, campaign: int, day: date) -> int:
        begun = [first for first in self.costs[campaign] if first <= day]
        return self.costs[campaign][max(begun)] if begun else 0

    def figures(self, campaigns: list[int | None], days: list[date]) -> dict[str, Any]:
        """Every KPI of these campaigns (None: what has none) on these days, in cents and exact fractions."""
        booked_from: dict[int, list[dict[str, Any]]] = {id(call): [] for call in self.calls}
        for job in self.jobs.values():
            if call := self.call_of(job):
                booked_from[id(call)].append(job)
        count = dict.fromkeys("calls missed leads booked_leads booked_calls sold_leads".split(), 0)
        for call in self.calls:
            if call["campaign"] not in campaigns or self.day(call["at"]) not in days:
                continue
            jobs = booked_from[id(call)]
            count["calls"] += 1
            count["missed"] += bool(call["missed"] and not jobs)
            count["leads"] += self.is_lead(call, jobs)
            count["booked_leads"] += bool(jobs)
            count["booked_calls"] += bool(jobs)
            count["sold_leads"] += any(map(self.is_sold, jobs))
        total = dict.fromkeys("inbound manual sold revenue cohort".split(), 0)
        for job in self.jobs.values():
            call = self.call_of(job)
            if (call["campaign"] if call else job["campaign"]) not in campaigns:
                continue
            income = sum(cents for _, items in job["bills"] for cents, is_income in items if is_income)
            if self.day(call["at"] if call else job["created"]) in days:
                total["inbound" if call else "manual"] += 1
                total["sold"] += self.is_sold(job)
                total["cohort"] += income if job["status"] == "completed" else 0
            if job["status"] == "completed" and self.day(job["completed"]) in days:
                total["revenue"] += income
        cost = sum(self.cost_of(campaign, day) for campaign in campaigns if campaign is not None for day in days)
        return {
            "calls": count["calls"],
            "missed": count["missed"],
            "leads": count["leads"],
            "inbound_booked": total["inbound"],
            "inbound_booked_pct": rounded(100 * count["booked_leads"], count["leads"], 1),
            "raw_booked_pct": rounded(100 * count["booked_calls"], count["calls"], 1),
            "manual_calls": total["manual"],
            "sold": total["sold"],
            "sold_pct": rounded(100 * count["sold_leads"], count["leads"], 1),
            "revenue": total["revenue"],
            "cohort_revenue": total["cohort"],
            "total_cost": cost,
            "cost_per_lead": rounded(Fraction(cost, 100), count["leads"], 2),
            "cost_per_booked_job": rounded(Fraction(cost, 100), total["inbound"], 2),
            "roi": rounded(total["revenue"], cost, 2),
        }


def rounded(part: Fraction | int, whole: int, places: int) -> str | None:
    """`part` / `whole` half up, written with so many decimals; away from zero, as one rounds an amount that is owed."""
    if whole == 0:
        return None
    value = Fraction(part) / whole
    steps = floor(abs(value) * 10**places + Fraction(1, 2))
    text = f"{steps // 10**places}.{steps % 10**places:0{places}}"
    return f"-{text}" if value < 0 and steps else text
