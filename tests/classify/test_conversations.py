"""Conversations read from lines."""

import json

import pytest

from calltrack.classify.conversations import hash_corpus, read_conversations

GOOD = {
    "id": "hvac-1",
    "trade": "hvac",
    "label": "lead",
    "reason": "new job",
    "booked": "yes",
    "turns": [["agent", "Hello"], ["caller", "My furnace is out"]],
}


def test_a_line_is_read_as_it_stands(tmp_path):
    (tmp_path / "a.jsonl").write_text(json.dumps(GOOD) + "\n\n")
    (conversation,) = read_conversations(corpus=tmp_path)
    assert conversation.facts().text == "Hello\nMy furnace is out"
    assert [turn.speaker for turn in conversation.facts().turns] == ["agent", "caller"]
    assert conversation.booked is True
    assert (conversation.kind, conversation.style) == ("call", "plain")


def test_what_is_known_of_the_caller_is_in_the_facts(tmp_path):
    (tmp_path / "a.jsonl").write_text(json.dumps({**GOOD, "facts": {"open_job": True, "stir": "A", "hour": 9}}))
    (conversation,) = read_conversations(corpus=tmp_path)
    facts = conversation.facts()
    assert (facts.open_job, facts.stir, facts.hour, facts.known_customer) == (True, "A", 9, None)


def test_the_hash_is_of_the_conversations_not_of_their_files(tmp_path):
    other = {**GOOD, "id": "hvac-2"}
    (tmp_path / "a.jsonl").write_text(json.dumps(GOOD) + "\n" + json.dumps(other))
    together = hash_corpus(corpus=tmp_path)
    (tmp_path / "a.jsonl").write_text(json.dumps(dict(reversed(other.items()))))
    (tmp_path / "b.jsonl").write_text(json.dumps(GOOD))
    assert hash_corpus(corpus=tmp_path) == together
    (tmp_path / "b.jsonl").write_text(json.dumps({**GOOD, "booked": "no"}))
    assert hash_corpus(corpus=tmp_path) != together


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"reason": "billing"}, "belongs to excused"),
        ({"reason": "other"}, "unknown reason"),
        ({"turns": []}, "turns must be"),
        ({"turns": [["boss", "hi"]]}, "turns must be"),
        ({"booked": "maybe"}, "maybe"),
        ({"style": "loud"}, "style 'loud' is none of plain"),
        ({"facts": {"label": "lead"}}, "facts may be"),
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
