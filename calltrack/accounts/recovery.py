"""Recovery codes: ten words for whoever lost their phone, each of which stands in for the second factor once."""

import secrets
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from calltrack.accounts.accounts import hash_secret
from calltrack.models import RecoveryCode

CODES = 10
# 78 bits each, without the letters and digits that look like others.
_LETTERS, _LENGTH, _GROUP = "23456789abcdefghjkmnpqrstvwxyz", 16, 4


def make_codes(session: Session, *, user_id: int, now: datetime) -> list[str]:
    """Fresh codes; those that there were open nothing any more. They are shown this once: only hashes are kept."""
    session.execute(
        delete(RecoveryCode).where(RecoveryCode.user_id == user_id).execution_options(synchronize_session=False)
    )
    codes = ["".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)) for _ in range(CODES)]
    session.add_all(
        RecoveryCode(user_id=user_id, code_hash=_hash(code, user_id=user_id), made_at=now) for code in codes
    )
    session.flush()
    return ["-".join(code[at : at + _GROUP] for at in range(0, _LENGTH, _GROUP)) for code in codes]


def take_recovery_code(session: Session, *, user_id: int, code: str, now: datetime) -> bool:
    """Whether that is one of the person's codes which was never used; from now on it was."""
    typed = "".join(sign for sign in code.casefold() if sign.isalnum())
    # Race: the same code twice at once; one update finds it unused.
    taken = (
        update(RecoveryCode)
        .where(
            RecoveryCode.user_id == user_id,
            RecoveryCode.code_hash == _hash(typed, user_id=user_id),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
        .returning(RecoveryCode.user_id)
        .execution_options(synchronize_session=False)
    )
    return session.execute(taken).first() is not None


def codes_left(session: Session, *, user_id: int) -> int:
    """How many codes are still good."""
    unused = select(func.count()).where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    return session.scalar(unused) or 0


def _hash(code: str, *, user_id: int) -> str:
    return hash_secret(f"{user_id}:{code}")
