"""What the agent hears before the caller: the `<Number url>` document, and whether the call is accepted in it."""

from calltrack.demo.calls import Call, Leg, answer, hang_up, pass_time
from calltrack.demo.delivery import request_twiml
from calltrack.demo.parameters import leg_request
from calltrack.demo.timing import seconds_to_say
from calltrack.demo.twiml import TwimlError, Verb, resolve

ACCEPT = "1"
"""The key an agent presses to take a call."""

_MOST_DOCUMENTS = 5
_IN_MAILBOX = 30.0
"""Seconds for a mailbox's greeting and the message that a caller leaves there."""


def agent_accepts(call: Call, *, leg: Leg, noun: Verb) -> bool:
    """Play the whisper to the agent. A document that ends without a hang-up connects the two.

    A mailbox that has picked up, or an agent who refuses, presses no key and is gone before the document ends.
    """
    pass_time(call, 0.3)
    there = call.line == "answered"
    url = noun.attributes.get("url") if noun.name == "Number" else None
    if url is None:
        _meet(call, seconds=3.0)
        return there
    url = resolve(base=call.document_url, url=url)
    kind, params = "whisper", leg_request(call, leg)
    try:
        for _ in range(_MOST_DOCUMENTS):
            verbs = request_twiml(call, kind=kind, url=url, params=params, whisper=True)
            verdict = _run(call, verbs=verbs, there=there)
            if isinstance(verdict, bool):
                if verdict:
                    _meet(call)
                return verdict and there
            url = resolve(base=url, url=verdict.attributes.get("action", verdict.text or url))
            kind = "whisper-menu"
            pressed = {"msg": "Gather End", "Digits": ACCEPT, "FinishedOnKey": ""}
            params = leg_request(call, leg, **(pressed if verdict.name == "Gather" else {}))
    except TwimlError as flaw:
        call.errors.append(flaw)
    return False


def _meet(call: Call, *, seconds: float = 0.0) -> None:
    """Nothing keeps the caller from whoever has picked up. A mailbox, or an agent who is gone before they meet, leaves
    after so many seconds, unless the caller leaves a message in the mailbox first."""
    if call.line == "agent-voicemail" and call.conversation.stays_in_mailbox:
        answer(call)
        pass_time(call, _IN_MAILBOX)
        hang_up(call)
    elif call.line != "answered":
        pass_time(call, seconds)


def _run(call: Call, *, verbs: tuple[Verb, ...], there: bool) -> bool | Verb:
    """Return whether the document lets the two be connected, or the verb whose answer decides."""
    for verb in verbs:
        match verb.name:
            case "Say":
                pass_time(call, seconds_to_say(verb.text))
            case "Play" | "Pause":
                pass_time(call, verb.seconds("length", 2))
            case "Redirect":
                return verb
            case "Hangup":
                return False
            case _:  # Gather
                _run(call, verbs=verb.children, there=there)
                if there:
                    pass_time(call, 1.0)
                    return verb
                pass_time(call, verb.seconds("timeout", 5))
    return True
