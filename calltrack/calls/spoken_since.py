"""Whether a caller whom we missed has been spoken with since, and what is owed to them."""

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.orm import Session

from calltrack.models import Call, Task


def spoken_with_since(session: Session, *, call: Call) -> bool:
    """Whether the caller rang again and was answered, or was called back."""
    answered = exists().where(
        Call.account_id == call.account_id,
        Call.caller == call.caller,
        Call.started_at > call.started_at,
        Call.direction == "inbound",
        Call.spoken,
    )
    called_back = call_backs(call).where(Task.done_at >= call.started_at).exists()
    return bool(session.scalar(select(or_(answered, called_back))))


def call_backs(call: Call) -> Select[int]:
    """The ids of the call-backs to whoever called, whichever call each is about."""
    theirs = select(Call.id).where(Call.account_id == call.account_id, Call.caller == call.caller)
    return select(Task.id).where(Task.account_id == call.account_id, Task.kind == "call-back", Task.call_id.in_(theirs))
