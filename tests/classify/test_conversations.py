"""The corpus that comes with the package."""

import json
from collections import Counter

import pytest

from calltrack.classify.conversations import CORPUS, read_conversations
from calltrack.classify.reasons import EXCUSED_REASONS, LEAD_REASONS

GOOD = {
    "id": "hvac-1",
    "trade": "hvac",
    "label": "lead",
    "reason": "new job",
    "booked": "yes",
    "turns": [["agent", "Hello"], ["caller", "My furnace is out"]],
}


@pytest.fixture(scope="module")
def conversations():
    return read_conversations(corpus=CORPUS)


def test_every_reason_has_examples_from_several_trades(conversations):
    trades = {
        reason: {c.trade for c in conversations if c.reason == reason} for reason in LEAD_REASONS + EXCUSED_REASONS
    }
    assert min(len(found) for found in trades.values()) >= 3


def test_every_trade_has_leads_and_excused_calls(conversations):
    counts = Counter((c.trade, c.label) for c in conversations)
    assert len({trade for trade, _ in counts}) == 11
    assert all(counts[trade, label] >= 5 for trade, _ in counts for label in ("lead", "excused"))


def test_no_two_conversations_are_the_same_in_other_words(conversations):
    def threes(text: str) -> set[str]:
        words = text.lower().split()
        return {" ".join(words[at : at + 3]) for at in range(len(words) - 2)}

    shingles = [threes("\n".join(words for who, words in c.turns if who == "caller")) for c in conversations]
    for at, one in enumerate(shingles):
        for other in shingles[:at]:
            if min(len(one), len(other)) >= 20:
                assert len(one & other) / min(len(one), len(other)) < 0.3


def test_a_line_is_read_as_it_stands(tmp_path):
    (tmp_path / "a.jsonl").write_text(json.dumps(GOOD) + "\n\n")
    (conversation,) = read_conversations(corpus=tmp_path)
    assert conversation.text == "Hello\nMy furnace is out"
    assert conversation.booked is True


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"reason": "billing"}, "belongs to excused"),
        ({"reason": "other"}, "unknown reason"),
        ({"turns": []}, "turns must be"),
        ({"turns": [["boss", "hi"]]}, "turns must be"),
        ({"booked": "maybe"}, "maybe"),
    ],
)
def test_a_bad_line_is_named(tmp_path, wrong, message):
    (tmp_path / "a.jsonl").write_text(json.dumps(GOOD) + "\n" + json.dumps({**GOOD, "id": "hvac-2", **wrong}))
    with pytest.raises(ValueError, match=rf"a\.jsonl, line 2.*{message}"):
        read_conversations(corpus=tmp_path)


def test_an_id_is_used_once(tmp_path):
    (tmp_path / "a.jsonl").write_text(json.dumps(GOOD) + "\n" + json.dumps(GOOD))
    with pytest.raises(ValueError, match="used twice"):
        read_conversations(corpus=tmp_path)


def test_a_folder_without_conversations_is_refused(tmp_path):
    with pytest.raises(ValueError, match="holds no conversations"):
        read_conversations(corpus=tmp_path)
