"""From a corpus to a model."""

import json

import pytest

from calltrack.classify.model import load_model
from calltrack.classify.training import train


def test_the_same_corpus_gives_the_same_model_to_the_byte(small_corpus, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    assert train(corpus=small_corpus, out=first) == train(corpus=small_corpus, out=second)
    assert (first / "model.json").read_bytes() == (second / "model.json").read_bytes()


def test_the_model_does_not_depend_on_how_lines_are_spread_over_files(small_corpus, tmp_path):
    spread = train(corpus=small_corpus, out=tmp_path / "spread")
    lines = [line for path in small_corpus.glob("*.jsonl") for line in path.read_text().splitlines()]
    for path in small_corpus.glob("*.jsonl"):
        path.unlink()
    (small_corpus / "all.jsonl").write_text("\n".join(reversed(lines)))
    assert train(corpus=small_corpus, out=tmp_path / "one") == spread


def test_a_model_has_the_name_and_version_it_was_given(small_corpus, tmp_path):
    card = train(corpus=small_corpus, out=tmp_path / "ours", name="ours", version=7)
    assert card.model == load_model(folder=tmp_path / "ours").full_name == "ours@7"


def test_the_card_counts_every_conversation_once(small_corpus, tmp_path):
    card = train(corpus=small_corpus, out=tmp_path / "model")
    counted = sum(n for row in card.metrics["confusion"].values() for n in row.values())
    assert counted == card.metrics["n"] == card.conversations


def test_a_corpus_with_too_few_excused_calls_is_refused(small_corpus, tmp_path):
    for path in small_corpus.glob("*.jsonl"):
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        path.write_text("\n".join(json.dumps(row) for row in rows if row["label"] == "lead"))
    with pytest.raises(ValueError, match="too small"):
        train(corpus=small_corpus, out=tmp_path / "model")
