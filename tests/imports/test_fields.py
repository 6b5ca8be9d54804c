"""Single cells."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calltrack.imports.fields import (
    BadLine,
    name_nearest,
    read_amount,
    read_answer,
    read_date,
    read_moment,
    read_month,
    read_phone,
    read_seconds,
)
from calltrack.money import to_cents, to_text
from calltrack.phone import normalise

CHICAGO = ZoneInfo("America/Chicago")
LATEST = datetime(2026, 12, 1, tzinfo=UTC)


def moment(text: str) -> datetime:
    return read_moment(text, column="started_at", latest=LATEST, zone=CHICAGO)


@pytest.mark.parametrize("text", ["2026-05-04T12:00:00-05:00", "2026-05-04T17:00:00Z", "2026-05-04 17:00+00:00"])
def test_a_moment_is_kept_in_utc(text: str) -> None:
    assert moment(text) == datetime(2026, 5, 4, 17, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("2026-05-04T12:00:00", "has no offset"),
        ("2026-05-04", "has no offset"),
        ("", "is empty"),
        ("yesterday", "is no moment"),
        ("1999-12-31T23:59:59Z", "too long ago"),
        ("2026-12-02T00:00:00Z", "in the future"),
        ("9999-12-31T23:59:59-23:00", "is no moment"),
        ("0001-01-01T00:00:00+23:00", "is no moment"),
    ],
)
def test_a_moment_that_nobody_can_mean_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(BadLine, match=complaint):
        moment(text)


def test_a_moment_that_is_none_is_answered_with_one_of_today_in_the_company_s_zone() -> None:
    with pytest.raises(BadLine) as refused:
        moment("noon")
    shown = datetime.fromisoformat(str(refused.value).rpartition(" ")[2])
    assert abs(shown - datetime.now(UTC)) < timedelta(days=1)
    assert shown.utcoffset() == shown.astimezone(CHICAGO).utcoffset()


def test_a_moment_without_an_offset_is_shown_with_the_company_s_of_that_day() -> None:
    with pytest.raises(BadLine, match="2026-01-04T12:00:00-06:00"):
        moment("2026-01-04T12:00")


@pytest.mark.parametrize("text", ["-1", "1.5", "x", "", "86401", "1" * 30, "\u0663"])
def test_seconds_are_whole_and_of_one_day(text: str) -> None:
    with pytest.raises(BadLine, match="whole seconds"):
        read_seconds(text, column="duration")


@pytest.mark.parametrize(("text", "answer"), [("true", True), ("FALSE", False), ("", None)])
def test_an_answer_is_true_or_false_or_nothing(text: str, answer: bool | None) -> None:
    assert read_answer(text, column="answered") is answer
    with pytest.raises(BadLine, match="true or false"):
        read_answer("yes", column="answered")


digits = st.text("0123456789", min_size=9, max_size=11)


@given(digits, st.sampled_from(["{}", "({:.3}) {:.3}-{}", "+1{}", "1-{}", "{} "]))
def test_a_phone_number_reads_as_everywhere_else(number: str, shape: str) -> None:
    text = shape.format(number) if shape.count("{") == 1 else f"({number[:3]}) {number[3:6]}-{number[6:]}"
    assert read_phone(text, column="caller", longest=64) == normalise(text)


@given(st.text("0123456789()-. +", min_size=1, max_size=20))
def test_whatever_is_sent_as_a_phone_number_reads_as_everywhere_else(text: str) -> None:
    assert read_phone(text, column="caller", longest=64) == normalise(text)


def test_a_caller_who_hides_is_kept_as_sent() -> None:
    assert read_phone("anonymous", column="caller", longest=64) == "anonymous"


@given(st.integers(-(10**11), 10**11))
def test_every_cent_of_an_amount_is_kept(cents: int) -> None:
    assert read_amount(to_text(cents), column="invoice_subtotal") == cents


@given(st.integers(0, 10**11))
def test_money_may_have_a_sign_of_dollars_and_commas_between_thousands(cents: int) -> None:
    assert read_amount(f"${cents // 100:,}.{cents % 100:02}", column="invoice_subtotal") == cents
    assert read_amount(f"-${cents // 100:,}.{cents % 100:02}", column="invoice_subtotal") == -cents


def test_of_many_names_those_spelled_alike_are_shown_and_the_others_counted() -> None:
    names = ("Billboard", "Postcard", "Radio", "Radio west", "Search", "Truck wraps", "Yard signs", "Zoo")
    assert name_nearest("radoi", known=names).startswith("Radio, Radio west, ")
    assert name_nearest("radoi", known=names).endswith(" and 3 more")
    assert name_nearest("radoi", known=names[:2]) in ("Billboard, Postcard", "Postcard, Billboard")
    assert name_nearest("radoi", known=()) == "there are none yet"


@given(st.from_regex(r"[0-9]{1,12}(\.[0-9]{1,2})?", fullmatch=True))
def test_an_amount_reads_as_everywhere_else(text: str) -> None:
    if Decimal(text) <= 10**9:
        assert read_amount(text, column="income_amount") == to_cents(text)
    else:
        with pytest.raises(BadLine, match="more than a billion"):
            read_amount(text, column="income_amount")


@pytest.mark.parametrize(
    "text", ["", "x", "1.005", "$", "$5$", "1,25.00", "12,50", "1,250,0", "1250,000", "NaN", "1e400", "10000000000"]
)
def test_an_amount_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadLine, match="invoice_subtotal"):
        read_amount(text, column="invoice_subtotal")


@pytest.mark.parametrize("text", ["2026-5-1", "20260501", "2026-02-30", "1999-12-31", "", "2100-01-01"])
def test_a_date_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadLine, match="2026-05-31"):
        read_date(text, column="from")


@pytest.mark.parametrize("text", ["2026-13", "2026-5", "05-2026", "1999-12", ""])
def test_a_month_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadLine, match="2026-05"):
        read_month(text, column="month")
