"""The law on recording: whom a call's rule asks to be told, and that nothing is recorded before they are."""

from dataclasses import replace
from itertools import chain
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calltrack.telephony.area_codes import AREA_CODES, state_of
from calltrack.telephony.carrier import Event
from calltrack.telephony.flows import answer
from calltrack.telephony.parts import Ask, Dial, Offer, Part, TakeMessage, Tell, Transcribe
from calltrack.telephony.place import Place, read_place, write_place
from calltrack.telephony.plan import PLAIN, Prompt
from calltrack.telephony.recording_law import ALL_PARTIES, MODES, STATES, Policy, Rule, recording_rule
from calltrack.telephony.route import Route
from calltrack.telephony.twiml import render
from tests.factories import NOON
from tests.telephony.test_flows import LED, PLAN, ROUTE, TOLD, chosen, dialled, only_dial, parts, voice
from tests.twilio_wire import CALL, CHO, CHOS_COLLEAGUE

TEXAN, ILLINOISAN = "+15125550123", "+13125550123"
IN_TEXAS = Policy(mode="by-law", state="TX")
BY_LAW = replace(ROUTE, policy=IN_TEXAS)


def rule(caller: str | None = TEXAN, said: str | None = None, *, policy: Policy = IN_TEXAS, **more: bool) -> Rule:
    return recording_rule(policy=policy, caller=caller, caller_state=said, **more)


def test_every_state_has_an_area_code_and_no_code_is_in_two() -> None:
    assert set(AREA_CODES) == set(STATES)
    assert len(STATES) == 51
    codes = list(chain.from_iterable(AREA_CODES.values()))
    assert len(codes) == len(set(codes))
    assert all(len(code) == 3 and code.isdigit() and code[0] in "23456789" and code[1:] != "11" for code in codes)
    assert all(list(codes) == sorted(codes) for codes in AREA_CODES.values())


@pytest.mark.parametrize(
    ("number", "state"),
    [
        ("+12025550123", "DC"), ("+13125550123", "IL"), ("+15125550123", "TX"), ("+19075550123", "AK"),
        ("+18005550123", None), ("+14165550123", None), ("+17875550123", None), ("+442079460123", None),
        ("anonymous", None), ("+1312555012", None), ("+131255501234", None), ("", None),
    ],
)  # fmt: skip
def test_only_a_number_of_a_us_state_says_where_it_is(number: str, state: str | None) -> None:
    assert state_of(number) == state


def test_every_state_that_asks_for_everybody_is_strict_and_the_others_are_not() -> None:
    assert set(ALL_PARTIES) == set("CA CT DE FL IL MD MA MI MT NV NH OR PA WA".split())
    assert all(ALL_PARTIES.values())
    for state, codes in AREA_CODES.items():
        assert rule(f"+1{codes[0]}5550123").announce == (state in ALL_PARTIES), state
        assert rule(policy=replace(IN_TEXAS, state=state)).announce == (state in ALL_PARTIES), state


@pytest.mark.parametrize(
    ("caller", "said", "business", "why"),
    [
        (TEXAN, None, "TX", "not announced: one party's consent is enough in TX (caller) and TX (business)"),
        (
            TEXAN,
            "NY",
            "TX",
            "not announced: one party's consent is enough in TX (caller), NY (caller) and TX (business)",
        ),
        (TEXAN, "CA", "IL", "announced: asked for in CA (caller) and IL (business)"),
        (ILLINOISAN, "TX", "TX", "announced: asked for in IL (caller)"),
        (TEXAN, None, None, "announced: it is not known where the business is"),
        (TEXAN, "ON", "TX", "announced: it is not known where the caller is"),
        ("anonymous", "TX", "TX", "announced: it is not known where the caller is"),
        (None, None, None, "announced: it is not known where the caller and the business are"),
        ("+18005550123", None, "WA", "announced: asked for in WA (business)"),
    ],
)
def test_by_law_the_stricter_state_wins_and_what_is_not_known_is_strict(
    caller: str | None, said: str | None, business: str | None, why: str
) -> None:
    found = rule(caller, said, policy=Policy(mode="by-law", state=business))
    assert (found.record, found.announce) == (True, why.startswith("announced"))
    assert found.why == why


