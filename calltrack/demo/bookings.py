"""Jobs of the demo business, booked through the HTTP API once the call that brought them is over."""

import json
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from calltrack.demo.api import Ask
from calltrack.demo.carrier import PlacedCall
from calltrack.demo.conversations import SCRIPT
from calltrack.demo.seed import Campaign

PERMIT_FROM = Decimal(2000)
"""From this amount on an invoice carries a permit fee, which is no income."""

PERMIT_FEE = Decimal("150.00")


def book_job(*, ask: Ask, placed: PlacedCall, now: datetime | None = None) -> str | None:
    """Book the job that the script says the call brought; return its external id, None where it brought none, or where
    nobody entered it.

    A job that the script has completed is so once a day or two have passed since the call; until then it is scheduled.
    """
    booking = placed.conversation.truth.booking
    if booking is None or not booking.entered:
        return None
    now = now or datetime.now(UTC)
    chance = random.Random(placed.call_sid)
    external_id = f"DEMO-{placed.call_sid[-10:]}"
    done = placed.ended_at + timedelta(hours=chance.randint(20, 50))
    entered = placed.ended_at + timedelta(seconds=chance.randint(20, 240))
    status = booking.status
    if status == "completed" and done > now:
        status = "scheduled"
    job: dict[str, Any] = {
        "customer": {"name": placed.conversation.caller.name, "phone": placed.caller},
        "call_sid": placed.call_sid,
        "job_type": booking.job_type,
        "status": status,
        "created_at": min(entered, max(now, placed.ended_at)).isoformat(),
        "technician_lead": False,
        "invoices": [],
    }
    if status == "completed":
        job |= {
            "completed_at": done.isoformat(),
            "invoices": [_invoice(number=external_id, work=booking.job_type, amount=Decimal(booking.amount))],
        }
    ask("PUT", f"/jobs/{external_id}", job)
    return external_id


def book_manual_jobs(*, ask: Ask, campaigns: list[Campaign], now: datetime | None = None) -> None:
    """Book the jobs that came by no call: a customer stopped a van, or wrote."""
    moment = now or datetime.now(UTC)
    ids = {campaign.name: campaign.id for campaign in campaigns}
    for count, job in enumerate(json.loads((SCRIPT / "business.json").read_text())["manual_jobs"], 1):
        created = moment - timedelta(days=job["days_ago"])
        external_id = f"DEMO-MANUAL-{count}"
        body = {
            "customer": {"name": job["name"], "phone": job["phone"]},
            "job_type": job["job_type"],
            "status": "completed",
            "created_at": created.isoformat(),
            "completed_at": (created + timedelta(days=1)).isoformat(),
            "call_sid": None,
            "campaign_id": ids[job["campaign"]],
            "technician_lead": False,
            "invoices": [_invoice(number=external_id, work=job["job_type"], amount=Decimal(job["amount"]))],
        }
        ask("PUT", f"/jobs/{external_id}", body)


def _invoice(*, number: str, work: str, amount: Decimal) -> dict[str, Any]:
    items = [{"name": work, "amount": str(amount), "income": True}]
    if amount >= PERMIT_FROM:
        items = [
            {"name": work, "amount": str(amount - PERMIT_FEE), "income": True},
            {"name": "Permit fee", "amount": str(PERMIT_FEE), "income": False},
        ]
    return {"number": f"INV-{number.removeprefix('DEMO-')}", "subtotal": str(amount), "items": items}
