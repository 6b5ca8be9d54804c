"""Invitations: a link by e-mail into one account, with one role. It works once, within a week; its hash is kept."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, delete, func, select, update
from sqlalchemy.orm import Session

from calltrack.accounts.accounts import BadAccount, find_user, hash_secret
from calltrack.accounts.limits import check_limits, limits_words
from calltrack.accounts.people import (
    KnownPerson,
    LastAdmin,
    clean_email,
    clean_name,
    is_established,
    is_member,
    join,
    leave_all,
)
from calltrack.accounts.second_factor import reset
from calltrack.changes import record
from calltrack.config import Settings
from calltrack.mail import send
from calltrack.models import Account, Identity, MailLink, User

LASTS = timedelta(days=7)
MOST_OPEN = 200
_PURPOSE = "invitation"


class NotInvited(BadAccount):
    """A link that opens nothing: it was used, taken back or is too old, or it is somebody else's."""


@dataclass(frozen=True)
class Invitation:
    """What an invitation says. `known`: the person comes in to some company already, so that accepting means to sign
    in."""

    id: int
    account: Account
    email: str
    name: str
    role: str
    invited_by: str
    known: bool


def invite(
    session: Session, *, account: Account, email: str, name: str, role: str, campaign_ids: Iterable[int] | None,
    by: str, now: datetime,
) -> tuple[MailLink, str]:  # fmt: skip
    """An invitation and the token of its link, which is shown this once; one to the same address before it ends.
    Raises BadAccount, and KnownPerson where the person is in the account already."""
    limits = check_limits(session, account_id=account.id, role=role, campaign_ids=campaign_ids)
    email, name = clean_email(email), clean_name(name)
    user = find_user(session, email=email)
    if user is not None and is_member(session, account_id=account.id, user_id=user.id):
        raise KnownPerson(f"{email} is one of the company's people already")
    for former in session.scalars(_open_of(account.id).where(MailLink.email == email)):
        former.ended_at = now
    session.flush()
    if (session.scalar(select(func.count()).select_from(_open_of(account.id).subquery())) or 0) >= MOST_OPEN:
        raise BadAccount(f"{MOST_OPEN} invitations wait already; take back those that nobody will accept")
    token = secrets.token_urlsafe(32)
    link = MailLink(
        token_hash=hash_secret(token), purpose=_PURPOSE, email=email, account_id=account.id, role=role,
        campaign_ids=limits, name=name or None, made_at=now, made_by=by, expires_at=now + LASTS,
    )  # fmt: skip
    session.add(link)
    session.flush()
    said = f"{email}, {role}, {limits_words(limits)}"
    _record(session, link, fields={"invitation": (None, said)}, by=by)
    return link, token


def renew(session: Session, *, invitation: MailLink, by: str, now: datetime) -> str:
    """A new link for an invitation that waits, good for another week; the old one opens nothing. Returns its token."""
    token = secrets.token_urlsafe(32)
    invitation.token_hash, invitation.expires_at, invitation.made_by = hash_secret(token), now + LASTS, by
    session.flush()
    return token


def take_back(session: Session, *, invitation: MailLink, by: str, now: datetime) -> None:
    """Let the link open nothing."""
    invitation.ended_at = now
    _record(session, invitation, fields={"taken back": (None, invitation.email)}, by=by)
    session.flush()


def invited_into(session: Session, *, email: str, now: datetime) -> set[int]:
    """The accounts that wait for somebody of that address."""
    waiting = select(MailLink.account_id).where(*_good(now), MailLink.email == email)
    return {account_id for account_id in session.scalars(waiting) if account_id is not None}


def list_open(session: Session, *, account_id: int) -> list[MailLink]:
    """The invitations that nobody has accepted or taken back, the newest first; some may be too old by now."""
    return list(session.scalars(_open_of(account_id).order_by(MailLink.made_at.desc(), MailLink.id.desc())))


def open_invitation(session: Session, *, account_id: int, invitation_id: int) -> MailLink | None:
    """The account's invitation of that id, while it waits."""
    return session.scalar(_open_of(account_id).where(MailLink.id == invitation_id).with_for_update())


def read_invitation(session: Session, *, token: str, now: datetime) -> Invitation | None:
    """What the link says, while it is good."""
    link = session.scalar(select(MailLink).where(MailLink.token_hash == hash_secret(token), *_good(now)))
    if link is None:
        return None
    user = find_user(session, email=link.email)
    return Invitation(
        id=link.id,
        account=session.get_one(Account, link.account_id),
        email=link.email,
        name=link.name or "",
        role=link.role or "",
        invited_by=link.made_by or "",
        known=user is not None and is_established(session, user=user),
    )


