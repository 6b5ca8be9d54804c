"""Whole verdicts, from the shipped model."""

import random
from math import isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calltrack.classify import LABELS, CallFacts, label_of
from calltrack.classify.judge import judge
from calltrack.classify.model import REVIEW_BELOW, shipped_model
from tests.classify.conftest import said, written

BURST = said(
    "Riverside Plumbing, how can I help?",
    "Hi, a pipe burst in our basement and water is everywhere, can you send someone right away?",
    "Yes. It's a hundred and fifty for the emergency visit. What's the address?",
    "Eighty Cole Street, please hurry.",
    duration=95,
)
LATE = said(
    "Riverside Plumbing, how can I help?",
    "Hi, I have an appointment today between eight and ten and nobody has shown up, I wanted to check on that.",
    "Let me look. He's running late, he should be there in twenty minutes.",
    "Okay, thank you.",
    duration=60,
)
SELLER = said(
    "Riverside Plumbing, how can I help?",
    "Hi, is the business owner available? I'm with a marketing company, we help plumbers get more leads from Google.",
    "He's not interested, thank you.",
    duration=40,
)


@pytest.mark.parametrize(
    ("call", "label", "reasons"),
    [
        (BURST, "lead", {"emergency", "new job"}),
        (LATE, "excused", {"existing job"}),
        (SELLER, "excused", {"solicitor"}),
    ],
)
def test_plain_calls_are_judged_as_anyone_would(model, call, label, reasons):
    verdict = judge(call=call, model=model)
    assert verdict is not None
    assert (verdict.label, verdict.source, verdict.model) == (label, "model", model.full_name)
    assert verdict.reason in reasons


def test_a_missed_call_has_no_verdict(model):
    assert judge(call=said("", missed=True), model=model) is None


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Hi, my heater died on Saturday and I need someone to look at it. Please call me back.", "lead"),
        ("Hey I'd like an estimate on a new fence gate opener, give me a call.", "lead"),
        ("Hi, I need to cancel my appointment for this afternoon. Thank you.", "excused"),
    ],
)
def test_a_short_voicemail_on_a_missed_call_is_judged_by_what_it_asks(model, text, label):
    verdict = judge(call=said(text, missed=True, voicemail=True), model=model)
    assert verdict is not None
    assert (verdict.label, verdict.source) == (label, "model")


def test_a_call_nobody_transcribed_has_no_verdict(model):
    assert judge(call=said("", duration=300, transcribed=False), model=model) is None


def test_what_is_short_never_reaches_the_model(model):
    verdict = judge(call=said("Hello?", duration=20), model=model)
    assert verdict is not None
    assert (verdict.source, verdict.label, verdict.reason) == ("rule", "excused", "too short")


def test_evidence_is_quoted_with_the_second_it_was_said(model):
    verdict = judge(call=LATE, model=model)
    assert verdict is not None
    assert verdict.evidence
    for evidence in verdict.evidence:
        assert LATE.text[evidence.offset :].startswith(evidence.phrase)
        (turn,) = (turn for turn in LATE.turns if turn.start == evidence.start)
        assert evidence.phrase in turn.text
        assert evidence.weight > 0
    weights = [evidence.weight for evidence in verdict.evidence]
    assert weights == sorted(weights, reverse=True)


def test_evidence_without_turns_has_a_place_but_no_second(model):
    verdict = judge(call=CallFacts(turns=(), text=LATE.text, duration=None, talk_seconds=None), model=model)
    assert verdict is not None
    assert {evidence.start for evidence in verdict.evidence} == {None}


def test_masking_a_name_or_a_day_changes_nothing(model):
    masked, named = (
        said("Ace Plumbing.", f"Hi this is {name}, I need a quote on a water heater for {day}.")
        for name, day in (("[PERSON_NAME]", "[DATE]"), ("[ORGANIZATION]", "Monday"))
    )
    left, right = judge(call=masked, model=model), judge(call=named, model=model)
    assert left is not None
    assert right is not None
    assert left.confidence == right.confidence


# The words that the model knows are rare in arbitrary text, so half of the texts are made of them.
_TEXTS = st.text() | st.lists(
    st.sampled_from(f"{BURST.text} {LATE.text} {SELLER.text} [PERSON_NAME] \u0130\u2019\xdf\x00".split()), max_size=60
).map(" ".join)


