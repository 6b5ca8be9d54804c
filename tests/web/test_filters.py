"""The list's filters as the address names them."""

from datetime import date
from urllib.parse import urlencode

import pytest
from flask import Flask

from calltrack.web.filters import NAMES, Filters, read_filters

DAY_BACK = date(2026, 4, 5)


def read(query: str) -> Filters:
    with Flask(__name__).test_request_context(f"/calls?{query}"):
        return read_filters(campaign_ids={7}, day_back=DAY_BACK)


@pytest.mark.parametrize(
    ("query", "argument", "value"),
    [
        ("from=2026-05-01", "first", date(2026, 5, 1)),
        ("to=2026-05-01", "last", date(2026, 5, 1)),
        ("campaign=7", "campaign_id", 7),
        ("label=none", "label", "none"),
        ("reason=new+job", "reason", "new job"),
        ("reason=a+reason+that+is+long+retired", "reason", "a reason that is long retired"),
        ("outcome=missed", "outcome", "missed"),
        ("reviewed=no", "reviewed", False),
        ("first_time=yes", "first_time", True),
        ("longer=60", "min_seconds", 60),
        ("longer=0", "min_seconds", 0),
        ("shorter=600", "max_seconds", 600),
        ("answered_by=%2B13125550199", "answered_by", "+13125550199"),
        ("tag=Call++Back", "tag", "call back"),
        ("q=my+furnace", "q", "my furnace"),
        ("q=%22my+furnace", "q", '"my furnace'),
        ("q=++", "q", None),
    ],
)
def test_each_filter_is_one_word_of_the_address(query: str, argument: str, value: object) -> None:
    filters = read(query)
    assert filters.problems == []
    assert {name: one for name, one in filters.as_arguments().items() if one is not None} == (
        {} if value is None else {argument: value}
    )


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("from=yesterday", "Write dates like 2025-05-03."),
        ("from=2026-05-02&to=2026-05-01", "The range ends before it starts."),
        ("campaign=8", "There is no such campaign."),
        ("label=maybe", "There is no such label."),
        ("first_time=no", "There is no such first time."),
        (f"reason={'x' * 61}", "A reason has at most 60 characters."),
        ("longer=ten", "Write how long a call was in whole seconds, up to 86,400."),
        ("shorter=-1", "Write how long a call was in whole seconds, up to 86,400."),
        ("longer=99999", "Write how long a call was in whole seconds, up to 86,400."),
        ("longer=%C2%B2", "Write how long a call was in whole seconds, up to 86,400."),
        ("longer=10&shorter=9", "No call is longer and shorter than that at once."),
        (f"q={'x' * 201}", "Search for at most 200 characters."),
        ("q=?!", "Search for a word or a number; there is none in what you wrote."),
    ],
)
def test_a_filter_that_cannot_be_used_is_left_out_and_named(query: str, problem: str) -> None:
    filters = read(query)
    assert filters.problems == [problem]
    assert [value for value in filters.as_arguments().values() if value is not None] == []


def test_what_was_asked_is_an_address_again_in_the_order_of_the_list() -> None:
    query = "q=a+%26+b&tag=vip&shorter=9&longer=1&reason=new+job&from=2026-05-01&open=CA1&nothing=1"
    filters = read(query)
    assert list(filters.asked) == [name for name in NAMES if name in filters.asked]
    assert read(urlencode(filters.asked)) == filters


def test_calls_that_sound_booked_are_looked_for_some_days_back() -> None:
    assert read("booked=likely").first == DAY_BACK
    assert read("booked=likely&to=2026-05-01").first is None
