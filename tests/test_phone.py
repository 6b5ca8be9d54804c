"""Phone numbers: what becomes E.164, what stays as it came, and what people and logs are shown."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from calltrack.phone import display, is_e164, mask, normalise

# Everything that a number could be written with, and what others put where a number should be.
scribble = st.one_of(
    st.text(max_size=40),
    st.text("+0123456789 ()-./;extn#*,", max_size=24),
    st.from_regex(r"\+[1-9][0-9]{3,16}", fullmatch=True),
    st.from_regex(r"(client|sip|tel|whatsapp):\+?[0-9a-z@.]{0,16}", fullmatch=True),
)


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("+13125550142", "+13125550142"),
        ("+1 312-555-0142", "+13125550142"),
        ("3125550142", "+13125550142"),
        ("(312) 555-0142", "+13125550142"),
        ("1-312-555-0142", "+13125550142"),
        (" 312.555.0142 ", "+13125550142"),
        ("011 44 20 7946 0018", "+442079460018"),
        ("+44 (0)20 7946 0018", "+442079460018"),
        ("312-555-0142 ext. 7", "+13125550142"),
    ],
)
def test_a_number_that_can_be_read_becomes_e164(raw: str, number: str) -> None:
    assert normalise(raw) == number


def test_a_national_number_is_read_as_one_of_its_region() -> None:
    assert normalise("020 7946 0018", region="GB") == "+442079460018"


@pytest.mark.parametrize(
    "raw",
    [
        "", "anonymous", "unknown", "Restricted", "+", "+1", "12345", "client:ana", "client:3125550142",
        "CLIENT:3125550142", "sip:+13125550142@example.com", "sip:3125550142", "sips:+13125550142@example.com",
        "+0123456789", "0049 30 é", "\x00", "not a number", "1" * 300,
    ],
)  # fmt: skip
def test_what_is_no_number_stays_as_it_came(raw: str) -> None:
    assert normalise(raw) == raw


def test_a_number_without_its_area_code_is_nobodys_and_stays_as_it_came() -> None:
    assert normalise("555-0142") == "555-0142"


@given(scribble)
@example("+1\u0663\u0661\u0662\u0665\u0665\u0665\u0660\u0661\u0664\u0662")
def test_reading_never_fails_and_reading_twice_is_reading_once(raw: str) -> None:
    once = normalise(raw)
    assert normalise(once) == once
    assert once == raw or is_e164(once)
    assert once.isascii() or not is_e164(once)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("+13125550142", True),
        ("+1234567", True),
        ("+123456789012345", True),
        ("+123456", False),
        ("+1234567890123456", False),
        ("+0125550142", False),
        ("13125550142", False),
        ("+1312555014x", False),
        ("+13125550142\n", False),
        ("+1 3125550142", False),
        ("+1\u0663\u0661\u0662\u0665\u0665\u0665\u0660\u0661\u0664\u0662", False),
        ("", False),
    ],
)
def test_e164_is_a_plus_sign_and_seven_to_fifteen_digits(text: str, is_one: bool) -> None:
    assert is_e164(text) is is_one


@given(st.one_of(scribble, st.none()))
@example("+2101234567")
@example("+9991234567")
def test_whatever_is_kept_can_be_shown(raw: str | None) -> None:
    assert display(raw)


def test_people_see_a_number_as_their_country_writes_it() -> None:
    assert display("+13125550142") == "(312) 555-0142"
    assert display("+442079460018") == "+44 20 7946 0018"
    assert (display("anonymous"), display(None), display("")) == ("anonymous", "unknown", "unknown")


@given(st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True))
def test_a_log_shows_the_last_two_digits_only(number: str) -> None:
    assert mask(number) == f"...{number[-2:]}"


def test_a_log_says_when_there_is_no_number() -> None:
    assert mask(None) == mask("") == "unknown"
