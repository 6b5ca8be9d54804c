"""The demo from start to stop: the media server, the seeded business, two weeks of past calls, then call after call."""

import logging
import random
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import requests
from sqlalchemy.exc import SQLAlchemyError

from calltrack.demo.api import ApiError, Ask, api_over_http
from calltrack.demo.bookings import book_job, book_manual_jobs
from calltrack.demo.calls import derive_sid
from calltrack.demo.carrier import DemoCarrier, PlacedCall
from calltrack.demo.conversations import Conversation, read_script
from calltrack.demo.desk import ask_for_tasks
from calltrack.demo.media import create_carrier_app, start_server
from calltrack.demo.numbers import own_number
from calltrack.demo.seed import Campaign, seed
from calltrack.demo.speech import check_speech
from calltrack.demo.wire import Post, post_over_http

FIRST_CALL = "furnace-out"
DAYS_BACK = 14
PAUSE = (15.0, 40.0)
"""Seconds between two fresh calls."""

HOME_TIME = ZoneInfo("America/Chicago")
_AREA_CODES = ("630", "331", "815", "708", "312", "847", "224", "773")
_PAST_CALLS = {"leads": 21, "excused": 11, "voicemails": 4, "unanswered": 5}
_TRY_AGAIN = 2.0

log = logging.getLogger("calltrack.demo")


def run_demo(
    *,
    public_url: str,
    account_sid: str,
    auth_token: str,
    api_key: str,
    listen_port: int,
    data_folder: Path,
    stop: threading.Event,
    pace: float | None = None,
    listen_host: str = "127.0.0.1",
    pause: tuple[float, float] = PAUSE,
    post: Post = post_over_http,
    coach: Callable[[], None] = lambda: None,
) -> None:
    """Play the carrier until `stop` is set. `pace` (virtual seconds a real second) is for fresh calls but the first.
    `coach` has the demo's coaches at work on the past calls, once those are there; it does nothing the second time.

    Raises SpeechMissingError or OSError (the port is taken) before anything has happened; afterwards no failed call
    and no silence of the server ends it.
    """
    check_speech()
    public_url = public_url.rstrip("/")
    api_url = f"http://{listen_host}:{listen_port}"
    carrier = DemoCarrier(
        public_url=public_url,
        account_sid=account_sid,
        auth_token=auth_token,
        post=post,
        api_url=api_url,
        data_folder=data_folder,
        stop=stop,
    )
    app = create_carrier_app(ledger=carrier.ledger, account_sid=account_sid, auth_token=auth_token)
    server = start_server(app=app, host=listen_host, port=listen_port)
    try:
        ask = api_over_http(public_url=public_url, api_key=api_key)
        _play(carrier=carrier, ask=ask, stop=stop, pace=pace, pause=pause, coach=coach)
    finally:
        server.shutdown()
        server.server_close()
        carrier.ledger.close()


def _play(
    *,
    carrier: DemoCarrier,
    ask: Ask,
    stop: threading.Event,
    pace: float | None,
    pause: tuple[float, float],
    coach: Callable[[], None],
) -> None:
    def ready() -> bool:
        return wait_until_healthy(public_url=carrier.public_url, stop=stop)

    campaigns = set_up(carrier=carrier, ask=ask, ready=ready, stop=stop)
    if not campaigns:
        return
    chance = random.Random()
    fresh = _endless_script(chance)
    place_one(carrier=carrier, ask=ask, campaigns=campaigns, conversation=read_script()[FIRST_CALL], chance=chance)
    if place_past_calls(carrier=carrier, ask=ask, campaigns=campaigns, ready=ready):
        _book_manual_jobs(ask=ask, campaigns=campaigns)
    _coach(coach)
    while not stop.wait(chance.uniform(*pause)):
        if not ready():
            return
        place_one(carrier=carrier, ask=ask, campaigns=campaigns, conversation=next(fresh), chance=chance, pace=pace)
        _ask_for_tasks(ask=ask)  # by now the past calls have their labels


def wait_until_healthy(*, public_url: str, stop: threading.Event) -> bool:
    """Wait until the web process answers; say once that it does not. Return False when the demo is stopped instead."""
    said = False
    while not stop.is_set():
        try:
            if requests.get(f"{public_url}/healthz", timeout=3).ok:
                return True
        except requests.RequestException:
            pass
        if not said:
            log.info("calltrack does not answer at %s yet; the carrier waits", public_url)
            said = True
        stop.wait(0.5)
    return False


def set_up(*, carrier: DemoCarrier, ask: Ask, ready: Callable[[], bool], stop: threading.Event) -> list[Campaign]:
    """Seed the business, trying as often as it takes; return its campaigns, none when the demo was stopped instead."""
    while ready():
        try:
            campaigns = seed(ask=ask)
        except ApiError as refusal:
            log.warning("the demo business could not be set up, trying again: %s", refusal)
            stop.wait(_TRY_AGAIN)
            continue
        for campaign in campaigns:
            own_number(ledger=carrier.ledger, account_sid=carrier.account_sid, phone_number=campaign.phone_number)
        _have_configured(ask)
        return campaigns
    return []


def _have_configured(ask: Ask) -> None:
    """Have calltrack tell the carrier where the numbers' calls go, as it does for a number that is bought."""
    try:
        for number in ask("GET", "/numbers")["items"]:
            ask("POST", f"/numbers/{number['id']}/configure")
    except ApiError as refusal:
        log.warning("the numbers are not configured at the carrier; calls go to where they would be: %s", refusal)


