"""Where in a call the words stand that it was found by: a line of its text, with the words marked."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from calltrack.calls.recordings import main_recordings
from calltrack.calls.transcripts import turns_on_recording
from calltrack.calls.words import Term, find_term, read_query, words_in
from calltrack.models import Call, CallNote, Customer, Transcript

LENGTH = 160
"""Characters of a snippet, about."""
_BEFORE = 40

Where = Literal["transcript", "note", "name"]


@dataclass(frozen=True)
class Snippet:
    """A line of a call's text in pieces of (text, is it what was asked for).

    `second`: where in the recording that is; of a note, what it is pinned to; None where nobody knows.
    """

    where: Where
    pieces: list[tuple[str, bool]]
    second: float | None


class _Text(NamedTuple):
    """A text of a call, and the row that knows when it was said."""

    where: Where
    text: str
    row: Transcript | CallNote | None = None


class _Hit(NamedTuple):
    """From which character to which a term was found."""

    start: int
    end: int
    term: Term


class _Line(NamedTuple):
    """The best line of a call: its text, what was found in it, and the hit that the line starts at."""

    said: _Text
    hits: list[_Hit]
    first: _Hit


def find_snippets(session: Session, *, call_ids: Collection[int], q: str) -> dict[int, Snippet]:
    """For each of the calls of one page the part of its text that has the most of what `q` asks for; none for a call
    that was found by its number."""
    terms = read_query(q).wanted
    if not terms or not call_ids:
        return {}
    lines = {
        call_id: line for call_id, texts in _texts(session, call_ids=call_ids).items() if (line := _best(texts, terms))
    }
    recordings = main_recordings(
        session, call_ids=[call_id for call_id, line in lines.items() if line.said.where == "transcript"]
    )
    snippets: dict[int, Snippet] = {}
    for call_id, (said, hits, first) in lines.items():
        second = None
        if isinstance(said.row, CallNote):
            second = said.row.at
        elif said.row and said.row.turns:
            turns = turns_on_recording(transcript=said.row, recording=recordings.get(call_id))
            second = turns[said.text.count("\n", 0, first.start)]["start"]
        snippets[call_id] = Snippet(said.where, _pieces(said.text, hits, first=first), second)
    return snippets


def _texts(session: Session, *, call_ids: Collection[int]) -> dict[int, list[_Text]]:
    """Of texts that have equally much, the first is shown."""
    texts = defaultdict[int, list[_Text]](list)
    for row in session.scalars(select(Transcript).where(Transcript.call_id.in_(call_ids))):
        # One line a turn, so that the number of lines before a word is its turn.
        turns = [str(turn["text"]).replace("\n", " ") for turn in row.turns]
        texts[row.call_id].append(_Text("transcript", "\n".join(turns) if turns else row.text, row))
    for note in session.scalars(select(CallNote).where(CallNote.call_id.in_(call_ids)).order_by(CallNote.id)):
        texts[note.call_id].append(_Text("note", note.text, note))
    customers = and_(Customer.account_id == Call.account_id, Customer.phone == Call.caller)
    names = select(Call.id, Call.caller_name, Customer.name).outerjoin(Customer, customers).where(Call.id.in_(call_ids))
    for call_id, *called in session.execute(names.order_by(Call.id, Customer.id)):
        texts[call_id] += [_Text("name", name) for name in called if name]
    return texts


def _best(texts: Sequence[_Text], terms: Sequence[Term]) -> _Line | None:
    """Where most of the terms stand close together."""
    best: _Line | None = None
    most = 0
    for said in texts:
        words = list(words_in(said.text))
        hits = sorted(_Hit(*place, term) for term in terms for place in find_term(term, words))
        for at, first in enumerate(hits):
            close = {hit.term for hit in hits[at:] if hit.end <= first.start + LENGTH - _BEFORE}
            if len(close) > most:
                best, most = _Line(said, hits, first), len(close)
            if most == len(terms):
                return best
    return best


def _pieces(text: str, hits: Sequence[_Hit], *, first: _Hit) -> list[tuple[str, bool]]:
    """A line of whole words around the first hit, cut into what was found and what stands between."""
    begin = max(0, first.start - _BEFORE)
    if begin:
        begin = text.find(" ", begin, first.start) + 1 or first.start
    end = max(begin + LENGTH, first.end)
    if end < len(text):
        end = max(text.rfind(" ", begin, end), first.end)
    pieces = [("\N{HORIZONTAL ELLIPSIS} ", False)] if begin else []
    at = begin
    for hit in hits:
        if at <= hit.start and hit.end <= end:
            pieces += [(text[at : hit.start], False), (text[hit.start : hit.end], True)]
            at = hit.end
    pieces.append((text[at:end], False))
    if end < len(text):
        pieces.append((" \N{HORIZONTAL ELLIPSIS}", False))
    return [(piece.replace("\n", " "), hit) for piece, hit in pieces if piece]
