"""The script: who calls the demo business, what is said, and what is true of each call.

The truth (label, reason, job) is for tests and for booking the demo's jobs. It never reaches a webhook.
"""

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

SCRIPT = Path(__file__).parent / "script"

Speaker = Literal["caller", "agent"]
Line = Literal[
    "answered",  # an agent answers and they talk
    "no-answer",  # it rings until the carrier gives up
    "busy",  # every agent is on the telephone
    "hangs-up-in-greeting",  # the caller leaves before any telephone rings
    "hangs-up-in-menu",  # the caller is asked to choose, and leaves; without a menu, while it rings
    "abandons-ringing",  # the caller leaves while it rings
    "agent-voicemail",  # an agent's own voicemail picks up
    "refused",  # an agent answers and does not accept the call
]
LINES: tuple[Line, ...] = (
    "answered",
    "no-answer",
    "busy",
    "hangs-up-in-greeting",
    "hangs-up-in-menu",
    "abandons-ringing",
    "agent-voicemail",
    "refused",
)


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Someone with a telephone; the number is one of the fictitious 555-01xx."""

    name: str
    number: str
    city: str
    state: str
    zip: str
    voice: str


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One person's words until the other speaks."""

    speaker: Speaker
    text: str


@dataclass(frozen=True, kw_only=True)
class Booking:
    """The job that was booked in a conversation; `amount` is its price in dollars once it is invoiced.

    One that is not `entered` stands on a slip of paper: calltrack is never told of it.
    """

    job_type: str
    status: Literal["scheduled", "completed", "canceled"]
    amount: str
    entered: bool = True


@dataclass(frozen=True, kw_only=True)
class Truth:
    """What a careful listener would write down. `label` is None where nothing was said that could be judged."""

    label: Literal["lead", "excused"] | None
    reason: str | None
    booking: Booking | None


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """One call of the script. Times are in seconds.

    `rings` until the agent answers; `answered_by` counts the rung telephones from 0; `leaves_after` is how long a
    caller who does not wait listens to the greeting, or to the ringing; `digits` are the keys pressed at each menu,
    `says` the words said there instead (empty: a key is pressed); `voicemail` is what the caller says after the beep,
    empty for one who leaves nothing. `before`: how the first Dials of the call go, where `line` is how the one after
    them does. `stays_in_mailbox`: a caller whom an agent's own mailbox gets leaves the message there and hangs up;
    else the mailbox is soon gone and the caller is not.
    """

    id: str
    caller: Caller
    line: Line
    rings: float
    answered_by: int
    first_to_hang_up: Speaker
    leaves_after: float
    digits: tuple[str, ...]
    turns: tuple[Turn, ...]
    voicemail: tuple[str, ...]
    attestation: str
    truth: Truth
    says: tuple[str, ...] = ()
    before: tuple[Line, ...] = ()
    stays_in_mailbox: bool = False

    @property
    def words(self) -> str:
        """Everything that is said, one line a turn."""
        return "\n".join([turn.text for turn in self.turns] or self.voicemail)


@functools.cache
def read_script() -> dict[str, Conversation]:
    """Read every conversation of the script, by its id, in the order of the files."""
    callers = {key: Caller(**value) for key, value in json.loads((SCRIPT / "callers.json").read_text()).items()}
    script: dict[str, Conversation] = {}
    for name in ("leads", "excused", "voicemails", "unanswered"):
        for entry in json.loads((SCRIPT / f"{name}.json").read_text()):
            conversation = _read_conversation(entry=entry, callers=callers)
            if conversation.id in script:
                raise ValueError(f"{name}.json: a second conversation is called {conversation.id!r}")
            script[conversation.id] = conversation
    return script


def _read_conversation(*, entry: dict[str, Any], callers: dict[str, Caller]) -> Conversation:
    truth = entry.get("truth", {})
    booking = truth.get("booking")
    return Conversation(
        id=entry["id"],
        caller=callers[entry["caller"]],
        line=entry.get("line", "answered"),
        rings=entry.get("rings", 7.0),
        answered_by=entry.get("answered_by", 0),
        first_to_hang_up=entry.get("hangs_up", "caller"),
        leaves_after=entry.get("leaves_after", 4.0),
        digits=tuple(entry.get("digits", ["1"])),
        # "A: ..." is the agent, "C: ..." the caller: a script is read and corrected by people.
        turns=tuple(_read_turn(line) for line in entry.get("turns", [])),
        voicemail=tuple(entry.get("voicemail", [])),
        attestation=entry.get("attestation", "TN-Validation-Passed-A"),
        truth=Truth(
            label=truth.get("label"), reason=truth.get("reason"), booking=Booking(**booking) if booking else None
        ),
    )


def _read_turn(line: str) -> Turn:
    mark, _, text = line.partition(": ")
    return Turn(speaker={"A": "agent", "C": "caller"}[mark], text=text)  # type: ignore[arg-type]
