"""Home: today at a glance, for each role what its people do next."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from calltrack.accounts.agents import phones_of
from calltrack.accounts.sign_in import Visitor
from calltrack.calls.task_list import list_tasks
from calltrack.calls.today import calls_taken, today_so_far
from calltrack.calls.unbooked import DAYS as LEAD_DAYS
from calltrack.calls.unbooked import leads_to_follow_up
from calltrack.calls.unreturned import unreturned
from calltrack.campaigns.campaigns import list_campaigns
from calltrack.campaigns.warnings import calls_without_job, count_setup_warnings
from calltrack.coaching.assignments import open_for
from calltrack.coaching.reading import drafts_of, recently_shared, still_blind
from calltrack.ground import ground
from calltrack.learning.review import queue
from calltrack.period import midnight, today
from calltrack.reports.rules import list_alerts
from calltrack.web.forms import asks_by_htmx
from calltrack.web.tasks import task_words
from calltrack.web.visitors import requires, visitor, visitor_may
from calltrack.web.waiting import unsure_waiting

bp = Blueprint("home", __name__)
FEW = 5
REVIEW_DAYS = 7  # of which the most valuable calls are shown; the queue itself goes further back

ACTED_ON = frozenset({"missed", "due", "review", "leads", "unlinked", "assigned", "drafts"})
# What each role does next, the most pressing first; and what it only looks at.
_SECTIONS: dict[str, tuple[str, ...]] = {
    "admin": ("missed", "due", "review", "leads", "unlinked", "figures", "alerts", "warnings"),
    "manager": ("missed", "due", "review", "leads", "unlinked", "figures", "alerts", "warnings"),
    "coach": ("assigned", "drafts", "missed", "shared"),
    "csr": ("due", "missed", "assigned", "feedback", "taken"),
    "sales": ("due", "leads", "missed", "assigned", "feedback", "taken"),
    "read-only": ("figures", "links"),
}
# Of what whoever is limited to some campaigns may see.
_LIMITED = ("figures", "links")


@bp.get("/")
@requires("calls.read")
def table() -> ResponseReturnValue:
    """The visitor's first page; by htmx what changes of it."""
    who, now = visitor(), datetime.now(UTC)
    sections = _LIMITED if who.campaign_ids is not None else _SECTIONS[who.role]
    with ground().database.read() as session:
        found = {name: _READ[name](session, who, now) for name in sections if name in _READ}
        todo = sorted((name for name in sections if name in ACTED_ON), key=lambda name: not found[name]["rows"])
        return render_template(
            "home/sections.html" if asks_by_htmx() else "home/table.html",
            todo=todo,  # where nothing waits comes last
            looks=[name for name in sections if name not in ACTED_ON],
            found=found,
            greeting=_greeting(now, zone=who.account.time_zone),
            day=today(zone=who.account.time_zone, now=now),
            day_back=today(zone=who.account.time_zone, now=now - timedelta(days=LEAD_DAYS)),
            unsure_waiting=unsure_waiting,
            few=FEW,
            review_days=REVIEW_DAYS,
            **task_words(now=now),
        )


def _missed(session: Session, who: Visitor, now: datetime) -> dict[str, Any]:
    rows, count = unreturned(session, account_id=who.account.id, now=now, limit=FEW)
    return {"rows": rows, "count": count}


def _due(session: Session, who: Visitor, now: datetime) -> dict[str, Any]:
    """What is overdue, or due before the local day ends."""
    ends = task_words(now=now)["day_ends"]
    page = list_tasks(session, account_id=who.account.id, due_before=ends, limit=FEW)
    return {"rows": page.items, "more": page.next is not None}


def _review(session: Session, who: Visitor, now: datetime) -> dict[str, Any]:
    return {"rows": queue(session, account=who.account, now=now, limit=FEW, days=REVIEW_DAYS).items}


