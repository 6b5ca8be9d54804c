"""Who was spoken to: one test for each sentence of the rule."""

import pytest

from tests.calls.test_fold import AT, folded
from tests.twilio_wire import CHO, dial, ended, leg, voice

ENDED = ("status", ended(at=AT, seconds=75))


@pytest.mark.parametrize(
    ("params", "spoken"),
    [
        ({"status": "completed", "DialBridged": "true"}, True),
        ({"status": "completed"}, True),
        ({"status": "answered"}, True),
        ({"status": "completed", "DialBridged": "false"}, False),
        ({"status": "answered", "DialBridged": "false"}, False),
        ({"status": "no-answer"}, False),
        ({"status": "busy"}, False),
        ({"status": "failed"}, False),
        ({"status": "canceled"}, False),
    ],
)
def test_spoken_to_is_bridged_or_where_that_is_not_said_completed_or_answered(
    params: dict[str, str], *, spoken: bool
) -> None:
    call = folded(("voice", voice()), ("dial", dial(**params)), ENDED)
    assert (call.spoken, call.missed) == (spoken, not spoken)


@pytest.mark.parametrize(
    ("status", "seconds", "spoken"),
    [("completed", "66", True), ("completed", "0", False), ("no-answer", "0", False), ("busy", "0", False)],
)
def test_without_a_dial_action_a_leg_that_completed_with_a_duration_was_spoken_to(
    status: str, seconds: str, *, spoken: bool
) -> None:
    call = folded(
        ("voice", voice()), ("status", leg(status, at=AT, CallDuration=seconds)), ENDED
    )  # fmt: skip
    assert (call.spoken, call.answered_by) == (spoken, CHO if spoken else None)


@pytest.mark.parametrize("params", [{"status": "completed", "DialBridged": "false"}, {"status": "no-answer"}])
def test_beside_a_dial_action_a_leg_that_completed_proves_nothing(params: dict[str, str]) -> None:
    call = folded(
        ("voice", voice()), ("status", leg("completed", at=AT, CallDuration="20")), ("dial", dial(**params)), ENDED
    )  # fmt: skip
    assert (call.spoken, call.missed, call.answered_by) == (False, True, None)


def test_who_hangs_up_before_anyone_answers_has_missed_us_and_that_is_kept() -> None:
    call = folded(("voice", voice()), ("dial", dial("canceled")), ENDED)
    assert (call.missed, call.missed_reason) == (True, "abandoned")
