"""The form of a step: what stands in its fields, and the step that was typed into them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from calltrack.phone import is_e164, normalise
from calltrack.stand_ins import unknown_stand_in
from calltrack.telephony.plan import (
    CAMPAIGN,
    DAYS,
    LEAVE_A_MESSAGE,
    MOST_CHOICES,
    MOST_PHONES,
    Choice,
    Hangup,
    Hours,
    Menu,
    Phone,
    Plan,
    Prompt,
    Ring,
    Say,
    Step,
    Voicemail,
)
from calltrack.telephony.sounds import same_words
from calltrack.web.flow_edits import KINDS
from calltrack.web.flow_hours import plain_words, read_holidays, read_spans, write_holidays, write_spans
from calltrack.web.flow_ways import GOODBYE, NEW, Ways, Within, voicemail_of
from calltrack.web.forms import BadField, text_field
from calltrack.web.settings_fields import all_fields, phone_words, whole_field

CHOICE_ROWS = 8
DAY_NAMES = dict(zip(DAYS, "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(), strict=True))
# A weight stands after a comma or the word, or alone where the line is no phone otherwise.
_WEIGHTED = re.compile(r"(.+?)\s*(?:,|\bweight\b)\s*(\d{1,9})", re.ASCII | re.IGNORECASE)
_LAST_WORD = re.compile(r"(.+?)\s+(\d{1,3})", re.ASCII)


@dataclass
class StepRead:
    """A step as it was typed, and the steps that it leads to and that are to be made with it."""

    step: Step
    more: dict[str, Step] = field(default_factory=dict)


def fill_fields(step: Step) -> dict[str, str]:
    """What stands in a step's form."""
    match step:
        case Say():
            return {**_prompt_fields("prompt", step.prompt), "next": step.next}
        case Hours():
            days = {str(day): write_spans(spans) for day, spans in step.weekly.items()}
            return {**days, "holidays": write_holidays(step.holidays), "open": step.open, "closed": step.closed}
        case Menu():
            filled = {**_prompt_fields("prompt", step.prompt), "tries": str(step.tries), "seconds": str(step.seconds)}
            for row, choice in enumerate(step.choices, 1):
                filled |= {
                    f"key_{row}": choice.key,
                    f"words_{row}": ", ".join(choice.words),
                    f"next_{row}": choice.next,
                }
            return {**filled, "otherwise": step.otherwise}
        case Ring():
            return {
                "phones": "\n".join(_phone_line(one) for one in step.phones),
                "strategy": step.strategy,
                "seconds": str(step.seconds),
                "whisper": step.whisper or "",
                "accept": "1" if step.accept else "",
                "otherwise": step.otherwise,
            }
        case Voicemail():
            return {**_prompt_fields("greeting", step.greeting), "longest": str(step.longest)}
        case Hangup():
            return _prompt_fields("prompt", step.prompt)


def blank_fields(kind: str, *, plan: Plan) -> dict[str, str]:
    """What stands in the form of a new step of that kind."""
    onward = plan.start
    message = voicemail_of(plan) or f"{NEW}voicemail"
    match kind:
        case "hours":
            days = dict.fromkeys(DAYS[:5], "08:00-17:00")
            return {**days, "open": onward, "closed": f"{NEW}voicemail"}
        case "menu":
            return {"tries": "2", "seconds": "5", "otherwise": onward}
        case "ring":
            return {"strategy": "all", "seconds": "20", "otherwise": message}
        case "voicemail":
            return {"greeting_text": LEAVE_A_MESSAGE, "longest": "180"}
        case "say":
            return {"next": onward}
        case _:
            return {"prompt_text": GOODBYE}


def read_step(*, kind: str, plan: Plan, name: str, says: Mapping[str, str]) -> StepRead:
    """The step of the current request; `says`: the words of each sound by its SHA-256. Raises BadField."""
    more: dict[str, Step] = {}
    try:
        with all_fields() as within:
            ways = Ways(plan=plan, name=name, more=more, within=within)
            raw = _READERS[kind](within, ways, says)
        return StepRead(KINDS[kind].model_validate({"kind": kind, **raw}), more)
    except ValidationError as wrong:
        raise BadField(f"{plain_words(wrong)[:1].upper()}{plain_words(wrong)[1:]}.") from None


def _read_say(within: Within, ways: Ways, says: Mapping[str, str]) -> dict[str, Any]:
    raw: dict[str, Any] = {}
    with within("prompt_text"):
        raw["prompt"] = _prompt("prompt", says=says)
    with within("next"):
        raw["next"] = ways.read("next", called="it")
    return raw


def _read_hours(within: Within, ways: Ways, _says: Mapping[str, str]) -> dict[str, Any]:
    raw: dict[str, Any] = {"weekly": {}}
    for day, name in DAY_NAMES.items():
        with within(day):
            if spans := read_spans(text_field(day), called=f"the hours of {name}"):
                raw["weekly"][day] = spans
    with within("holidays"):
        raw["holidays"] = read_holidays(text_field("holidays"))
    for way, called in (("open", "“While you are open”"), ("closed", "“While you are closed”")):
        with within(way):
            raw[way] = ways.read(way, called=called)
    return raw


