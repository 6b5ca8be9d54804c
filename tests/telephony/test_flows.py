"""Flows: what a caller hears next follows from the request, its place and the flow alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calltrack.telephony.carrier import Event
from calltrack.telephony.flows import (
    NO_LONGER_IN_USE,
    NOT_IN_SERVICE,
    THANKS,
    Answer,
    answer,
    was_spoken_to,
)
from calltrack.telephony.offers import TAKE_IT
from calltrack.telephony.parts import Ask, Dial, Hangup, Offer, Part, Reject, TakeMessage, Tell, Transcribe
from calltrack.telephony.place import Place
from calltrack.telephony.plan import LEAVE_A_MESSAGE, PLAIN, Plan, Prompt
from calltrack.telephony.route import Route
from tests.factories import CHICAGO, NOON
from tests.twilio_wire import BILLBOARD, CALL, CALLER, CHO, CHOS_COLLEAGUE

TOLD = Prompt(text="This call may be recorded.")
ROUTE = Route(
    number=BILLBOARD, forward_to=(CHO, CHOS_COLLEAGUE), whisper=None, announcement=TOLD, campaign="Billboard",
    zone=CHICAGO, plan=PLAIN, flow_id=None, version_id=None, blocked=(), transcribe=False, parked=False,
)  # fmt: skip
MESSAGE = (Tell(Prompt(text=LEAVE_A_MESSAGE)), TakeMessage(180))
EVERYBODY = "announced: asked for in IL (caller)"
NOWHERE, OFFICE = Place(), Place(step="office", told=True)
PLAN = Plan.model_validate(
    {
        "start": "hours",
        "steps": {
            "hours": {
                "kind": "hours", "weekly": {"mon": [("08:00", "17:00")]}, "open": "welcome", "closed": "closed",
            },
            "welcome": {"kind": "say", "prompt": {"text": "Welcome."}, "next": "menu"},
            "menu": {
                "kind": "menu", "prompt": {"text": "One for repairs."}, "tries": 3, "otherwise": "office",
                "choices": [{"key": "1", "words": ["repair"], "next": "team"}, {"key": "2", "next": "bye"}],
            },
            "team": {
                "kind": "ring", "phones": [{"phone": CHO}, {"phone": CHOS_COLLEAGUE}, {"phone": "+13125550193"}],
                "strategy": "turns", "seconds": 15, "whisper": "{campaign} wants a repair.", "accept": True,
                "otherwise": "office",
            },
            "office": {"kind": "ring", "otherwise": "closed"},
            "closed": {"kind": "voicemail", "greeting": {"text": "We are closed."}, "longest": 60},
            "bye": {"kind": "hangup", "prompt": {"text": "Bye."}},
        },
        "turn_away": {"failed_attestation": True, "spam": True},
    }
)  # fmt: skip
LED = replace(ROUTE, plan=PLAN, flow_id=3, version_id=7)
CLOSED = (Tell(Prompt(text="We are closed.")), TakeMessage(60))
MENU = Ask(Prompt(text="One for repairs."), ("1", "2"), ("repair",), 5, Place(step="menu", version=7, told=True))


def at(step: str, *, go: int = 0, turn: int = 0) -> Place:
    return Place(step=step, go=go, turn=turn, version=7, told=True)


def offered(*, go: int = 0, turn: int = 0) -> Place:
    """A place in the team's step, whose phones take a call by a key."""
    return replace(at("team", go=go, turn=turn), key=True, number=BILLBOARD)


def voice(caller: str | None = CALLER, **more: Any) -> Event:
    return Event(kind="voice", call_sid=CALL, caller=caller, status="ringing", **more)


def dialled(status: str = "no-answer", *, bridged: bool | None = None, call_status: str = "in-progress") -> Event:
    return Event(
        kind="dial", call_sid=CALL, caller=CALLER, dial_status=status, dial_bridged=bridged, status=call_status
    )


def chosen(digits: str | None = None, said: str | None = None, **more: Any) -> Event:
    return Event(kind="menu", call_sid=CALL, caller=CALLER, digits=digits, said=said, **more)


def ask(
    event: Event,
    route: Route | None = ROUTE,
    place: Place = NOWHERE,
    *,
    now: datetime = NOON,
    turn: int = 5,
) -> Answer:
    return answer(event=event, route=route, place=place, now=now, take_turn=lambda _step: turn)


def parts(event: Event, route: Route | None = ROUTE, place: Place = NOWHERE) -> tuple[Part, ...]:
    return ask(event, route, place).parts


def only_dial(answered: tuple[Part, ...]) -> Dial:
    (dial,) = [part for part in answered if isinstance(part, Dial)]
    return dial


def test_a_caller_hears_the_announcement_before_anything_is_recorded_or_rings() -> None:
    ring = Dial(numbers=(CHO, CHOS_COLLEAGUE), seconds=25, whisper=False, caller_id=None, place=OFFICE, record=True)
    assert ask(voice()) == Answer((Tell(TOLD), ring), announcement=TOLD, recording_rule=EVERYBODY)


