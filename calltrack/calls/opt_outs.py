"""Who wants no texts: the words by which a phone says so, and its latest word.

Source of the words: the CTIA's Messaging Principles (opt-out and opt-in keywords) and the FCC's list of 47 CFR
64.1200(a)(10), which adds REVOKE and OPT OUT.
"""

from datetime import datetime
from typing import Literal

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from calltrack.db import upsert
from calltrack.models import OptOut
from calltrack.phone import keyed_hash

Word = Literal["stop", "start", "help"]
_WORDS: dict[str, Word] = {
    **dict.fromkeys(("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"), "stop"),
    **dict.fromkeys(("START", "UNSTOP"), "start"),
    **dict.fromkeys(("HELP", "INFO"), "help"),
}


def word_of(text: str, *, stopped: bool) -> Word | None:
    """What a whole message means, blanks, case and closing marks aside. YES is a word only of a phone that had
    `stopped`: of any other it answers somebody."""
    said = "".join(text.split()).upper().strip(".!\"'")
    if said == "YES" and stopped:
        return "start"
    return _WORDS.get(said)


def stopped_at(session: Session, *, account_id: int, phone: str, secret: str | None = None) -> datetime | None:
    """Since when a phone wants no texts from the account; None: it may be texted.

    With the installation's `secret` also a phone is known again whose number was erased since it said so.
    """
    names = [phone, *([erased_name(phone, account_id=account_id, secret=secret)] if secret else [])]
    latest = select(OptOut.stopped, OptOut.said_at).where(OptOut.account_id == account_id, OptOut.phone.in_(names))
    # Of two words at one moment the one to stop holds.
    word = session.execute(latest.order_by(OptOut.said_at.desc(), OptOut.stopped.desc()).limit(1)).first()
    return word.said_at if word and word.stopped else None


def erased_name(phone: str, *, account_id: int, secret: str) -> str:
    """What stands for an erased number in the list of those who want no texts: a word to stop outlives the erasure."""
    return f"#{keyed_hash(phone, secret=secret, purpose=f'opt-out of {account_id}')[:19]}"


def forget_phone(session: Session, *, account_id: int, phone: str, secret: str) -> int:
    """Keep a phone's latest word under its erased name, if it was to stop, and the number no more; how many words."""
    own = select(OptOut).where(OptOut.account_id == account_id, OptOut.phone == phone).with_for_update()
    said = session.scalar(own)
    if said is None:
        return 0
    if said.stopped:
        name = erased_name(phone, account_id=account_id, secret=secret)
        keep_word(session, account_id=account_id, phone=name, said_at=said.said_at, stopped=True)
    session.delete(said)
    session.flush()
    return 1


def keep_word(session: Session, *, account_id: int, phone: str, said_at: datetime, stopped: bool) -> None:
    """Keep the latest word of a phone; of two at one moment, the one to stop."""
    row = upsert(session, OptOut).values(account_id=account_id, phone=phone, said_at=said_at, stopped=stopped)
    newer = row.excluded.said_at > OptOut.said_at
    as_new = and_(row.excluded.said_at == OptOut.said_at, row.excluded.stopped)
    session.execute(
        row.on_conflict_do_update(
            index_elements=[OptOut.account_id, OptOut.phone],
            set_={"said_at": row.excluded.said_at, "stopped": row.excluded.stopped},
            where=or_(newer, as_new),
        )
    )
