"""A call flow: from what the carrier asks to the next thing the caller hears. Pure, and never from the stored call."""

from dataclasses import dataclass

from calltrack.phone import is_e164
from calltrack.telephony.carrier import TERMINAL, Event

NOT_IN_SERVICE = "Sorry, the number you have called is not in service. Please check the number and call again. Goodbye."
LEAVE_A_MESSAGE = (
    "Sorry, nobody can take your call right now. Please leave your name, your number and how we can help you "
    "after the tone. This message is recorded."
)
THANKS = "Thank you. We will call you back as soon as we can. Goodbye."

RING_SECONDS = 25
LONGEST_MESSAGE_SECONDS = 180


@dataclass(frozen=True)
class Flow:
    """What callers of one tracking number get. `transcribe`: have the carrier transcribe live."""

    number: str
    forward_to: tuple[str, ...]
    announcement: str
    whisper: str | None = None
    transcribe: bool = False


@dataclass(frozen=True)
class Say:
    """Speak a text."""

    text: str


@dataclass(frozen=True)
class Transcribe:
    """Send what is said from here on as text."""


@dataclass(frozen=True)
class Ring:
    """Ring all `numbers` at once; the first to answer gets the call, recorded from then on with two channels."""

    numbers: tuple[str, ...]
    seconds: int
    whisper: bool
    # What the agent's phone shows; None passes the caller's own number on.
    caller_id: str | None


@dataclass(frozen=True)
class TakeMessage:
    """Record what the caller says after a tone."""

    longest: int


@dataclass(frozen=True)
class Hangup:
    """End the call."""


Part = Say | Transcribe | Ring | TakeMessage | Hangup


def answer(*, event: Event, flow: Flow | None) -> tuple[Part, ...]:
    """What is due for this request: to a new call, after ringing, after a message. Nothing for who has hung up."""
    if event.kind == "whisper":
        return (Say(flow.whisper),) if flow and flow.whisper else ()
    if event.kind in ("dial", "menu", "voicemail") and event.status in TERMINAL:
        return ()
    if event.kind == "voicemail":
        return (Say(THANKS), Hangup())
    if event.kind == "dial":
        return _after_ringing(event)
    if flow is None:
        return (Say(NOT_IN_SERVICE), Hangup())
    parts: list[Part] = [Say(flow.announcement)]
    if flow.transcribe:
        parts.append(Transcribe())
    if flow.forward_to:
        return (*parts, _ring(flow, caller=event.caller))
    return (*parts, Say(LEAVE_A_MESSAGE), TakeMessage(LONGEST_MESSAGE_SECONDS))


def was_spoken_to(event: Event) -> bool:
    """A finished Dial in which somebody of ours spoke to the caller.

    Bridged says so; older requests do not say bridged, there a completed or answered Dial counts. A Dial that
    completed unbridged reached a cell phone's own voicemail, or an agent who refused the whisper.
    """
    if event.dial_bridged is not None:
        return event.dial_bridged
    return event.dial_status in ("completed", "answered")


def _after_ringing(event: Event) -> tuple[Part, ...]:
    if was_spoken_to(event):
        return (Hangup(),)
    return (Say(LEAVE_A_MESSAGE), TakeMessage(LONGEST_MESSAGE_SECONDS))


def _ring(flow: Flow, *, caller: str | None) -> Ring:
    # A caller without a number of their own cannot be shown as one; the carrier might refuse the call.
    shown = None if caller and is_e164(caller) else flow.number
    return Ring(numbers=flow.forward_to, seconds=RING_SECONDS, whisper=bool(flow.whisper), caller_id=shown)
