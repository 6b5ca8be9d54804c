"""`<Dial>`: telephones ring, one of them is answered (or none), the agent hears the whisper, and they talk."""

from datetime import timedelta

from calltrack.demo.calls import Call, Leg, Recording, answer, derive_sid, hang_up, pass_time
from calltrack.demo.delivery import Request, report
from calltrack.demo.parameters import dial_request, leg_event
from calltrack.demo.recording import announce, begin, keep, new_recording_sid, recording_results, talk
from calltrack.demo.resources import file_call
from calltrack.demo.timing import lay_out
from calltrack.demo.twiml import Verb, resolve
from calltrack.demo.whisper import agent_accepts

RINGING_AFTER = 1.0
"""Seconds from dialling a number to its first ring."""

_LEAVES = frozenset({"abandons-ringing", "hangs-up-in-greeting", "hangs-up-in-menu"})
_ARRIVES_AS = {"initiated": "initiated", "ringing": "ringing", "answered": "in-progress"}


def dial(call: Call, verb: Verb) -> Request | None:
    """Carry out one `<Dial>` and return the request for its action, if it has one."""
    if verb.attributes.get("answerOnBridge") != "true":
        answer(call)
    nouns = verb.children or (verb,)
    legs = [_new_leg(call, verb=verb, noun=noun) for noun in nouns]
    recording: Recording | None = None
    if verb.attributes.get("sequential") == "true":
        winner = _ring_in_turn(call, verb=verb, nouns=nouns, legs=legs)
        # The carrier makes a leg only when its turn comes.
        call.legs = [leg for leg in call.legs if leg.status != "queued"]
    else:
        winner = _ring_at_once(call, verb=verb, nouns=nouns, legs=legs)
    bridged = False
    if winner is not None:
        noun = nouns[legs.index(winner)]
        bridged = _connect(call, leg=winner, noun=noun, others=list(zip(legs, nouns, strict=True)))
        if bridged:
            recording = _talk(call, verb=verb, leg=winner, noun=noun)
        else:
            _end_leg(call, leg=winner, noun=noun, status="completed")
    if recording is None:
        _announce_absence(call, verb)
    last = winner or legs[-1]
    results = {"DialCallStatus": last.status, "DialCallSid": last.sid, "DialBridged": str(bridged).lower()}
    if winner is not None:
        results["DialCallDuration"] = str(winner.seconds)
    call.dials += 1
    action = verb.attributes.get("action")
    if action is None:
        return None
    pass_time(call, 0.2)
    params = dial_request(call, **results, **recording_results(call, recording))
    return Request(kind="dial", url=resolve(base=call.document_url, url=action), params=params)


def _new_leg(call: Call, *, verb: Verb, noun: Verb) -> Leg:
    leg = Leg(
        sid=derive_sid("CA", call.sid, len(call.legs)),
        number=noun.text,
        caller_id=verb.attributes.get("callerId", call.caller.number),
        began=call.now,
    )
    call.legs.append(leg)
    return leg


def _report_leg(call: Call, *, leg: Leg, noun: Verb, event: str) -> None:
    leg.status = _ARRIVES_AS.get(event, leg.status)
    url = noun.attributes.get("statusCallback") if noun.name == "Number" else None
    if url is None or event not in noun.events("statusCallbackEvent", "completed"):
        return
    url = resolve(base=call.document_url, url=url)
    params = leg_event(call, leg)
    leg.reported += 1
    report(call, kind=f"child:{event}", url=url, params=params)


def _end_leg(call: Call, *, leg: Leg, noun: Verb, status: str) -> None:
    leg.status = status
    leg.ended = call.now
    _report_leg(call, leg=leg, noun=noun, event="completed")


