"""The carrier seam: what calltrack needs to know of a request, whoever sent it and whatever they call it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Kind = Literal["voice", "status", "dial", "menu", "whisper", "voicemail", "recording", "transcription", "message"]

# A call id is the carrier's own opaque string; only its length is limited.
LONGEST_SID = 64
LONGEST_SECONDS = 24 * 3600
"""No call and no recording is longer; what says so is not believed."""

TERMINAL = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})


class CarrierError(Exception):
    """The carrier did not give what was asked for.

    `permanent`: asking again cannot help. `retry_after`: seconds that the carrier asked us to wait.
    """

    def __init__(self, message: str, *, permanent: bool = False, retry_after: int = 0) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.retry_after = retry_after


@dataclass(frozen=True)
class RecordingNews:
    """What a request says about one recording.

    `status`: in-progress, completed, absent or failed. `source`: a conversation, or a message that a caller left.
    """

    sid: str
    status: str
    duration: int | None = None
    channels: int | None = None
    source: Literal["conversation", "message"] | None = None
    started_at: datetime | None = None


@dataclass(frozen=True)
class Speech:
    """One finished utterance, or a sign that the live transcript began or ended."""

    transcript_sid: str
    state: Literal["started", "content", "stopped", "whole"]
    speaker: str = "unknown"
    text: str = ""
    sequence: int = 0


@dataclass(frozen=True)
class Event:
    """One request about one call. `leg_sid` is set when it speaks of an agent's leg; None means not said."""

    kind: Kind
    call_sid: str
    leg_sid: str | None = None
    direction: str | None = None
    dialled: str | None = None
    via: str | None = None
    caller: str | None = None
    caller_name: str | None = None
    at: datetime | None = None
    sequence: int = 0
    status: str | None = None
    duration: int | None = None
    dial_status: str | None = None
    dial_bridged: bool | None = None
    dial_leg: str | None = None
    dial_duration: int | None = None
    recording: RecordingNews | None = None
    speech: Speech | None = None
    # What the caller chose in a menu: keys pressed, words said (None: not said in this request).
    digits: str | None = None
    said: str | None = None
    # How the network vouched for the caller's number (A, B, C, failed), and whether a spam service warns of it; None
    # where nothing clear was said.
    attestation: str | None = None
    spam: bool | None = None
    # The US state of the caller's number in capital letters, as the carrier says it.
    caller_state: str | None = None

    @property
    def makes_a_call(self) -> bool:
        """Only what is inbound, or does not say, makes a call; an agent's leg never does."""
        return self.leg_sid is None and self.direction in (None, "inbound")


@dataclass(frozen=True)
class TextMessage:
    """One text message to a tracking number. `answered`: the carrier itself has answered its STOP, START or HELP."""

    message_sid: str
    sender: str | None
    dialled: str | None
    text: str
    answered: bool = False


@dataclass(frozen=True)
class Delivery:
    """One verified request as it arrived, and what it was answered with.

    `token` is the carrier's own name for the delivery, equal on a retry. Of the answer to a new call: the announcement
    (its words, and the SHA-256 of the sound that says them), the version of the flow, why the caller was turned away,
    and by which rule the call is recorded or not.
    """

    carrier: str
    carrier_account: str
    kind: Kind
    params: Mapping[str, str]
    received_at: datetime
    token: str = ""
    announcement: str | None = None
    announcement_audio: str | None = None
    flow_version_id: int | None = None
    turned_away: str | None = None
    recording_rule: str | None = None