def accept_as_newcomer(session: Session, *, token: str, name: str, password_hash: str, now: datetime) -> User:
    """Make whoever holds the link one of the account's people, under the name and the password that they chose.

    Only where the person comes in to no company: else the link alone would open what they have elsewhere, and whoever
    invites may have seen it. For the same reason they leave the companies that added them and that they never came
    to. Raises NotInvited, BadAccount.
    """
    link = _use(session, MailLink.token_hash == hash_secret(token), now=now)
    name, user = clean_name(name) or link.name or link.email, _newcomer(session, link, now=now)
    try:
        leave_all(session, user=user, by=user.email)
    except LastAdmin:
        raise _known() from None
    user.name, user.password_hash = name, password_hash
    _join(session, link, user)
    return user


def accept_from_provider(session: Session, *, account_id: int, email: str, name: str, now: datetime) -> User:
    """The same for somebody whose address the account's own identity provider vouches for: no link, no password.
    Raises NotInvited."""
    waits = (MailLink.account_id == account_id, MailLink.email == email.lower())
    link = _use(session, *waits, now=now)
    user = _newcomer(session, link, now=now)
    user.name = clean_name(name) or link.name or link.email
    _join(session, link, user)
    return user


def accept_as(session: Session, *, token: str, user_id: int, now: datetime) -> MailLink:
    """Let somebody who is signed in accept what was sent to their own address. Raises NotInvited."""
    link = _use(session, MailLink.token_hash == hash_secret(token), now=now)
    user = session.get_one(User, user_id)
    if user.email != link.email:
        raise NotInvited(f"this invitation is for somebody else, and you are signed in as {user.email}")
    _join(session, link, user)
    return link


def send_invitation(settings: Settings, *, invitation: MailLink, company: str, token: str) -> None:
    """Send the link. Raises MailUnavailable; whoever calls holds no transaction."""
    by, greeting = invitation.made_by, f"Hello {invitation.name}," if invitation.name else "Hello,"
    text = (
        f"{greeting}\n\n{by} invites you to {company} on calltrack, as {invitation.role}.\n\n"
        f"Accept it here:\n{invitation_address(settings, token=token)}\n\n"
        f"The link works once, until {invitation.expires_at:%-d %B %Y, %H:%M} UTC. If you did not expect it, leave it: "
        "without it nothing happens.\n"
    )
    send(settings, to=[invitation.email], subject=f"{company} invites you to calltrack", text=text)


def invitation_address(settings: Settings, *, token: str) -> str:
    """Where the link leads."""
    return f"{settings.base_url}/invitation/{token}"


def _open_of(account_id: int) -> Select[MailLink]:
    return select(MailLink).where(
        MailLink.purpose == _PURPOSE, MailLink.account_id == account_id, MailLink.ended_at.is_(None)
    )


def _good(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (MailLink.purpose == _PURPOSE, MailLink.ended_at.is_(None), MailLink.expires_at > now)


def _use(session: Session, *which: ColumnElement[bool], now: datetime) -> MailLink:
    """Race: the same link opened twice at once; one update finds it good."""
    used = update(MailLink).where(*which, *_good(now)).values(ended_at=now).returning(MailLink.id)
    link_id = session.scalar(used.execution_options(synchronize_session=False))
    if link_id is None:
        raise NotInvited("this invitation was used, taken back, or is older than a week; ask for another")
    return session.get_one(MailLink, link_id, populate_existing=True)


def _newcomer(session: Session, link: MailLink, *, now: datetime) -> User:
    """The person whom the link is for, with no way in: whatever there was may be somebody else's by now."""
    user = find_user(session, email=link.email)
    if user is None:
        user = User(email=link.email, name=link.email, password_hash="", created_at=now)
        session.add(user)
        session.flush()
        return user
    if is_established(session, user=user):
        raise _known()
    user.password_hash = ""
    reset(session, user_id=user.id)
    session.execute(
        delete(Identity).where(Identity.user_id == user.id), execution_options={"synchronize_session": False}
    )
    return user


def _known() -> NotInvited:
    return NotInvited("somebody of this address is known already; sign in as them to accept")


def _join(session: Session, link: MailLink, user: User) -> None:
    assert link.account_id is not None  # noqa: S101 - for the type checker: an invitation is into an account
    join(session, user=user, account_id=link.account_id, role=link.role or "", campaign_ids=link.campaign_ids,
         by=user.email)  # fmt: skip


def _record(session: Session, link: MailLink, *, fields: dict[str, tuple[object, object]], by: str) -> None:
    record(session, account_id=link.account_id or 0, noun="invitation", noun_id=link.id, fields=fields, by=by)
