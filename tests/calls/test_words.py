"""Searching by words: what a query asks for, and that it finds the same on both databases."""

import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from calltrack.calls import search
from calltrack.calls.listing import list_calls
from calltrack.calls.tags import note_call
from calltrack.calls.walk import Spot, key_of, spot_of
from calltrack.calls.words import Query, Term, read_query, words_in
from calltrack.db import Database
from tests.calls.searching import CALLER, assert_index_agrees, found, ids, said, transcribe
from tests.campaigns.story import CHICAGO, MORNING, Story, undone

SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@pytest.fixture
def session(migrated: Database) -> Iterator[Session]:
    with undone(migrated) as session:
        yield session
        session.flush()
        assert_index_agrees(session)


# What a query asks for


@pytest.mark.parametrize(
    ("asked", "wanted", "unwanted"),
    [
        ("leak", [(("leak",), True)], []),
        ("Tub LEAK", [(("tub",), True), (("leak",), True)], []),
        ("ac", [(("ac",), False)], []),
        ('"water heater"', [(("water", "heater"), False)], []),
        ("“water heater”", [(("water", "heater"), False)], []),
        ('"leak"', [(("leak",), False)], []),
        ("leak -roof", [(("leak",), True)], [(("roof",), True)]),
        ('leak -"flat roof"', [(("leak",), True)], [(("flat", "roof"), False)]),
        ("leak -flat-roof", [(("leak",), True)], [(("flat", "roof"), True)]),
        ("water-heater", [(("water",), True), (("heater",), True)], []),
        ("José's piñata", [(("jose",), True), (("s",), False), (("pinata",), True)], []),
        ("ana@example.com", [(("ana",), True), (("example",), True), (("com",), True)], []),
        ('the "unclosed phrase', [(("the",), True), (("unclosed", "phrase"), False)], []),
        ("leak leak LEAK", [(("leak",), True)], []),
        ("a\x00b", [(("a",), False), (("b",), False)], []),
        ('NEAR(a b) OR* AND "x" NOT {y}: z^', [
            (("near",), True), (("a",), False), (("b",), False), (("or",), False), (("and",), True), (("x",), False),
            (("not",), True), (("y",), False), (("z",), False),
        ], []),
        ("", [], []), ('- "" -"" ?!', [], []), ("📞 🤔", [], []), ("%" * 200, [], []),
        ("\ue0001", [(("1",), False)], []),
    ],
)  # fmt: skip
def test_a_query_is_words_phrases_and_what_must_not_be(asked: str, wanted: list[Any], unwanted: list[Any]) -> None:
    query = read_query(asked)
    assert [tuple(term) for term in query.wanted] == wanted
    assert [tuple(term) for term in query.unwanted] == unwanted
    assert query.asks() == bool(wanted or unwanted)


@pytest.mark.parametrize(
    ("asked", "caller", "callers"),
    [
        ("(312) 555-0142", CALLER, (CALLER,)),
        ("+1 312 555 0142", CALLER, (CALLER,)),
        ("13125550142", CALLER, (CALLER,)),
        ("+44 20 7946 0958", "+442079460958", ("+442079460958",)),
        ("312-555", None, ("+1312555", "+312555", "312555")),
        ("+1312", None, ("+1312",)),
        ("312", None, ()),
        ("3125 furnace", None, ()),
        ("9" * 16, None, ()),
    ],
)
def test_what_looks_like_a_number_also_asks_for_callers(asked: str, caller: str | None, callers: Any) -> None:
    query = read_query(asked)
    assert (query.caller, query.callers) == (caller, callers)


@given(asked=st.text(max_size=200) | st.text(alphabet='"-ab \x00*()', max_size=40))
def test_any_text_is_a_query_and_asks_only_for_words(asked: str) -> None:
    query = read_query(asked)
    for term in (*query.wanted, *query.unwanted):
        assert term.words
        assert all([place.word for place in words_in(word)] == [word] for word in term.words)


@given(said=st.text(max_size=200))
def test_words_stand_where_they_are_said_to_stand(said: str) -> None:
    for word, start, end in words_in(said):
        assert [place.word for place in words_in(said[start:end])] == [word]


