"""Agents: whose phone it is that answers."""

from typing import Annotated

from flask import Response
from pydantic import BaseModel, Field

from calltrack.accounts.agents import BadAgent, KnownAgent, forget_agent, list_agents, name_agent, record_agent
from calltrack.accounts.people import list_people
from calltrack.api.door import SETTINGS, bp, give, requires, visitor
from calltrack.api.fields import Items
from calltrack.api.problems import Problem, refusals
from calltrack.ground import ground
from calltrack.phone import normalise

Phone = Annotated[str, Field(max_length=40, description="The phone, as E.164 or in any usual spelling")]


class AgentPath(BaseModel):
    """Whose phone."""

    phone: Phone


class AgentIn(BaseModel):
    """A name, and who signs in for it."""

    name: str = Field(max_length=120)
    email: str | None = Field(None, max_length=320, description="E-mail address of one of your people; null: nobody's")
    record: bool | None = Field(None, description="Whether what is spoken on it may be recorded; null: as it is")


class AgentAnswer(BaseModel):
    """An agent. `email`: the person who sees the calls and the feedback of this phone as their own. `record`: what is
    spoken on it may be recorded."""

    phone: str
    name: str
    email: str | None
    record: bool


@bp.get("/agents", tags=[SETTINGS], responses={200: Items[AgentAnswer]})
@requires("company.read")
def list_all_agents() -> Response:
    """Every phone that has a name."""
    with ground().database.read() as session:
        found = list_agents(session, account_id=visitor().account.id)
    return give(Items[AgentAnswer](items=list(map(_answer, found))))


@bp.put("/agents/<phone>", tags=[SETTINGS], responses={200: AgentAnswer, **refusals(409, 413)})
@requires("settings.write")
def put_agent(path: AgentPath, body: AgentIn) -> Response:
    """Say whose phone it is; what was said before is replaced."""
    account = visitor().account
    with ground().database.write.begin() as session:
        people = {one.email: one.id for one in list_people(session, account_id=account.id)}
        if body.email is not None and body.email.lower() not in people:
            raise BadAgent(f"nobody of your account has the address {body.email}")
        user_id = people[body.email.lower()] if body.email is not None else None
        name_agent(session, account_id=account.id, phone=path.phone, name=body.name, user_id=user_id)
        session.flush()
        if body.record is not None:
            record_agent(session, account_id=account.id, phone=path.phone, record=body.record, by=visitor().name)
        number = normalise(path.phone.strip())
        return give(next(_answer(one) for one in list_agents(session, account_id=account.id) if one.phone == number))


@bp.delete("/agents/<phone>", tags=[SETTINGS], responses={200: AgentAnswer, **refusals(404, 409)})
@requires("settings.write")
def delete_agent(path: AgentPath) -> Response:
    """The phone has no name any more; the answer is what it was."""
    account, number = visitor().account, normalise(path.phone.strip())
    with ground().database.write.begin() as session:
        was = next((one for one in list_agents(session, account_id=account.id) if one.phone == number), None)
        if was is None:
            raise Problem(404, f"no agent has the phone {path.phone}; GET /api/v1/agents lists yours")
        forget_agent(session, account_id=account.id, phone=number)
    return give(_answer(was))


def _answer(agent: KnownAgent) -> AgentAnswer:
    return AgentAnswer(phone=agent.phone, name=agent.name, email=agent.email, record=agent.record)
