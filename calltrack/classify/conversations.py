"""Labelled conversations, read from a folder of JSON lines."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calltrack.classify.reasons import Label, label_of
from calltrack.classify.verdict import CallFacts, Turn, join_turns

CORPUS = Path(__file__).parent / "corpus"
"""The conversations that come with the package; `corpus/README.md` says how they were made."""

STYLES = ("plain", "ordinary", "indirect")
"""In stock phrases; the same at full length; and in words that nobody expects. Training counts them differently."""

KNOWN = frozenset({"known_customer", "open_job", "repeat_caller", "blocked", "stir", "hour"})
"""What the carrier and the company may know of a caller."""


@dataclass(frozen=True)
class Conversation:
    """One call as people spoke it; `booked` is None where there was nothing to book, `known` what the carrier and the
    company know of the caller (keys of CallFacts)."""

    id: str
    trade: str
    label: Label
    reason: str
    booked: bool | None
    kind: str
    style: str
    turns: tuple[Turn, ...]
    known: dict[str, Any]

    def facts(self) -> CallFacts:
        """The call as a classifier gets it."""
        return CallFacts(
            turns=self.turns, text=join_turns(turns=self.turns), duration=None, talk_seconds=None, **self.known
        )


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
    style, known = row.get("style", "plain"), row.get("facts", {})
    if style not in STYLES:
        raise ValueError(f"the style {style!r} is none of {', '.join(STYLES)}")
    if not known.keys() <= KNOWN:
        raise ValueError(f"facts may be {', '.join(sorted(KNOWN))}")
    turns = tuple(Turn(speaker=speaker, start=0.0, text=str(words)) for speaker, words in row["turns"])
    if not turns or any(turn.speaker not in ("caller", "agent") for turn in turns):
        raise ValueError("turns must be pairs of caller or agent and what was said")
    return Conversation(
        id=row["id"],
        trade=row["trade"],
        label=label,
        reason=row["reason"],
        booked={"yes": True, "no": False, None: None}[row["booked"]],
        kind=row.get("kind", "call"),
        style=style,
        turns=turns,
        known=known,
    )