def test_the_live_transcript_starts_after_the_announcement_and_before_the_ringing() -> None:
    answered = parts(voice(), replace(ROUTE, transcribe=True))
    assert [type(part) for part in answered] == [Tell, Transcribe, Dial]


def test_where_no_phone_is_named_the_caller_may_leave_a_message() -> None:
    assert parts(voice(), replace(ROUTE, forward_to=())) == (Tell(TOLD), *MESSAGE)


def test_neither_the_tracking_number_nor_the_callers_own_phone_is_rung() -> None:
    route = replace(ROUTE, forward_to=(BILLBOARD, CALLER, CHO))
    assert only_dial(parts(voice(), route)).numbers == (CHO,)
    assert parts(voice(), replace(ROUTE, forward_to=(BILLBOARD, CALLER))) == (Tell(TOLD), *MESSAGE)


def test_a_number_nobody_owns_is_politely_not_in_service_and_a_parked_one_no_longer_in_use() -> None:
    assert ask(voice(), None) == Answer((Tell(Prompt(text=NOT_IN_SERVICE)), Hangup()))
    parked = replace(ROUTE, parked=True, blocked=(CALLER,))
    assert ask(voice(), parked) == Answer((Tell(Prompt(text=NO_LONGER_IN_USE)), Hangup()))


@pytest.mark.parametrize(
    ("caller", "shown"),
    [
        (CALLER, None),
        ("anonymous", BILLBOARD),
        ("client:ana", BILLBOARD),
        ("sip:ana@example.com", BILLBOARD),
        (None, BILLBOARD),
        ("+1", BILLBOARD),
        ("+anonymous", BILLBOARD),
    ],
)
def test_a_caller_without_a_number_is_shown_as_the_tracking_number(caller: str | None, shown: str | None) -> None:
    assert only_dial(parts(voice(caller))).caller_id == shown


@pytest.mark.parametrize(
    ("status", "bridged", "spoken"),
    [
        ("completed", True, True),
        ("completed", None, True),
        ("answered", None, True),
        ("completed", False, False),
        ("no-answer", None, False),
        ("busy", None, False),
        ("failed", None, False),
        ("canceled", None, False),
        ("no-answer", True, True),
    ],
)
def test_after_ringing_who_was_spoken_to_may_go_and_who_was_not_may_leave_a_message(
    status: str, bridged: bool | None, spoken: bool
) -> None:
    event = dialled(status, bridged=bridged)
    assert was_spoken_to(event) is spoken
    for route, place in ((ROUTE, OFFICE), (ROUTE, Place()), (None, OFFICE), (None, Place())):
        assert parts(event, route, place) == ((Hangup(),) if spoken else MESSAGE)


def test_a_dial_that_says_nothing_counts_as_unanswered() -> None:
    assert parts(Event(kind="dial", call_sid=CALL)) == MESSAGE


@pytest.mark.parametrize("kind", ["dial", "menu", "voicemail"])
def test_there_is_nothing_to_say_to_who_has_hung_up(kind: Any) -> None:
    for route in (LED, None):
        assert parts(Event(kind=kind, call_sid=CALL, status="completed"), route, at("menu")) == ()


def test_who_left_a_message_is_thanked() -> None:
    for route in (ROUTE, LED, None):
        assert parts(Event(kind="voicemail", call_sid=CALL), route) == (Tell(Prompt(text=THANKS)), Hangup())


def test_a_call_goes_through_the_steps_up_to_the_first_that_waits() -> None:
    assert parts(voice(), LED) == (Tell(TOLD), Tell(Prompt(text="Welcome.")), MENU)
    at_night = datetime(2026, 5, 5, 3, tzinfo=UTC)
    assert ask(voice(), LED, now=at_night).parts == (Tell(TOLD), *CLOSED)


def test_a_choice_by_key_or_voice_leads_on() -> None:
    for event in (chosen("1"), chosen(said="I need a repair.")):
        assert only_dial(parts(event, LED, at("menu"))).place.step == "team"
    assert parts(chosen("2"), LED, at("menu", go=2)) == (Tell(Prompt(text="Bye.")), Hangup())


def test_a_menu_is_asked_as_often_as_it_says_and_then_goes_on() -> None:
    for event in (chosen(), chosen("9"), chosen("", said="what?")):
        assert parts(event, LED, at("menu")) == (replace(MENU, place=at("menu", go=1)),)
        assert parts(event, LED, at("menu", go=1)) == (replace(MENU, place=at("menu", go=2)),)
        assert only_dial(parts(event, LED, at("menu", go=2))).place == at("office")


def test_phones_that_take_turns_ring_one_a_go_and_the_turn_goes_along() -> None:
    """The fifth call begins with the second of three phones."""
    first = only_dial(parts(chosen("1"), LED, at("menu")))
    assert (first.numbers, first.seconds, first.place) == ((CHOS_COLLEAGUE,), 15, offered(turn=5))
    second = only_dial(parts(dialled(), LED, first.place))
    assert (second.numbers, second.place) == (("+13125550193",), offered(go=1, turn=5))
    third = only_dial(parts(dialled("busy"), LED, second.place))
    assert (third.numbers, third.place) == ((CHO,), offered(go=2, turn=5))
    last = only_dial(parts(dialled("completed", bridged=False), LED, third.place))
    assert (last.numbers, last.place) == ((CHO, CHOS_COLLEAGUE), at("office"))
    assert parts(dialled(), LED, last.place) == CLOSED


