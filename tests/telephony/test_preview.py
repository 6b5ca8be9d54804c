"""A flow in words: what its owner reads before callers hear it."""

from calltrack.telephony.plan import PLAIN, Plan
from calltrack.telephony.preview import describe
from tests.telephony.flowing import EVENING


def plan(**steps: object) -> Plan:
    message = {"kind": "voicemail", "greeting": {"text": "Please leave a message."}}
    return Plan.model_validate({"start": next(iter(steps)), "steps": {**steps, "message": message}})


def test_the_plain_flow_rings_the_number_s_phones_then_takes_a_message() -> None:
    office, message = describe(PLAIN)
    assert office.sentence == "The number's own phones ring all at once, for 25 seconds."
    assert office.leads == (("nobody takes the call", "message"),)
    assert "may leave a message of at most 180 seconds" in message.sentence
    assert message.leads == ()


def test_steps_come_as_callers_come_to_them_and_lost_ones_last() -> None:
    found = describe(Plan.model_validate({**EVENING, "steps": {"lost": {"kind": "hangup"}, **EVENING["steps"]}}))
    assert [(one.name, one.reached) for one in found] == [
        ("menu", True), ("tech", True), ("message", True), ("lost", False),
    ]  # fmt: skip
    assert found[0].leads == (("1 or “emergency”", "tech"), ("no choice", "message"))
    assert "5 seconds to press a key or say a word; they are asked up to 2 times" in found[0].sentence
    assert found[3].sentence == "The call ends."


def test_hours_are_told_as_a_door_sign_tells_them() -> None:
    office = {"weekly": {day: [("08:00", "17:00")] for day in ("mon", "tue", "wed", "fri")}, "kind": "hours"}
    office["weekly"]["sat"] = [("09:00", "12:00"), ("13:00", "15:00")]  # type: ignore[index]
    holidays = [{"date": "2026-12-25", "name": "Christmas"}, {"date": "2026-12-31", "hours": [("08:00", "12:00")]}]
    [told, *_] = describe(plan(door={**office, "holidays": holidays, "open": "message", "closed": "message"}))
    assert told.sentence == (
        "Open Mon-Wed 08:00 to 17:00, Fri 08:00 to 17:00, Sat 09:00 to 12:00 and 13:00 to 15:00, by the company's "
        "clock. 2026-12-25 Christmas: closed, 2026-12-31: 08:00 to 12:00."
    )
    [never, *_] = describe(plan(door={"kind": "hours", "weekly": {}, "open": "message", "closed": "message"}))
    assert never.sentence == "Open never, by the company's clock."


def test_phones_are_told_with_whose_they_are_and_how_they_ring() -> None:
    phones = [{"phone": "+13125550190", "weight": 3}, {"phone": "+13125550191"}]
    ring = {"kind": "ring", "phones": phones, "otherwise": "message", "seconds": 20, "accept": True}
    [told, *_] = describe(
        plan(crew={**ring, "strategy": "weighted", "whisper": "A lead"}), people={"+13125550190": "Cho"}
    )
    assert told.sentence == (
        "Cho on (312) 555-0190 (weight 3) and (312) 555-0191 (weight 1) ring one after the other, in an order drawn by "
        "weight, for 20 seconds each. Whoever answers hears “A lead” first. They press a key to take the call."
    )
    [alone, *_] = describe(plan(crew={**ring, "phones": phones[:1], "accept": False}))
    assert alone.sentence == "(312) 555-0190 rings for 20 seconds."


def test_a_sound_is_told_by_its_name_and_its_words() -> None:
    prompt = {"text": "Welcome.", "audio": "ab" * 32}
    steps = {"hello": {"kind": "say", "prompt": prompt, "next": "bye"}, "bye": {"kind": "hangup", "prompt": prompt}}
    hello, bye, _ = describe(plan(**steps), sounds={"ab" * 32: "Jingle"})
    assert hello.sentence == "Callers hear the sound Jingle: “Welcome.”"
    assert bye.sentence == "Callers hear the sound Jingle: “Welcome.”, and the call ends."
