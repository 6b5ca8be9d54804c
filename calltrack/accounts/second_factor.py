"""The second factor: a code of six digits from an app on the person's phone (TOTP, RFC 6238).

The secret is sealed, so that who reads the database alone cannot make codes. A code is taken for its own half minute
and the one on either side, because clocks differ; and once, so that who looks over a shoulder has nothing of it.
"""

import hmac
from datetime import datetime

import pyotp
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from calltrack.accounts.recovery import make_codes
from calltrack.accounts.sessions import end_others
from calltrack.changes import record
from calltrack.config import Settings
from calltrack.models import Account, Membership, RecoveryCode, User
from calltrack.scope import WHOLE_HOUSE
from calltrack.sealing import seal, unseal

STEP_SECONDS = 30
DRIFT = 1
ISSUER = "calltrack"
_PURPOSE = "second factor"


class BadFactor(ValueError):
    """What cannot be done with a second factor; the message says why."""


def new_secret() -> str:
    """A fresh secret of 160 bits, in base 32."""
    return pyotp.random_base32()


def app_address(*, secret: str, email: str) -> str:
    """What an app reads from the square that it is shown (otpauth://)."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def has_factor(user: User) -> bool:
    """Whether the person signs in with a second factor."""
    return user.totp_confirmed_at is not None


def must_have_factor(session: Session, *, user_id: int, account_id: int | None = None) -> bool:
    """Whether one of the person's accounts, or that one of them, asks for a second factor."""
    asks = (
        select(Account.id)
        .join(Membership, Membership.account_id == Account.id)
        .where(Membership.user_id == user_id, Account.second_factor)
    )
    if account_id is not None:
        asks = asks.where(Account.id == account_id)
    return session.scalar(asks.limit(1), execution_options=WHOLE_HOUSE) is not None


def step_of(code: str, *, secret: str, now: datetime) -> int | None:
    """The half minute whose code that is, if it is a recent one; whoever typed blanks into it meant none."""
    typed = "".join(code.split())
    if len(typed) != 6 or not (typed.isascii() and typed.isdigit()):
        return None
    step = int(now.timestamp()) // STEP_SECONDS
    codes = pyotp.TOTP(secret)
    found = [
        one for one in range(step - DRIFT, step + DRIFT + 1)
        if hmac.compare_digest(codes.generate_otp(one), typed)
    ]  # fmt: skip
    return found[-1] if found else None


def set_up(
    session: Session, *, settings: Settings, user_id: int, secret: str, code: str, now: datetime
) -> list[str] | None:
    """Have the person sign in with codes of `secret` from now on, once `code` proves that their app has it.

    Returns the recovery codes, to be shown this once; None where the code is wrong. Raises BadFactor where there is
    a second factor already.
    """
    step = step_of(code, secret=secret, now=now)
    if step is None:
        return None
    user = session.get_one(User, user_id, with_for_update=True, populate_existing=True)
    if has_factor(user):
        raise BadFactor("you have a second factor already; turn it off before you set up another")
    user.totp_secret = seal(settings, secret.encode(), purpose=_PURPOSE).decode("ascii")
    user.totp_confirmed_at, user.totp_step = now, step
    codes = make_codes(session, user_id=user_id, now=now)
    session.flush()
    return codes


def take_code(session: Session, *, settings: Settings, user: User, code: str, now: datetime) -> bool:
    """Whether the code is right, and was not taken before. Raises SealBroken where SECRET_KEY is another one."""
    if user.totp_secret is None:
        return False
    secret = unseal(settings, user.totp_secret.encode("ascii"), purpose=_PURPOSE).decode("ascii")
    step = step_of(code, secret=secret, now=now)
    if step is None:
        return False
    # Race: the same code twice at once; one update finds the step that was before.
    taken = (
        update(User)
        .where(User.id == user.id, or_(User.totp_step.is_(None), User.totp_step < step))
        .values(totp_step=step)
        .returning(User.id)
        .execution_options(synchronize_session=False)
    )
    return session.execute(taken).first() is not None


def reset(session: Session, *, user_id: int, spare: str = "") -> None:
    """Take the second factor and its recovery codes away, and end every sign-in of the person; that of the token
    `spare` stays."""
    user = session.get_one(User, user_id, with_for_update=True, populate_existing=True)
    user.totp_secret = user.totp_confirmed_at = user.totp_step = None
    session.execute(
        delete(RecoveryCode).where(RecoveryCode.user_id == user_id).execution_options(synchronize_session=False)
    )
    end_others(session, user_id=user_id, token=spare)
    session.flush()


def count_factors(session: Session, *, account_id: int) -> tuple[int, int]:
    """How many of the account's people have a second factor, and how many people there are."""
    people = (
        select(func.count(User.totp_confirmed_at), func.count())
        .select_from(Membership)
        .join(User, User.id == Membership.user_id)
        .where(Membership.account_id == account_id)
    )
    having, all_ = session.execute(people).one()
    return having, all_


def demand_factor(session: Session, *, account_id: int, user_id: int, demanded: bool, by: str) -> bool:
    """Ask a second factor of everybody in the account, or no longer; True where that is new.

    Who has none is signed out, and sets one up at the next sign-in. Raises BadFactor where `user_id`, who asks it of
    the others, has none.
    """
    account = session.get_one(Account, account_id, with_for_update={"key_share": True})
    if demanded and not has_factor(session.get_one(User, user_id)):
        raise BadFactor("set up a second factor of your own first, or you would be signed out yourself")
    was, account.second_factor = account.second_factor, demanded
    fields = {"second_factor": ("yes" if was else "no", "yes" if demanded else "no")}
    record(session, account_id=account_id, noun="account", noun_id=account_id, fields=fields, by=by)
    session.flush()
    return was != demanded
