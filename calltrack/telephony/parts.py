"""What an answer is made of: the things that can happen next on a call, in our words and not yet the carrier's."""

from dataclasses import dataclass

from calltrack.telephony.place import Place
from calltrack.telephony.plan import Prompt

# How often an agent is told of a call that waits for a key, and how many seconds each time to press one.
OFFERS, OFFER_SECONDS = 2, 6


@dataclass(frozen=True)
class Tell:
    """Let the caller, or in a whisper the agent, hear something."""

    prompt: Prompt


@dataclass(frozen=True)
class Transcribe:
    """Send what is said from here on as text."""


@dataclass(frozen=True)
class Ask:
    """Say `prompt` and wait `seconds` for one of `keys`, or for one of `words` to be said (none: keys alone)."""

    prompt: Prompt
    keys: tuple[str, ...]
    words: tuple[str, ...]
    seconds: int
    place: Place


@dataclass(frozen=True)
class Offer:
    """Tell the agent who calls, OFFERS times, and wait for any key; without one the call is not theirs."""

    text: str
    place: Place


@dataclass(frozen=True)
class Dial:
    """Ring all `numbers` at once; the first to answer gets the call, with `record` recorded from then on with two
    channels.

    `whisper`: whoever answers is told something first. `caller_id`: what the agent's phone shows; None passes the
    caller's own number on.
    """

    numbers: tuple[str, ...]
    seconds: int
    whisper: bool
    caller_id: str | None
    place: Place
    record: bool


@dataclass(frozen=True)
class TakeMessage:
    """Record what the caller says after a tone, `longest` seconds at most."""

    longest: int


@dataclass(frozen=True)
class Reject:
    """Turn the call away with a busy signal, unanswered and unbilled."""


@dataclass(frozen=True)
class Hangup:
    """End the call."""


Part = Tell | Transcribe | Ask | Offer | Dial | TakeMessage | Reject | Hangup


def words(text: str) -> Tell:
    """Let the caller, or in a whisper the agent, hear words of our own."""
    # Not checked again: a whisper may become longer than any prompt by the campaign's name.
    return Tell(Prompt.model_construct(text=text, audio=None))