def test_a_turn_is_taken_only_where_phones_take_turns() -> None:
    asked: list[str] = []

    def take(step: str) -> int:
        asked.append(step)
        return 1

    for event, place in ((voice(), Place()), (dialled(), at("office")), (dialled(), at("team", turn=2))):
        answer(event=event, route=LED, place=place, now=NOON, take_turn=take)
    assert asked == []
    answer(event=chosen("1"), route=LED, place=at("menu"), now=NOON, take_turn=take)
    assert asked == ["team"]


@pytest.mark.parametrize("place", [Place(), at("nowhere"), at("bye")])
def test_a_callback_from_nowhere_loses_nobody(place: Place) -> None:
    assert parts(dialled(), LED, place) == CLOSED
    again = () if place.told else (Tell(TOLD),)
    assert parts(chosen("1"), LED, place) == (*again, Tell(Prompt(text="Welcome.")), MENU)


def test_the_agent_hears_the_whisper_of_the_step_else_the_numbers_own() -> None:
    asked = Event(kind="whisper", call_sid=CALL, leg_sid="CA2")
    own = replace(ROUTE, whisper="Call for {campaign}")
    assert parts(asked, own, OFFICE) == parts(asked, own) == (Tell(Prompt(text="Call for Billboard")),)
    assert only_dial(parts(voice(), own)).whisper
    assert parts(asked, ROUTE, OFFICE) == parts(asked, None, OFFICE) == ()
    assert parts(asked, LED, at("team")) == (
        Offer(f"Billboard wants a repair. {TAKE_IT}", replace(at("team"), key=True)),
    )
    assert parts(asked, replace(own, whisper="{campaign}", campaign=None)) == (Tell(Prompt(text="no campaign")),)


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (voice("+19005550123"), "blocked: +1900*"),
        (voice("+13125550199"), "blocked: +13125550199"),
        (voice(attestation="failed"), "forged number"),
        (voice(spam=True), "spam"),
    ],
)
def test_who_is_turned_away_hears_nothing_at_all(event: Event, why: str) -> None:
    route = replace(LED, blocked=("+1900*", "+13125550199"))
    assert ask(event, route) == Answer((Reject(),), turned_away=why)


@pytest.mark.parametrize(
    "event", [voice(None), voice(attestation="C", spam=False), voice(), voice("anonymous"), voice("+1900")]
)
def test_what_is_not_clearly_said_lets_the_caller_in(event: Event) -> None:
    assert ask(event, replace(LED, blocked=("+1900555*",))).turned_away is None


def test_a_plain_number_turns_away_only_whom_somebody_has_blocked() -> None:
    assert ask(voice(attestation="failed", spam=True)).turned_away is None
    assert ask(voice(), replace(ROUTE, blocked=(CALLER,))).parts == (Reject(),)


@pytest.mark.parametrize("event", [dialled(), chosen("1")])
def test_a_call_that_was_let_in_is_not_turned_away_later(event: Event) -> None:
    assert ask(event, replace(LED, blocked=(CALLER,)), at("menu")).turned_away is None


@given(data=st.data(), hours=st.integers(0, 9000))
def test_whatever_a_caller_does_the_call_comes_to_an_end(data: st.DataObject, hours: int) -> None:
    """Keys, silence, nobody answering: a plan leads only onwards, so every call ends, and soon."""
    event, place = voice(), Place()
    for _ in range(20):
        answered = ask(event, LED, place, now=NOON + timedelta(hours=hours)).parts
        last = answered[-1]
        if isinstance(last, Ask):
            event, place = chosen(data.draw(st.sampled_from(["1", "2", "9", ""]))), last.place
        elif isinstance(last, Dial):
            event, place = dialled(data.draw(st.sampled_from(["no-answer", "busy", "failed"]))), last.place
        else:
            break
    assert isinstance(last, Hangup | TakeMessage)


@given(
    kind=st.sampled_from(["voice", "dial", "menu", "whisper", "voicemail"]),
    place=st.builds(
        Place,
        step=st.sampled_from(["", *PLAN.steps, "other"]),
        go=st.integers(0, 2**31 - 1),
        turn=st.integers(0, 2**31 - 1),
        version=st.integers(0, 9),
    ),
    said=st.none() | st.text(),
    leg=st.none() | st.just("CA2"),
    route=st.sampled_from([ROUTE, LED, None]),
)
def test_no_request_from_any_place_is_an_error_and_the_same_gets_the_same_answer(
    kind: Any, place: Place, said: str | None, leg: str | None, route: Route | None
) -> None:
    event = Event(kind=kind, call_sid=CALL, leg_sid=leg, caller=said, digits=said, said=said, dial_status=said)
    assert ask(event, route, place) == ask(event, route, place)
