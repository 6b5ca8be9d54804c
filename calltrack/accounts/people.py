"""The people of an account: whom something can be assigned to, what each may do there, and how one leaves."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from calltrack.accounts.accounts import BadAccount, find_user
from calltrack.accounts.limits import check_limits, limits_words
from calltrack.accounts.turn import wait_for_turn
from calltrack.changes import record
from calltrack.mail import is_address
from calltrack.models import Account, Agent, Identity, IdentityProvider, Membership, SignIn, Task, User
from calltrack.scope import WHOLE_HOUSE

LONGEST_NAME = 200


class LastAdmin(BadAccount):
    """What would leave the account without anybody who administers it."""


class KnownPerson(BadAccount):
    """An address that somebody has already, here or in another company."""


@dataclass(frozen=True)
class Person:
    """Somebody who may sign in to the account, with their role there."""

    id: int
    name: str
    email: str
    role: str


@dataclass(frozen=True)
class Member(Person):
    """A person as an administrator sees them. `campaign_ids`: the limits, None for none; `seen_at`: when a browser that
    is signed in to this account was last here; `elsewhere`: whether other companies have them too."""

    campaign_ids: list[int] | None
    second_factor: bool
    seen_at: datetime | None
    elsewhere: bool


def list_people(session: Session, *, account_id: int) -> list[Person]:
    """Everybody of the account, by name."""
    rows = session.execute(
        select(User.id, User.name, User.email, Membership.role)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.account_id == account_id)
        .order_by(User.name, User.id)
    )
    return [Person(id=row.id, name=row.name, email=row.email, role=row.role) for row in rows]


def list_members(session: Session, *, account_id: int, user_id: int | None = None) -> list[Member]:
    """Everybody of the account, by name, or one person of it."""
    seen = (
        select(func.max(func.coalesce(SignIn.seen_at, SignIn.created_at)))
        .where(SignIn.user_id == User.id, SignIn.account_id == account_id)
        .scalar_subquery()
    )
    asked = (
        select(User, Membership, seen)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.account_id == account_id)
        .order_by(User.name, User.id)
    )
    if user_id is not None:
        asked = asked.where(User.id == user_id)
    rows = session.execute(asked).all()
    elsewhere = _known_elsewhere(session, account_id=account_id, user_ids=[user.id for user, _, _ in rows])
    return [
        Member(
            id=user.id, name=user.name, email=user.email, role=own.role, campaign_ids=own.campaign_ids,
            second_factor=user.totp_confirmed_at is not None, seen_at=seen_at, elsewhere=user.id in elsewhere,
        )
        for user, own, seen_at in rows
    ]  # fmt: skip


def add_person(
    session: Session, *, account: Account, email: str, name: str, role: str, campaign_ids: Iterable[int] | None, by: str
) -> User:
    """Somebody new, without a password: they come in by the company's identity provider, or choose a password by the
    link that the sign-in page sends. Raises BadAccount, KnownPerson.

    Whoever is known already, here or to another company, is invited instead, so that nobody is taken into a company
    without agreeing to it.
    """
    limits = check_limits(session, account_id=account.id, role=role, campaign_ids=campaign_ids)
    email, name = clean_email(email), clean_name(name)
    if find_user(session, email=email) is not None:
        raise KnownPerson(f"{email} is known already; invite them, so that they can accept")
    user = User(email=email, name=name or email, password_hash="", created_at=datetime.now(UTC))
    session.add(user)
    session.flush()
    join(session, user=user, account_id=account.id, role=role, campaign_ids=limits, by=by)
    return user


def join(session: Session, *, user: User, account_id: int, role: str, campaign_ids: list[int] | None, by: str) -> None:
    """Make somebody one of the account's people; who is one already stays as they are."""
    if session.get(Membership, (user.id, account_id), execution_options=WHOLE_HOUSE) is None:
        session.add(Membership(user_id=user.id, account_id=account_id, role=role, campaign_ids=campaign_ids))
        fields = {"role": (None, role), "limits": (None, limits_words(campaign_ids))}
        record(session, account_id=account_id, noun="person", noun_id=user.id, fields=fields, by=by)
    session.flush()


