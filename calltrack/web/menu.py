"""The menu: its groups, the pages of each, and which of them the visitor may see and is on."""

from dataclasses import dataclass

from flask import request, url_for

from calltrack.web.visitors import visitor_may
from calltrack.web.waiting import blind_waiting, review_waiting, unsure_waiting


@dataclass(frozen=True)
class Entry:
    """A page of the menu. `also`: blueprints of pages that are reached from it and have no entry of their own."""

    action: str
    endpoint: str
    name: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Shown:
    """An entry as the visitor sees it: `waiting` is how many things wait there, as text, or empty."""

    name: str
    address: str
    here: bool
    waiting: str


# The first entry that the visitor may see is where the group's name leads.
_GROUPS: dict[str, tuple[Entry, ...]] = {
    "Home": (Entry("calls.read", "home.table", "Home"),),
    "Calls": (
        Entry("calls.read", "calls.table", "All calls", ("call_page", "views", "coaching_on_call")),
        Entry("tasks.write", "tasks.table", "Tasks"),
        Entry("calls.unclaimed", "unclaimed.table", "Unclaimed"),
    ),
    "Review": (
        Entry("calls.label", "review.table", "By value"),
        Entry("calls.label", "blind.table", "Blind sample"),
        Entry("company.read", "classifier.table", "Classifier"),
        Entry("company.read", "measured.table", "Measured error"),
    ),
    "Coaching": (
        Entry("coaching.read", "coaching.table", "Coaching", ("coaching_evaluations",)),
        Entry("coaching.write", "coaching_agents.table", "Agents"),
        Entry("rubrics.write", "rubrics.table", "Rubrics"),
        Entry("coaching.write", "coaching_calibration.table", "Calibration"),
        Entry("coaching.read", "coaching_library.table", "Library"),
    ),
    "Scorecards": (
        Entry("scorecards.read", "scorecards.table", "Campaigns", ("campaigns",)),
        Entry("scorecards.read", "agents.table", "Who answered"),
        Entry("reports.write", "reports.table", "Reports and alerts"),
    ),
    "Jobs": (
        Entry("jobs.read", "jobs.table", "Jobs", ("job_links",)),
        Entry("jobs.read", "customers.table", "Customers"),
    ),
    "Settings": (
        Entry("settings.write", "settings.table", "Overview"),
        Entry("settings.write", "settings.account", "Company"),
        Entry("campaigns.write", "setup_campaigns.table", "Campaigns"),
        Entry("campaigns.write", "setup_numbers.table", "Numbers", ("number_shop", "number_parking", "number_moves")),
        Entry("campaigns.write", "flows.table", "Call flows", ("flow_steps", "flow_trial")),
        Entry("campaigns.write", "sounds.table", "Sounds"),
        Entry("settings.write", "recording.table", "Recording"),
        Entry("callers.block", "blocked.table", "Blocked callers"),
        Entry("settings.write", "missed_calls.table", "Missed calls"),
        Entry("settings.write", "agent_names.table", "Agents"),
        Entry("thresholds.write", "job_types.table", "Job types"),
        Entry("settings.write", "reasons.table", "Reasons"),
        Entry("settings.write", "tags.table", "Tags"),
        Entry("settings.write", "ledger.table", "Income"),
        Entry("imports.write", "imports.table", "Import"),
    ),
    "Access": (
        Entry("people.write", "people.table", "People", ("invitations", "provider")),
        Entry("people.write", "sign_in_rules.table", "Signing in"),
        Entry("keys.write", "keys.table", "API keys"),
        Entry("privacy.read", "privacy.table", "Privacy", ("one_person", "erasures")),
        Entry("audit.read", "audit_trail.table", "Audit trail"),
    ),
}
_WAITING = {"review.table": unsure_waiting, "blind.table": blind_waiting}


def menu_groups() -> list[Shown]:
    """The groups of which the visitor may see a page."""
    shown = []
    for name, entries in _GROUPS.items():
        if mine := _permitted(entries):
            waiting = review_waiting() if name == "Review" and mine[0].endpoint in _WAITING else ""
            shown.append(Shown(name, _address(mine[0]), any(map(_is_here, mine)), waiting))
    return shown


def menu_pages() -> tuple[str, list[Shown]]:
    """The group that the page belongs to, and its pages; none where there is nothing to choose."""
    for name, entries in _GROUPS.items():
        mine = _permitted(entries)
        if len(mine) > 1 and any(map(_is_here, mine)):
            return name, [Shown(one.name, _address(one), _is_here(one), _count(one)) for one in mine]
    return "", []


def _permitted(entries: tuple[Entry, ...]) -> list[Entry]:
    return [entry for entry in entries if visitor_may(entry.action)]


def _address(entry: Entry) -> str:
    return url_for(f"web.{entry.endpoint}")


def _count(entry: Entry) -> str:
    return _WAITING[entry.endpoint]() if entry.endpoint in _WAITING else ""


def _is_here(entry: Entry) -> bool:
    """Pages of one blueprint are one entry's, but for the company's settings, which share theirs with the overview."""
    blueprint = (request.blueprint or "").removeprefix("web.")
    if blueprint == "settings":
        return entry.endpoint == ("settings.table" if request.endpoint == "web.settings.table" else "settings.account")
    return blueprint == entry.endpoint.partition(".")[0] or blueprint in entry.also
