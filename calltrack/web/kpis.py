"""The KPIs as people read them: their names, what each counts, and how its values are written."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

from calltrack.campaigns.scorecard import Kpis
from calltrack.web import words


@dataclass(frozen=True)
class Kpi:
    """One column of a scorecard. `written`: the filter of words.py that its values go through. `more_is`: what a
    business thinks of a rise."""

    key: str
    name: str
    means: str
    written: str = "whole"
    more_is: Literal["good", "bad", "neither"] = "good"

    def show(self, kpis: Kpis) -> str:
        """The value as a page shows it."""
        value: Any = getattr(kpis, self.key)
        return str(_WRITTEN[self.written](value))

    def order(self, kpis: Kpis) -> tuple[bool, Any]:
        """What a table is sorted by: a dash is less than any value."""
        value: Any = getattr(kpis, self.key)
        return (value is not None, value if value is not None else 0)

    def change(self, now: Kpis, before: Kpis) -> "Move | None":
        """How the value moved; None where one of the two is missing, or nothing moved."""
        was: Any = getattr(before, self.key)
        is_: Any = getattr(now, self.key)
        if was is None or is_ is None or was == is_:
            return None
        rose = is_ > was
        if self.written == "percent":
            text = f"{words.signed(is_ - was)} pts"
        elif was == 0:
            return Move("new", self._thinks_of(rose), self.show(before))
        else:
            share = Decimal(100 * (is_ - was)) / abs(was)
            text = f"{words.signed(share.quantize(Decimal(1), ROUND_HALF_UP))}%"
        return Move(text, self._thinks_of(rose), self.show(before))

    def _thinks_of(self, rose: bool) -> str:  # noqa: FBT001 - of one thing only
        if self.more_is == "neither":
            return "neither"
        return "better" if rose == (self.more_is == "good") else "worse"


@dataclass(frozen=True)
class Move:
    """How far a value moved against the period before, what one thinks of it (better, worse, neither), and what it
    was."""

    text: str
    thinks: str
    was: str


_WRITTEN: dict[str, Any] = {
    "whole": words.whole,
    "percent": words.percent,
    "cents": words.cents,
    "dollars": words.dollars,
    "ratio": words.times,
}

GROUPS: dict[str, tuple[Kpi, ...]] = {
    "Calls": (
        Kpi("calls", "Calls", "Inbound calls to the campaign's numbers, by when they began."),
        Kpi("missed", "Missed", "Calls that nobody of yours spoke to and that left no voicemail.", more_is="bad"),
        Kpi(
            "leads",
            "Leads",
            "Calls that booked a job, that a person labelled lead, or that lasted long enough and are not excused.",
        ),
    ),
    "Booking": (
        Kpi("inbound_booked", "Inbound booked", "Jobs booked from inbound calls; two jobs from one call count two."),
        Kpi("inbound_booked_pct", "Inbound booked %", "Of the leads, those with at least one job.", "percent"),
        Kpi(
            "raw_booked_pct",
            "Raw booked %",
            "Of all inbound calls, those with at least one job: excusing calls cannot flatter it.",
            "percent",
        ),
        Kpi(
            "manual_calls",
            "Manual calls",
            "Jobs that were not booked from an inbound call, by when they were made.",
            more_is="neither",
        ),
    ),
    "Sales": (
        Kpi("sold", "Sold", "Completed jobs invoiced at or above their job type's sold threshold."),
        Kpi("sold_pct", "Sold %", "Of the leads, those with at least one sold job.", "percent"),
        Kpi("revenue", "Revenue", "Income on invoices of jobs completed in these days.", "cents"),
        Kpi(
            "cohort_revenue",
            "Cohort revenue",
            "Income on invoices of completed jobs whose calls came in these days, whenever they were completed.",
            "cents",
        ),
    ),
    "Cost": (
        Kpi(
            "total_cost",
            "Total cost",
            "The campaign's daily cost, added up; coming days cost nothing yet.",
            "cents",
            "neither",
        ),
        Kpi("cost_per_lead", "Cost per lead", "Total cost divided by leads.", "dollars", "bad"),
        Kpi("cost_per_booked_job", "Cost per booked job", "Total cost divided by inbound booked.", "dollars", "bad"),
        Kpi("roi", "ROI", "Revenue divided by total cost: 3.40 means 3.40 back for each 1 spent.", "ratio"),
    ),
}
KPIS: dict[str, Kpi] = {kpi.key: kpi for group in GROUPS.values() for kpi in group}

# A campaign's page asks two questions: what did the advertising bring, and what did we make of it?
MARKETING = ("calls", "leads", "missed", "total_cost", "cost_per_lead", "revenue", "cohort_revenue", "roi")
BOOKING = (
    "inbound_booked",
    "inbound_booked_pct",
    "raw_booked_pct",
    "cost_per_booked_job",
    "manual_calls",
    "sold",
    "sold_pct",
)
