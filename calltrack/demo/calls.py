"""The state of one call while it is on the line: its parties, its clock, its legs and what was sent about it."""

import hashlib
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from calltrack.demo.conversations import Conversation, Line
from calltrack.demo.ledger import Ledger
from calltrack.demo.twiml import TwimlError
from calltrack.demo.wire import Parameters, Post


@dataclass(frozen=True, kw_only=True)
class Party:
    """One end of a call as the carrier describes it; the place may be unknown."""

    number: str
    city: str = ""
    state: str = ""
    zip: str = ""
    country: str = "US"


@dataclass(frozen=True, kw_only=True)
class Misbehaviour:
    """What goes wrong on purpose. Kinds of delivery are named in `Exchange`; a name before the colon covers all of it.

    `duplicate` sends everything twice; `shuffle` holds back whatever needs no TwiML and sends it at the end in an
    order drawn from this seed; `drop` never sends these kinds; `recording_missing` answers 404 to so many fetches of
    the audio; `recording_html` serves a web page in its place; `recording_unannounced` records, and tells nobody.
    """

    duplicate: bool = False
    shuffle: int | None = None
    drop: frozenset[str] = frozenset()
    recording_missing: int = 0
    recording_html: bool = False
    recording_unannounced: bool = False


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What every call of one carrier shares: the account, the way out, and how fast time goes.

    `pace` is virtual seconds a real second; None goes as fast as the server answers.
    """

    account_sid: str
    auth_token: str
    api_url: str
    post: Post
    ledger: Ledger
    pace: float | None
    stop: threading.Event
    misbehaviour: Misbehaviour


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request and its answer.

    Kinds: voice, fallback, redirect, menu, dial, record, whisper, whisper-menu (these steer the call) and child:EVENT,
    recording:STATUS, transcription:EVENT, transcribe, status (these report). `at` is the call's own time;
    `status` 0 is no answer.
    """

    kind: str
    url: str
    path: str
    params: Parameters
    status: int
    content_type: str
    twiml: str
    at: datetime
    idempotency_token: str


@dataclass(kw_only=True)
class Leg:
    """One telephone that a `<Dial>` rings."""

    sid: str
    number: str
    caller_id: str
    status: str = "queued"
    began: datetime
    answered: datetime | None = None
    ended: datetime | None = None
    reported: int = 0

    @property
    def seconds(self) -> int:
        """From the agent's answer (whisper included) to the end, in whole seconds."""
        return whole_seconds(self.answered, self.ended) if self.answered and self.ended else 0


@dataclass(frozen=True, kw_only=True)
class Recording:
    """One recording, finished: when it began on the call's clock, and its length in whole seconds."""

    sid: str
    source: str
    channels: int
    began: datetime
    duration: int


@dataclass(kw_only=True)
class Transcription:
    """A running real-time transcription."""

    sid: str
    url: str
    track: str
    name: str
    attributes: dict[str, str]
    sequence: int = 0


@dataclass(kw_only=True)
class Call:
    """One inbound call. `now` is its virtual clock; `began` is when it rang; `dials` are those that are over."""

    desk: Desk
    sid: str
    caller: Party
    called: Party
    conversation: Conversation
    began: datetime
    now: datetime
    status_callback: str
    fallback_url: str
    document_url: str
    real_start: datetime
    answered: datetime | None = None
    ended: datetime | None = None
    status: str = "ringing"
    sip_code: str = "200"
    caller_is_there: bool = True
    dials: int = 0
    has_talked: bool = False
    menus: int = 0
    legs: list[Leg] = field(default_factory=list)
    recordings: list[Recording] = field(default_factory=list)
    transcription: Transcription | None = None
    exchanges: list[Exchange] = field(default_factory=list)
    held: list[tuple[str, str, Parameters]] = field(default_factory=list)
    afterwards: list[tuple[float, str, str, Parameters]] = field(default_factory=list)
    errors: list[TwimlError] = field(default_factory=list)

    @property
    def has_dialled(self) -> bool:
        """Whether telephones have rung already."""
        return self.dials > 0

    @property
    def line(self) -> Line:
        """How the present Dial goes, or the next one."""
        before = self.conversation.before
        return before[self.dials] if self.dials < len(before) else self.conversation.line

    @property
    def seconds(self) -> int:
        """CallDuration: from the answer to the end, in whole seconds; 0 for a call that was never answered."""
        return whole_seconds(self.answered, self.ended) if self.answered and self.ended else 0


def whole_seconds(start: datetime, end: datetime) -> int:
    """Seconds between two moments, both cut to the second as timestamps on the wire are."""
    return int(end.timestamp()) - int(start.timestamp())


def derive_sid(prefix: str, *parts: object) -> str:
    """Make a carrier's identifier that follows from what it belongs to."""
    return prefix + hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()[:32]


def pass_time(call: Call, seconds: float) -> None:
    """Let the call's clock run."""
    call.now += timedelta(seconds=seconds)


def wait_for_clock(call: Call) -> None:
    """In a paced call, sleep until real time has caught up with the call's clock, or the demo stops."""
    if call.desk.pace:
        due = call.real_start + (call.now - call.began) / call.desk.pace
        call.desk.stop.wait(max(0.0, (due - datetime.now(UTC)).total_seconds()))


def answer(call: Call) -> None:
    """The carrier picks up for the caller: from here the call counts its seconds."""
    if call.answered is None:
        call.answered = call.now
        call.status = "in-progress"


def hang_up(call: Call) -> None:
    """The caller is gone. A call that was never answered ends as such."""
    if call.caller_is_there:
        call.caller_is_there = False
        call.ended = call.now
        if call.answered is not None:
            call.status = "completed"
        elif call.status == "ringing":
            call.status, call.sip_code = "no-answer", "487"
