"""Agents: whose phone it is that answers calls, and which of an account's people that is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, exists, func, literal, select
from sqlalchemy.orm import Session

from calltrack.changes import record as record_change
from calltrack.db import upsert
from calltrack.models import Agent, Call, Membership, Number, User
from calltrack.phone import is_e164, normalise

LONGEST_NAME = 120
MOST_PHONES = 500


class BadAgent(ValueError):
    """An agent that cannot be kept; the message says why."""


@dataclass(frozen=True)
class KnownAgent:
    """A phone with its agent's name, and the person who signs in, where that is said. `record`: what is spoken on it
    may be recorded."""

    phone: str
    name: str
    user_id: int | None
    email: str | None
    record: bool


def name_agent(session: Session, *, account_id: int, phone: str, name: str, user_id: int | None = None) -> None:
    """Say whose phone it is; what was said of it before is replaced. Raises BadAgent."""
    number, name = _clean_phone(phone), " ".join(name.replace("\x00", "").split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise BadAgent(f"an agent's name has 1 to {LONGEST_NAME} characters")
    if user_id is not None and session.get(Membership, (user_id, account_id)) is None:
        raise BadAgent("choose one of the account's own people")
    said = {"name": name, "user_id": user_id}
    row = upsert(session, Agent).values(account_id=account_id, phone=number, **said)
    session.execute(row.on_conflict_do_update(index_elements=["account_id", "phone"], set_=said))


def forget_agent(session: Session, *, account_id: int, phone: str) -> bool:
    """Say no more whose phone it is; False where nobody had. Raises BadAgent for one that is not to be recorded, which
    would be forgotten with the name."""
    if _find(session, account_id=account_id, phone=phone, record=False):
        raise BadAgent("it is not to be recorded: keep its name, or let it be recorded first")
    gone = delete(Agent).where(Agent.account_id == account_id, Agent.phone == normalise(phone)).returning(Agent.id)
    return session.execute(gone.execution_options(synchronize_session=False)).first() is not None


def record_agent(session: Session, *, account_id: int, phone: str, record: bool, by: str) -> None:
    """Say whether what is spoken on a phone that has a name may be recorded, from the next call on. Raises BadAgent."""
    agent = _find(session, account_id=account_id, phone=phone)
    if agent is None and not record:
        raise BadAgent("a phone that is not to be recorded needs a name")
    if agent is not None and agent.record != record:
        fields = {"record": ("yes" if agent.record else "no", "yes" if record else "no")}
        agent.record = record
        record_change(session, account_id=account_id, noun="agent", noun_id=agent.id, fields=fields, by=by)
        session.flush()


def agent_names(session: Session, *, account_id: int) -> dict[str, str]:
    """The agents' names by phone (E.164)."""
    rows = session.execute(select(Agent.phone, Agent.name).where(Agent.account_id == account_id))
    return dict(list(rows))


def list_agents(session: Session, *, account_id: int) -> list[KnownAgent]:
    """Every phone that has a name, by name."""
    rows = session.execute(
        select(Agent.phone, Agent.name, Agent.user_id, User.email, Agent.record)
        .outerjoin(User, User.id == Agent.user_id)
        .where(Agent.account_id == account_id)
        .order_by(Agent.name, Agent.phone)
    )
    return [KnownAgent(*row) for row in rows]


def phones_of(session: Session, *, user_id: int, account_id: int) -> list[str]:
    """The phones on which a person answers the account's calls."""
    own = select(Agent.phone).where(Agent.user_id == user_id, Agent.account_id == account_id)
    return list(session.scalars(own.order_by(Agent.phone)))


def ringing_phones(session: Session, *, account_id: int, since: datetime) -> list[str]:
    """Every phone (E.164) that the account's numbers ring, or that has answered since then, in order; at most
    MOST_PHONES."""
    targets = session.scalars(select(Number.forward_to).where(Number.account_id == account_id))
    rung = {str(phone) for forward_to in targets for phone in forward_to}
    rung.update(_answering_phones(session, account_id=account_id, since=since))
    return sorted(filter(is_e164, rung))[:MOST_PHONES]


def _answering_phones(session: Session, *, account_id: int, since: datetime) -> Sequence[str]:
    """From one phone to the next along the index: a million calls of ten phones are ten looks, not a million."""
    mine = Call.account_id == account_id
    phone = select(func.min(Call.answered_by).label("phone"), literal(1).label("place")).where(mine).cte(recursive=True)
    following = select(func.min(Call.answered_by)).where(mine, Call.answered_by > phone.c.phone).scalar_subquery()
    phones = phone.union_all(
        select(following, phone.c.place + 1).where(phone.c.phone.is_not(None), phone.c.place < MOST_PHONES)
    )
    lately = exists().where(mine, Call.answered_by == phones.c.phone, Call.started_at >= since)
    return [str(one) for one in session.scalars(select(phones.c.phone).where(phones.c.phone.is_not(None), lately))]


def _find(session: Session, *, account_id: int, phone: str, record: bool | None = None) -> Agent | None:
    own = select(Agent).where(Agent.account_id == account_id, Agent.phone == normalise(phone.strip()))
    return session.scalar(own if record is None else own.where(Agent.record.is_(record)))


def _clean_phone(phone: str) -> str:
    number = normalise(phone.replace("\x00", "").strip())
    if not is_e164(number):
        raise BadAgent(f"{phone[:40]!r} is no phone number; write it like +13125550142")
    return number
