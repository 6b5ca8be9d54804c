"""What an account's people taught: its calls on which a person had the last word, with what was known of each."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from hashlib import sha256
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Select, func, literal, or_, select
from sqlalchemy.orm import Session

from calltrack.calls.facts import inbound
from calltrack.classify.reasons import LABELS, Label, label_of
from calltrack.learning.facts import facts_of_calls
from calltrack.models import Call, Transcript
from calltrack.models import Label as Said

if TYPE_CHECKING:
    from calltrack.classify.learning import Labelled

MOST = 5000

# What classify/learning.py asks for: said here again for web processes, which must not load what it learns with.
FEWEST, FEWEST_EACH = 20, 5

# Written out, because SQLite finds the index of people's words only where the condition itself says that it is theirs.
HUMAN = literal("human", literal_execute=True)


def examples_of(session: Session, *, account_id: int) -> "list[Labelled]":
    """The account's newest MOST calls with a transcript whose label in force is a person's, by when it was given.

    Missed calls count only with a voicemail: others get no label, so there is nothing to learn from them. A reason of
    the account's own is passed as None.
    """
    from calltrack.classify.learning import Labelled

    newest = _taught(account_id=account_id).order_by(Said.id.desc()).limit(MOST)
    rows = session.execute(newest.with_only_columns(Call, Said.value, Said.reason)).all()[::-1]
    facts = facts_of_calls(session, calls=[call for call, _, _ in rows])
    return [
        Labelled(str(call.id), cast("Label", value), _default_reason(value, reason), facts[call.id])
        for call, value, reason in rows
    ]


def count_examples(session: Session, *, account_id: int) -> dict[Label, int]:
    """How many leads and excused calls there are to learn from."""
    rows = _taught(account_id=account_id).with_only_columns(Said.value, func.count()).group_by(Said.value)
    found = {str(value): int(count) for value, count in session.execute(rows)}
    return {label: found.get(label, 0) for label in LABELS}


def hash_examples(examples: "Sequence[Labelled]") -> str:
    """SHA-256 of all that is learnt from: equal for equal labels and facts, whatever their order."""
    lines = sorted(json.dumps(asdict(one), sort_keys=True) for one in examples)
    return sha256("\n".join(lines).encode()).hexdigest()


def _taught(*, account_id: int) -> Select[*tuple[Any, ...]]:
    """Both the call and the word are this account's: a call that changed hands teaches neither side."""
    return (
        select(Call.id)
        .select_from(Said)
        .join(Call, Call.id == Said.call_id)
        .join(Transcript, Transcript.call_id == Call.id)
        .where(Said.account_id == account_id, Said.source == HUMAN, Said.undone_at.is_(None))
        .where(inbound(account_id=account_id), Call.label_id == Said.id, Transcript.text != "")
        .where(or_(~Call.missed, Call.voicemail))
    )


def _default_reason(value: str, reason: str | None) -> str | None:
    """A reason that the classifier knows, and knows for this label."""
    try:
        return reason if reason and label_of(reason=reason) == value else None
    except ValueError:
        return None
