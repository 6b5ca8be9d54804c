"""The company's people, and who is invited."""

from datetime import UTC, datetime

from flask import Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from calltrack.accounts.invitations import (
    invitation_address,
    invite,
    list_open,
    open_invitation,
    send_invitation,
    take_back,
)
from calltrack.accounts.people import LONGEST_NAME, add_person, change_member, list_members, remove_member
from calltrack.api.door import PEOPLE, bp, give, requires, visitor
from calltrack.api.fields import Id, Items, Moment
from calltrack.api.keys import RoleName
from calltrack.api.problems import Problem, refusals
from calltrack.ground import ground
from calltrack.mail import LONGEST_ADDRESS, MailUnavailable
from calltrack.models import MailLink


class NewPerson(BaseModel):
    """Somebody to be. `campaign_ids`: all that they see; left out, everything."""

    email: str = Field(max_length=LONGEST_ADDRESS, examples=["mia@example.com"])
    name: str = Field("", max_length=LONGEST_NAME)
    role: RoleName
    campaign_ids: list[Id] | None = Field(None, max_length=2000)


class PersonChange(BaseModel):
    """Another role, other limits; what is left out stays, `campaign_ids` null lifts the limits."""

    role: RoleName | None = None
    campaign_ids: list[Id] | None = Field(None, max_length=2000)


class PersonAnswer(BaseModel):
    """One of the company's people. `seen_at`: when a browser that is signed in was last here."""

    id: int
    email: str
    name: str
    role: RoleName
    campaign_ids: list[int] | None
    second_factor: bool
    seen_at: Moment | None


class PersonGone(BaseModel):
    """Who is no longer one of the company's people."""

    id: int
    removed: bool


class InvitationAnswer(BaseModel):
    """An invitation that waits. `link`: to be handed on, where it was not sent by e-mail; shown this once."""

    id: int
    email: str
    name: str | None
    role: RoleName
    campaign_ids: list[int] | None
    made_at: Moment
    made_by: str | None
    expires_at: Moment
    link: str | None = None


class PersonPath(BaseModel):
    """Which person."""

    person_id: Id


class InvitationPath(BaseModel):
    """Which invitation."""

    invitation_id: Id


@bp.get("/people", tags=[PEOPLE], responses={200: Items[PersonAnswer]})
@requires("people.write")
def list_all_people() -> Response:
    """Everybody who may sign in, by name."""
    with ground().database.read() as session:
        found = list_members(session, account_id=visitor().account.id)
    return give(Items[PersonAnswer](items=[PersonAnswer.model_validate(vars(one)) for one in found]))


@bp.post("/people", tags=[PEOPLE], responses={201: PersonAnswer, **refusals(409, 413)})
@requires("people.write")
def add(body: NewPerson) -> Response:
    """Add somebody new, without a password.

    They come in by the identity provider, or choose a password by the link that the sign-in page sends. Whoever is
    known already is invited instead.
    """
    who = visitor()
    with ground().database.write.begin() as session:
        user = add_person(
            session, account=who.account, email=body.email, name=body.name, role=body.role,
            campaign_ids=body.campaign_ids, by=who.name,
        )  # fmt: skip
        return give(_person(session, user.id), 201)


@bp.patch("/people/<int:person_id>", tags=[PEOPLE], responses={200: PersonAnswer, **refusals(404, 409, 413)})
@requires("people.write")
def change(path: PersonPath, body: PersonChange) -> Response:
    """Another role, other limits. The last administrator stays one."""
    who = visitor()
    with ground().database.write.begin() as session:
        now = _person(session, path.person_id)
        limits = body.campaign_ids if "campaign_ids" in body.model_fields_set else now.campaign_ids
        change_member(
            session, account=who.account, user_id=path.person_id, role=body.role or now.role, campaign_ids=limits,
            by=who.name,
        )  # fmt: skip
        return give(_person(session, path.person_id))


@bp.delete("/people/<int:person_id>", tags=[PEOPLE], responses={200: PersonGone, **refusals(404, 409)})
@requires("people.write")
def remove(path: PersonPath) -> Response:
    """Take somebody out of the company, and end their sign-ins there. The last administrator stays."""
    who = visitor()
    with ground().database.write.begin() as session:
        if not remove_member(session, account=who.account, user_id=path.person_id, by=who.name):
            raise _unknown(path.person_id)
    return give(PersonGone(id=path.person_id, removed=True))


@bp.get("/invitations", tags=[PEOPLE], responses={200: Items[InvitationAnswer]})
@requires("people.write")
def list_invitations() -> Response:
    """The invitations that nobody has accepted or taken back, the newest first; some may be too old by now."""
    with ground().database.read() as session:
        found = list_open(session, account_id=visitor().account.id)
    return give(Items[InvitationAnswer](items=[_invitation(one) for one in found]))


@bp.post("/invitations", tags=[PEOPLE], responses={201: InvitationAnswer, **refusals(409, 413)})
@requires("people.write")
def invite_somebody(body: NewPerson) -> Response:
    """Send somebody a link that works once, for a week; one to the same address before it ends."""
    who, settings = visitor(), ground().settings
    with ground().database.write.begin() as session:
        link, token = invite(
            session, account=who.account, email=body.email, name=body.name, role=body.role,
            campaign_ids=body.campaign_ids, by=who.name, now=datetime.now(UTC),
        )  # fmt: skip
    try:
        send_invitation(settings, invitation=link, company=who.account.name, token=token)
    except MailUnavailable:
        return give(_invitation(link, address=invitation_address(settings, token=token)), 201)
    return give(_invitation(link), 201)


@bp.delete("/invitations/<int:invitation_id>", tags=[PEOPLE], responses={200: InvitationAnswer, **refusals(404)})
@requires("people.write")
def take_invitation_back(path: InvitationPath) -> Response:
    """Let its link open nothing."""
    who = visitor()
    with ground().database.write.begin() as session:
        link = open_invitation(session, account_id=who.account.id, invitation_id=path.invitation_id)
        if link is None:
            raise Problem(404, f"no invitation {path.invitation_id} waits; GET /api/v1/invitations lists yours")
        take_back(session, invitation=link, by=who.name, now=datetime.now(UTC))
    return give(_invitation(link))


def _person(session: Session, person_id: int) -> PersonAnswer:
    found = list_members(session, account_id=visitor().account.id, user_id=person_id)
    if not found:
        raise _unknown(person_id)
    return PersonAnswer.model_validate(vars(found[0]))


def _unknown(person_id: int) -> Problem:
    return Problem(404, f"there is no person {person_id}; GET /api/v1/people lists yours")


def _invitation(link: MailLink, *, address: str | None = None) -> InvitationAnswer:
    said = {name: getattr(link, name) for name in InvitationAnswer.model_fields if name != "link"}
    return InvitationAnswer.model_validate({**said, "link": address})
