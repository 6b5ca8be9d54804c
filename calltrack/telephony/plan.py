"""A call flow's plan, as data: named steps, from the moment the announcement has been heard until the call is over.

Stored as JSON in `flow_versions.plan`, edited on a page and through the API. Steps lead only onwards (there is no way
back to an earlier one), so that no caller is ever sent in a circle; a menu asks again by itself.
"""

import re
from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from calltrack.phone import is_e164

LONGEST_WORDS = 1000  # characters; a text that takes more than a minute to say is heard by nobody
MOST_STEPS, MOST_PHONES, MOST_CHOICES, MOST_HOLIDAYS = 40, 50, 12, 200
CAMPAIGN = "{campaign}"
"""What stands for the campaign's name in a whisper."""
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Value = TypeVar("Value", str, date)
_STEP_NAME = r"^[a-z0-9][a-z0-9-]{0,39}$"

StepName = Annotated[str, Field(pattern=_STEP_NAME, description="Lower case letters, digits and hyphens")]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$", description="HH:MM, 24:00 is midnight")]
Strategy = Literal["all", "order", "turns", "weighted"]


class _Part(BaseModel):
    """What all parts share: nothing is changed in place, and a misspelt field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Prompt(_Part):
    """What a caller hears: an uploaded sound (its SHA-256) where there is one, else the words, spoken."""

    text: str = Field(max_length=LONGEST_WORDS)
    audio: str | None = Field(None, pattern=r"^[0-9a-f]{64}$")

    @field_validator("text")
    @classmethod
    def _has_words(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("say what the caller hears; for a sound, the words that it says")
        return value.strip()


class Say(_Part):
    """Tell the caller something and go on."""

    kind: Literal["say"] = "say"
    prompt: Prompt
    next: StepName


Span = tuple[Clock, Clock]


class Holiday(_Part):
    """A local date with hours of its own; none: closed all day."""

    date: date
    name: str = Field("", max_length=60)
    hours: tuple[Span, ...] = Field((), max_length=6)

    _ordered = field_validator("hours")(lambda cls, value: _in_order(value))  # noqa: ARG005 - pydantic's signature


class Hours(_Part):
    """Ask the clock, in the account's time zone: within the hours to `open`, else to `closed`. A day left out is
    closed; a holiday's own hours stand in for its weekday's."""

    kind: Literal["hours"] = "hours"
    weekly: dict[Day, tuple[Span, ...]]
    holidays: tuple[Holiday, ...] = Field((), max_length=MOST_HOLIDAYS)
    open: StepName
    closed: StepName

    @field_validator("weekly")
    @classmethod
    def _ordered(cls, value: dict[Day, tuple[Span, ...]]) -> dict[Day, tuple[Span, ...]]:
        ordered = {}
        for day, spans in value.items():
            try:
                ordered[day] = _in_order(spans)
            except ValueError as wrong:
                raise ValueError(f"{day.capitalize()}: {wrong}") from None
        return ordered

    @field_validator("holidays")
    @classmethod
    def _one_a_day(cls, value: tuple[Holiday, ...]) -> tuple[Holiday, ...]:
        if twice := _twice(one.date for one in value):
            raise ValueError(f"two holidays are on {twice}")
        return value


class Choice(_Part):
    """One way out of a menu: a key, and words that mean the same when they are said."""

    key: str = Field(pattern=r"^[0-9*#]$")
    words: tuple[Annotated[str, Field(min_length=1, max_length=60)], ...] = Field((), max_length=20)
    next: StepName


class Menu(_Part):
    """Let the caller choose, by key or (where a choice has words) by voice; who does not is asked `tries` times in
    all, for so many seconds each, and then goes to `otherwise`."""

    kind: Literal["menu"] = "menu"
    prompt: Prompt
    choices: tuple[Choice, ...] = Field(min_length=1, max_length=MOST_CHOICES)
    tries: int = Field(2, ge=1, le=5)
    seconds: int = Field(5, ge=1, le=60)
    otherwise: StepName

    @field_validator("choices")
    @classmethod
    def _one_a_key(cls, value: tuple[Choice, ...]) -> tuple[Choice, ...]:
        if twice := _twice(one.key for one in value):
            raise ValueError(f"two choices have the key {twice}")
        return value

    @field_validator("choices")
    @classmethod
    def _one_a_word(cls, value: tuple[Choice, ...]) -> tuple[Choice, ...]:
        # Within one choice a word twice does no harm.
        if twice := _twice(word for one in value for word in {" ".join(word.lower().split()) for word in one.words}):
            raise ValueError(f"two choices have the word {twice!r}")
        return value


class Phone(_Part):
    """A phone to ring; `weight` is its share of the calls where they are shared out by weight."""

    phone: str
    weight: int = Field(1, ge=1, le=100)

    @field_validator("phone")
    @classmethod
    def _is_a_phone(cls, value: str) -> str:
        if not is_e164(value):
            raise ValueError(f"{value!r} is not a phone number like +13125550142")
        return value


class Ring(_Part):
    """Ring phones (none named: the number's own) for `seconds` each, recorded from the answer on.

    all: at once, in groups of ten; order: one after the other; turns: likewise, and each call begins with the next
    phone; weighted: likewise, in an order drawn by weight. `whisper` is said to whoever answers (none: the number's
    own), `{campaign}` standing for the campaign's name; with `accept` they have to press a key to take the call.
    When nobody takes it the caller goes to `otherwise`.
    """

    kind: Literal["ring"] = "ring"
    phones: tuple[Phone, ...] = Field((), max_length=MOST_PHONES)
    strategy: Strategy = "all"
    seconds: int = Field(25, ge=5, le=120)
    whisper: str | None = Field(None, max_length=500)
    accept: bool = False
    otherwise: StepName

    @field_validator("phones")
    @classmethod
    def _each_once(cls, value: tuple[Phone, ...]) -> tuple[Phone, ...]:
        if twice := _twice(one.phone for one in value):
            raise ValueError(f"{twice} is named twice")
        return value


class Voicemail(_Part):
    """Take a message of at most `longest` seconds; the call is over then."""

    kind: Literal["voicemail"] = "voicemail"
    greeting: Prompt
    longest: int = Field(180, ge=10, le=600)


class Hangup(_Part):
    """End the call, after saying something if there is something to say."""

    kind: Literal["hangup"] = "hangup"
    prompt: Prompt | None = None


Step = Annotated[Say | Hours | Menu | Ring | Voicemail | Hangup, Field(discriminator="kind")]


class TurnAway(_Part):
    """Which callers are not put through, beside those that the account has blocked. What a verdict does not clearly
    say lets the caller in: no verdict, an odd one, a service that was away."""

    failed_attestation: bool = Field(default=False, description="The network says that the caller's number is forged")
    spam: bool = Field(default=False, description="A spam service that is booked with the carrier says so")


class Plan(_Part):
    """A whole flow; every caller hears the announcement first, then `start` is next."""

    start: StepName
    steps: dict[StepName, Step] = Field(min_length=1, max_length=MOST_STEPS)
    turn_away: TurnAway = TurnAway()

    @model_validator(mode="after")
    def _leads_onwards(self) -> "Plan":
        for name, step in (("start", None), *self.steps.items()):
            for target in [self.start] if step is None else ways_out(step):
                if target not in self.steps:
                    raise ValueError(f"{name!r} leads to {target!r}, which is no step")
        if circle := _circle(self):
            raise ValueError("a caller would go in a circle: " + " → ".join(circle))
        return self


def ways_out(step: Step) -> list[str]:
    """The names of the steps that a step may lead to, as they stand in it, repeated ones left out."""
    match step:
        case Say():
            names = [step.next]
        case Hours():
            names = [step.open, step.closed]
        case Menu():
            names = [*(choice.next for choice in step.choices), step.otherwise]
        case Ring():
            names = [step.otherwise]
        case _:
            names = []
    return list(dict.fromkeys(names))


def unreached(plan: Plan) -> list[str]:
    """Steps that no caller can come to."""
    seen, ahead = set[str](), [plan.start]
    while ahead:
        name = ahead.pop()
        if name not in seen:
            seen.add(name)
            ahead += ways_out(plan.steps[name])
    return [name for name in plan.steps if name not in seen]


def sounds_of(plan: Plan) -> set[str]:
    """The SHA-256 of every uploaded sound that the plan plays."""
    prompts = [getattr(step, name, None) for step in plan.steps.values() for name in ("prompt", "greeting")]
    return {prompt.audio for prompt in prompts if prompt is not None and prompt.audio}


def name_step(title: str) -> str:
    """A step's name from what somebody wrote: `After hours` is `after-hours`; empty where nothing is left."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40].rstrip("-")


def _twice(values: Iterable[Value]) -> Value | None:
    """The first value that is there twice."""
    seen = set[Value]()
    for one in values:
        if one in seen:
            return one
        seen.add(one)
    return None


def _in_order(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    ordered = tuple(sorted(spans))
    for begin, end in ordered:
        if begin >= end:
            raise ValueError(f"{begin} to {end} is no stretch of time; past midnight belongs to the next day")
    for (_, end), (begin, _) in pairwise(ordered):
        if begin < end:
            raise ValueError(f"two stretches of time overlap at {begin}")
    return ordered


def _circle(plan: Plan) -> list[str]:
    """A way that comes back to where it was; empty where there is none."""
    done = set[str]()

    def walk(name: str, way: list[str]) -> list[str]:
        if name in way:
            return [*way[way.index(name) :], name]
        if name in done:
            return []
        for target in ways_out(plan.steps[name]):
            if circle := walk(target, [*way, name]):
                return circle
        done.add(name)
        return []

    return next((circle for name in plan.steps if (circle := walk(name, []))), [])


LEAVE_A_MESSAGE = (
    "Sorry, nobody can take your call right now. Please leave your name, your number and how we can help you "
    "after the tone. This message is recorded."
)
PLAIN = Plan(
    start="office",
    steps={
        "office": Ring(otherwise="message"),
        "message": Voicemail(greeting=Prompt(text=LEAVE_A_MESSAGE)),
    },
)
"""The flow of numbers that were given none: their own phones at once, then a voicemail."""
