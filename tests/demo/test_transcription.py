"""Real-time transcription reports what is said, turn by turn, on the speaker's own track."""

from calltrack.demo.conversations import read_script
from tests.demo.office import (
    DIAL_TWO,
    GREETING,
    TRACKING,
    TRANSCRIBED,
    answered_office,
)


def test_each_finished_turn_is_transcribed_on_its_own_track():
    office = answered_office(voice=TRANSCRIBED + GREETING + DIAL_TWO)
    office.carrier().place_call(to=TRACKING, conversation="drain-clog")
    events = office.to("transcription")
    assert [e["TranscriptionEvent"].removeprefix("transcription-") for e in events[:2]] == ["started", "content"]
    assert events[-1]["TranscriptionEvent"] == "transcription-stopped"
    assert [e["SequenceId"] for e in events] == [str(count + 1) for count in range(len(events))]
    turns = read_script()["drain-clog"].turns
    tracks = {"caller": "inbound_track", "agent": "outbound_track"}
    assert [e["Track"] for e in events[1:-1]] == [tracks[turn.speaker] for turn in turns]
    for event, turn in zip(events[1:-1], turns, strict=True):
        assert f'"transcript":"{turn.text}"' in event["TranscriptionData"]
        assert event["Final"] == "true"
    assert sorted(event["Timestamp"] for event in events) == [event["Timestamp"] for event in events]


def test_one_track_is_transcribed_when_one_is_asked_for():
    office = answered_office(voice=TRANSCRIBED.replace("both_tracks", "inbound_track") + GREETING + DIAL_TWO)
    office.carrier().place_call(to=TRACKING, conversation="drain-clog")
    assert {e["Track"] for e in office.to("transcription")[1:-1]} == {"inbound_track"}


def test_stop_ends_the_transcription():
    stop = '<Stop><Transcription name="all"/></Stop>'
    office = answered_office(voice=TRANSCRIBED + stop + GREETING + DIAL_TWO)
    office.carrier().place_call(to=TRACKING, conversation="drain-clog")
    assert [e["TranscriptionEvent"] for e in office.to("transcription")] == [
        "transcription-started",
        "transcription-stopped",
    ]
