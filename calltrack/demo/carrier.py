"""The carrier's switchboard: places calls and messages on a server's webhooks as Twilio would."""

import random
import threading
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from calltrack.demo.calls import Call, Desk, Exchange, Leg, Misbehaviour, Party, Recording, derive_sid
from calltrack.demo.conversations import Conversation, Turn, read_script
from calltrack.demo.delivery import post_once, release_held_reports
from calltrack.demo.follow import follow
from calltrack.demo.ledger import Ledger
from calltrack.demo.timing import lay_out
from calltrack.demo.twiml import TwimlError
from calltrack.demo.wire import Parameters, Post, post_over_http

WEBHOOKS = "/webhooks/twilio"
HOME = Party(number="", city="NAPERVILLE", state="IL", zip="60540")
"""Where the demo business's tracking numbers are."""

AROUND_THE_TALK = 30.0
"""Seconds allowed for greeting, whisper and goodbye when a compressed call's start is chosen."""

LONGEST_RING = 30.0
"""Seconds for which an unanswered telephone is expected to ring."""


@dataclass(frozen=True, kw_only=True)
class PlacedCall:
    """What became of a call. `seconds` is its CallDuration; `errors` are answers that could not be followed."""

    call_sid: str
    conversation: Conversation
    caller: str
    started_at: datetime
    ended_at: datetime
    seconds: int
    status: str
    legs: tuple[Leg, ...]
    recordings: tuple[Recording, ...]
    exchanges: tuple[Exchange, ...]
    errors: tuple[TwimlError, ...]


