"""Places: a callback says where in the flow it comes from, in a query that the carrier cannot put out of order."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from werkzeug.urls import iri_to_uri

from calltrack.telephony.place import Place, read_place, write_place

counts = st.integers(0, 2**31 - 1)
numbers = st.just("") | st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True)
places = st.builds(
    Place,
    st.from_regex(r"[a-z0-9][a-z0-9-]{0,39}", fullmatch=True),
    counts,
    counts,
    counts,
    st.booleans(),
    numbers,
    st.booleans(),
)


@given(places)
def test_a_place_comes_back_as_it_was_sent(place: Place) -> None:
    query = write_place(place)
    assert read_place(dict(parse_qsl(query))) == place
    keys = [pair.split("=")[0] for pair in query.split("&")]
    assert keys == sorted(keys)
    assert iri_to_uri(query) == query


def test_what_is_empty_is_left_out() -> None:
    assert write_place(Place()) == ""
    assert write_place(Place(step="office")) == "at=office"
    assert write_place(Place(step="office", go=1, turn=4, version=7)) == "at=office&go=1&turn=4&v=7"
    offered = Place(step="office", turn=4, key=True, number="+13125550142")
    assert write_place(offered) == "at=office&key=1&to=13125550142&turn=4"
    assert write_place(Place(step="office", told=True)) == "at=office&c=1"


@pytest.mark.parametrize(
    "args",
    [
        {},
        {"go": "1", "v": "7"},
        {"at": "Office"},
        {"at": "office\n"},
        {"at": "o" * 41},
        {"at": "office", "go": "-1"},
        {"at": "office", "go": "٣"},
        {"at": "office", "turn": "x"},
        {"at": "office", "v": str(2**31)},
        {"at": "office", "v": "9" * 5000},
        {"at": "office", "to": "+13125550142"},
        {"at": "office", "to": "1312555\u0663"},
        {"at": "office", "key": "yes"},
    ],
)
def test_what_we_never_wrote_is_no_place(args: dict[str, str]) -> None:
    assert read_place(args) == Place()


@given(st.dictionaries(st.sampled_from(["at", "c", "go", "key", "to", "turn", "v", "x"]), st.text(max_size=20)))
@example({"at": "office", "go": "0"})
def test_no_query_is_an_error(args: dict[str, str]) -> None:
    read_place(args)
