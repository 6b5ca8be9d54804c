"""Following TwiML: one verb after the other, document after document, until somebody hangs up."""

from collections.abc import Callable

from calltrack.demo.calls import Call, answer, hang_up, pass_time
from calltrack.demo.delivery import Request, report, report_afterwards, request_twiml
from calltrack.demo.dialling import dial
from calltrack.demo.parameters import call_request, status_event, voice_request
from calltrack.demo.recording import record
from calltrack.demo.resources import file_call
from calltrack.demo.timing import seconds_to_say
from calltrack.demo.transcription import start_transcription, stop_transcription
from calltrack.demo.twiml import TwimlError, Verb, resolve

MOST_DOCUMENTS = 100
"""A call that asks for more documents than this runs in a circle."""

SECONDS_OF_PLAY = 4.0
"""What a <Play> is taken to last: its audio is not fetched."""


def follow(call: Call, *, voice_url: str) -> None:
    """Take a call from its ring to its last report. What the carrier could not follow is kept in `call.errors`."""
    file_call(call)
    request: Request | None = Request(kind="voice", url=voice_url, params=voice_request(call))
    for _ in range(MOST_DOCUMENTS):
        if request is None:
            break
        request = _next_request(call, request)
    else:
        call.errors.append(TwimlError(11215, f"more than {MOST_DOCUMENTS} documents in one call"))
    hang_up(call)
    pass_time(call, 0.1)
    stop_transcription(call)
    report(call, kind="status", url=call.status_callback, params=status_event(call))
    file_call(call)
    report_afterwards(call)


def _next_request(call: Call, request: Request) -> Request | None:
    try:
        verbs = request_twiml(call, kind=request.kind, url=request.url, params=request.params)
        call.document_url = request.url.split("#")[0]
        return _run(call, verbs)
    except TwimlError as flaw:
        call.errors.append(flaw)
        if call.caller_is_there and call.fallback_url and request.kind != "fallback":
            params = call_request(call, ErrorCode=str(flaw.code), ErrorUrl=request.url.split("#")[0])
            return Request(kind="fallback", url=call.fallback_url, params=params)
        # The caller hears "an application error has occurred", and the carrier hangs up.
        answer(call)
        pass_time(call, SECONDS_OF_PLAY)
        return None


def _run(call: Call, verbs: tuple[Verb, ...]) -> Request | None:
    for verb in verbs:
        if not call.caller_is_there:
            return None
        if verb.name == "Hangup":
            answer(call)
            return None
        if verb.name == "Reject":
            _reject(call, verb)
            return None
        if (request := _VERBS[verb.name](call, verb)) is not None:
            return request
    return None


def _hear(call: Call, seconds: float) -> None:
    """Play something to the caller, who may not wait for its end."""
    answer(call)
    patience = _patience(call, seconds)
    if patience is not None and patience < seconds:
        pass_time(call, patience)
        hang_up(call)
    else:
        pass_time(call, seconds)


def _patience(call: Call, seconds: float) -> float | None:
    """How many of so many seconds the caller listens; None while there is a reason to stay."""
    script = call.conversation
    if script.line == "hangs-up-in-greeting":
        return min(script.leaves_after, seconds * 0.8)
    if call.has_talked:
        return 0.5
    if call.dials > len(script.before) and not script.voicemail:
        return 2.0
    return None


def _say(call: Call, verb: Verb) -> None:
    _hear(call, seconds_to_say(verb.text) * max(1, verb.seconds("loop", 1)))


def _play(call: Call, verb: Verb) -> None:
    _hear(call, SECONDS_OF_PLAY * max(1, verb.seconds("loop", 1)))


def _pause(call: Call, verb: Verb) -> None:
    _hear(call, verb.seconds("length", 1))


def _gather(call: Call, verb: Verb) -> Request | None:
    answer(call)
    for prompt in verb.children:
        if call.caller_is_there:
            _VERBS[prompt.name](call, prompt)
    if not call.caller_is_there:
        return None
    if call.conversation.line == "hangs-up-in-menu":
        pass_time(call, min(call.conversation.leaves_after, verb.seconds("timeout", 5)))
        hang_up(call)
        return None
    results = _chosen(call, verb)
    call.menus += 1
    if not results and verb.attributes.get("actionOnEmptyResult") != "true":
        _hear(call, verb.seconds("timeout", 5))
        return None
    pass_time(call, 1.2 if results else verb.seconds("timeout", 5))
    results = {"msg": "Gather End", **(results or {"Digits": "", "FinishedOnKey": ""})}
    action = resolve(base=call.document_url, url=verb.attributes.get("action", call.document_url))
    return Request(kind="menu", url=action, params=call_request(call, **results))


def _chosen(call: Call, verb: Verb) -> dict[str, str]:
    """What the caller says, or else presses, at this menu; empty where the menu listens for neither."""
    listens = verb.attributes.get("input", "dtmf").split()
    said = "".join(call.conversation.says[call.menus : call.menus + 1])
    if said and "speech" in listens:
        return {"SpeechResult": said, "Confidence": "0.9"}
    digits = "".join(call.conversation.digits[call.menus : call.menus + 1])
    if not digits or "dtmf" not in listens:
        return {}
    ended_by_count = verb.attributes.get("numDigits") == str(len(digits))
    return {"Digits": digits, "FinishedOnKey": "" if ended_by_count else verb.attributes.get("finishOnKey", "#")}


def _redirect(call: Call, verb: Verb) -> Request:
    url = resolve(base=call.document_url, url=verb.text)
    return Request(kind="redirect", url=url, params=call_request(call))


def _reject(call: Call, verb: Verb) -> None:
    if call.answered is None:
        busy = verb.attributes.get("reason") == "busy"
        call.status, call.sip_code = ("busy", "486") if busy else ("no-answer", "603")


def _stop(call: Call, _verb: Verb) -> None:
    stop_transcription(call)


_VERBS: dict[str, Callable[[Call, Verb], Request | None]] = {
    "Say": _say,
    "Play": _play,
    "Pause": _pause,
    "Gather": _gather,
    "Redirect": _redirect,
    "Dial": dial,
    "Record": record,
    "Start": start_transcription,
    "Stop": _stop,
}
