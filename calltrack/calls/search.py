"""Calls by their words, the newest first, at a cost that does not follow from how many there are.

SQLite's full-text index is read backwards as far as it is needed. PostgreSQL's knows no order: there the newest texts
are looked through one after the other, and the index is asked for words that are too rare to be found so.
"""

from typing import NamedTuple

from sqlalchemy import (
    Cast,
    ColumnElement,
    Select,
    SQLColumnExpression,
    Subquery,
    cast,
    func,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session

from calltrack.calls.words import Query, Term
from calltrack.models import CallWords

MOST_FORMS = 200
"""So many words that begin alike are looked for each by itself; for more of them SQLite gathers all calls first."""
WINDOW = 2000
"""So many of the newest texts are looked through on PostgreSQL before its index is asked."""
PER_CALL = 4
"""So many texts are looked through for a word while the filters of a list look at one call; for a phrase, one text."""
FREQUENT = 10
"""Of what a window holds so often, a page's worth is found sooner by looking on than in the index."""

_MARK = "\ue000"  # before the account's id: a word of each text that nobody can ask for


class _Range(NamedTuple):
    """Which of the account's texts: those with keys from `since` to below `before`, at most `most`."""

    account_id: int
    before: int
    since: int
    most: int


class Found(NamedTuple):
    """Calls by their keys (models/words.py), the newest first. `reached`: below which key more may be found; None: no
    more. `examined`: what that cost, in calls looked at."""

    keys: list[int]
    reached: int | None
    examined: int


def find_words(session: Session, *, account_id: int, query: Query, before: int, since: int, most: int) -> Found:
    """The account's calls that have the words asked for, with keys from `since` to below `before`; at most `most`.

    It may stop before it has found so many.
    """
    texts = _Range(account_id, before, since, most)
    if session.get_bind().dialect.name == "sqlite":
        return _on_sqlite(session, query, texts)
    return _on_postgres(session, query, texts)


def _found(keys: list[int], *, most: int, examined: int) -> Found:
    """Fewer than were asked for are the last."""
    return Found(keys, keys[-1] if len(keys) == most else None, examined)


# ---- SQLite ----------------------------------------------------------------------------------------------------------

_MATCHES = text("""
    SELECT rowid FROM call_words_index
    WHERE call_words_index MATCH :match AND rowid < :before AND rowid >= :since
    ORDER BY rowid DESC LIMIT :most
""")
# One word after the other: each is looked for behind the last, so that nobody reads in which calls they are.
_FORMS = text("""
    WITH RECURSIVE forms (term) AS (
        SELECT (SELECT term FROM call_words_terms WHERE term >= :first AND term < :last LIMIT 1)
        UNION ALL
        SELECT (SELECT term FROM call_words_terms WHERE term >= forms.term || char(1) AND term < :last LIMIT 1)
        FROM forms WHERE forms.term IS NOT NULL
        LIMIT :most
    )
    SELECT term FROM forms WHERE term IS NOT NULL
""")


def _on_sqlite(session: Session, query: Query, texts: _Range) -> Found:
    wanted = " AND ".join([f'"{_MARK}{texts.account_id}"', *(_match(session, term) for term in query.wanted)])
    match = f"({wanted})" + "".join(f" NOT {_match(session, term)}" for term in query.unwanted)
    limits = {"before": texts.before, "since": texts.since, "most": texts.most}
    keys = list(session.scalars(_MATCHES, {"match": match, **limits}))
    return _found(keys, most=texts.most, examined=len(keys))


def _match(session: Session, term: Term) -> str:
    """The term in FTS5's language; its words are letters and digits only.

    Of a word that stands for all that begin with it, FTS5 would gather and sort every place of all of them; a list of
    words it reads in order.
    """
    words = f'"{" ".join(term.words)}"'
    if not term.begins:
        return words
    forms: list[str] = []
    if len(term.words) == 1:
        asked = {"first": term.words[0], "last": f"{term.words[0]}\U0010ffff", "most": MOST_FORMS + 2}
        forms = list(session.scalars(_FORMS, asked))
    return "(" + " OR ".join(f'"{form}"' for form in forms) + ")" if 0 < len(forms) <= MOST_FORMS else f"{words} *"


# ---- PostgreSQL ------------------------------------------------------------------------------------------------------


def _on_postgres(session: Session, query: Query, texts: _Range) -> Found:
    window = _newest(texts)
    asked = cast(_tsquery(query, account_id=texts.account_id), TSQUERY)
    fits = (window.c.words.op("@@")(asked), *_phrases(query, window.c.text))
    keys = list(session.scalars(select(window.c.key).where(*fits).order_by(window.c.key.desc()).limit(texts.most)))
    if len(keys) == texts.most:
        return _found(keys, most=texts.most, examined=WINDOW // PER_CALL)
    end = session.scalars(_keys(texts).offset(WINDOW - 1).limit(1)).first()
    if end is None:
        return _found(keys, most=texts.most, examined=WINDOW // PER_CALL)
    if not query.wanted or len(keys) >= FREQUENT or (len(fits) > 1 and _is_frequent(session, window, asked)):
        return Found(keys, end, WINDOW // (1 if len(fits) > 1 else PER_CALL))
    words: ColumnElement[str] = literal_column("call_words.words")
    # Materialized, or PostgreSQL may go through all texts in the order of their keys.
    rare = (
        select(CallWords.key)
        .where(words.op("@@")(asked), *_phrases(query, CallWords.text))
        .cte("rare")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    older = select(rare.c.key).where(rare.c.key < end, rare.c.key >= texts.since).order_by(rare.c.key.desc())
    keys += session.scalars(older.limit(texts.most - len(keys)))
    return _found(keys, most=texts.most, examined=WINDOW // PER_CALL)


def _keys(texts: _Range) -> Select[int]:
    theirs = (CallWords.account_id == texts.account_id, CallWords.key < texts.before, CallWords.key >= texts.since)
    return select(CallWords.key).where(*theirs).order_by(CallWords.key.desc())


def _newest(texts: _Range) -> Subquery:
    rows = _keys(texts).add_columns(CallWords.text, literal_column("call_words.words").label("words"))
    return rows.limit(WINDOW).subquery("newest")


def _is_frequent(session: Session, window: Subquery, asked: Cast[str]) -> bool:
    """Whether the words of a phrase often stand in one text, though seldom side by side: the index would give all."""
    rows = select(window.c.key).where(window.c.words.op("@@")(asked)).limit(FREQUENT).subquery()
    return session.scalar(select(func.count()).select_from(rows)) == FREQUENT


def _tsquery(query: Query, *, account_id: int) -> str:
    """The words that must stand in a text and, where they are single, those that must not."""
    wanted = [
        _lexeme(word, begins=term.begins and word is term.words[-1]) for term in query.wanted for word in term.words
    ]
    unwanted = [f"!{_lexeme(*term.words, begins=term.begins)}" for term in query.unwanted if len(term.words) == 1]
    return " & ".join([_lexeme(f"{_MARK}{account_id}", begins=False), *wanted, *unwanted])


def _lexeme(word: str, *, begins: bool) -> str:
    return f"'{word}'{':*' if begins else ''}"


def _phrases(query: Query, said: SQLColumnExpression[str]) -> list[ColumnElement[bool]]:
    """Texts are kept folded, a space around each word: words that follow each other are a part of it as it is."""
    patterns = {
        term: f"% {' '.join(term.words)}{'' if term.begins else ' '}%"
        for term in (*query.wanted, *query.unwanted)
        if len(term.words) > 1
    }
    return [
        *(said.like(patterns[term]) for term in query.wanted if term in patterns),
        *(said.not_like(patterns[term]) for term in query.unwanted if term in patterns),
    ]