def _read_menu(within: Within, ways: Ways, says: Mapping[str, str]) -> dict[str, Any]:
    raw: dict[str, Any] = {"choices": []}
    with within("prompt_text"):
        raw["prompt"] = _prompt("prompt", says=says)
    for row in range(1, MOST_CHOICES + 1):
        key, words = text_field(f"key_{row}"), re.split(r"[,;\n]", text_field(f"words_{row}"))
        said = [word.strip().lower() for word in words if word.strip()]
        if not key and not said:
            continue
        with within(f"key_{row}"):
            if not re.fullmatch(r"[0-9*#]", key, re.ASCII):
                raise BadField(f"Enter the key of choice {row}: one of 0 to 9, * or #.")
        with within(f"words_{row}"):
            if any(len(word) > 60 for word in said) or len(said) > 20:
                raise BadField(f"Shorten the words of choice {row}: at most 20 of them, each of at most 60 characters.")
        with within(f"next_{row}"):
            target = ways.read(f"next_{row}", called=f"choice {row}")
            raw["choices"].append(Choice.model_construct(key=key, words=tuple(said), next=target).model_dump())
    with within("key_1"):
        if not raw["choices"]:
            raise BadField("Enter at least one choice: its key, and where it leads to.")
    with within("tries"):
        raw["tries"] = whole_field("tries", called="“Asked how often”", least=1, most=5)
    with within("seconds"):
        raw["seconds"] = whole_field("seconds", called="“Waits for”", least=1, most=60)
    with within("otherwise"):
        raw["otherwise"] = ways.read("otherwise", called="“Who does not choose”")
    return raw


def _read_ring(within: Within, ways: Ways, _says: Mapping[str, str]) -> dict[str, Any]:
    raw: dict[str, Any] = {"accept": bool(text_field("accept")), "strategy": text_field("strategy")}
    with within("phones"):
        raw["phones"] = _phones()
    with within("strategy"):
        if raw["strategy"] not in {"all", "order", "turns", "weighted"}:
            raise BadField("Choose how the phones ring.")
    with within("seconds"):
        raw["seconds"] = whole_field("seconds", called="“Each rings for”", least=5, most=120)
    with within("whisper"):
        raw["whisper"] = text_field("whisper") or None
        if len(raw["whisper"] or "") > 500:
            raise BadField("Shorten the whisper: it has at most 500 characters.")
        if odd := unknown_stand_in(raw["whisper"], known=[CAMPAIGN]):
            raise BadField(f"{odd} stands for nothing in the whisper; {CAMPAIGN} stands for the campaign's name.")
    with within("otherwise"):
        raw["otherwise"] = ways.read("otherwise", called="“When nobody takes the call”")
    return raw


def _read_voicemail(within: Within, _ways: Ways, says: Mapping[str, str]) -> dict[str, Any]:
    raw: dict[str, Any] = {}
    with within("greeting_text"):
        raw["greeting"] = _prompt("greeting", says=says)
    with within("longest"):
        raw["longest"] = whole_field("longest", called="“A message of at most”", least=10, most=600)
    return raw


def _read_hangup(within: Within, _ways: Ways, says: Mapping[str, str]) -> dict[str, Any]:
    raw: dict[str, Any] = {}
    with within("prompt_text"):
        raw["prompt"] = _prompt("prompt", says=says, may_be_silent=True)
    return raw


_READERS = {
    "say": _read_say,
    "hours": _read_hours,
    "menu": _read_menu,
    "ring": _read_ring,
    "voicemail": _read_voicemail,
    "hangup": _read_hangup,
}


def _prompt(name: str, *, says: Mapping[str, str], may_be_silent: bool = False) -> dict[str, Any] | None:
    words, sound = text_field(f"{name}_text"), text_field(f"{name}_audio") or None
    if sound is not None and sound not in says:
        raise BadField("Choose a sound of the list, or none.")
    if sound is not None:
        if words and not same_words(words, says[sound]):
            raise BadField(f"Leave the words empty: the sound has its own, “{says[sound]}”.")
        words = says[sound]
    if not words:
        if may_be_silent:
            return None
        raise BadField("Enter what the caller hears.")
    if len(words) > 1000:
        raise BadField("Shorten what the caller hears: it has at most 1000 characters.")
    return {"text": words, "audio": sound}


def _phones() -> list[dict[str, Any]]:
    lines = [line.strip() for line in text_field("phones").split("\n") if line.strip()]
    if len(lines) > MOST_PHONES:
        raise BadField(f"Enter at most {MOST_PHONES} phones, one a line.")
    found = [_phone(line) for line in lines]
    for line, (phone, weight) in zip(lines, found, strict=True):
        if not is_e164(phone):
            raise BadField(f"{line[:40]!r} is not a phone number like (312) 555-0142 or +13125550142.")
        if not 1 <= weight <= 100:
            raise BadField(f"Enter the weight of {line[:40]!r} as a whole number from 1 to 100.")
    return [{"phone": phone, "weight": weight} for phone, weight in found]


def _phone(line: str) -> tuple[str, int]:
    if found := _WEIGHTED.fullmatch(line):
        return normalise(found[1]), int(found[2])
    if not is_e164(whole := normalise(line)) and (found := _LAST_WORD.fullmatch(line)):
        return normalise(found[1]), int(found[2])
    return whole, 1


def _phone_line(one: Phone) -> str:
    return phone_words(one.phone) + (f" weight {one.weight}" if one.weight != 1 else "")


def _prompt_fields(name: str, prompt: Prompt | None) -> dict[str, str]:
    if prompt is not None and prompt.audio:
        return {f"{name}_text": "", f"{name}_audio": prompt.audio}  # the sound brings its words
    return {f"{name}_text": prompt.text if prompt else "", f"{name}_audio": ""}
