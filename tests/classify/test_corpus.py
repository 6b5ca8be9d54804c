"""The corpus that comes with the package."""

import json
import re
from collections import Counter, defaultdict

import pytest

from calltrack.classify.conversations import CORPUS
from calltrack.classify.reasons import EXCUSED_REASONS, LEAD_REASONS
from tests.classify.conftest import real_lines

RUN = 12
FORMULAS = (
    *(
        "anything else i can help",
        "i can help you with",
        "how can i help you",
        "calling to see if",
        "i can go ahead and",
    ),
    *("have a good day", "first and last name", "your message", "finished recording", "answered in the order"),
    *("your call", "party's extension"),
)
"""What everybody says on the phone, people and machines."""


def runs(text: str, *, words: int) -> set[str]:
    """Every run of so many words; a mask stands between runs."""
    found = set()
    for part in re.split(r"\[[^\[\]]*\]", text.lower().replace("\u2019", "'")):
        spoken = re.findall(r"[a-z']+", part)
        found |= {" ".join(spoken[at : at + words]) for at in range(len(spoken) - words + 1)}
    return found


def test_it_holds_all_conversations(conversations):
    assert len(conversations) == 1520
    assert Counter(one.style for one in conversations) == {"plain": 301, "ordinary": 240, "indirect": 979}


def test_every_reason_has_examples_from_several_trades(conversations):
    trades = {
        reason: {c.trade for c in conversations if c.reason == reason} for reason in LEAD_REASONS + EXCUSED_REASONS
    }
    assert min(len(found) for found in trades.values()) >= 5


def test_every_trade_has_leads_and_excused_calls(conversations):
    counts = Counter((c.trade, c.label) for c in conversations)
    assert len({trade for trade, _ in counts}) == 11
    assert all(counts[trade, label] >= 25 for trade, _ in counts for label in ("lead", "excused"))


def test_some_calls_are_voicemails_and_some_went_to_an_answering_service(conversations):
    kinds = Counter(one.kind for one in conversations)
    assert kinds.keys() == {"call", "voicemail", "answering_service"}
    assert min(kinds.values()) >= 30


def test_marks_point_at_turns_and_say_what_the_turn_shows():
    known = {*LEAD_REASONS, *EXCUSED_REASONS, "booked"}
    for path in CORPUS.glob("*.jsonl"):
        for row in map(json.loads, path.read_text().splitlines()):
            for turn, why in row.get("marks", ()):
                assert 0 <= turn < len(row["turns"]), row["id"]
                assert why in known, row["id"]


def test_no_text_stands_twice(conversations):
    texts = Counter(" ".join(one.facts().text.lower().split()) for one in conversations)
    assert max(texts.values()) == 1


def test_no_two_callers_say_the_same_in_other_words(conversations):
    """But for machines, which do."""
    people = [one for one in conversations if one.reason != "robocall"]
    threes = [runs(" ".join(t.text for t in one.turns if t.speaker == "caller"), words=3) for one in people]
    said_by = defaultdict(list)
    for at, found in enumerate(threes):
        for three in found:
            said_by[three].append(at)
    common = Counter(
        (one, other) for callers in said_by.values() for other in callers for one in callers if one < other
    )
    for (one, other), shared in common.items():
        shorter = min(len(threes[one]), len(threes[other]))
        assert shorter < 20 or shared / shorter < 0.35, (people[one].id, people[other].id)


@pytest.mark.slow
@pytest.mark.shared_data
@pytest.mark.parametrize("name", ["home_service_labelled", "home_service_unlabelled"])
def test_no_real_call_is_in_it(conversations, name):
    ours = set().union(*(runs(one.facts().text, words=RUN) for one in conversations))
    for line in real_lines(name):
        for run in runs(json.loads(line)["transcript"], words=RUN) & ours:
            assert any(formula in run for formula in FORMULAS), run
