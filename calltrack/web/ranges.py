"""The range of days that a page shows, as the address bar names it."""

from dataclasses import dataclass
from datetime import date, timedelta

from flask import request

from calltrack.period import Period, today

FIRST_YEAR, LAST_YEAR = 2000, 2100
MOST_DAYS = 366 * 3


@dataclass(frozen=True)
class Preset:
    """A range that people ask for by name."""

    name: str
    first: date
    last: date


@dataclass(frozen=True)
class Range:
    """The days to show, the ranges on offer, and what was wrong with what was asked for (then the default is shown)."""

    period: Period
    presets: list[Preset]
    problem: str | None

    @property
    def chosen(self) -> Preset | None:
        """The preset that this range is."""
        asked = (self.period.first, self.period.last)
        return next((preset for preset in self.presets if (preset.first, preset.last) == asked), None)


def read_range(*, zone: str) -> Range:
    """`from` and `to` of the address bar, both included; the last 30 days where they are missing or make no sense."""
    now = today(zone=zone)
    presets = presets_on(now)
    default = Period(now - timedelta(days=29), now, zone)
    asked = {name: request.args.get(name, "").strip() for name in ("from", "to")}
    if not any(asked.values()):
        return Range(default, presets, None)
    first, last = read_day(asked["from"]), read_day(asked["to"])
    if (asked["from"] and first is None) or (asked["to"] and last is None):
        return Range(default, presets, "Write dates like 2025-05-03. Until then the last 30 days are shown.")
    last = last or max(now, first or now)
    first = first or last - timedelta(days=29)
    if last < first:
        return Range(default, presets, "The range ends before it starts. Until then the last 30 days are shown.")
    if (last - first).days >= MOST_DAYS:
        return Range(default, presets, "At most three years are shown at once. Here are the last 30 days.")
    return Range(Period(first, last, zone), presets, None)


def presets_on(now: date) -> list[Preset]:
    """The usual ranges as seen on the account's date `now`."""
    this_month = now.replace(day=1)
    last_month_ends = this_month - timedelta(days=1)
    this_quarter = this_month.replace(month=(now.month - 1) // 3 * 3 + 1)
    last_quarter_ends = this_quarter - timedelta(days=1)
    last_quarter = last_quarter_ends.replace(day=1, month=(last_quarter_ends.month - 1) // 3 * 3 + 1)
    return [
        Preset("Today", now, now),
        Preset("Yesterday", now - timedelta(days=1), now - timedelta(days=1)),
        Preset("Last 7 days", now - timedelta(days=6), now),
        Preset("Last 30 days", now - timedelta(days=29), now),
        Preset("This month", this_month, now),
        Preset("Last month", last_month_ends.replace(day=1), last_month_ends),
        Preset("This quarter", this_quarter, now),
        Preset("Last quarter", last_quarter, last_quarter_ends),
        Preset("This year", now.replace(month=1, day=1), now),
        Preset("Last year", date(now.year - 1, 1, 1), date(now.year - 1, 12, 31)),
    ]


def read_day(written: str) -> date | None:
    """An ISO date of a year that makes sense, else None."""
    try:
        day = date.fromisoformat(written)
    except ValueError:
        return None
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None