class DemoCarrier:
    """One carrier account. Calls may be placed from several threads."""

    def __init__(
        self,
        *,
        public_url: str,
        account_sid: str,
        auth_token: str,
        post: Post = post_over_http,
        api_url: str = "https://api.twilio.com",
        data_folder: Path | None = None,
        pace: float | None = None,
        stop: threading.Event | None = None,
    ) -> None:
        """`public_url` is asked and signed; `api_url` goes into recordings' addresses; see calls.Desk for `pace`."""
        self.public_url = public_url.rstrip("/")
        self.ledger = Ledger(data_folder / "carrier.sqlite3" if data_folder else None)
        self._desk = Desk(
            account_sid=account_sid,
            auth_token=auth_token,
            api_url=api_url.rstrip("/"),
            post=post,
            ledger=self.ledger,
            pace=pace,
            stop=stop or threading.Event(),
            misbehaviour=Misbehaviour(),
        )

    @property
    def account_sid(self) -> str:
        """The account's identifier."""
        return self._desk.account_sid

    def place_call(
        self,
        *,
        to: str,
        conversation: str | Conversation,
        from_: str | None = None,
        call_sid: str | None = None,
        started_at: datetime | None = None,
        pace: float | None = None,
        misbehaviour: Misbehaviour | None = None,
    ) -> PlacedCall:
        """Ring a tracking number and play one conversation of the script to its end.

        `from_` stands in for the script's caller. `started_at` dates the call; otherwise it has just ended (or, with a
        pace, has just begun). Raises KeyError for a conversation that is not in the script.
        """
        script = read_script()[conversation] if isinstance(conversation, str) else conversation
        desk = replace(self._desk, pace=pace or self._desk.pace, misbehaviour=misbehaviour or self._desk.misbehaviour)
        sid = call_sid or f"CA{uuid.uuid4().hex}"
        began = started_at or _choose_start(script, sid=sid, pace=desk.pace)
        urls = self._urls(to)
        call = Call(
            desk=desk,
            sid=sid,
            caller=Party(
                number=from_ or script.caller.number,
                city=script.caller.city.upper(),
                state=script.caller.state,
                zip=script.caller.zip,
            ),
            called=replace(HOME, number=to),
            conversation=script,
            began=began,
            now=began,
            status_callback=urls["status_callback"],
            fallback_url=urls["voice_fallback_url"],
            document_url=urls["voice_url"],
            real_start=datetime.now(UTC),
        )
        follow(call, voice_url=urls["voice_url"])
        release_held_reports(call)
        return PlacedCall(
            call_sid=sid,
            conversation=script,
            caller=call.caller.number,
            started_at=began,
            ended_at=call.ended or call.now,
            seconds=call.seconds,
            status=call.status,
            legs=tuple(call.legs),
            recordings=tuple(call.recordings),
            exchanges=tuple(call.exchanges),
            errors=tuple(call.errors),
        )

    def redeliver(self, *, exchanges: Iterable[Exchange], shuffle: int | None = None) -> list[Exchange]:
        """Send requests once more, with the tokens they had; `shuffle` draws their order from a seed."""
        again = list(exchanges)
        if shuffle is not None:
            random.Random(shuffle).shuffle(again)
        return [
            made
            for old in again
            for made in post_once(
                self._desk,
                kind=old.kind,
                url=old.url,
                params=old.params,
                at=old.at,
                idempotency_token=old.idempotency_token,
            )[1]
        ]

    def send_message(self, *, to: str, from_: str, text: str, message_sid: str | None = None) -> Exchange:
        """Deliver one SMS to a number's message URL and return the exchange."""
        sid = message_sid or f"SM{uuid.uuid4().hex}"
        params: Parameters = [
            ("ToCountry", HOME.country),
            ("ToState", HOME.state),
            ("SmsMessageSid", sid),
            ("NumMedia", "0"),
            ("ToCity", HOME.city),
            ("FromZip", ""),
            ("SmsSid", sid),
            ("FromState", HOME.state),
            ("SmsStatus", "received"),
            ("FromCity", ""),
            ("Body", text),
            ("FromCountry", HOME.country),
            ("To", to),
            ("ToZip", HOME.zip),
            ("NumSegments", str(len(text) // 160 + 1)),
            ("MessageSid", sid),
            ("AccountSid", self.account_sid),
            ("From", from_),
            ("ApiVersion", "2010-04-01"),
        ]
        url = self._urls(to)["sms_url"]
        return post_once(self._desk, kind="message", url=url, params=params, at=datetime.now(UTC))[1][-1]

    def _urls(self, number: str) -> dict[str, str]:
        """Where a number's events go: what was configured through the REST API, else calltrack's own webhooks."""
        defaults = {
            "voice_url": f"{self.public_url}{WEBHOOKS}/voice",
            "voice_fallback_url": f"{self.public_url}{WEBHOOKS}/voice",
            "status_callback": f"{self.public_url}{WEBHOOKS}/status",
            "sms_url": f"{self.public_url}{WEBHOOKS}/message",
        }
        configured = self.ledger.read(kind="number", sid=derive_sid("PN", number)) or {}
        return {name: configured.get(name) or url for name, url in defaults.items()} | _overriding(configured)


def _overriding(number: Mapping[str, Any]) -> dict[str, str]:
    """Where a number's events go instead: an application or a trunk that it belongs to, which this carrier has not."""
    urls: dict[str, str] = {}
    if instead := number.get("voice_application_sid") or number.get("trunk_sid"):
        urls |= dict.fromkeys(("voice_url", "voice_fallback_url", "status_callback"), f"http://{instead}.invalid/voice")
    if instead := number.get("sms_application_sid"):
        urls["sms_url"] = f"http://{instead}.invalid/sms"
    return urls


def _choose_start(script: Conversation, *, sid: str, pace: float | None) -> datetime:
    """Choose a start so that call time and real time meet at the call's end: a compressed call has just ended."""
    spoken = script.turns or [Turn(speaker="caller", text=text) for text in script.voicemail]
    _, talk = lay_out(turns=spoken, seed=sid)
    ringing = script.rings if script.turns else LONGEST_RING
    length = timedelta(seconds=ringing + talk + AROUND_THE_TALK)
    return datetime.now(UTC) - (length if pace is None else length * max(0.0, 1 - 1 / pace))