def test_who_announces_tells_everybody_and_who_never_records_nobody() -> None:
    told = rule(policy=replace(IN_TEXAS, mode="announced"))
    assert told == Rule(record=True, announce=True, why="announced: the company tells every caller")
    assert rule(policy=replace(IN_TEXAS, mode="never")).why == "not recorded: the company records no calls"
    assert rule(policy=replace(IN_TEXAS, campaign=False)).why == "not recorded: the campaign is not to be recorded"
    for policy in (Policy(mode="never"), Policy(campaign=False)):
        found = rule(policy=policy)
        assert (found.record, found.announce) == (False, False)
    assert rule(policy=Policy(mode="nonsense", state="TX")).announce


def test_what_cannot_be_announced_is_not_recorded() -> None:
    assert not rule(ILLINOISAN, has_words=False).record
    assert rule(TEXAN, has_words=False).record
    mute = replace(ROUTE, announcement=Prompt.model_construct(text="\x07 ...", audio=None), transcribe=True)
    answered = parts(voice(), mute)
    assert not only_dial(answered).record
    assert Transcribe() not in answered


@given(
    caller=st.none() | st.text(max_size=20) | st.from_regex(r"\+1[2-9]\d{9}", fullmatch=True),
    said=st.none() | st.sampled_from([*STATES, "ON", ""]) | st.text(max_size=5),
    policy=st.builds(
        Policy, st.sampled_from([*MODES, "odd"]), st.none() | st.sampled_from([*STATES, "XX"]), st.booleans()
    ),
)
def test_no_call_of_a_strict_or_unknown_state_is_recorded_untold(
    caller: str | None, said: str | None, policy: Policy
) -> None:
    found = rule(caller, said, policy=policy)
    assert len(found.why) <= 200  # as many as the call's row keeps
    assert found.record or not found.announce
    if found.record and not found.announce:
        everywhere = {state_of(caller or ""), policy.state, said or state_of(caller or "")}
        assert everywhere <= set(STATES) - set(ALL_PARTIES)
        assert policy.mode == "by-law"


def test_by_law_a_caller_of_whom_nothing_is_asked_hears_no_announcement_and_is_recorded() -> None:
    answered = answer(event=voice(TEXAN), route=BY_LAW, place=Place(), now=NOON, take_turn=lambda _: 1)
    assert answered.announcement is None
    assert (answered.recording_rule or "").startswith("not announced: ")
    assert [type(part) for part in answered.parts] == [Dial]
    assert only_dial(answered.parts).record
    assert not only_dial(answered.parts).place.told


def test_by_law_what_the_carrier_says_of_the_caller_counts_too() -> None:
    assert Tell(TOLD) in parts(voice(TEXAN, caller_state="IL"), BY_LAW)


def test_without_recording_there_is_neither_announcement_nor_transcript_but_a_message_may_be_left() -> None:
    for policy in (Policy(mode="never"), Policy(campaign=False)):
        silent = replace(ROUTE, policy=policy, transcribe=True)
        answered = parts(voice(), silent)
        assert [type(part) for part in answered] == [Dial]
        assert not only_dial(answered).record
        assert any(isinstance(part, TakeMessage) for part in parts(dialled(), silent, only_dial(answered).place))


def test_a_document_that_does_not_record_says_so_to_the_carrier() -> None:
    silent = parts(voice(), replace(ROUTE, policy=Policy(mode="never")))
    written = render(silent, callback_base="", carrier="twilio", playable=lambda _: None)
    assert "record" not in written.lower().replace("/webhooks", "")
    assert "record=" in render(parts(voice()), callback_base="", carrier="twilio", playable=lambda _: None)


def test_phones_that_ring_together_with_one_that_is_not_recorded_are_not_either() -> None:
    policy = Policy(unrecorded=frozenset([CHOS_COLLEAGUE]))
    assert not only_dial(parts(voice(), replace(ROUTE, policy=policy))).record
    assert only_dial(parts(voice(), replace(ROUTE, policy=policy, forward_to=(CHO,)))).record


def test_of_phones_that_ring_in_turn_only_that_one_is_not_recorded() -> None:
    """The fifth call begins with the second of three phones."""
    route = replace(LED, policy=Policy(unrecorded=frozenset([CHOS_COLLEAGUE])))
    first = only_dial(parts(chosen("1"), route, Place(step="menu", version=7, told=True)))
    second = only_dial(parts(dialled(), route, first.place))
    assert (first.numbers, first.record) == ((CHOS_COLLEAGUE,), False)
    assert (second.numbers, second.record) == (("+13125550193",), True)


