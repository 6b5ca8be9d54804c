"""Calls as a carrier might tell them: any number of Dials, phones that answer or do not, messages, live transcripts."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from hypothesis import strategies as st

from calltrack.telephony.carrier import Delivery
from tests import twilio_wire as wire

BEGAN = datetime(2026, 5, 4, 15, 0, tzinfo=UTC)
PHONES = (wire.CHO, wire.CHOS_COLLEAGUE, "+13125550192")
_ENDS = ("completed", "no-answer", "busy", "failed", "canceled")


def _stamp(second: int) -> str:
    return format_datetime(BEGAN + timedelta(seconds=second))


@st.composite
def _dialled(draw: st.DrawFn, call: str, number: int, at: int) -> list[tuple[str, dict[str, str]]]:
    """One Dial: its phones' progress, whoever took the call, and its action."""
    said: list[tuple[str, dict[str, str]]] = []
    ends = draw(st.lists(st.sampled_from(_ENDS), min_size=1, max_size=3))
    for place, end in enumerate(ends):
        sid, to = f"{call}-{number}-{place}", PHONES[place]
        for order, status in enumerate(draw(st.sampled_from([(), ("initiated",), ("initiated", "ringing")]))):
            said.append(
                ("status", wire.leg(status, at=_stamp(at), leg=sid, to=to, call=call, SequenceNumber=f"{order}"))
            )
        seconds = str(draw(st.integers(0, 90))) if end == "completed" else "0"
        told = wire.leg(end, at=_stamp(at + 20), leg=sid, to=to, call=call, CallDuration=seconds, SequenceNumber="3")
        said.append(("status", told))
    taken = ends.index("completed") if "completed" in ends else None
    result = {"DialCallStatus": ends[taken or 0], "CallStatus": draw(st.sampled_from(["in-progress", "completed"]))}
    if taken is not None:
        result |= {"DialCallSid": f"{call}-{number}-{taken}", "DialCallDuration": str(draw(st.integers(1, 90)))}
        bridged = draw(st.sampled_from(["true", "false", None]))
        result |= {"DialBridged": bridged} if bridged else {}
    said.append(("dial", wire.voice(call=call, **result)))
    return said


@st.composite
def told_calls(draw: st.DrawFn, call: str) -> list[Delivery]:
    """All deliveries of one call in the order in which things happened, each with the moment when it came."""
    said = [("voice", wire.voice(call=call))]
    for number in range(draw(st.integers(0, 3))):
        said += draw(_dialled(call, number, 5 + 30 * number))
    if draw(st.booleans()):
        for status in ("in-progress", draw(st.sampled_from(["completed", "absent", "failed"]))):
            source = draw(st.sampled_from(["DialVerb", "RecordVerb"]))
            length = {"RecordingDuration": str(draw(st.integers(0, 60)))} if status == "completed" else {}
            said.append(("recording", wire.recording(status, call=call, RecordingSource=source, **length)))
    for word in range(draw(st.integers(0, 3))):
        track = draw(st.sampled_from(["inbound_track", "outbound_track"]))
        moment = (BEGAN + timedelta(seconds=10 + word)).isoformat()
        said.append(("transcription", wire.said(f"words {word}", at=moment, track=track, sequence=word, call=call)))
    if draw(st.booleans()):
        said.append(
            ("voicemail", wire.voice(call=call, CallStatus="completed", Digits="hangup", RecordingSid="REmessage"))
        )
    if draw(st.booleans()):
        seconds = draw(st.integers(1, 300))
        said.append(("status", wire.ended(at=_stamp(seconds + 2), seconds=seconds, call=call)))
    turned_away = draw(st.sampled_from([None, "spam"]))
    waits = draw(st.lists(st.integers(0, 5), min_size=len(said), max_size=len(said)))
    return [
        Delivery(
            carrier="twilio",
            carrier_account=wire.ACCOUNT,
            kind=kind,  # type: ignore[arg-type]
            params=params,
            received_at=BEGAN + timedelta(seconds=place + wait),
            announcement="This call may be recorded." if kind == "voice" and not turned_away else None,
            turned_away=turned_away if kind == "voice" else None,
        )
        for place, ((kind, params), wait) in enumerate(zip(said, waits, strict=True))
    ]
