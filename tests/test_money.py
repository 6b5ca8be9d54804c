"""Money: exact from the text to the cents and back, rounded half up only where something is divided."""

from contextlib import suppress
from decimal import Decimal
from fractions import Fraction
from math import floor

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from calltrack.money import LARGEST, BadAmount, per, percentage, ratio, to_cents, to_text

cents = st.integers(-(10**14), 10**14)
counts = st.integers(1, 10**6)


def half_up(value: Fraction, decimals: int) -> Fraction:
    """School rounding, away from zero at the half; an oracle that knows no Decimal."""
    scaled = abs(value) * 10**decimals
    return Fraction(floor(scaled + Fraction(1, 2)), 10**decimals) * (-1 if value < 0 else 1)


@given(cents)
def test_cents_written_out_and_read_back_are_the_same(amount: int) -> None:
    assert to_cents(to_text(amount)) == amount
    assert to_cents(Decimal(to_text(amount))) == amount


@pytest.mark.parametrize(
    ("amount", "as_cents"),
    [("1250.00", 125000), ("1250", 125000), (1250, 125000), ("0.1", 10), ("-0.05", -5), ("-0", 0), ("12.500", 1250)],
)
def test_an_amount_is_read_to_the_cent(amount: str | int, as_cents: int) -> None:
    assert to_cents(amount) == as_cents


def test_cents_are_written_with_two_decimals() -> None:
    assert [to_text(one) for one in (125000, 5, 0, -5, -125)] == ["1250.00", "0.05", "0.00", "-0.05", "-1.25"]


@given(st.integers(-(10**13), 10**13), st.integers(3, 60), st.integers(1, 9))
@example(100, 28, 1)
def test_more_than_two_decimals_are_refused_and_never_rounded(amount: int, place: int, digit: int) -> None:
    whole, _, decimals = to_text(amount).partition(".")
    with pytest.raises(BadAmount, match="decimals"):
        to_cents(f"{whole}.{decimals}{'0' * (place - 3)}{digit}")


def test_an_amount_too_small_to_be_anything_is_refused_too() -> None:
    with pytest.raises(BadAmount):
        to_cents("1e-9999999")


@pytest.mark.parametrize("junk", ["", "12,50", "$5", "five", "NaN", "Infinity", "-Infinity", "1e13", "0x10", "sNaN"])
def test_what_is_no_amount_is_refused(junk: str) -> None:
    with pytest.raises(BadAmount):
        to_cents(junk)


def test_the_largest_amount_is_the_largest() -> None:
    assert to_cents(LARGEST) == 10**14
    with pytest.raises(BadAmount, match="kept"):
        to_cents(LARGEST + Decimal("0.01"))


@given(st.text(max_size=30))
def test_reading_an_amount_gives_cents_or_says_why_not(text: str) -> None:
    with suppress(BadAmount):
        assert isinstance(to_cents(text), int)


@given(cents, counts)
@example(5, 10)
@example(15, 10)
@example(-5, 10)
@example(201, 200)
def test_a_share_is_rounded_half_up_to_the_cent(amount: int, count: int) -> None:
    share = per(amount, count)
    assert share is not None
    assert Fraction(share) == half_up(Fraction(amount, 100 * count), 2)
    assert share.as_tuple().exponent == -2


@given(st.integers(-(10**12), 10**12), st.integers(-(10**12), 10**12).filter(bool))
@example(1, 200)
@example(3, 200)
def test_a_ratio_is_rounded_half_up_to_two_decimals(part: int, whole: int) -> None:
    value = ratio(part, whole)
    assert value is not None
    assert Fraction(value) == half_up(Fraction(part, whole), 2)


@given(st.integers(0, 10**6), counts)
@example(1, 2000)
@example(3, 2000)
@example(1, 3)
def test_a_percentage_is_rounded_half_up_to_one_decimal(part: int, whole: int) -> None:
    value = percentage(part, whole)
    assert value is not None
    assert Fraction(value) == half_up(Fraction(100 * part, whole), 1)


def test_dividing_by_nothing_gives_no_value() -> None:
    assert per(100, 0) is ratio(100, 0) is percentage(1, 0) is None


def test_a_loss_too_small_to_show_is_no_negative_zero():
    assert str(ratio(-1, 1_000)) == "0.00"
    assert str(per(-1, 1_000)) == "0.00"