def test_a_call_that_may_come_to_a_phone_that_is_not_recorded_has_no_live_transcript() -> None:
    """A live transcript hears all of a call, whoever answers it."""
    for phone in (CHOS_COLLEAGUE, "+13125550193"):
        policy = Policy(unrecorded=frozenset([phone]))
        assert Transcribe() not in parts(voice(), replace(LED, policy=policy, transcribe=True))
    assert Transcribe() in parts(voice(), replace(LED, policy=Policy(unrecorded=frozenset(["+1"])), transcribe=True))


def test_who_was_not_told_on_the_way_is_told_before_anything_is_recorded() -> None:
    """The company asked for announcements while the call was under way, or nobody knows how the caller came here."""
    answered = answer(event=dialled(), route=LED, place=Place(step="team", version=7), now=NOON, take_turn=lambda _: 1)
    assert answered.parts[0] == Tell(TOLD)
    assert answered.announcement == TOLD
    assert only_dial(answered.parts).place.told


def test_who_may_only_leave_a_message_is_not_told_twice() -> None:
    assert [type(part) for part in parts(dialled(), ROUTE, Place())] == [Tell, TakeMessage]


states = st.none() | st.sampled_from(["TX", "IL", "ON"])
policies = st.builds(
    Policy, st.sampled_from(MODES), states, st.booleans(), st.sampled_from([frozenset(), frozenset([CHOS_COLLEAGUE])])
)
routes = st.builds(
    lambda plan, policy, transcribe: replace(LED, plan=plan, policy=policy, transcribe=transcribe),
    st.sampled_from([PLAN, PLAIN]),
    policies,
    st.booleans(),
)
callers = st.sampled_from([TEXAN, ILLINOISAN, "anonymous", None])


def heard_before(answered: tuple[Part, ...], place: Place) -> None:
    """What may hold of an answer only if the caller was told before: by this document, or on the way to it."""
    told = place.told
    for part in answered:
        told |= part == Tell(TOLD)
        if (isinstance(part, Dial) and part.record) or isinstance(part, Transcribe):
            assert told, part
        if isinstance(part, Dial | Ask | Offer) and part.place.told:
            assert told, part


@given(
    kind=st.sampled_from(["voice", "dial", "menu", "whisper", "voicemail"]),
    place=st.builds(
        Place,
        step=st.sampled_from(["", *PLAN.steps, "other"]),
        go=st.integers(0, 4),
        turn=st.integers(0, 4),
        key=st.booleans(),
        told=st.booleans(),
    ),
    event=st.builds(lambda **said: said, caller=callers, caller_state=states, digits=st.sampled_from(["", "1", "2"])),
    leg=st.none() | st.just("CA2"),
    route=routes,
)
def test_no_answer_to_any_request_records_a_caller_whom_the_rule_asks_to_be_told_and_who_was_not(
    kind: Any, place: Place, event: dict[str, Any], leg: str | None, route: Route
) -> None:
    asked = Event(kind=kind, call_sid=CALL, leg_sid=leg, **event)
    answered = answer(event=asked, route=route, place=place, now=NOON, take_turn=lambda _: 1).parts
    its_rule = rule(event["caller"], event["caller_state"], policy=route.policy)
    if its_rule.announce:
        heard_before(answered, place)
    elif not its_rule.record:
        assert not any(isinstance(part, Dial) and part.record for part in answered)
        assert Transcribe() not in answered


@given(data=st.data(), caller=callers, said=states)
def test_no_sequence_of_requests_records_anybody_untold_whatever_the_company_decides_meanwhile(
    data: st.DataObject, caller: str | None, said: str | None
) -> None:
    """The carrier may repeat any request, and come back to any address that it was given, in any order."""
    known: list[tuple[Event, Place, bool]] = [(voice(caller, caller_state=said), Place(), False)]
    for _ in range(8):
        event, place, told = data.draw(st.sampled_from(known))
        route = data.draw(routes)
        its_rule = rule(caller, said, policy=route.policy)
        for part in answer(event=event, route=route, place=place, now=NOON, take_turn=lambda _: 2).parts:
            told = told or part == Tell(TOLD)
            if (isinstance(part, Dial) and part.record) or isinstance(part, Transcribe):
                assert its_rule.record
                assert told or not its_rule.announce
            if isinstance(part, Dial | Ask):
                query = dict(pair.split("=") for pair in write_place(part.place).split("&"))
                following = read_place(query)
                later = dialled() if isinstance(part, Dial) else chosen(data.draw(st.sampled_from(["1", "2", ""])))
                known.append((replace(later, caller=caller, caller_state=said), following, told))