def _ring_at_once(call: Call, *, verb: Verb, nouns: tuple[Verb, ...], legs: list[Leg]) -> Leg | None:
    """Ring all; return the leg that was answered, the others still ringing, or None with every leg ended."""
    script = call.conversation
    for event in ("initiated", "ringing"):
        for leg, noun in zip(legs, nouns, strict=True):
            _report_leg(call, leg=leg, noun=noun, event=event)
        pass_time(call, RINGING_AFTER)
    timeout = verb.seconds("timeout", 30)
    # What earlier Dials took of the caller's patience.
    patience = max(0.0, script.leaves_after - (legs[0].began - call.legs[0].began) / timedelta(seconds=1))
    if call.line == "busy":
        waited, status = 1.0, "busy"
    elif call.line in _LEAVES and patience < timeout:
        waited, status = patience, "canceled"
    elif call.line in {"no-answer", *_LEAVES} or script.rings >= timeout:
        waited, status = float(timeout), "no-answer"
    else:
        pass_time(call, script.rings)
        return legs[script.answered_by % len(legs)]
    pass_time(call, waited)
    if status == "canceled":
        hang_up(call)
    for leg, noun in zip(legs, nouns, strict=True):
        _end_leg(call, leg=leg, noun=noun, status=status)
    return None


def _ring_in_turn(call: Call, *, verb: Verb, nouns: tuple[Verb, ...], legs: list[Leg]) -> Leg | None:
    """Ring one after the other (a hunt group); telephones before the one that answers are let ring in vain."""
    script = call.conversation
    timeout = verb.seconds("timeout", 30)
    for place, (leg, noun) in enumerate(zip(legs, nouns, strict=True)):
        leg.began = call.now
        last = place == len(legs) - 1
        if call.line != "answered" or place == script.answered_by % len(legs):
            winner = _ring_at_once(call, verb=verb, nouns=(noun,), legs=[leg])
            if winner is not None or last or not call.caller_is_there:
                return winner
        else:
            for event in ("initiated", "ringing"):
                _report_leg(call, leg=leg, noun=noun, event=event)
                pass_time(call, RINGING_AFTER)
            pass_time(call, timeout)
            _end_leg(call, leg=leg, noun=noun, status="no-answer")
    return None


def _connect(call: Call, *, leg: Leg, noun: Verb, others: list[tuple[Leg, Verb]]) -> bool:
    """An agent picks up: the whisper is heard, the other telephones fall silent. Return whether they were bridged."""
    leg.answered = call.now
    _report_leg(call, leg=leg, noun=noun, event="answered")
    picked_up = call.now
    accepted = agent_accepts(call, leg=leg, noun=noun)
    for other, its_noun in others:
        if other is not leg and other.ended is None and other.status != "queued":
            # They stopped ringing when the first was picked up, not when the whisper was over.
            other.status, other.ended = "canceled", picked_up
            _report_leg(call, leg=other, noun=its_noun, event="completed")
    if accepted:
        answer(call)
        file_call(call)
    return accepted


def _talk(call: Call, *, verb: Verb, leg: Leg, noun: Verb) -> Recording | None:
    """They talk until one hangs up; return the recording, if one was made."""
    bridged = call.now
    mode = verb.attributes.get("record", "do-not-record")
    from_ringing = mode.startswith("record-from-ringing")
    began = leg.began if from_ringing else bridged
    recorded = mode not in {"do-not-record", "false"}
    sid = new_recording_sid(call)
    channels = 2 if mode.endswith("-dual") else 1
    recording = Recording(sid=sid, source="DialVerb", channels=channels, began=began, duration=0)
    if recorded:
        begin(call, verb=verb, recording=recording)
    utterances, length = lay_out(turns=call.conversation.turns, seed=call.sid)
    length = min(length, float(verb.seconds("timeLimit", 14400)))
    said = talk(call, utterances=utterances, seconds=length, sid=sid)
    call.has_talked = True
    if call.conversation.first_to_hang_up == "caller":
        hang_up(call)
    _end_leg(call, leg=leg, noun=noun, status="completed")
    if not recorded:
        return None
    offset = (bridged - began) / timedelta(seconds=1)
    recording = Recording(sid=sid, source="DialVerb", channels=channels, began=began, duration=round(length + offset))
    keep(call, recording=recording, length=length + offset, offset=offset, heard=said, agent=leg.number)
    announce(call, verb=verb, recording=recording, status="completed")
    return recording


def _announce_absence(call: Call, verb: Verb) -> None:
    if verb.attributes.get("record", "do-not-record") not in {"do-not-record", "false"}:
        nothing = Recording(
            sid=new_recording_sid(call),
            source="DialVerb",
            channels=2 if verb.attributes["record"].endswith("-dual") else 1,
            began=call.now,
            duration=0,
        )
        announce(call, verb=verb, recording=nothing, status="absent")
