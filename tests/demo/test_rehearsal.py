"""A call that is only imagined: told as its caller would live through it."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from calltrack.demo.conversations import LINES, Line
from calltrack.demo.rehearsal import rehearse
from calltrack.demo.story import WITHOUT_A_KEY, Heard
from calltrack.telephony.plan import Choice, Hours, Menu, Phone, Plan, Prompt, Ring, Say, TurnAway, Voicemail
from calltrack.telephony.route import Route

MONDAY_NOON = datetime(2026, 5, 4, 17, tzinfo=UTC)  # in Chicago
SUNDAY_NOON = datetime(2026, 5, 3, 17, tzinfo=UTC)
CALLER, CHO, DAN = "+13125550123", "+13125550190", "+13125550191"
SOUND = "ab" * 32
PLAN = Plan(
    start="hours",
    steps={
        "hours": Hours(weekly={"mon": (("08:00", "17:00"),)}, open="menu", closed="closed"),
        "menu": Menu(
            prompt=Prompt(text="Sales or service?"),
            choices=(
                Choice(key="1", words=("sales",), next="sales"), Choice(key="2", words=("service",), next="service"),
            ),
            otherwise="service",
        ),
        "sales": Ring(phones=(Phone(phone=CHO), Phone(phone=DAN)), strategy="order", seconds=20, otherwise="message"),
        "service": Ring(otherwise="message", accept=True, whisper="{campaign}"),
        "message": Voicemail(greeting=Prompt(text="Leave a message."), longest=60),
        "closed": Say(prompt=Prompt(text="We are closed.", audio=SOUND), next="message"),
    },
)  # fmt: skip
ROUTE = Route(
    number="+13125550142", forward_to=(CHO,), whisper=None, announcement=Prompt(text="This call may be recorded."),
    campaign="Billboard", zone="America/Chicago", plan=PLAN, flow_id=1, version_id=None, blocked=("+1900*",),
    transcribe=False, parked=False,
)  # fmt: skip


def tell(
    line: Line,
    *,
    at: datetime = MONDAY_NOON,
    keys: str = "",
    said: str = "",
    caller: str = CALLER,
    route: Route = ROUTE,
) -> list[Heard]:
    return rehearse(route=route, at=at, caller=caller, line=line, keys=keys, said=said, people={CHO: "Cho"})


def words(told: list[Heard]) -> list[str]:
    return [one.words for one in told]


@pytest.mark.parametrize("line", LINES)
def test_every_way_for_a_call_to_go_is_told_to_its_end(line: Line) -> None:
    told = tell(line, keys="1")
    assert told[0].words == "It is open at this moment"
    assert told[1].words == "The caller hears “This call may be recorded.”"
    assert told[-1].words.startswith("The call is over")
    assert [one.at for one in told] == sorted(one.at for one in told)
    assert not any("could not go on" in one for one in words(told))


def test_the_clock_decides_between_open_and_closed() -> None:
    told = words(tell("no-answer", at=SUNDAY_NOON))
    assert told[0] == "It is closed at this moment"
    assert told[2] == "The caller hears a sound: “We are closed.”"
    assert not any("ring" in one for one in told)
    assert "A tone; the caller may leave a message of up to 60 seconds" in told


@pytest.mark.parametrize(
    ("keys", "said", "did", "step"),
    [
        ("1", "", "The caller presses 1", "sales"),
        ("", "the service please", "The caller says “the service please”", "service"),
        ("", "", "The caller neither presses a key nor says anything", "service"),
    ],
)
def test_a_menu_is_followed_by_key_by_voice_or_by_neither(keys: str, said: str, did: str, step: str) -> None:
    told = tell("answered", keys=keys, said=said)
    assert did in words(told)
    assert next(one.step for one in told if " rings" in one.words) == step


def test_phones_in_order_ring_one_after_the_other_for_their_seconds() -> None:
    told = words(tell("no-answer", keys="1"))
    rings = [told.index(one) for one in (
        "Cho on (312) 555-0190 rings", "Cho on (312) 555-0190 rings for 20 seconds, and nobody answers",
        "(312) 555-0191 rings", "(312) 555-0191 rings for 20 seconds, and nobody answers",
        "The caller hears “Leave a message.”",
    )]  # fmt: skip
    assert rings == sorted(rings)


def test_the_second_phone_answers_where_the_first_rang_in_vain() -> None:
    told = words(rehearse(route=ROUTE, at=MONDAY_NOON, caller=CALLER, line="answered", keys="1", in_vain=1))
    assert "(312) 555-0190 rings for 20 seconds, and nobody answers" in told
    assert "(312) 555-0191 picks up after 7 seconds" in told
    assert not any("Leave a message" in one for one in told)


def test_whoever_answers_hears_the_whisper_before_the_two_talk() -> None:
    told = words(tell("answered", keys="2"))
    heard = next(one for one in told if one.startswith("Whoever picked up hears"))
    assert "Billboard" in heard
    assert told.index(heard) < told.index(next(one for one in told if one.startswith("The two talk")))


def test_a_call_that_an_agent_refuses_goes_on_to_the_voicemail() -> None:
    told = words(tell("refused", keys="2"))
    assert "They press no key: the caller is not put through, and the call goes on" in told
    assert "The caller hears “Leave a message.”" in told


def test_a_voicemail_gets_the_caller_unless_a_key_is_asked_for() -> None:
    told = words(tell("agent-voicemail", keys="1"))  # no key, and two phones in order
    [taken] = [one for one in told if one.startswith("The voicemail gets the caller")]
    assert told[told.index(taken) + 1] == WITHOUT_A_KEY
    assert not any("(312) 555-0191" in one or "Leave a message" in one for one in told)
    told = words(tell("agent-voicemail", keys="2"))
    assert "The voicemail of Cho on (312) 555-0190 picks up after 7 seconds" in told
    assert "The voicemail presses no key: the caller is not put through, and the call goes on" in told
    assert "The caller hears “Leave a message.”" in told
    assert WITHOUT_A_KEY not in told


def test_a_blocked_caller_and_a_forged_number_do_not_ring_a_phone() -> None:
    why = "every number that begins with +1900 is blocked"
    assert words(tell("answered", caller="+19005550123"))[1:] == [
        f"The caller hears a busy signal and is turned away, because {why}; no phone rings",
        "The call is over: it was never answered, so it costs nothing",
    ]
    careful = replace(ROUTE, plan=PLAN.model_copy(update={"turn_away": TurnAway(failed_attestation=True)}))
    assert any("talk" in one for one in words(tell("answered", keys="1", route=careful)))


def test_the_same_question_has_the_same_answer() -> None:
    weighted = PLAN.steps["sales"].model_copy(update={"strategy": "weighted"})
    route = replace(ROUTE, plan=PLAN.model_copy(update={"steps": {**PLAN.steps, "sales": weighted}}))
    assert tell("answered", keys="1", route=route) == tell("answered", keys="1", route=route)


def test_a_process_that_rehearses_loads_no_speech_or_audio_library() -> None:
    program = "import calltrack.demo.rehearsal, sys; print(*sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", program], env=environment, check=True, capture_output=True, text=True)
    assert {"numpy", "pydub", "lameenc", "scipy", "sklearn", "espeakng_loader"}.isdisjoint(done.stdout.split())
