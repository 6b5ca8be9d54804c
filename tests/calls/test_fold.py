"""Folding: what the events of one call say together, whatever their order."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from calltrack.calls.fold import FoldedCall, Received, fold
from calltrack.telephony import twilio
from calltrack.telephony.carrier import Event
from tests.twilio_wire import (
    CHO,
    LEG,
    OTHER_LEG,
    RECORDING,
    answered_call,
    dial,
    ended,
    leg,
    recording,
    said,
    voice,
)

ARRIVED = datetime(2026, 5, 4, 15, 0, 1, tzinfo=UTC)
AT = "Mon, 04 May 2026 15:01:16 +0000"


def heard(*requests: tuple[str, dict[str, str]]) -> list[Received]:
    """Each request, arriving one second after the one before."""
    found = []
    for second, (kind, params) in enumerate(requests):
        event = twilio.parse(kind=kind, params=params)  # type: ignore[arg-type]
        found.append(Received(event, ARRIVED + timedelta(seconds=second)))
    return found


def folded(*requests: tuple[str, dict[str, str]]) -> FoldedCall:
    call = fold(heard(*requests))
    assert call is not None
    return call


def test_an_answered_call_says_who_answered_and_how_long_they_talked():
    call = folded(*answered_call())
    assert (call.status, call.spoken, call.missed, call.answered_by) == ("completed", True, False, CHO)
    assert (call.duration, call.talk_seconds) == (75, 66)
    assert call.ended_at == datetime(2026, 5, 4, 15, 1, 16, tzinfo=UTC)
    assert [(one.sid, one.status, one.duration, one.channels) for one in call.recordings] == [
        (RECORDING, "completed", 63, 2)
    ]
    assert [(one.leg_sid, one.status, one.bridged) for one in call.legs] == [
        (LEG, "completed", True),
        (OTHER_LEG, "canceled", False),
    ]


def test_a_call_starts_at_the_last_status_less_its_duration_once_that_is_known():
    assert folded(("voice", voice())).started_at == ARRIVED
    assert folded(*answered_call()).started_at == datetime(2026, 5, 4, 15, 0, 1, tzinfo=UTC)


@given(st.permutations(range(len(answered_call()))), st.lists(st.integers(0, 13), max_size=6))
def test_any_order_and_any_repetition_fold_to_the_same_call(order, repeated):
    events = heard(*answered_call())
    assert fold([events[i] for i in [*order, *repeated]]) == fold(events)


@given(st.sets(st.integers(0, 13), min_size=1), st.randoms())
def test_any_subset_folds_the_same_in_any_order(chosen, random):
    events = [heard(*answered_call())[i] for i in sorted(chosen)]
    shuffled = random.sample(events, len(events))
    assert fold(shuffled) == fold(events)


def test_a_missing_first_request_changes_nothing_but_the_announcement():
    assert folded(*answered_call()[1:]) == folded(*answered_call())


def test_a_terminal_status_is_never_reopened():
    late = ("status", ended(at=AT, seconds=75, status="in-progress"))
    another = ("status", ended(at="Mon, 04 May 2026 15:05:00 +0000", seconds=299, status="failed"))
    call = folded(*answered_call(), late, another)
    assert (call.status, call.duration) == ("completed", 75)


def test_an_agents_leg_alone_makes_no_call():
    assert fold(heard(("status", leg("ringing", at=AT)))) is None


def test_a_recording_callback_alone_makes_a_call_without_numbers():
    call = folded(("recording", recording()))
    assert (call.direction, call.dialled, call.caller, call.ended_at) == ("inbound", None, None, None)


def test_a_dial_that_completed_unbridged_reached_an_agents_voicemail_and_was_missed():
    call = folded(("dial", dial(DialBridged="false")), ("status", ended(at=AT, seconds=40)))
    assert (call.spoken, call.missed, call.missed_reason, call.talk_seconds) == (False, True, "not_bridged", 0)


def test_a_dial_that_does_not_say_bridged_counts_when_it_completed():
    assert folded(("dial", dial("completed")), ("status", ended(at=AT, seconds=40))).spoken
    assert folded(("dial", dial("answered")), ("status", ended(at=AT, seconds=40))).spoken


def test_without_a_dial_action_a_leg_that_completed_with_a_duration_was_the_conversation():
    call = folded(
        ("voice", voice()), ("status", leg("completed", at=AT, CallDuration="20")), ("status", ended(at=AT, seconds=40))
    )
    assert (call.spoken, call.answered_by, call.talk_seconds) == (True, CHO, 20)


def test_of_two_phones_that_picked_up_the_one_that_was_talked_on_longest_answered():
    short = leg("completed", at=AT, CallDuration="3", leg="CA" + "0" * 32, to="+13125550199")
    long = leg("completed", at=AT, CallDuration="300")
    end = ("status", ended(at=AT, seconds=315))
    for told in (
        [("status", short), ("status", long), end],
        [("status", short), ("status", long), ("dial", dial(DialBridged="true")), end],
    ):
        call = folded(*told)
        assert (call.answered_by, call.talk_seconds) == (CHO, 300)
        assert [one.bridged for one in call.legs] == [False, True]


def test_a_voicemail_whose_recording_is_absent_is_no_message():
    call = folded(
        ("voicemail", voice(RecordingSid="RE9", RecordingDuration="9")),
        ("recording", recording("absent", sid="RE9", RecordingSource="RecordVerb")),
        ("status", ended(at=AT, seconds=80)),
    )
    assert (call.voicemail, call.missed) == (False, True)


def test_a_record_action_that_names_its_recording_by_address_only_is_a_message():
    address = "https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE9"
    call = folded(
        ("voicemail", voice(RecordingUrl=address, RecordingDuration="13")), ("status", ended(at=AT, seconds=60))
    )
    assert (call.voicemail, [one.sid for one in call.recordings]) == (True, ["RE9"])


def test_who_hangs_up_before_anyone_answers_has_abandoned_the_call():
    greeting = folded(("voice", voice()), ("status", ended(at=AT, seconds=4)))
    ringing = folded(
        ("dial", dial("canceled", CallStatus="completed")), ("status", ended(at=AT, seconds=14, status="completed"))
    )
    assert (greeting.missed, greeting.missed_reason) == (True, "abandoned")
    assert (ringing.missed, ringing.missed_reason) == (True, "abandoned")


def test_nobody_answered_and_no_message_was_left():
    call = folded(("dial", dial("no-answer")), ("status", ended(at=AT, seconds=40)))
    assert (call.missed, call.missed_reason) == (True, "no_answer")


def test_a_voicemail_is_not_a_missed_call():
    message = voice(RecordingSid="RE9", RecordingDuration="13", Digits="hangup", CallStatus="completed")
    call = folded(("dial", dial("no-answer")), ("voicemail", message), ("status", ended(at=AT, seconds=60)))
    assert (call.voicemail, call.missed, call.spoken) == (True, False, False)


def test_a_silent_voicemail_of_no_length_is_no_message():
    message = voice(RecordingSid="RE9", RecordingDuration="0")
    assert folded(("voicemail", message), ("status", ended(at=AT, seconds=60))).missed


def test_the_recording_that_a_dial_action_mentions_is_no_voicemail():
    call = folded(
        ("dial", dial("no-answer", RecordingSid="RE9", RecordingDuration="3")), ("status", ended(at=AT, seconds=9))
    )
    assert (call.voicemail, call.missed) == (False, True)


def test_a_call_whose_last_status_never_came_ends_when_we_learn_that_the_caller_has_gone():
    call = folded(("voice", voice()), ("dial", dial(CallStatus="completed", DialCallDuration="30")))
    assert (call.status, call.ended_at, call.duration) == ("completed", ARRIVED + timedelta(seconds=1), None)
    assert call.talk_seconds == 30


def test_while_it_runs_a_call_is_neither_ended_nor_missed():
    call = folded(*answered_call()[:9])
    assert (call.status, call.ended_at, call.missed, call.talk_seconds) == ("in-progress", None, False, None)


def test_an_outbound_call_says_so():
    assert folded(("recording", recording()), ("status", voice(Direction="outbound-api"))).direction == "outbound-api"


def test_an_absent_recording_is_absent_until_a_later_word_completes_it():
    assert folded(("recording", recording("in-progress")), ("recording", recording("absent"))).recordings[0].status == (
        "absent"
    )


def test_speech_is_no_part_of_the_fold_but_makes_the_call():
    call = fold([Received(Event(kind="transcription", call_sid="CA1"), ARRIVED)])
    assert call is not None
    assert call.started_at == ARRIVED
    assert said("hello", at="2026-05-04T15:00:15Z")["Final"] == "true"
