"""A call flow: from what the carrier asks to the next thing the caller hears. Pure, and never from the stored call."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from calltrack.phone import is_e164
from calltrack.telephony import plan as steps
from calltrack.telephony.carrier import TERMINAL, Event
from calltrack.telephony.choosing import choose
from calltrack.telephony.hours import is_open
from calltrack.telephony.offers import asks_for_a_key, longest_refusal, whisper
from calltrack.telephony.parts import (
    Ask,
    Dial,
    Hangup,
    Part,
    Reject,
    TakeMessage,
    Tell,
    Transcribe,
    words,
)
from calltrack.telephony.place import Place
from calltrack.telephony.plan import LEAVE_A_MESSAGE, Prompt
from calltrack.telephony.recording_law import Rule, recording_rule
from calltrack.telephony.ringing import phones_to_ring
from calltrack.telephony.route import Route
from calltrack.telephony.turning_away import turned_away

NOT_IN_SERVICE = "Sorry, the number you have called is not in service. Please check the number and call again. Goodbye."
NO_LONGER_IN_USE = "Sorry, this number is no longer in use. Goodbye."
THANKS = "Thank you. We will call you back as soon as we can. Goodbye."
LONGEST_MESSAGE_SECONDS = 180


@dataclass(frozen=True)
class Answer:
    """What happens next, and what the caller is told about recording in it; for a new call also by which rule it is
    recorded or not, and why it was turned away if so."""

    parts: tuple[Part, ...]
    announcement: Prompt | None = None
    turned_away: str | None = None
    recording_rule: str | None = None


@dataclass(frozen=True)
class _Walk:
    """What the way through a plan depends on beside the plan itself.

    `told`: the caller has heard the announcement, or hears it first in this very answer.
    """

    event: Event
    route: Route
    now: datetime
    take_turn: Callable[[str], int]
    rule: Rule
    told: bool


def answer(
    *, event: Event, route: Route | None, place: Place, now: datetime, take_turn: Callable[[str], int]
) -> Answer:
    """What is due for this request. `place`: where the flow had sent the caller; without one, or with one that the
    plan does not know, the nearest thing that loses nobody. `take_turn` is asked for the call's turn (from 1) at a
    step where phones take turns."""
    if event.kind in ("dial", "menu", "voicemail") and event.status in TERMINAL and event.leg_sid is None:
        return Answer(())  # nobody is left to hear anything
    if event.kind == "whisper":
        return Answer(whisper(route, place))
    if event.kind == "menu" and (event.leg_sid is not None or place.key):
        return Answer(() if event.digits else (Hangup(),))  # an empty document puts the agent through
    if event.kind == "voicemail":
        return Answer((words(THANKS), Hangup()))
    if event.kind == "dial" and _was_taken(event, route, place):
        return Answer((Hangup(),))
    if route is None:
        return Answer(_take_a_message() if event.kind == "dial" else (words(NOT_IN_SERVICE), Hangup()))
    rule = recording_rule(
        policy=route.policy,
        caller=event.caller,
        caller_state=event.caller_state,
        has_words=any(map(str.isalnum, route.announcement.text)),
    )
    walk = _Walk(event, route, now, take_turn, rule, told=place.told or rule.announce)
    if event.kind == "dial":
        return _tell_first(walk, place, _after_ringing(walk, place))
    if event.kind == "menu":
        return _tell_first(walk, place, _after_menu(walk, place))
    return _welcome(walk)


def was_spoken_to(event: Event) -> bool:
    """A finished Dial in which somebody of ours spoke to the caller.

    Bridged says so; older requests do not say bridged, there a completed or answered Dial counts. A Dial that
    completed unbridged reached a cell phone's own voicemail, or an agent who refused the whisper.
    """
    if event.dial_bridged is not None:
        return event.dial_bridged
    return event.dial_status in ("completed", "answered")


def _was_taken(event: Event, route: Route | None, place: Place) -> bool:
    """Whether the caller may be let go after a Dial.

    Where a key had to be pressed and the carrier does not say bridged, a mailbox that heard the offers out is
    `completed` as well: then only what lasted longer than that was a conversation for sure. In doubt the call goes on,
    because the caller may have spoken with nobody.
    """
    if event.dial_bridged is None and asks_for_a_key(route, place):
        return was_spoken_to(event) and (event.dial_duration or 0) > longest_refusal(route, place)
    return was_spoken_to(event)


def _welcome(walk: _Walk) -> Answer:
    route = walk.route
    if route.parked:
        return Answer((words(NO_LONGER_IN_USE), Hangup()))
    why = turned_away(event=walk.event, blocked=route.blocked, rules=route.plan.turn_away)
    if why is not None:
        return Answer((Reject(),), turned_away=why)
    parts: list[Part] = [Tell(route.announcement)] if walk.rule.announce else []
    if route.transcribe and walk.rule.record and not _may_ring_unrecorded(route):
        parts.append(Transcribe())
    announcement = route.announcement if walk.rule.announce else None
    return Answer((*parts, *_go(walk, route.plan.start)), announcement, recording_rule=walk.rule.why)


def _tell_first(walk: _Walk, place: Place, parts: tuple[Part, ...]) -> Answer:
    """What comes later in a call. Where the place does not say that the caller was told, and the rule asks for it (the
    company has changed its mind during the call, or nobody knows how the caller came here), they are told now, before
    anything may be recorded: hearing it twice harms nobody."""
    goes_on = any(isinstance(part, Dial | Ask) for part in parts)
    if place.told or not walk.rule.announce or not goes_on:
        return Answer(parts)
    return Answer((Tell(walk.route.announcement), *parts), walk.route.announcement, recording_rule=walk.rule.why)


def _may_ring_unrecorded(route: Route) -> bool:
    """Whether the call may come to a phone on which nothing is written down: a live transcript hears all of a call."""
    rings = (step for step in route.plan.steps.values() if isinstance(step, steps.Ring))
    return not route.policy.unrecorded.isdisjoint(
        [*route.forward_to, *(one.phone for it in rings for one in it.phones)]
    )


def _go(walk: _Walk, name: str) -> tuple[Part, ...]:
    """From a step on: everything that is said on the way, up to the first step that waits for somebody."""
    parts: list[Part] = []
    while True:
        step = walk.route.plan.steps[name]
        match step:
            case steps.Say():
                parts.append(Tell(step.prompt))
                name = step.next
            case steps.Hours():
                name = step.open if is_open(step, now=walk.now, zone=walk.route.zone) else step.closed
            case steps.Ring():
                if dialled := _ring(walk, step, Place(step=name)):
                    return (*parts, dialled)
                name = step.otherwise
            case steps.Menu():
                return (*parts, _ask(walk, step, Place(step=name)))
            case steps.Voicemail():
                return (*parts, Tell(step.greeting), TakeMessage(step.longest))
            case steps.Hangup():
                return (*parts, *([Tell(step.prompt)] if step.prompt else []), Hangup())


def _after_menu(walk: _Walk, place: Place) -> tuple[Part, ...]:
    menu = walk.route.plan.steps.get(place.step)
    if not isinstance(menu, steps.Menu):
        return _go(walk, walk.route.plan.start)
    chosen = choose(menu, event=walk.event)
    if chosen is None and place.go + 1 < menu.tries:
        return (_ask(walk, menu, Place(step=place.step, go=place.go + 1)),)
    return _go(walk, chosen or menu.otherwise)


def _after_ringing(walk: _Walk, place: Place) -> tuple[Part, ...]:
    ring = walk.route.plan.steps.get(place.step)
    if isinstance(ring, steps.Ring):
        dialled = _ring(walk, ring, Place(step=place.step, go=place.go + 1, turn=place.turn))
        return (dialled,) if dialled else _go(walk, ring.otherwise)
    mailboxes = [step for step in walk.route.plan.steps.values() if isinstance(step, steps.Voicemail)]
    return _take_a_message(*mailboxes[:1])


def _take_a_message(mailbox: steps.Voicemail | None = None) -> tuple[Part, ...]:
    if mailbox is None:
        return (words(LEAVE_A_MESSAGE), TakeMessage(LONGEST_MESSAGE_SECONDS))
    return (Tell(mailbox.greeting), TakeMessage(mailbox.longest))


def _ring(walk: _Walk, ring: steps.Ring, place: Place) -> Dial | None:
    """The next phones to ring; None when all have been."""
    route, caller = walk.route, walk.event.caller
    turn = (place.turn or walk.take_turn(place.step)) if ring.strategy == "turns" else 0
    numbers = phones_to_ring(
        ring,
        own=route.forward_to,
        never=frozenset({route.number, caller or ""}),
        call_sid=walk.event.call_sid,
        step=place.step,
        go=place.go,
        turn=turn,
    )
    if not numbers:
        return None
    whisper = bool(ring.whisper or route.whisper or ring.accept)
    here = replace(_in_version(walk, place, turn=turn), key=ring.accept, number=route.number if whisper else "")
    return Dial(
        numbers=numbers,
        seconds=ring.seconds,
        whisper=whisper,
        # A caller without a number of their own cannot be shown as one; the carrier might refuse the call.
        caller_id=None if caller and is_e164(caller) else route.number,
        place=here,
        record=walk.rule.record and route.policy.unrecorded.isdisjoint(numbers),
    )


def _ask(walk: _Walk, menu: steps.Menu, place: Place) -> Ask:
    return Ask(
        prompt=menu.prompt,
        keys=tuple(choice.key for choice in menu.choices),
        words=tuple(words for choice in menu.choices for words in choice.words),
        seconds=menu.seconds,
        place=_in_version(walk, place),
    )


def _in_version(walk: _Walk, place: Place, *, turn: int = 0) -> Place:
    return Place(step=place.step, go=place.go, turn=turn, version=walk.route.version_id or 0, told=walk.told)
