"""Masking what was kept before there were masks: transcripts and the phrases that labels quote from them, a batch at a
time, then their logs and recordings."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from calltrack.calls.steps import ask
from calltrack.calls.transcripts import keep_speech
from calltrack.config import Settings
from calltrack.db import Database
from calltrack.masking.masking import count_masks, mask_text, mask_turns
from calltrack.models import Account, Call, Label, Transcript
from calltrack.privacy.masking_step import told_of
from calltrack.privacy.originals import seal_turns

BATCH = 100


@dataclass(frozen=True)
class Batch:
    """So many transcripts were looked at and so many numbers masked in them; the last one's call is `call_id`."""

    looked_at: int
    masked: int
    call_id: int


def mask_stored(database: Database, settings: Settings, *, after: int = 0) -> Iterator[Batch]:
    """Mask every transcript of the calls behind the one with the id `after`, each batch in a transaction of its own.

    Logs and recordings follow by the outbox step `mask`. Doing it again does no harm. Raises SealBroken.
    """
    while True:
        with database.write.begin() as session:
            rows = session.scalars(
                select(Transcript).where(Transcript.call_id > after).order_by(Transcript.call_id).limit(BATCH)
            ).all()
            texts = [row.text for row in rows]
            masked = sum(_mask(session, settings, row=row) for row in rows)
            if not rows:
                return
            _mask_evidence(session, said={row.call_id: (was, row.text) for row, was in zip(rows, texts, strict=True)})
            after = rows[-1].call_id
        yield Batch(len(rows), masked, after)


def _mask(session: Session, settings: Settings, *, row: Transcript) -> int:
    turns: list[dict[str, Any]] = list(row.turns)
    masked = mask_turns(turns)
    text = "\n".join(turn["text"] for turn in masked.turns) if turns else mask_text(row.text)
    if text == row.text or (turns and masked.count == 0):
        return 0
    call = session.get_one(Call, row.call_id)
    if row.source == "carrier" and (told := told_of(session, call=call)):
        keep_speech(session, call=call, said=[received for _, received in told])
    else:
        account = session.get(Account, call.account_id) if call.account_id else None
        if account is not None and account.keep_originals and row.original is None:
            plain = turns or [{"speaker": "unknown", "start": 0.0, "text": row.text}]
            after = masked.turns or [{"speaker": "unknown", "start": 0.0, "text": text}]
            row.original = seal_turns(settings, plain=plain, masked=after, before=None)
        row.turns, row.text, row.masked = masked.turns, text, count_masks(text)
    ask(session, call_id=call.id, name="mask", again=True)
    session.flush()
    return row.masked


def _mask_evidence(session: Session, *, said: Mapping[int, tuple[str, str]]) -> None:
    """Mask the phrases that the classifier quoted. `said`: the transcripts of the calls before and after they were
    masked. A phrase that held a part of a number only has nothing to be known by, and goes."""
    quoting = Label.call_id.in_(said), Label.source == "model"
    for label_id, call_id, evidence in session.execute(select(Label.id, Label.call_id, Label.evidence).where(*quoting)):
        before, after = said[call_id]
        kept = []
        for one in evidence:
            phrase = str(one.get("phrase", ""))
            masked = mask_text(phrase)
            if masked != phrase or phrase not in before or phrase in after:
                kept.append({**one, "phrase": masked})
        if kept != evidence:
            session.execute(update(Label).where(Label.id == label_id).values(evidence=kept))
