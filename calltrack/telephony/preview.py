"""A call flow told in plain words, step by step, as its callers come to them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from calltrack.phone import display
from calltrack.telephony.plan import (
    Day,
    Hangup,
    Holiday,
    Hours,
    Menu,
    Plan,
    Prompt,
    Ring,
    Say,
    Span,
    Step,
    Voicemail,
    unreached,
    ways_out,
)

_DAY_NAMES: dict[Day, str] = {
    "mon": "Mon", "tue": "Tue", "wed": "Wed", "thu": "Thu", "fri": "Fri", "sat": "Sat", "sun": "Sun"
}  # fmt: skip
FIRST_WORDS: Mapping[str, str] = {
    "announced": "Everybody hears first",
    "by-law": "Only callers whose law may ask for it hear first",
    "never": "Nobody hears the announcement",
}
"""Who hears the announcement before all else, by how a company records (recording_law.MODES)."""
_HOW = {
    "all": "all at once",
    "order": "one after the other",
    "turns": "one after the other, each call beginning with the next phone",
    "weighted": "one after the other, in an order drawn by weight",
}


@dataclass(frozen=True)
class Card:
    """A step: what happens there, and the steps that it leads to, each with when; `reached`: callers can come here."""

    name: str
    kind: str
    sentence: str
    leads: tuple[tuple[str, str], ...]
    reached: bool


def describe(
    plan: Plan, *, people: Mapping[str, str] | None = None, sounds: Mapping[str, str] | None = None
) -> list[Card]:
    """The plan's steps from `start` on, nearest first, those that no caller can come to at the end.

    `people`: whose phone it is, by phone; `sounds`: what a sound is called, by its SHA-256.
    """
    lost = unreached(plan)
    return [
        Card(
            name=name,
            kind=plan.steps[name].kind,
            sentence=_sentence(plan.steps[name], people=people or {}, sounds=sounds or {}),
            leads=tuple(_leads(plan.steps[name])),
            reached=name not in lost,
        )
        for name in [*_in_order(plan), *lost]
    ]


def describe_hours(step: Hours) -> str:
    """`Mon-Fri 08:00 to 17:00, Sat 09:00 to 12:00`; days that are closed are left out."""
    told = []
    for spans, group in groupby(_DAY_NAMES, key=lambda day: step.weekly.get(day, ())):
        names = [_DAY_NAMES[day] for day in group]
        if spans:
            told.append(f"{names[0]}-{names[-1]} {_spans(spans)}" if names[1:] else f"{names[0]} {_spans(spans)}")
    return ", ".join(told) or "never"


def _in_order(plan: Plan) -> list[str]:
    """Every step that a caller can come to, nearest to the start first."""
    found = [plan.start]
    for name in found:  # grows as it goes
        found += [one for one in ways_out(plan.steps[name]) if one not in found]
    return found


def _sentence(step: Step, *, people: Mapping[str, str], sounds: Mapping[str, str]) -> str:
    match step:
        case Say(prompt=prompt):
            said = f"Callers hear {_heard(prompt, sounds)}"
            return said if prompt.text[-1] in ".!?" else f"{said}."
        case Hours():
            holidays = f" {', '.join(map(_holiday, step.holidays))}." if step.holidays else ""
            return f"Open {describe_hours(step)}, by the company's clock.{holidays}"
        case Menu(prompt=prompt):
            asked = "once" if step.tries == 1 else f"up to {step.tries} times"
            spoken = "press a key or say a word" if any(one.words for one in step.choices) else "press a key"
            return (
                f"Callers hear {_heard(prompt, sounds)} and have {_count(step.seconds, 'second')} to {spoken}; "
                f"they are asked {asked}."
            )
        case Ring():
            return _rings(step, people=people)
        case Voicemail(greeting=greeting):
            return (
                f"Callers hear {_heard(greeting, sounds)} and may leave a message of at most "
                f"{_count(step.longest, 'second')}."
            )
        case Hangup(prompt=None):
            return "The call ends."
        case Hangup(prompt=prompt):
            return f"Callers hear {_heard(prompt, sounds)}, and the call ends."


def _leads(step: Step) -> Iterator[tuple[str, str]]:
    match step:
        case Say():
            yield "then", step.next
        case Hours():
            yield "open", step.open
            yield "closed", step.closed
        case Menu():
            for choice in step.choices:
                said = "".join(f" or “{word}”" for word in choice.words)
                yield f"{choice.key}{said}", choice.next
            yield "no choice", step.otherwise
        case Ring():
            yield "nobody takes the call", step.otherwise
        case _:
            return


def _rings(step: Ring, *, people: Mapping[str, str]) -> str:
    each = [_phone(one.phone, people) for one in step.phones]
    if step.strategy == "weighted":
        each = [f"{told} (weight {one.weight})" for told, one in zip(each, step.phones, strict=True)]
    seconds = _count(step.seconds, "second")
    if len(each) == 1:
        told = f"{each[0]} rings for {seconds}."
    else:
        whom = f"{', '.join(each[:-1])} and {each[-1]}" if each else "The number's own phones"
        told = f"{whom} ring {_HOW[step.strategy]}, for {seconds}{'' if step.strategy == 'all' else ' each'}."
    if step.whisper:
        told += f" Whoever answers hears “{step.whisper}” first."
    if step.accept:
        told += " They press a key to take the call."
    return told


def _heard(prompt: Prompt | None, sounds: Mapping[str, str]) -> str:
    assert prompt is not None  # noqa: S101 - for the type checker
    sound = f"the sound {sounds.get(prompt.audio, prompt.audio[:8])}: " if prompt.audio else ""
    return f"{sound}“{prompt.text}”"


def _phone(phone: str, people: Mapping[str, str]) -> str:
    return f"{people[phone]} on {display(phone)}" if phone in people else display(phone)


def _holiday(one: Holiday) -> str:
    return f"{one.date.isoformat()}{f' {one.name}' if one.name else ''}: {_spans(one.hours) or 'closed'}"


def _spans(spans: tuple[Span, ...]) -> str:
    return " and ".join(f"{begin} to {end}" for begin, end in spans)


def _count(many: int, noun: str) -> str:
    return f"{many} {noun}" if many == 1 else f"{many} {noun}s"
