"""Recordings of a call: when they are announced, and `<Record>`, which takes a message."""

from calltrack.demo.calls import Call, Recording, answer, derive_sid, hang_up, pass_time, wait_for_clock
from calltrack.demo.conversations import Turn
from calltrack.demo.delivery import Request, report
from calltrack.demo.parameters import call_request, recording_event, transcribed_event, url_of
from calltrack.demo.resources import file_recording
from calltrack.demo.timing import Utterance, lay_out
from calltrack.demo.transcription import transcribe
from calltrack.demo.twiml import Verb, resolve
from calltrack.demo.voices import AGENT_VOICES

AFTER_THE_CALL = 2.0
"""Seconds from a call's end to its recording being ready."""


def new_recording_sid(call: Call) -> str:
    """Name the call's next recording."""
    return derive_sid("RE", call.sid, len(call.recordings))


def announce(call: Call, *, verb: Verb, recording: Recording, status: str) -> None:
    """Report a recording's status if the verb subscribed to it; a completed one is reported after the call."""
    url = verb.attributes.get("recordingStatusCallback")
    wanted = verb.events("recordingStatusCallbackEvent", "completed")
    if url is None or status not in wanted or call.desk.misbehaviour.recording_unannounced:
        return
    url = resolve(base=call.document_url, url=url)
    params = recording_event(call, recording=recording, status=status)
    if status == "completed":
        call.afterwards.append((AFTER_THE_CALL, f"recording:{status}", url, params))
    else:
        report(call, kind=f"recording:{status}", url=url, params=params)


def recording_results(call: Call, recording: Recording | None) -> dict[str, str]:
    """Name a finished recording in the request that follows it."""
    if recording is None or call.desk.misbehaviour.recording_unannounced:
        return {}
    return {
        "RecordingUrl": url_of(call, recording),
        "RecordingSid": recording.sid,
        "RecordingDuration": str(recording.duration),
    }


def keep(call: Call, *, recording: Recording, length: float, offset: float, heard: list[Utterance], agent: str) -> None:
    """File a recording's audio as parts to be rendered when somebody asks for it.

    `offset` is where in the recording the utterances' own clock begins; `agent` the number that answered.
    """
    voices = {
        "caller": call.conversation.caller.voice,
        "agent": AGENT_VOICES[int(derive_sid("", agent), 16) % len(AGENT_VOICES)],
    }
    parts = [
        {
            "channel": 0 if utterance.speaker == "caller" else 1,
            "start": round(offset + utterance.start, 2),
            "seconds": utterance.seconds,
            "voice": voices[utterance.speaker],
            "text": utterance.text,
        }
        for utterance in heard
    ]
    call.recordings.append(recording)
    file_recording(call, recording=recording, length=length, parts=parts)


def begin(call: Call, *, verb: Verb, recording: Recording) -> None:
    """A recording runs from now on, and may be paused."""
    file_recording(call, recording=recording, length=0.0, parts=[], status="in-progress")
    announce(call, verb=verb, recording=recording, status="in-progress")


def talk(call: Call, *, utterances: list[Utterance], seconds: float, sid: str) -> list[Utterance]:
    """Let people talk for so long; return what the recording `sid` hears of it: whole turns, and none in a pause."""
    said: list[Utterance] = []
    spent = 0.0
    for utterance in utterances:
        end = utterance.start + utterance.seconds
        if end > seconds:
            break
        paused = _is_paused(call, sid)
        pass_time(call, end - spent)
        wait_for_clock(call)
        spent = end
        if not (paused or _is_paused(call, sid)):
            said.append(utterance)
        transcribe(call, utterance)
    pass_time(call, seconds - spent)
    return said


def _is_paused(call: Call, sid: str) -> bool:
    running = call.desk.ledger.read(kind="recording", sid=sid)
    return running is not None and running["status"] == "paused"


def record(call: Call, verb: Verb) -> Request | None:
    """`<Record>`: a beep, the caller's message, and the caller hangs up; None when there was nothing to record."""
    answer(call)
    pass_time(call, 1.0 if verb.attributes.get("playBeep", "true") == "true" else 0.1)
    message = _message(call)
    began = call.now
    sid = new_recording_sid(call)
    if not message:
        pass_time(call, 0.8)
        hang_up(call)
        nothing = Recording(sid=sid, source="RecordVerb", channels=1, began=began, duration=0)
        announce(call, verb=verb, recording=nothing, status="absent")
        return None
    running = Recording(sid=sid, source="RecordVerb", channels=1, began=began, duration=0)
    begin(call, verb=verb, recording=running)
    utterances, length = lay_out(turns=[Turn(speaker="caller", text=text) for text in message], seed=call.sid)
    length = min(length, float(verb.seconds("maxLength", 3600)))
    said = talk(call, utterances=utterances, seconds=length, sid=sid)
    call.has_talked = True
    hang_up(call)
    recording = Recording(sid=sid, source="RecordVerb", channels=1, began=began, duration=round(length))
    keep(call, recording=recording, length=length, offset=0.0, heard=said, agent="")
    announce(call, verb=verb, recording=recording, status="completed")
    _announce_text(call, verb=verb, recording=recording, said=said)
    action = resolve(base=call.document_url, url=verb.attributes.get("action", call.document_url))
    results = recording_results(call, recording) | {"Digits": "hangup"}
    return Request(kind="record", url=action, params=call_request(call, **results))


def _message(call: Call) -> tuple[str, ...]:
    script = call.conversation
    if call.has_talked or script.line == "hangs-up-in-greeting":
        return ()
    # A call that the flow sends straight to voicemail leaves there what it would have told the agent.
    spoken = tuple(turn.text for turn in script.turns if turn.speaker == "caller")
    return script.voicemail or (spoken if not call.has_dialled else ())


def _announce_text(call: Call, *, verb: Verb, recording: Recording, said: list[Utterance]) -> None:
    url = verb.attributes.get("transcribeCallback")
    # The carrier transcribes messages of 2 to 120 seconds only.
    if verb.attributes.get("transcribe") != "true" or url is None or not 2 <= recording.duration <= 120:
        return
    url = resolve(base=call.document_url, url=url)
    text = " ".join(utterance.text for utterance in said)
    params = transcribed_event(call, recording=recording, sid=derive_sid("TR", recording.sid), text=text, url=url)
    call.afterwards.append((AFTER_THE_CALL + 5, "transcribe", url, params))
