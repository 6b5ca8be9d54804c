"""Which numbers are taken out of what was said, and which are left."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calltrack.classify.judge import judge
from calltrack.classify.model import shipped_model
from calltrack.classify.verdict import CallFacts
from calltrack.masking.masking import MASKS, SILENT, count_masks, find_numbers, mask_text, mask_turns
from calltrack.masking.shapes import check_digit_fits, is_card
from calltrack.masking.spoken import read_items

DIGITS = "zero one two three four five six seven eight nine".split()


def digits_of(text: str) -> list[str]:
    return [item.digits for item in read_items(text) if item.digits]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("forty-one eleven", ["41", "11"]),
        ("double four, triple oh", ["44", "000"]),
        ("four oh seven", ["4", "0", "7"]),
        ("fifty-five hundred", ["5500"]),
        ("two thousand and twenty-seven", ["2027"]),
        ("twelve hundred forty", ["1240"]),
        ("four zeros", ["0000"]),
        ("one two for five", ["1", "2", "4", "5"]),
        ("oh, I see", []),
        ("the last four digits", []),
        ("a 16-digit number", []),
        ("on 42nd street", []),
        ("that one", []),
    ],
)
def test_number_words_stand_for_their_digits(said: str, meant: list[str]) -> None:
    assert digits_of(said) == meant


@pytest.mark.parametrize(
    "said",
    [
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "four one one one, uh, one one one one. One one one one. One one one one.",
        "forty-one eleven eleven eleven eleven eleven eleven eleven",
        "four triple one, double one double one, four ones, four ones",
        "three seven eight two, eight two two four six three, one oh oh oh five",
        "card number?\nfour one one one\ngot it\none one one one\nmm-hmm\none one one one\nokay\none one one one",
        "card number please\n4111 1111\n4111 1111, go ahead\n1111 1111",
        "my card number is 4111 1111 1111 111",
        "it's five one oh five, no sorry, 5105 1051 0510 5100",
    ],
)
def test_a_card_number_is_masked_however_it_is_said(said: str) -> None:
    assert digits_of(mask_text(said)) == []
    assert MASKS["card"] in mask_text(said)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Exp is oh eight slash twenty-seven", "Exp is [card number]"),
        ("It expires August of twenty-eight", "It expires [card number]"),
        ("and the three digits on the back?\nsure, it's seven one nine", "[code]"),
        ("CVV is 719", "CVV is [code]"),
        ("it's pound, the gate code is 4 4 2 1", "[code]"),
        ("4421 is the code for the gate", "[code] is the code for the gate"),
        ("the lockbox combination is oh seven oh seven", "[code]"),
        ("my social is 123 45 6789", "my social is [social security number]"),
        ("last four of your social?\nsix seven eight nine", "[social security number]"),
        ("it's 123-45-6789", "it's [social security number]"),
        ("routing 071000013 account 000123456789", "routing [account number] account [account number]"),
        ("driver's license is D400-7836-0015", "driver's license is [account number]"),
        ("I got a text, the verification code is 482 913", "the verification code is [code]"),
    ],
)
def test_what_is_asked_for_by_name_is_masked(said: str, kept: str) -> None:
    assert kept in mask_text(said)
    assert digits_of(mask_text(said)) == []


@pytest.mark.parametrize(
    "said",
    [
        "you can reach me at 773 555 0199",
        "seven seven three, five five five, oh one nine nine",
        "773 555 0199\n773 555 0199?\nyes",
        "three one two\nokay\nfive five five\nokay\noh one four seven",
        "We're at 1420 West Addison, 60613",
        "and the billing zip for that card?\n60613",
        "that'll be four hundred fifty dollars on your visa",
        "the furnace is from 1998, a two thousand fifteen model",
        "serial number 4111 1111 1111 1111",
        "invoice 48213, and the confirmation number is 8 8 2 1 3 0",
        "between 8 and 10 30 on the 14th",
        "the filter is 16 by 25 by 1",
        "is there a gate code?\nno\nokay, come to 1420 Addison",
        "it's flashing error code 431",
        "the warranty expires in 2027",
        "our license number is 055-043122",
    ],
)
def test_other_numbers_are_left_alone(said: str) -> None:
    assert find_numbers(said) == []


def test_what_was_masked_is_masked_when_it_is_said_back() -> None:
    said = "the gate code is 4421\nso that was four four two one?\nyes\nand the card ends in 4421? no, 1234 Elm Street"
    assert "four four" not in mask_text(said)
    assert "1234 Elm Street" in mask_text(said)


_PIECES = [*"0123456789 ,.-$#", "\n", *(f" {word} " for word in "oh four code card pin social is cvv the".split())]


@given(st.lists(st.sampled_from(_PIECES), max_size=80).map("".join))
def test_masking_twice_changes_nothing_more(text: str) -> None:
    once = mask_text(text)
    assert mask_text(once) == once


@given(
    st.lists(
        st.sampled_from([*DIGITS, "card", "code", "is", "okay", "phone", "4111", "the", "gate", "social"]), max_size=40
    ),
    st.integers(min_value=1, max_value=8),
)
def test_turns_lose_what_their_text_loses_and_stay_as_they_are_the_second_time(words: list[str], size: int) -> None:
    texts = [" ".join(words[at : at + size]) for at in range(0, len(words), size)]
    turns = [{"speaker": "caller", "start": 2.0 * at, "text": text} for at, text in enumerate(texts)]
    once = mask_turns(turns)
    assert "\n".join(turn["text"] for turn in once.turns) == mask_text("\n".join(texts))
    assert mask_turns(once.turns).turns == once.turns
    assert once.count == sum(count_masks(turn["text"]) for turn in once.turns)
    assert len(once.stretches) == sum(count_masks(turn["text"]) > 0 for turn in once.turns)


@given(st.from_regex(r"[45][0-9]{14}", fullmatch=True))
def test_a_wrong_digit_is_noticed_by_the_check_digit(beginning: str) -> None:
    whole = next(f"{beginning}{last}" for last in range(10) if check_digit_fits(f"{beginning}{last}"))
    wrong = whole[:7] + str((int(whole[7]) + 1) % 10) + whole[8:]
    assert check_digit_fits(whole)
    assert not is_card(wrong)


def test_a_stretch_follows_the_times_of_the_words() -> None:
    words = [{"at": 0, "start": 3.0, "end": 3.4}, {"at": 4, "start": 3.4, "end": 3.8}]
    words += [
        {"at": 9, "start": 3.8, "end": 4.0},
        {"at": 12, "start": 5.0, "end": 8.0},
        {"at": 17, "start": 9.0, "end": 9.5},
    ]
    turn = {"speaker": "caller", "start": 3.0, "text": "the code is 4421 okay", "words": words}
    masked = mask_turns([turn])
    assert masked.turns == [
        {"speaker": "caller", "start": 3.0, "text": "the code is [code] okay", SILENT: [4.25, 8.75]}
    ]


def test_a_turn_of_which_only_the_end_is_known_is_silent_as_far_back_as_digits_take() -> None:
    turns = [
        {"speaker": "agent", "start": 0.0, "text": "and the card number", "end": 10.0},
        {"speaker": "caller", "start": 0.0, "text": "sure 4111 1111 1111 1111", "end": 30.0},
    ]
    ((begin, end),) = mask_turns(turns).stretches
    assert begin < 14.0
    assert end > 31.0


def test_a_long_transcript_takes_well_under_a_second_more_than_its_half() -> None:
    turn = "the gate code is 4421 and my number is 312 555 0142 so come to 4125 maple street\n"
    half, whole = (len(find_numbers(turn * times)) for times in (1000, 2000))
    assert (half, whole) == (1000, 2000)
    begun = time.process_time()
    find_numbers("four one\n" * 15_000)
    assert time.process_time() - begun < 30, "not quadratic"


def test_masks_leave_the_verdict_as_it_was() -> None:
    said = (
        "thanks for calling how can I help\nmy furnace stopped and I need somebody to come out and repair it today\n"
        "we can be there at two what is the gate code\nthe gate code is four four two one\n"
        "and a card to hold the appointment\n4111 1111 1111 1111\nyou are booked for two o'clock thank you"
    )
    facts = [CallFacts(turns=(), text=text, duration=180, talk_seconds=150) for text in (said, mask_text(said))]
    before, after = (judge(call=one, model=shipped_model()) for one in facts)
    assert before is not None
    assert after is not None
    assert before.label == after.label
    assert abs((before.confidence or 0) - (after.confidence or 0)) < 0.05
