"""A placed call told as a story: what was heard, which phones rang and for how long, and how it ended."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from calltrack.demo.calls import Exchange, Leg
from calltrack.demo.carrier import PlacedCall
from calltrack.demo.dialling import RINGING_AFTER
from calltrack.demo.follow import SECONDS_OF_PLAY
from calltrack.demo.timing import seconds_to_say
from calltrack.demo.twiml import TwimlError, Verb, parse_twiml
from calltrack.phone import display
from calltrack.telephony.blocking import NUMBERLESS
from calltrack.telephony.plan import Plan, Prompt

WITHOUT_A_KEY = (
    "To keep that from happening, have them press a key to take the call: a voicemail presses none, and the call goes "
    "on to the next phone"
)
_TURNED_AWAY = {
    "forged number": "the network says that their number is forged",
    "spam": "the carrier's spam service warns of them",
    f"blocked: {NUMBERLESS}": "callers who withhold their number are blocked",
}
_STEERS = frozenset({"voice", "fallback", "redirect", "menu", "dial", "record", "whisper", "whisper-menu"})


@dataclass(frozen=True)
class Heard:
    """Something that happened `at` so many seconds after the call came in. `step`: where in the flow, if known."""

    at: float
    words: str
    step: str = ""


@dataclass
class _Telling:
    """What the story has to know while it is told."""

    placed: PlacedCall
    sounds: Mapping[str, str]
    people: Mapping[str, str]
    legs: Iterator[Leg]
    turned_away: str | None
    put_through: datetime | None = None
    asked_for_a_key: bool = False


def tell(
    placed: PlacedCall, *, plan: Plan, announcement: Prompt, people: Mapping[str, str], turned_away: str | None = None
) -> list[Heard]:
    """The call from its first ring to its end, in order. `people`: whose phone it is, by phone; `turned_away`: why the
    flow did so."""
    sounds = {prompt.audio: prompt.text for prompt in (announcement, *_prompts(plan)) if prompt.audio}
    telling = _Telling(placed, sounds, people, iter(placed.legs), turned_away)
    told = [
        one for exchange in placed.exchanges if exchange.kind in _STEERS for one in _tell_exchange(telling, exchange)
    ]
    told += [Heard(_after(placed, placed.ended_at), f"The carrier could not go on: {flaw}") for flaw in placed.errors]
    told.append(Heard(_after(placed, placed.ended_at), _ending(placed)))
    return sorted(told, key=lambda one: one.at)


def _tell_exchange(telling: _Telling, exchange: Exchange) -> Iterator[Heard]:
    at = exchange.at
    if exchange.kind.startswith("whisper"):
        yield from _tell_whisper(telling, exchange)
        return
    yield from _results(telling, exchange)
    for verb in _verbs(exchange):
        if at > telling.placed.ended_at or (at == telling.placed.ended_at and verb.name != "Reject"):
            return  # nobody is left to hear it
        yield from _tell_verb(telling, verb, at=at)
        at += timedelta(seconds=_lasts(verb))


def _tell_verb(telling: _Telling, verb: Verb, *, at: datetime) -> Iterator[Heard]:
    after = _after(telling.placed, at)
    step = _step_of(verb.attributes.get("action", ""))
    match verb.name:
        case "Say" | "Play":
            yield Heard(after, f"The caller hears {_words(telling, verb)}", step)
        case "Gather":
            for prompt in verb.children:
                yield Heard(after, f"The caller is asked {_words(telling, prompt)}", step)
        case "Dial":
            legs = [leg for _, leg in zip(verb.children, telling.legs, strict=False)]
            telling.asked_for_a_key = False
            how = "rings" if len(legs) == 1 else "ring at once"
            yield Heard(after, f"{_listed([_name(telling, one) for one in legs])} {how}", step)
            for leg in legs:
                yield Heard(_after(telling.placed, leg.answered or leg.ended or at), _leg_words(telling, leg), step)
                telling.put_through = leg.answered or telling.put_through
        case "Record":
            longest = verb.seconds("maxLength", 3600)
            yield Heard(after, f"A tone; the caller may leave a message of up to {_seconds(longest)}", step)
        case "Hangup":
            yield Heard(after, "The call is ended for the caller", step)
        case "Reject":
            why = _why_turned_away(telling.turned_away)
            yield Heard(after, f"The caller hears a busy signal and is turned away{why}; no phone rings", step)


def _tell_whisper(telling: _Telling, exchange: Exchange) -> Iterator[Heard]:
    telling.put_through = exchange.at
    who = "The voicemail" if _is_mailbox(telling) else "Whoever picked up"
    for verb in _verbs(exchange):
        telling.asked_for_a_key |= verb.name == "Gather"
        said = verb.children[0] if verb.name == "Gather" and verb.children else verb
        if said.name in {"Say", "Play"}:
            words = f"{who} hears {_words(telling, said)}"
            yield Heard(_after(telling.placed, exchange.at), words, _step_of(exchange.url))
            telling.put_through += timedelta(seconds=_lasts(said))
            return


def _results(telling: _Telling, exchange: Exchange) -> Iterator[Heard]:
    """What the request itself tells of what came before it."""
    params, step = dict(exchange.params), _step_of(exchange.url)
    after = _after(telling.placed, exchange.at)
    match exchange.kind:
        case "menu":
            keys, said = params.get("Digits"), params.get("SpeechResult")
            did = f"says “{said}”" if said else "neither presses a key nor says anything"
            yield Heard(after, f"The caller presses {keys}" if keys else f"The caller {did}", step)
        case "dial" if params.get("DialBridged") == "true":
            talks = _after(telling.placed, telling.put_through or exchange.at)
            recorded = "it is recorded" if params.get("RecordingSid") else "it is not recorded"
            yield Heard(talks, f"The two talk, and {recorded}, here for {_seconds(after - talks)}", step)
        case "dial" if params.get("DialCallStatus") == "completed":
            yield from _not_taken(telling, after, step)
        case "record" if params.get("RecordingDuration"):
            yield Heard(after, f"The caller has left a message of {_seconds(int(params['RecordingDuration']))}", step)


def _not_taken(telling: _Telling, after: float, step: str) -> Iterator[Heard]:
    """A phone was picked up, and nobody of ours spoke with the caller."""
    if telling.asked_for_a_key:
        who = "The voicemail presses" if _is_mailbox(telling) else "They press"
        yield Heard(after, f"{who} no key: the caller is not put through, and the call goes on", step)
    elif _is_mailbox(telling):
        met = _after(telling.placed, telling.put_through or telling.placed.ended_at)
        words = "The voicemail gets the caller, for whoever picks up has the call: they hear its greeting"
        yield Heard(met, f"{words}, leave their message there and hang up; no other phone rings", step)
        yield Heard(met, WITHOUT_A_KEY, step)
    else:
        yield Heard(after, "They hang up before the two are put through", step)


def _is_mailbox(telling: _Telling) -> bool:
    """Whether what picks up in this call is a cell phone's own voicemail."""
    return telling.placed.conversation.line == "agent-voicemail"


