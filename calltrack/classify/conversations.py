"""Labelled conversations, read from a folder of JSON lines."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calltrack.classify.reasons import Label, label_of

CORPUS = Path(__file__).parent / "corpus"
"""The conversations that come with the package; `corpus/README.md` says how they were made."""


@dataclass(frozen=True)
class Conversation:
    """One call as people spoke it: `turns` are (speaker, words), `booked` is None where there was nothing to book."""

    id: str
    trade: str
    label: Label
    reason: str
    booked: bool | None
    kind: str
    turns: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        """The whole transcript, a line a turn."""
        return "\n".join(words for _, words in self.turns)


def read_conversations(*, corpus: Path) -> list[Conversation]:
    """Every conversation in the folder's `*.jsonl`, by id; ValueError names the file and line of a bad one."""
    found: dict[str, Conversation] = {}
    for path, number, line in _lines(corpus):
        try:
            conversation = _conversation(json.loads(line))
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path.name}, line {number}: not a conversation ({error})") from error
        if conversation.id in found:
            raise ValueError(f"{path.name}, line {number}: the id {conversation.id} is used twice")
        found[conversation.id] = conversation
    if not found:
        raise ValueError(f"{corpus} holds no conversations: expected *.jsonl files in it")
    return [found[key] for key in sorted(found)]


def hash_corpus(*, corpus: Path) -> str:
    """SHA-256 over every conversation, whatever file it stands in and in whatever order."""
    lines = sorted(json.dumps(json.loads(line), sort_keys=True) for _, _, line in _lines(corpus))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _lines(corpus: Path) -> Iterator[tuple[Path, int, str]]:
    for path in sorted(corpus.glob("*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if line.strip():
                yield path, number, line


def _conversation(row: dict[str, Any]) -> Conversation:
    label = label_of(reason=row["reason"])
    if row["label"] != label:
        raise ValueError(f"the reason {row['reason']} belongs to {label}, not to {row['label']}")
    turns = tuple((str(speaker), str(words)) for speaker, words in row["turns"])
    if not turns or any(speaker not in ("caller", "agent") for speaker, _ in turns):
        raise ValueError("turns must be pairs of caller or agent and what was said")
    return Conversation(
        id=row["id"],
        trade=row["trade"],
        label=label,
        reason=row["reason"],
        booked={"yes": True, "no": False, None: None}[row["booked"]],
        kind=row.get("kind", "call"),
        turns=turns,
    )
