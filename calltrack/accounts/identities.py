"""Who comes in by an identity provider: the person that its subject was tied to, and nobody into another account."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.accounts.accounts import find_user
from calltrack.accounts.invitations import NotInvited, accept_from_provider
from calltrack.accounts.openid import Proven
from calltrack.accounts.people import is_member
from calltrack.accounts.providers import domain_of
from calltrack.models import Identity, IdentityProvider, User


class NotLetIn(Exception):
    """Somebody whom the provider knows and the account does not; the message says what to do."""


def let_in_by_provider(session: Session, *, provider: IdentityProvider, proven: Proven, now: datetime) -> User:
    """The person of the provider's account who that is. Raises NotLetIn.

    On the first time the subject is tied to whom the verified address names in this account; from then on the subject
    alone counts, so that whoever inherits an address does not inherit the person. An invitation that waits makes the
    person, where no company knows them yet.
    """
    if domain_of(proven.email) not in provider.domains:
        raise NotLetIn(f"{domain_of(proven.email)} is none of the domains that come in this way")
    known = session.get(Identity, (proven.issuer, proven.subject))
    if known is not None:
        if not is_member(session, account_id=provider.account_id, user_id=known.user_id):
            raise _stranger(proven.email)
        return session.get_one(User, known.user_id)
    user = find_user(session, email=proven.email)
    if user is None or not is_member(session, account_id=provider.account_id, user_id=user.id):
        try:
            user = accept_from_provider(
                session, account_id=provider.account_id, email=proven.email, name=proven.name[:200], now=now
            )
        except NotInvited:
            raise _stranger(proven.email) from None
    tie(session, proven=proven, user_id=user.id, now=now)
    return user


def is_tied(session: Session, *, proven: Proven) -> bool:
    """Whether this subject is a person already."""
    return session.get(Identity, (proven.issuer, proven.subject)) is not None


def tie(session: Session, *, proven: Proven, user_id: int, now: datetime) -> None:
    """Keep that this subject is the person. Raises NotLetIn where it, or the person, is tied otherwise already."""
    known = session.get(Identity, (proven.issuer, proven.subject))
    if known is not None and known.user_id == user_id:
        return
    taken = select(Identity.subject).where(Identity.user_id == user_id, Identity.issuer == proven.issuer).limit(1)
    if known is not None or session.scalar(taken) is not None:
        raise NotLetIn(
            f"{proven.email} came in as somebody else before; an administrator has to remove that person and invite you"
        )
    session.add(Identity(issuer=proven.issuer, subject=proven.subject, user_id=user_id, made_at=now))
    session.flush()


def _stranger(email: str) -> NotLetIn:
    return NotLetIn(f"{email} is none of the company's people; ask an administrator for an invitation")
