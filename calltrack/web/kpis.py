"""The KPIs as people read them: their names, what each counts, and how its values are written."""

from dataclasses import dataclass
from typing import Any

from calltrack.campaigns.scorecard import Kpis
from calltrack.web import words


@dataclass(frozen=True)
class Kpi:
    """One column of a scorecard. `written`: the filter of words.py that its values go through."""

    key: str
    name: str
    means: str
    written: str = "whole"

    def show(self, kpis: Kpis) -> str:
        """The value as a page shows it."""
        value: Any = getattr(kpis, self.key)
        return str(_WRITTEN[self.written](value))


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
        Kpi("missed", "Missed", "Calls that nobody of yours spoke to and that left no voicemail."),
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
        Kpi("manual_calls", "Manual calls", "Jobs that were not booked from an inbound call, by when they were made."),
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
        Kpi("total_cost", "Total cost", "The campaign's daily cost, added up; coming days cost nothing yet.", "cents"),
        Kpi("cost_per_lead", "Cost per lead", "Total cost divided by leads.", "dollars"),
        Kpi("cost_per_booked_job", "Cost per booked job", "Total cost divided by inbound booked.", "dollars"),
        Kpi("roi", "ROI", "Revenue divided by total cost: 3.40 means 3.40 back for each 1 spent.", "ratio"),
    ),
}  # fmt: skip
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