def change_member(
    session: Session, *, account: Account, user_id: int, role: str, campaign_ids: Iterable[int] | None, by: str
) -> bool:
    """Another role, other limits; False where the account has no such person. Raises BadAccount, LastAdmin."""
    limits = check_limits(session, account_id=account.id, role=role, campaign_ids=campaign_ids)
    wait_for_turn(session, account=account)
    own = session.get(Membership, (user_id, account.id), populate_existing=True)
    if own is None:
        return False
    if role != "admin":
        _keep_an_admin(session, own)
    fields = {"role": (own.role, role), "limits": (limits_words(own.campaign_ids), limits_words(limits))}
    own.role, own.campaign_ids = role, limits
    record(session, account_id=account.id, noun="person", noun_id=user_id, fields=fields, by=by)
    session.flush()
    return True


def remove_member(session: Session, *, account: Account, user_id: int, by: str) -> bool:
    """Take a person out of the account: they are signed out of it, their open tasks are anybody's, and the phones that
    they answered are nobody's who signs in. False where there is no such person. Raises LastAdmin."""
    wait_for_turn(session, account=account)
    own = session.get(Membership, (user_id, account.id), populate_existing=True)
    if own is None:
        return False
    _keep_an_admin(session, own)
    issuers = select(IdentityProvider.issuer).where(IdentityProvider.account_id == account.id)
    unread = {"synchronize_session": False}
    for gone in (
        delete(SignIn).where(SignIn.user_id == user_id, SignIn.account_id == account.id),
        # Whoever gets the address after them is somebody else to the provider, and may then be let in.
        delete(Identity).where(Identity.user_id == user_id, Identity.issuer.in_(issuers)),
        update(Agent).where(Agent.account_id == account.id, Agent.user_id == user_id).values(user_id=None),
        update(Task)
        .where(Task.account_id == account.id, Task.user_id == user_id, Task.done_at.is_(None))
        .values(user_id=None),
    ):
        session.execute(gone, execution_options=unread)
    fields = {"role": (own.role, None)}
    session.delete(own)
    record(session, account_id=account.id, noun="person", noun_id=user_id, fields=fields, by=by)
    session.flush()
    return True


def is_member(session: Session, *, account_id: int, user_id: int) -> bool:
    """Whether the account has that person."""
    return session.get(Membership, (user_id, account_id)) is not None


def is_established(session: Session, *, user: User) -> bool:
    """Whether any company has the person, and they can come in: with a password, or as whom a provider knows.

    Somebody whom a company added and who never came has agreed to nothing, and stands in no other company's way.
    """
    own = select(Membership.user_id).where(Membership.user_id == user.id).limit(1)
    if session.scalar(own, execution_options=WHOLE_HOUSE) is None:
        return False
    tied = select(Identity.user_id).where(Identity.user_id == user.id).limit(1)
    return bool(user.password_hash) or session.scalar(tied) is not None


def leave_all(session: Session, *, user: User, by: str) -> None:
    """Take the person out of every company. Raises LastAdmin."""
    own = select(Account).join(Membership, Membership.account_id == Account.id).where(Membership.user_id == user.id)
    for account in session.scalars(own.order_by(Account.id), execution_options=WHOLE_HOUSE).all():
        remove_member(session, account=account, user_id=user.id, by=by)


def clean_email(email: str) -> str:
    """An e-mail address as it is kept. Raises BadAccount."""
    email = email.strip().lower()
    if not is_address(email):
        raise BadAccount(f"{email[:80]!r} is no e-mail address")
    return email


def clean_name(name: str) -> str:
    """A person's name as it is kept; may be empty. Raises BadAccount."""
    name = " ".join(name.replace("\x00", "").split())
    if len(name) > LONGEST_NAME:
        raise BadAccount(f"a name has at most {LONGEST_NAME} characters")
    return name


def _keep_an_admin(session: Session, own: Membership) -> None:
    """Race: two administrators who take the role from each other; the account's turn lets one of them see the other."""
    others = select(Membership.user_id).where(
        Membership.account_id == own.account_id, Membership.role == "admin", Membership.user_id != own.user_id
    )
    if own.role == "admin" and session.scalar(others.limit(1)) is None:
        raise LastAdmin("the company's only administrator stays one; make somebody else an administrator first")


def _known_elsewhere(session: Session, *, account_id: int, user_ids: list[int]) -> set[int]:
    others = select(Membership.user_id).where(Membership.user_id.in_(user_ids), Membership.account_id != account_id)
    return set(session.scalars(others, execution_options=WHOLE_HOUSE))
