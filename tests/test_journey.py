"""The main job, end to end: a phone rings, a scorecard changes. Read it from top to bottom."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.shop import Shop, open_shop

BILLBOARD, CHO, CHOS_COLLEAGUE = "+13315550142", "+16305550181", "+16305550182"


@pytest.fixture(params=["sqlite", "postgresql-and-redis"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    settings = {}
    if request.param != "sqlite":
        settings["DATABASE_URL"] = request.getfixturevalue("postgres_database")
        settings["REDIS_URL"] = request.getfixturevalue("redis_database")
    with open_shop(folder=tmp_path, **settings) as running:
        yield running


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.redis
@pytest.mark.enable_socket
def test_a_phone_rings_and_a_scorecard_changes(shop: Shop) -> None:
    # Ana pays 85 dollars a day for a billboard that shows a number of its own. Two phones ring for it.
    billboard = shop.post("/campaigns", {"name": "Spring Billboard", "category": "Outdoor", "daily_cost": "85.00"})
    since = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    shop.post(
        "/numbers",
        {
            "phone_number": BILLBOARD,
            "campaign_id": billboard["id"],
            "forward_to": [CHO, CHOS_COLLEAGUE],
            "from": since,
        },
    )
    shop.put("/job-types/HVAC repair", {"sold_threshold": "150.00"})

    # A customer whose furnace is out dials it. The carrier finds nothing to complain of in what we answer.
    placed = shop.carrier.place_call(to=BILLBOARD, conversation="furnace-out")
    assert placed.errors == ()
    assert placed.status == "completed"

    # The call is in the books at once; a moment later it is recorded, transcribed and labelled.
    path = f"/calls/{placed.call_sid}"
    call = shop.get(path)
    assert (call["campaign_id"], call["caller"], call["status"]) == (billboard["id"], placed.caller, "completed")
    assert call["answered_by"] in (CHO, CHOS_COLLEAGUE)
    assert "recorded" in call["consent"]["announcement"]
    call = shop.until(lambda: shop.get(path), lambda now: now["label"] and now["recording"]["status"] == "stored")
    assert (call["label"]["value"], call["label"]["source"], call["is_lead"]) == ("lead", "model", True)
    assert 0.5 <= call["label"]["confidence"] <= 1
    assert "furnace" in call["transcript"]["text"]
    assert {turn["speaker"] for turn in call["transcript"]["turns"]} == {"caller", "agent"}

    # What was said can be heard: both voices, from any point.
    audio = shop.download(f"{path}/recording.mp3")
    assert (audio.status_code, audio.headers["Content-Type"]) == (200, "audio/mpeg")
    assert abs(call["recording"]["duration"] - placed.recordings[0].duration) <= 1
    part = shop.download(f"{path}/recording.mp3", Range="bytes=1000-1999")
    assert (part.status_code, part.content) == (206, audio.content[1000:2000])

    # Ana listens, agrees, and tags the call so that Ben can teach with it.
    call = shop.put(f"{path}/label", {"confirm": True})
    assert (call["label"]["source"], call["label"]["value"]) == ("human", "lead")
    assert shop.put(f"{path}/tags/furnace")["tags"] == ["furnace"]
    assert [said["source"] for said in shop.get(f"{path}/labels")["items"]] == ["model", "human"]

    # The visit that was booked becomes a job, is done the same day, and is paid.
    now = datetime.now(UTC)
    job = shop.put(
        "/jobs/J-1001",
        {
            "customer": {"name": "Ruth Decker", "phone": placed.caller},
            "job_type": "HVAC repair",
            "status": "completed",
            "created_at": now.isoformat(),
            "completed_at": now.isoformat(),
            "call_sid": placed.call_sid,
            "invoices": [
                {
                    "number": "I-1",
                    "subtotal": "420.50",
                    "items": [
                        {"name": "Inducer motor", "amount": "400.50", "income": True},
                        {"name": "Disposal fee", "amount": "20.00", "income": False},
                    ],
                }
            ],
        },
    )
    assert (job["call_sid"], job["matched_by"]) == (placed.call_sid, "given")
    assert shop.get(path)["outcome"] == "booked"

    # So the billboard has brought one call, one lead, one job; what it cost and what it earned is on its scorecard.
    card = _today(shop, billboard["id"])
    assert (card["calls"], card["missed"], card["leads"], card["inbound_booked"], card["sold"]) == (1, 0, 1, 1, 1)
    assert (card["inbound_booked_pct"], card["raw_booked_pct"], card["sold_pct"]) == (100.0, 100.0, 100.0)
    assert (card["revenue"], card["total_cost"], card["cost_per_lead"]) == ("400.50", "85.00", "85.00")
    assert card["roi"] == 4.71

    # A second caller wants no furnace but to sell something; nobody counts that as a lead.
    seller = shop.carrier.place_call(to=BILLBOARD, conversation="solicitor-seo")
    sold = shop.until(lambda: shop.get(f"/calls/{seller.call_sid}"), lambda now: now["label"])
    assert (sold["label"]["value"], sold["is_lead"], sold["outcome"]) == ("excused", False, "excused")

    # Were the machine wrong, Ana's word would count: what she relabels moves the scorecard at the next look.
    shop.put(f"/calls/{seller.call_sid}/label", {"label": "lead", "reason": "new job", "note": "he also asked a price"})
    assert _today(shop, billboard["id"])["leads"] == 2
    rows = shop.get(f"/scorecards/{billboard['id']}/rows?kpi=leads&{_range()}")["items"]
    assert len(rows) == 2
    assert all(row["why"] for row in rows)


def _range() -> str:
    """Yesterday and today where Ana is: a call may have begun before midnight."""
    today = datetime.now(ZoneInfo("America/Chicago")).date()
    return f"from={today - timedelta(days=1)}&to={today}"


def _today(shop: Shop, campaign_id: int) -> dict[str, object]:
    card = next(item for item in shop.get(f"/scorecards?{_range()}")["items"] if item["campaign_id"] == campaign_id)
    assert isinstance(card, dict)
    return card
