"""Offers: where an agent takes a call by a key, a phone that pressed none has not taken it."""

from dataclasses import replace

import pytest

from calltrack.telephony.carrier import Event
from calltrack.telephony.offers import A_CALL, TAKE_IT
from calltrack.telephony.parts import Hangup, Offer, TakeMessage
from calltrack.telephony.place import Place
from calltrack.telephony.route import Route
from tests.telephony.test_flows import LED, PLAN, ROUTE, at, chosen, dialled, offered, only_dial, parts
from tests.twilio_wire import CALL


def test_a_step_that_asks_for_a_key_says_that_there_is_a_call_even_without_a_whisper() -> None:
    steps = {**PLAN.steps, "team": PLAN.steps["team"].model_copy(update={"whisper": None})}
    route = replace(LED, plan=PLAN.model_copy(update={"steps": steps}))
    assert only_dial(parts(chosen("1"), route, at("menu"))).whisper
    asked = Event(kind="whisper", call_sid=CALL, leg_sid="CA2")
    assert parts(asked, route, at("team")) == (Offer(f"{A_CALL} {TAKE_IT}", replace(at("team"), key=True)),)


def test_any_key_of_the_agent_takes_the_call_and_none_does_not() -> None:
    assert parts(chosen("7", leg_sid="CA2", status="in-progress"), LED, at("team")) == ()
    assert parts(chosen("", leg_sid="CA2", status="in-progress"), LED, at("team")) == (Hangup(),)


@pytest.mark.parametrize("route", [None, ROUTE, LED])
def test_a_phone_whose_address_asks_for_a_key_is_asked_whatever_is_known_of_the_step(route: Route | None) -> None:
    (asked,) = parts(Event(kind="whisper", call_sid=CALL, leg_sid="CA2"), route, replace(at("gone"), key=True))
    assert asked == Offer(f"{A_CALL} {TAKE_IT}", replace(at("gone"), key=True))
    # An agent's key is one also where the carrier does not say that it is of a leg.
    assert parts(chosen("1"), route, asked.place) == ()
    assert parts(chosen(""), route, asked.place) == (Hangup(),)


def test_a_step_that_is_not_known_any_more_asks_for_a_key() -> None:
    asked = Event(kind="whisper", call_sid=CALL, leg_sid="CA2")
    assert parts(asked, LED, at("gone")) == (Offer(f"{A_CALL} {TAKE_IT}", replace(at("gone"), key=True)),)


@pytest.mark.parametrize(
    ("seconds", "bridged", "taken"),
    [(12, None, False), (35, None, False), (None, None, False), (90, None, True), (3, True, True), (90, False, False)],
)
def test_where_a_key_was_asked_for_only_a_long_call_counts_as_taken_if_nobody_says_bridged(
    seconds: int | None, bridged: bool | None, taken: bool
) -> None:
    """A mailbox that hears two offers out is on the line for about half a minute, and has rung before."""
    event = replace(dialled("completed", bridged=bridged), dial_duration=seconds)
    first = only_dial(parts(chosen("1"), LED, at("menu")))
    answered = parts(event, LED, first.place)
    assert (answered == (Hangup(),)) is taken
    if not taken:
        assert only_dial(answered).place == offered(go=1, turn=5)


@pytest.mark.parametrize(("route", "place"), [(None, offered()), (LED, at("gone")), (ROUTE, offered())])
def test_where_the_step_is_not_known_either_the_caller_may_leave_a_message(route: Route | None, place: Place) -> None:
    event = replace(dialled("completed"), dial_duration=3000)
    assert isinstance(parts(event, route, place)[-1], TakeMessage)