# Finding


def test_all_words_must_occur_each_as_the_beginning_of_one(story: Story) -> None:
    leak, both, neither = said(story, "it leaks", "leaking water heater", "the furnace is out")
    assert found(story, "leak") == ids(both, leak)
    assert found(story, "heat leak") == ids(both)
    assert found(story, "leak furnace") == []
    assert found(story, "urnace") == []
    assert found(story, "furnace") == ids(neither)


def test_words_of_one_or_two_letters_stand_for_themselves(story: Story) -> None:
    short, _ = said(story, "my ac is out", "my account is closed")
    assert found(story, "ac") == ids(short)


def test_a_phrase_is_found_as_written(story: Story) -> None:
    phrase, _, across = said(story, "a new Water-Heater, please", "heat the water for a heater", "hot water\nheater")
    assert found(story, '"water heater"') == ids(across, phrase)
    assert found(story, '"water heat"') == []


def test_a_phrase_does_not_reach_from_one_text_into_the_next(story: Story) -> None:
    (call,) = said(story, "call me back")
    note_call(story.session, call=call, text="needs a new roof", written_by="ana")
    call.caller_name = "Roof"
    story.session.flush()
    assert [found(story, q) for q in ('"roof roof"', '"roof call"', '"call needs"', '"back roof"')] == [[]] * 4
    assert found(story, "roof call needs") == ids(call)


def test_what_must_not_be_keeps_calls_out(story: Story) -> None:
    roof, tub = said(story, "leak in the flat roof", "leak in the tub, on the flat side of the roof")
    assert found(story, "leak -tub") == ids(roof)
    assert found(story, 'leak -"flat roof"') == ids(tub)
    assert found(story, "-tub") == ids(roof)
    assert found(story, "leak -roofing") == ids(tub, roof)


@pytest.mark.parametrize("asked", ["JOSÉ", "jose", "Jos\u0301e", "josé's"])
def test_case_and_accents_do_not_matter(story: Story, asked: str) -> None:
    (call,) = said(story, "hola, José’s señora… ¿qué?")  # noqa: RUF001
    assert found(story, asked) == ids(call)


@pytest.mark.parametrize("asked", ["?!", '""', "-", "📞", "%" * 200])
def test_text_without_a_word_finds_nothing(story: Story, asked: str) -> None:
    said(story, "anything")
    assert found(story, asked) == []


def test_another_companys_calls_are_never_found(story: Story) -> None:
    said(Story(story.session), "furnace")
    other = Story(story.session)
    (mine,) = said(other, "furnace")
    assert found(other, "furnace") == ids(mine)
    assert found(story, "furnace") == []
    assert found(other, str(other.account.id)) == []


def test_a_transcript_of_any_length_is_kept_and_its_beginning_found(story: Story) -> None:
    long = " ".join(f"word{place}" for place in range(60_000))
    huge, one_word = said(story, f"furnace {long} zeppelin", "furnace " + "x" * 300_000)
    assert found(story, "furnace") == ids(one_word, huge)
    assert found(story, "word20000") == ids(huge)
    assert found(story, '"word300 word301"') == ids(huge)
    assert found(story, "zeppelin") == []
    assert found(story, "x" * 150) == ids(one_word)


# The same everywhere

_LETTERS = "aAbzéÉñÑüßøØłžŽ0129İıΑαώЖжёخ漢カ\u0301\u0327"  # noqa: RUF001
_SIGNS = " \n\t.,-_'\"’“”…—¿!?@#$%&/\\*()+:;<>|~^`²½™€₿📞🤔🏽\u200b\u00a0\u00ad"  # noqa: RUF001
_WORDS = st.sampled_from(["leak", "leaks", "leaking", "água", "agua", "Water-Heater", "1e5", "3.14", "a@b.co", "no"])
_TEXTS = st.lists(st.one_of(_WORDS, st.text(_LETTERS, max_size=6), st.text(_SIGNS, max_size=3)), max_size=12).map(
    " ".join
)


