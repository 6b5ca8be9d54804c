"""Calls to judge, and a model that is quick to train."""

import os
from pathlib import Path
from typing import Any

import pytest

from calltrack.classify import CallFacts, Turn, join_turns
from calltrack.classify.conversations import CORPUS, Conversation, read_conversations
from calltrack.classify.model import Model, shipped_model

CALLS = Path(os.environ.get("CALLTRACK_SHARED") or Path(__file__).parents[3] / "shared") / "data" / "calls"
"""Real calls, which are not part of the project and only measure it."""


@pytest.fixture(scope="session")
def model() -> Model:
    return shipped_model()


@pytest.fixture(scope="session")
def conversations() -> list[Conversation]:
    return read_conversations(corpus=CORPUS)


@pytest.fixture
def small_corpus(tmp_path: Path) -> Path:
    """Two trades of the shipped corpus: enough to train on, small enough to do it often."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    for trade in ("roofing", "locksmith"):
        (folder / f"{trade}.jsonl").write_text((CORPUS / f"{trade}.jsonl").read_text())
    return folder


def said(*turns: str, duration: int | None = None, talk_seconds: int | None = None, **more: Any) -> CallFacts:
    """A call in which agent and caller take turns, ten seconds each."""
    spoken = tuple(
        Turn(speaker="caller" if at % 2 else "agent", start=10.0 * at, text=text) for at, text in enumerate(turns)
    )
    return CallFacts(turns=spoken, text=join_turns(turns=spoken), duration=duration, talk_seconds=talk_seconds, **more)


def written(text: str) -> CallFacts:
    """A call of which nothing but its words is known."""
    return CallFacts(turns=(), text=text, duration=None, talk_seconds=None)


def real_lines(name: str) -> list[str]:
    """The lines of a file of real calls; the test is skipped where they are absent."""
    path = CALLS / f"{name}.jsonl"
    if not path.is_file():
        pytest.skip("NOT RUN: no real calls; set CALLTRACK_SHARED to the folder that holds data/calls")
    return path.read_text(encoding="utf-8").splitlines()
