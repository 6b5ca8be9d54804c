"""Calls to judge, and a model that is quick to train."""

from pathlib import Path

import pytest

from calltrack.classify import CallFacts, Turn, join_turns
from calltrack.classify.conversations import CORPUS
from calltrack.classify.model import Model, shipped_model


@pytest.fixture(scope="session")
def model() -> Model:
    return shipped_model()


@pytest.fixture
def small_corpus(tmp_path: Path) -> Path:
    """Two trades of the shipped corpus: enough to train on, small enough to do it often."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    for trade in ("roofing", "locksmith"):
        (folder / f"{trade}.jsonl").write_text((CORPUS / f"{trade}.jsonl").read_text())
    return folder


def said(*turns: str, duration: int | None = None, talk_seconds: int | None = None, **more: bool) -> CallFacts:
    """A call in which agent and caller take turns, ten seconds each."""
    spoken = tuple(
        Turn(speaker="caller" if at % 2 else "agent", start=10.0 * at, text=text) for at, text in enumerate(turns)
    )
    return CallFacts(turns=spoken, text=join_turns(turns=spoken), duration=duration, talk_seconds=talk_seconds, **more)
