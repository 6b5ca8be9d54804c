"""The demo business, set up through the HTTP API: campaigns and their costs, tracking numbers, job types."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from calltrack.demo.api import Ask
from calltrack.demo.conversations import SCRIPT
from calltrack.demo.desk import name_agents

DAYS_OF_HISTORY = 30


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """A seeded campaign with its tracking number; `weight` is its share of the demo's calls."""

    id: Any
    name: str
    phone_number: str
    weight: int


def seed(*, ask: Ask, now: datetime | None = None) -> list[Campaign]:
    """Create what is missing of the demo business and return its campaigns; what exists is left as people made it.

    Raises calltrack.demo.api.ApiError.
    """
    business = json.loads((SCRIPT / "business.json").read_text())
    today = (now or datetime.now(UTC)).date()
    first_day = today - timedelta(days=DAYS_OF_HISTORY)
    known = {item["campaign"]: item for item in ask("GET", f"/scorecards?from={first_day}&to={today}")["items"]}
    wanted = business["campaigns"]
    if any(campaign["name"] not in known for campaign in wanted):
        for name, threshold in business["job_types"].items():
            ask("PUT", f"/job-types/{quote(name, safe='')}", {"sold_threshold": threshold})
    name_agents(ask=ask)
    return [
        _seed_campaign(ask=ask, wanted=campaign, found=known.get(campaign["name"]), today=today) for campaign in wanted
    ]


def _seed_campaign(*, ask: Ask, wanted: dict[str, Any], found: dict[str, Any] | None, today: Any) -> Campaign:
    if found is None:
        body = {"name": wanted["name"], "category": wanted["category"], "daily_cost": wanted["costs"][-1][1]}
        campaign_id = ask("POST", "/campaigns", body)["id"]
    else:
        campaign_id = found["campaign_id"]
    # A start that was cut short may have left a campaign without its past: costs before today are all missing then.
    if found is None or Decimal(found["total_cost"] or 0) <= Decimal(wanted["costs"][-1][1]):
        costs = [{"from": str(today - timedelta(days=days)), "daily_cost": cost} for days, cost in wanted["costs"]]
        ask("PUT", f"/campaigns/{campaign_id}/costs", costs)
    phones = {_digits(phone) for phone in found["phone"]} if found else set()
    if _digits(wanted["phone_number"]) not in phones:
        since = datetime.combine(today - timedelta(days=DAYS_OF_HISTORY), datetime.min.time(), tzinfo=UTC)
        attachment = {name: wanted[name] for name in ("phone_number", "forward_to", "whisper")}
        ask("POST", "/numbers", attachment | {"campaign_id": campaign_id, "from": since.isoformat()})
    return Campaign(id=campaign_id, name=wanted["name"], phone_number=wanted["phone_number"], weight=wanted["weight"])


def _digits(phone: str) -> str:
    """The last ten digits: a scorecard may show a number in its national form."""
    return "".join(character for character in phone if character.isdigit())[-10:]