def _why_turned_away(why: str | None) -> str:
    if why is None:
        return ""
    pattern = why.removeprefix("blocked: ")
    whom = f"every number that begins with {pattern[:-1]}" if pattern.endswith("*") else display(pattern)
    return f", because {_TURNED_AWAY.get(why) or f'{whom} is blocked'}"


def _leg_words(telling: _Telling, leg: Leg) -> str:
    name = _name(telling, leg)
    until = leg.answered or leg.ended or leg.began
    # The carrier dials first; only then does it ring.
    rang = _seconds(max(0.0, (until - leg.began) / timedelta(seconds=1) - 2 * RINGING_AFTER))
    if leg.answered is not None:
        return f"{f'The voicemail of {name}' if _is_mailbox(telling) else name} picks up after {rang}"
    if leg.status == "canceled":
        return f"{name} stops ringing after {rang}"
    words = {"busy": "is busy", "no-answer": f"rings for {rang}, and nobody answers"}
    return f"{name} {words.get(leg.status, f'cannot be reached ({leg.status})')}"


def _ending(placed: PlacedCall) -> str:
    match placed.status:
        case "completed":
            return f"The call is over: {_seconds(placed.seconds)} on the line"
        case "busy":
            return "The call is over: it was never answered, so it costs nothing"
        case _:
            return "The call is over: the caller hung up before anybody answered"


def _verbs(exchange: Exchange) -> tuple[Verb, ...]:
    try:
        return parse_twiml(body=exchange.twiml.encode(), content_type=exchange.content_type) if exchange.twiml else ()
    except TwimlError:
        return ()  # the call's own errors say so


def _words(telling: _Telling, verb: Verb) -> str:
    if verb.name != "Play":
        return f"“{verb.text}”"
    sha256 = urlsplit(verb.text).path.rpartition("/")[2].partition(".")[0]
    return f"a sound: “{telling.sounds.get(sha256, 'not of this flow')}”"


def _lasts(verb: Verb) -> float:
    match verb.name:
        case "Say":
            return seconds_to_say(verb.text)
        case "Play":
            return SECONDS_OF_PLAY
        case _:
            return 0.0


def _step_of(url: str) -> str:
    return parse_qs(urlsplit(url).query).get("at", [""])[0]


def _name(telling: _Telling, leg: Leg) -> str:
    name = telling.people.get(leg.number)
    return f"{name} on {display(leg.number)}" if name else display(leg.number)


def _listed(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)


def _after(placed: PlacedCall, moment: datetime) -> float:
    return max(0.0, (moment - placed.started_at) / timedelta(seconds=1))


def _seconds(count: float) -> str:
    return "1 second" if round(count) == 1 else f"{round(count)} seconds"


def _prompts(plan: Plan) -> Iterator[Prompt]:
    for step in plan.steps.values():
        for name in ("prompt", "greeting"):
            if (prompt := getattr(step, name, None)) is not None:
                yield prompt