def oracle_words(said: str) -> list[str]:
    """Letter by letter, without a regular expression."""
    out = ""
    for char in said:
        kind = unicodedata.category(char)
        if kind == "Mn":
            continue
        small = char.lower() if len(char.lower()) == 1 else char
        plain = unicodedata.normalize("NFD", small)[0]
        out += (plain.lower() if plain.isascii() else small) if kind[0] in "LN" else " "
    return out.split()


def oracle_has(said: str, term: Term) -> bool:
    text = "".join(f" {word}" for word in oracle_words(said)) + " "
    return " " + " ".join(term.words) + ("" if term.begins else " ") in text


def oracle_finds(said: str, query: Query) -> bool:
    return (
        bool(said)
        and all(oracle_has(said, term) for term in query.wanted)
        and not any(oracle_has(said, term) for term in query.unwanted)
    )


@given(
    texts=st.lists(_TEXTS, min_size=1, max_size=5),
    asked=st.lists(
        st.one_of(_WORDS, st.text(_LETTERS, min_size=1, max_size=4), _TEXTS.map(lambda one: f'"{one}"'),
                  _WORDS.map(lambda one: f"-{one}")), min_size=1, max_size=3,
    ).map(" ".join),
)  # fmt: skip
@example(texts=["leak 🤔 leak🤔s"], asked='"leak s"')
@example(texts=["a b", "b a"], asked='"a b"')
@settings(max_examples=120, deadline=None, suppress_health_check=SLOW)
def test_both_databases_find_what_a_reader_would(session: Session, texts: list[str], asked: str) -> None:
    query = read_query(asked)
    with session.begin_nested() as attempt:
        story = Story(session)
        calls = said(story, *texts)
        expected = [call.id for call, one in zip(calls, texts, strict=True) if oracle_finds(one, query)]
        if query.asks() and not query.callers:
            assert found(story, asked) == expected[::-1]
        assert_index_agrees(session)
        attempt.rollback()


# A page at a time


@given(
    seconds=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 999_999)), max_size=12),
    limit=st.integers(1, 4),
    asked=st.sampled_from(["furnace", '"my furnace"', "furnace -tub", "3125550142", "31255"]),
)
@settings(max_examples=40, deadline=None, suppress_health_check=SLOW)
def test_pages_of_a_search_together_are_all_that_is_found(
    session: Session, monkeypatch: pytest.MonkeyPatch, seconds: list[tuple[int, int]], limit: int, asked: str
) -> None:
    monkeypatch.setattr(search, "WINDOW", 3)
    monkeypatch.setattr(search, "FREQUENT", 2)
    with session.begin_nested() as attempt:
        story = Story(session)
        calls = []
        for place, (second, micro) in enumerate(seconds):
            moment = MORNING + timedelta(seconds=second, microseconds=micro)
            calls.append(story.call(moment, caller=CALLER if place % 2 else "+13125550199"))
            transcribe(story, calls[-1], "my furnace" if place % 3 else "another word")
        number = read_query(asked).caller
        expected = [
            key_of(Spot(call.started_at, call.id))
            for place, call in enumerate(calls)
            if (call.caller == number if number else place % 3 or asked == "31255")
        ]
        collected: list[int] = []
        cursor = None
        for _ in range(3 * len(seconds) + 2):
            page = list_calls(session, account_id=story.account.id, zone=CHICAGO, q=asked, limit=limit, cursor=cursor)
            collected += [key_of(Spot(call.started_at, call.id)) for call in page.items]
            cursor = page.next
            if cursor is None:
                break
        assert cursor is None
        assert collected == sorted(expected, reverse=True)
        attempt.rollback()


@given(
    moment=st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    call_id=st.integers(0, 2**31 - 1),
)
def test_a_key_is_the_second_and_the_id(moment: datetime, call_id: int) -> None:
    assert spot_of(key_of(Spot(moment, call_id))) == (moment.replace(microsecond=0), call_id)


def test_dates_narrow_a_search(story: Story) -> None:
    calls = [story.call(MORNING + timedelta(days=place), caller_name="Furnace") for place in range(4)]
    day = MORNING.date()
    assert found(story, "furnace", first=day + timedelta(days=1), last=day + timedelta(days=2)) == ids(
        calls[2], calls[1]
    )
    assert found(story, "31255", last=day) == ids(calls[0])