def _leads(session: Session, who: Visitor, now: datetime) -> dict[str, Any]:
    rows, count = leads_to_follow_up(session, account_id=who.account.id, now=now, limit=FEW)
    return {"rows": rows, "count": count}


def _unlinked(session: Session, who: Visitor, now: datetime) -> dict[str, Any]:
    found = calls_without_job(session, account=who.account, now=now)
    return {"rows": found.count, "sentence": found.sentence}


def _figures(session: Session, who: Visitor, now: datetime) -> dict[str, Any]:
    """Today beside the same weekday of last week, each up to the same time of the day."""
    zone = who.account.time_zone
    so_far, before = today_so_far(session, account_id=who.account.id, zone=zone, now=now)
    day = today(zone=zone, now=now)
    days: dict[str, Any] = {"from": day, "to": day}
    campaigns = visitor_may("scorecards.read")
    addresses = {
        "calls": url_for("web.calls.table", **days),
        "leads": url_for("web.campaigns.show_all", kpi="leads", _anchor="rows", **days) if campaigns else None,
        "booked": url_for("web.calls.table", outcome="booked", **days),
        "missed": url_for("web.calls.table", outcome="missed", **days),
    }
    figures = [(name, address, getattr(so_far, name), getattr(before, name)) for name, address in addresses.items()]
    return {"figures": figures, "then": day - timedelta(days=7)}


def _alerts(session: Session, who: Visitor, _now: datetime) -> Any:
    return list_alerts(session, account=who.account, state="open", limit=FEW)


def _warnings(session: Session, who: Visitor, now: datetime) -> dict[str, Any]:
    return {
        "count": count_setup_warnings(session, account=who.account, now=now),
        "begun": bool(list_campaigns(session, account=who.account)),
    }


def _assigned(session: Session, who: Visitor, _now: datetime) -> dict[str, Any]:
    return {"rows": open_for(session, account_id=who.account.id, user_id=who.user_id)}


def _drafts(session: Session, who: Visitor, _now: datetime) -> dict[str, Any]:
    return {"rows": drafts_of(session, account_id=who.account.id, coach_id=who.user_id or 0, limit=FEW)}


def _shared(session: Session, who: Visitor, _now: datetime) -> list[Any]:
    """What coaches said of late, but for calls on which this one is still to judge alone."""
    blind = still_blind(session, account_id=who.account.id, user_id=who.user_id)
    return [one for one in recently_shared(session, account_id=who.account.id, limit=FEW).items if one.key not in blind]


def _feedback(session: Session, who: Visitor, _now: datetime) -> dict[str, Any]:
    """What was said of the visitor's own calls; first of all whether we know which those are."""
    phones = _phones(session, who)
    rows = recently_shared(session, account_id=who.account.id, phones=phones, limit=FEW).items if phones else []
    return {"known": bool(phones), "rows": rows}


def _taken(session: Session, who: Visitor, now: datetime) -> dict[str, Any]:
    phones = _phones(session, who)
    zone = who.account.time_zone
    since = midnight(today(zone=zone, now=now), zone=zone)
    rows = calls_taken(session, account_id=who.account.id, phones=phones, since=since, limit=2 * FEW)
    return {"known": bool(phones), "rows": rows}


def _phones(session: Session, who: Visitor) -> list[str]:
    return phones_of(session, user_id=who.user_id, account_id=who.account.id) if who.user_id else []


_READ: dict[str, Callable[[Session, Visitor, datetime], Any]] = {
    "missed": _missed,
    "due": _due,
    "review": _review,
    "leads": _leads,
    "unlinked": _unlinked,
    "figures": _figures,
    "alerts": _alerts,
    "warnings": _warnings,
    "assigned": _assigned,
    "drafts": _drafts,
    "shared": _shared,
    "feedback": _feedback,
    "taken": _taken,
}


def _greeting(now: datetime, *, zone: str) -> str:
    hour = now.astimezone(ZoneInfo(zone)).hour
    return "Good morning" if hour < 12 else "Good afternoon" if hour < 18 else "Good evening"
