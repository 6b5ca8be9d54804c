"""What goes wrong on purpose, so that a server can be tried with it."""

from collections import Counter

from calltrack.demo.calls import Misbehaviour
from tests.demo.office import DIAL_TWO, GREETING, TRACKING, WHISPER, Office


def office() -> Office:
    return Office({"voice": GREETING + DIAL_TWO, "whisper": WHISPER, "dial": ""})


def test_a_duplicate_carries_the_token_of_its_original():
    desk = office()
    placed = desk.carrier().place_call(
        to=TRACKING, conversation="furnace-out", misbehaviour=Misbehaviour(duplicate=True)
    )
    tokens = Counter(delivered.headers["I-Twilio-Idempotency-Token"] for delivered in desk.requests)
    assert set(tokens.values()) == {2}
    assert len(placed.exchanges) == len(desk.requests) == 26


def test_shuffled_reports_are_the_same_ones_in_another_order():
    straight, shuffled = office(), office()
    once = {"to": TRACKING, "conversation": "furnace-out", "call_sid": "CA" + "5" * 32}
    first = straight.carrier().place_call(**once)  # type: ignore[arg-type]
    second = shuffled.carrier().place_call(
        **once,  # type: ignore[arg-type]
        started_at=first.started_at,
        misbehaviour=Misbehaviour(shuffle=3),
    )
    assert [e.kind for e in second.exchanges][:3] == ["voice", "whisper", "dial"]
    assert [e.kind for e in first.exchanges] != [e.kind for e in second.exchanges]
    assert sorted(d.raw for d in straight.requests) == sorted(d.raw for d in shuffled.requests)


def test_a_dropped_kind_is_never_sent():
    placed = (
        office()
        .carrier()
        .place_call(
            to=TRACKING,
            conversation="furnace-out",
            misbehaviour=Misbehaviour(drop=frozenset({"status", "child", "recording:in-progress"})),
        )
    )
    assert [e.kind for e in placed.exchanges] == ["voice", "whisper", "dial", "recording:completed"]


def test_a_recording_that_nobody_hears_of_can_still_be_listed():
    desk = office()
    carrier = desk.carrier()
    placed = carrier.place_call(
        to=TRACKING, conversation="furnace-out", misbehaviour=Misbehaviour(recording_unannounced=True)
    )
    assert not desk.to("recording")
    assert "RecordingUrl" not in desk.to("dial")[0].names
    assert [body["call_sid"] for body in carrier.ledger.list(kind="recording")] == [placed.call_sid]


def test_a_past_call_can_be_delivered_again_elsewhere():
    first, second = office(), office()
    placed = first.carrier().place_call(to=TRACKING, conversation="furnace-out")
    again = second.carrier().redeliver(exchanges=placed.exchanges, shuffle=1)
    assert sorted(d.raw for d in first.requests) == sorted(d.raw for d in second.requests)
    assert [e.kind for e in again] != [e.kind for e in placed.exchanges]
    assert {e.idempotency_token for e in again} == {e.idempotency_token for e in placed.exchanges}


def test_a_message_arrives_at_the_numbers_message_url():
    desk = office()
    desk.carrier().send_message(to=TRACKING, from_="+16305550110", text="Do you fix gutters?")
    message = desk.to("message")[0]
    assert message.signed
    assert (message["From"], message["To"], message["Body"]) == ("+16305550110", TRACKING, "Do you fix gutters?")
    assert message["SmsSid"] == message["MessageSid"]
