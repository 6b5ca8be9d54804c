"""The chart of days, the waveform, and the marks in the transcript."""

import re
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from calltrack.campaigns.scorecard import Kpis, kpis_of
from calltrack.campaigns.sources import Facts
from calltrack.web.chart import MOST_BARS, draw_days, round_scale
from calltrack.web.highlight import list_evidence, mark_evidence
from calltrack.web.waveform import COLUMNS, HEIGHT, draw_waveform

levels = st.lists(st.integers(0, 100), min_size=1, max_size=800)


def day(at: int, *, calls: int, leads: int) -> tuple[date, Kpis]:
    return date(2026, 1, 1) + timedelta(days=at), kpis_of(Facts(calls=calls, leads=leads), cost=0)


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=1100))
def test_no_call_is_lost_in_the_chart_and_no_bar_leaves_it(calls: list[int]) -> None:
    chart = draw_days([day(at, calls=count, leads=count // 2) for at, count in enumerate(calls)])
    assert sum(bar.calls for bar in chart.bars) == sum(calls)
    assert chart.unit == ("day" if len(calls) <= MOST_BARS else "week")
    assert all(0 <= bar.leads_height <= bar.calls_height <= 100 for bar in chart.bars)
    assert all(bar.left >= 0 and bar.left + chart.width <= 100.01 for bar in chart.bars)
    assert len(chart.dates) <= 6
    assert chart.lines[0] == (0, 100)


@given(st.integers(1, 10**7))
def test_a_scale_is_round_and_just_large_enough(largest: int) -> None:
    top, gap = round_scale(largest)
    assert largest <= top < largest + gap
    assert top // gap <= 4
    assert str(gap).rstrip("0") in ("1", "2", "5")


@given(st.lists(levels, min_size=1, max_size=2))
def test_a_waveform_has_its_columns_within_the_drawing(peaks: list[list[int]]) -> None:
    paths = draw_waveform(peaks)
    assert len(paths) == len(peaks)
    for path in paths:
        assert len(re.findall(r"M\d+ ", path)) == COLUMNS * (2 if len(peaks) == 1 else 1)
        assert all(1 <= abs(int(height)) < HEIGHT for height in re.findall(r"v(-?\d+)", path))


def test_the_loudest_moment_of_a_column_is_kept() -> None:
    quiet = [0] * 800
    quiet[401] = 100
    assert draw_waveform([quiet])[0].count(f"v-{HEIGHT - 2}h") == 1


def test_the_caller_is_drawn_above_and_the_agent_below() -> None:
    caller, agent = draw_waveform([[50], [50]])
    assert "v-24" in caller
    assert "v24" in agent


def test_without_a_sound_there_is_no_waveform() -> None:
    assert draw_waveform(None) == draw_waveform([]) == draw_waveform([[]]) == []


turns = st.lists(st.text(max_size=20), max_size=5)
phrases = st.lists(
    st.fixed_dictionaries({"phrase": st.text(max_size=6), "offset": st.none() | st.integers(-5, 200)}), max_size=5
)


@given(turns, phrases)
def test_marking_evidence_changes_no_letter(turns: list[str], evidence: list[dict[str, object]]) -> None:
    marked = mark_evidence(turns=turns, evidence=evidence)
    assert ["".join(text for text, _ in pieces) for pieces in marked] == turns


def test_evidence_is_marked_where_it_stands_and_not_where_it_stands_too() -> None:
    marked = mark_evidence(turns=["a leak", "a leak"], evidence=[{"phrase": "leak", "offset": 9}])
    assert marked == [[("a leak", False)], [("a ", False), ("leak", True)]]


def test_evidence_of_an_older_transcript_is_looked_for() -> None:
    assert mark_evidence(turns=["my Furnace"], evidence=[{"phrase": "furnace", "offset": 900}]) == [
        [("my ", False), ("Furnace", True)]
    ]


def test_a_phrase_that_has_moved_is_marked_where_it_is_nearest_and_as_whole_words() -> None:
    turns = ["the ac", "a vacuum", "your ac, our ac"]
    marked = mark_evidence(turns=turns, evidence=[{"phrase": "AC", "offset": 27}])
    assert marked[:2] == [[("the ac", False)], [("a vacuum", False)]]
    assert marked[2] == [("your ac, our ", False), ("ac", True)]


def test_two_phrases_that_have_moved_do_not_share_a_place() -> None:
    evidence = [{"phrase": "leak", "offset": 900}, {"phrase": "leak", "offset": 901}]
    assert mark_evidence(turns=["a leak", "a leak"], evidence=evidence) == [[("a ", False), ("leak", True)]] * 2


def test_a_phrase_across_two_turns_is_marked_in_both() -> None:
    marked = mark_evidence(turns=["are you", "coming today"], evidence=[{"phrase": "you\ncoming", "offset": 4}])
    assert marked == [[("are ", False), ("you", True)], [("coming", True), (" today", False)]]


def test_the_list_of_phrases_begins_with_the_strongest_and_says_in_which_turn_each_stands() -> None:
    evidence = [
        {"phrase": "leak", "offset": 9, "weight": 0.3},
        {"phrase": "a leak", "offset": 0, "weight": 1.2},
        {"phrase": "leak", "offset": 2, "weight": 0.06},
    ]
    found = list_evidence(turns=["a leak", "a leak"], evidence=evidence)
    assert [(one.text, one.turn, one.strength, one.share) for one in found] == [
        ("a leak", 0, "strong", 1), ("leak", 1, "clear", 0.25), ("leak", 0, "slight", 0.05)
    ]  # fmt: skip


def test_what_a_rule_says_stands_in_no_turn() -> None:
    [one] = list_evidence(turns=["hello"], evidence=[{"phrase": "4 words < 5 words", "offset": 0, "weight": 0.0}])
    assert (one.text, one.turn, one.share) == ("4 words < 5 words", None, 0)