@given(_TEXTS, st.none() | st.integers(0, 10_000), st.booleans())
def test_any_text_has_one_and_the_same_sound_verdict(text, seconds, voicemail):
    call = said(text, duration=seconds, voicemail=voicemail)
    verdict = judge(call=call, model=shipped_model())
    assert verdict is not None
    assert verdict == judge(call=call, model=shipped_model())
    assert verdict.label in LABELS
    assert label_of(reason=verdict.reason) == verdict.label
    assert 0.5 <= verdict.confidence <= 1.0
    if verdict.source == "model":
        assert verdict.review == (verdict.confidence < REVIEW_BELOW)
        assert verdict.understood or (verdict.label, verdict.confidence) == ("lead", 0.5)
    for evidence in verdict.evidence if verdict.source == "model" else ():
        assert evidence.phrase
        assert call.text[evidence.offset :].startswith(evidence.phrase)
        assert isfinite(evidence.weight)


SPANISH = (
    "Buenas tardes, habla con Plomería García. Sí, mire, mi calentador de agua está goteando y necesito que alguien"
    " venga a repararlo hoy mismo. ¿Cuánto cobran por la visita?"
)
FRENCH = (
    "Bonjour, je vous appelle parce que mon chauffe-eau fuit et j'aimerais avoir un devis pour le remplacer."
    " Quand est-ce que vous pouvez passer ?"
)
CYRILLIC = (  # "hello, I need a plumber", escaped because some letters look Latin
    "\u043f\u0440\u0438\u0432\u0435\u0442 \u043c\u043d\u0435 \u043d\u0443\u0436\u0435\u043d"
    " \u0441\u0430\u043d\u0442\u0435\u0445\u043d\u0438\u043a \u0441\u0440\u043e\u0447\u043d\u043e"
)
BYTES = random.Random(1).randbytes(5000).decode("latin-1")


@pytest.mark.parametrize(
    "text",
    [
        SPANISH,
        FRENCH,
        CYRILLIC,
        "[PERSON_NAME] [DATE] " * 9,
        "zxq wvb kkj ttrp qqs " * 9,
        BYTES,
        "\u6211\u5bb6\u7684\u70ed\u6c34\u5668" * 9,
    ],
    ids=["Spanish", "French", "Cyrillic", "masks", "gibberish", "bytes", "Chinese"],
)
@pytest.mark.parametrize("voicemail", [True, False])
def test_a_call_that_is_not_understood_is_not_excused_and_goes_to_a_person(model, text, voicemail):
    verdict = judge(call=said(text, voicemail=voicemail), model=model)
    assert verdict is not None
    assert (verdict.label, verdict.confidence, verdict.review, verdict.understood) == ("lead", 0.5, True, False)
    assert (verdict.reason, verdict.source, verdict.evidence, verdict.booked) == ("new job", "model", (), None)


def test_a_caller_who_mixes_languages_is_read(model):
    mixed = "Hola, hello, I need a plumber por favor, my water heater is leaking, how much do you charge, gracias."
    verdict = judge(call=said("Ace Plumbing, how can I help you?", mixed), model=model)
    assert verdict is not None
    assert (verdict.label, verdict.understood) == ("lead", True)


LEAK = "Hi, my water heater is leaking and I need somebody to come out. "


@pytest.mark.parametrize(
    "text",
    [
        "", "Hello? Hello? Hello?", LEAK * 2500, "\x00" * 1000 + LEAK, " " * 1_000_000 + LEAK,
        "\ud800\udfff " * 50 + LEAK,
        BYTES * 20, LEAK + "!" * 300_000, LEAK + "-" * 300_000, LEAK + "1" * 300_000, LEAK + "[" * 300_000,
        LEAK + "[a" * 150_000, LEAK + "a'" * 150_000, LEAK + "\u0130" * 100_000, "my name is " * 20_000,
    ],
    ids=["empty", "three words", "30,000 words", "NUL", "spaces", "lone surrogates", "bytes", "signs", "dashes",
         "digits", "open masks", "open masks with words", "apostrophes", "longer in lower case", "one phrase"],
)  # fmt: skip
@pytest.mark.parametrize("as_turns", [True, False])
def test_whatever_was_transcribed_there_is_a_sound_verdict(model, text, as_turns):
    call = said("Ace.", text, "Bye.") if as_turns else written(text)
    verdict = judge(call=call, model=model)
    assert verdict is not None
    assert label_of(reason=verdict.reason) == verdict.label
    assert 0.5 <= verdict.confidence <= 1.0
    assert verdict.booked is None or 0.0 <= verdict.booked <= 1.0
    for evidence in verdict.evidence if verdict.source == "model" else ():
        assert call.text[evidence.offset :].startswith(evidence.phrase)
        assert isfinite(evidence.weight)
