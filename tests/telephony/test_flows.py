"""Flows: what a caller hears next follows from the request and the flow alone."""

import pytest

from calltrack.telephony.carrier import Event
from calltrack.telephony.flows import (
    LEAVE_A_MESSAGE,
    LONGEST_MESSAGE_SECONDS,
    NOT_IN_SERVICE,
    RING_SECONDS,
    THANKS,
    Flow,
    Hangup,
    Ring,
    Say,
    TakeMessage,
    Transcribe,
    answer,
    was_spoken_to,
)
from tests.twilio_wire import BILLBOARD, CALL, CALLER, CHO, CHOS_COLLEAGUE

FLOW = Flow(number=BILLBOARD, forward_to=(CHO, CHOS_COLLEAGUE), announcement="This call may be recorded.")
WHISPERING = Flow(number=BILLBOARD, forward_to=(CHO,), announcement="Recorded.", whisper="Billboard")
MESSAGE = (Say(LEAVE_A_MESSAGE), TakeMessage(LONGEST_MESSAGE_SECONDS))


def voice(caller: str | None = CALLER) -> Event:
    return Event(kind="voice", call_sid=CALL, caller=caller, status="ringing")


def dialled(status: str, *, bridged: bool | None = None, call_status: str = "in-progress") -> Event:
    return Event(kind="dial", call_sid=CALL, dial_status=status, dial_bridged=bridged, status=call_status)


def test_a_caller_hears_the_announcement_before_anything_is_recorded_or_rings() -> None:
    ring = Ring(numbers=(CHO, CHOS_COLLEAGUE), seconds=RING_SECONDS, whisper=False, caller_id=None)
    assert answer(event=voice(), flow=FLOW) == (Say("This call may be recorded."), ring)


def test_the_live_transcript_starts_after_the_announcement_and_before_the_ringing() -> None:
    flow = Flow(number=BILLBOARD, forward_to=(CHO,), announcement="Recorded.", transcribe=True)
    assert [type(part) for part in answer(event=voice(), flow=flow)] == [Say, Transcribe, Ring]


def test_where_no_phone_is_named_the_caller_may_leave_a_message() -> None:
    flow = Flow(number=BILLBOARD, forward_to=(), announcement="Recorded.")
    assert answer(event=voice(), flow=flow) == (Say("Recorded."), *MESSAGE)


def test_a_number_nobody_owns_is_politely_not_in_service() -> None:
    assert answer(event=voice(), flow=None) == (Say(NOT_IN_SERVICE), Hangup())


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
    ring = answer(event=voice(caller), flow=FLOW)[-1]
    assert isinstance(ring, Ring)
    assert ring.caller_id == shown


def test_the_agent_hears_the_whisper_only_where_one_is_written() -> None:
    asked = Event(kind="whisper", call_sid=CALL, leg_sid="CA2")
    assert answer(event=asked, flow=WHISPERING) == (Say("Billboard"),)
    assert answer(event=asked, flow=FLOW) == answer(event=asked, flow=None) == ()
    ring = answer(event=voice(), flow=WHISPERING)[-1]
    assert isinstance(ring, Ring)
    assert ring.whisper


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
    for flow in (FLOW, None):
        assert answer(event=event, flow=flow) == ((Hangup(),) if spoken else MESSAGE)


def test_a_dial_that_says_nothing_counts_as_unanswered() -> None:
    assert answer(event=Event(kind="dial", call_sid=CALL), flow=FLOW) == MESSAGE


def test_there_is_nothing_to_say_to_who_has_hung_up() -> None:
    assert answer(event=dialled("canceled", call_status="completed"), flow=FLOW) == ()


def test_who_left_a_message_is_thanked() -> None:
    for flow in (FLOW, None):
        assert answer(event=Event(kind="voicemail", call_sid=CALL), flow=flow) == (Say(THANKS), Hangup())


def test_the_same_request_gets_the_same_answer_however_late() -> None:
    assert answer(event=voice(), flow=FLOW) == answer(event=voice(), flow=FLOW)
