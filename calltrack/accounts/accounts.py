"""Companies, their people and the people's passwords."""

from datetime import UTC, datetime
from hashlib import sha256
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from calltrack.accounts.passwords import BadPassword, hash_given, is_right
from calltrack.accounts.roles import ROLES
from calltrack.models import Account, Membership, Reason, SignIn, User
from calltrack.models.account import CARRIER_NAMES

# The reasons that a new account starts with; each belongs to one label.
DEFAULT_REASONS = {
    "lead": ("new job", "quote request", "service question", "emergency"),
    "excused": (
        "wrong number", "solicitor", "robocall", "vendor", "job applicant", "existing job", "billing",
        "warranty/complaint", "out of area", "service not offered", "too short", "internal or test call",
    ),
}  # fmt: skip
ANNOUNCEMENT = "Thank you for calling. This call may be recorded for quality and training purposes."
LONGEST_NAME = 200


class BadAccount(ValueError):
    """An account, person or role that cannot be; the message says what can."""


def create_account(session: Session, *, name: str, time_zone: str, carrier: str = "twilio") -> Account:
    """A new company with the default reasons; its name is unique, its zone an IANA name, its numbers with `carrier`."""
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise BadAccount(f"an account needs a name, of at most {LONGEST_NAME} characters")
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadAccount(f"{time_zone!r} is no time zone; write one like America/Chicago") from None
    if session.scalar(select(Account.id).where(Account.name == name)):
        raise BadAccount(f"there is an account named {name!r} already")
    if carrier not in CARRIER_NAMES:
        raise BadAccount(f"{carrier!r} is no carrier; choose one of: {', '.join(CARRIER_NAMES)}")
    account = Account(
        name=name, time_zone=time_zone, announcement=ANNOUNCEMENT, carrier=carrier, created_at=datetime.now(UTC),
    )  # fmt: skip
    session.add(account)
    session.flush()
    for label, reasons in DEFAULT_REASONS.items():
        session.add_all(Reason(account_id=account.id, label=label, name=reason) for reason in reasons)
    session.flush()
    return account


def find_account(session: Session, *, name: str | None) -> Account:
    """The account of that name; without a name, the only one there is."""
    if name is not None:
        account = session.scalar(select(Account).where(Account.name == name))
        if account is None:
            raise BadAccount(f"there is no account named {name!r}")
        return account
    accounts = session.scalars(select(Account).order_by(Account.id).limit(2)).all()
    if len(accounts) != 1:
        raise BadAccount("say which account: there are several" if accounts else "there is no account yet")
    return accounts[0]


def create_user(session: Session, *, account: Account, email: str, name: str, password: str, role: str) -> User:
    """A person with a role in `account`; one who is known already gets the role there and keeps their password."""
    check_role(role)
    email = email.strip().lower()
    if "@" not in email or not email.isprintable() or " " in email:
        raise BadAccount(f"{email!r} is no e-mail address")
    user = find_user(session, email=email)
    if user is None:
        hashed = _hash_password(password)
        user = User(email=email, name=name.strip() or email, password_hash=hashed, created_at=datetime.now(UTC))
        session.add(user)
        session.flush()
    session.merge(Membership(user_id=user.id, account_id=account.id, role=role))
    return user


def find_user(session: Session, *, email: str) -> User | None:
    """The person of that address."""
    return session.scalar(select(User).where(User.email == email.replace("\x00", "").strip().lower()))


def set_password(session: Session, *, email: str, password: str) -> None:
    """A new password from an operator; whoever is signed in with the old one is signed out."""
    user = find_user(session, email=email)
    if user is None:
        raise BadAccount(f"nobody is known as {email}")
    keep_password(session, user_id=user.id, password_hash=_hash_password(password))
    session.execute(delete(SignIn).where(SignIn.user_id == user.id))


def keep_password(session: Session, *, user_id: int, password_hash: str) -> None:
    """Keep what accounts/passwords.py made of a password, from now on."""
    user = session.get_one(User, user_id, with_for_update=True, populate_existing=True)
    user.password_hash = password_hash
    session.flush()


def check_password(session: Session, *, email: str, password: str) -> User | None:
    """The person, when the password is theirs. An unknown address takes as long as a wrong password."""
    user = find_user(session, email=email)
    # Whoever has no password (they sign in elsewhere) is like nobody.
    return user if is_right(password, kept=user.password_hash or None if user else None) else None


def hash_secret(secret: str) -> str:
    """SHA-256 is enough for secrets that are long and random; passwords get argon2."""
    return sha256(secret.encode()).hexdigest()


def _hash_password(password: str) -> str:
    try:
        return hash_given(password)
    except BadPassword as wrong:
        raise BadAccount(str(wrong)) from None


def check_role(role: str) -> None:
    """Raises BadAccount where there is no such role."""
    if role not in ROLES:
        raise BadAccount(f"{role!r} is no role; choose one of: {', '.join(ROLES)}")