def place_one(
    *,
    carrier: DemoCarrier,
    ask: Ask,
    campaigns: list[Campaign],
    conversation: Conversation,
    chance: random.Random,
    call_sid: str | None = None,
    started_at: datetime | None = None,
    pace: float | None = None,
) -> PlacedCall | None:
    """Place one call to a campaign drawn by weight, book its job, log a line. A failure is logged and gives None."""
    campaign = chance.choices(campaigns, [campaign.weight for campaign in campaigns])[0]
    past = started_at is not None
    number = conversation.caller.number if past else f"+1{chance.choice(_AREA_CODES)}55501{chance.randint(0, 99):02d}"
    try:
        placed = carrier.place_call(
            to=campaign.phone_number,
            conversation=conversation,
            from_=number,
            call_sid=call_sid,
            started_at=started_at,
            pace=pace,
        )
        booked = book_job(ask=ask, placed=placed) if not placed.errors else None
    except Exception as failure:  # noqa: BLE001 - whatever one call meets, the next one is placed
        log.warning("%s: the call %r failed: %s", campaign.name, conversation.id, failure)
        return None
    log.info("%s", _describe(placed=placed, campaign=campaign, booked=booked))
    return placed


def place_past_calls(
    *,
    carrier: DemoCarrier,
    ask: Ask,
    campaigns: list[Campaign],
    ready: Callable[[], bool],
    now: datetime | None = None,
) -> int:
    """Place the calls of the last two weeks that calltrack does not have; return how many were placed.

    `ready` waits for the server before each of them and says False when the demo was stopped.
    """
    chance = random.Random("the last two weeks")
    moments = list(_past_moments(chance=chance, now=now or datetime.now(UTC), count=sum(_PAST_CALLS.values())))
    placed = 0
    for count, (conversation, moment) in enumerate(zip(_past_script(chance), moments, strict=True)):
        sid = derive_sid("CA", carrier.account_sid, "past", count)
        if not ready():
            break
        if _is_known(ask, sid):
            continue
        draw = random.Random(sid)
        placed += (
            place_one(
                carrier=carrier,
                ask=ask,
                campaigns=campaigns,
                conversation=conversation,
                chance=draw,
                call_sid=sid,
                started_at=moment,
            )
            is not None
        )
    if placed:
        log.info("%d calls of the last %d days were placed", placed, DAYS_BACK)
    return placed


def _book_manual_jobs(*, ask: Ask, campaigns: list[Campaign]) -> None:
    try:
        book_manual_jobs(ask=ask, campaigns=campaigns)
    except ApiError as refusal:
        log.warning("the jobs that came by no call could not be booked: %s", refusal)


def _coach(coach: Callable[[], None]) -> None:
    try:
        coach()
    except SQLAlchemyError as failure:
        log.warning("no call of the demo could be coached: %s", failure)


def _ask_for_tasks(*, ask: Ask) -> None:
    try:
        ask_for_tasks(ask=ask)
    except ApiError as refusal:
        log.warning("nobody could be asked to call back: %s", refusal)


def _is_known(ask: Ask, call_sid: str) -> bool:
    try:
        ask("GET", f"/calls/{call_sid}")
    except ApiError as refusal:
        # Anything but "no such call" leaves it for the next start: better too few calls than the same one twice.
        return refusal.status != 404
    return True


def _past_script(chance: random.Random) -> list[Conversation]:
    """Choose the past's conversations, leads and excused in the proportion that home-service businesses see."""
    groups: dict[str, list[Conversation]] = {name: [] for name in _PAST_CALLS}
    for conversation in read_script().values():
        if conversation.truth.label is None:
            groups["unanswered"].append(conversation)
        elif conversation.voicemail:
            groups["voicemails"].append(conversation)
        else:
            groups["leads" if conversation.truth.label == "lead" else "excused"].append(conversation)
    chosen = [c for name, count in _PAST_CALLS.items() for c in chance.sample(groups[name], count)]
    chance.shuffle(chosen)
    return chosen


def _past_moments(*, chance: random.Random, now: datetime, count: int) -> Iterator[datetime]:
    """Spread calls over the last days, in the hours in which people call a business."""
    newest = now - timedelta(minutes=20)
    for place in range(count):
        day = (now - timedelta(days=DAYS_BACK * (count - place) / count)).astimezone(HOME_TIME).date()
        opening = datetime.combine(day, time(8), tzinfo=HOME_TIME)
        moment = opening + timedelta(seconds=chance.randint(0, 10 * 3600))
        yield min(moment.astimezone(UTC), newest - timedelta(minutes=7 * (count - place)))


def _endless_script(chance: random.Random) -> Iterator[Conversation]:
    """Every conversation in a random order, then again in another."""
    while True:
        script = list(read_script().values())
        chance.shuffle(script)
        yield from script


def _describe(*, placed: PlacedCall, campaign: Campaign, booked: str | None) -> str:
    caller = f"{placed.caller[:5]}*****{placed.caller[-2:]}"
    if placed.errors:
        return f"{campaign.name}: {caller} rang, and calltrack could not be followed ({placed.errors[0]})"
    what = {
        "answered": f"talked, {placed.seconds} s",
        "no-answer": "left a message" if placed.recordings else "nobody answered",
        "busy": "every line was busy",
        "hangs-up-in-greeting": "hung up in the greeting",
        "abandons-ringing": "hung up while it rang",
        "agent-voicemail": "reached an agent's own voicemail",
        "refused": "was not accepted by the agent",
    }[placed.conversation.line]
    job = f", job {booked}" if booked else ""
    return f"{campaign.name}: {caller} {what} ({placed.conversation.id}{job})"
