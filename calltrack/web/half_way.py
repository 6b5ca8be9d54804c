"""Who has shown who they are, and has yet to show the second factor or to set one up: in the browser's signed session.

It opens nothing by itself, ends after ten minutes, and when the password or the second factor changes meanwhile.
"""

import time
from dataclasses import dataclass

from flask import session as kept

from calltrack.accounts.accounts import hash_secret
from calltrack.ground import ground
from calltrack.models import User

ENDS_AFTER = 600  # seconds
_KEY = "half_way"


@dataclass(frozen=True)
class HalfWay:
    """Somebody between the first factor and the second. `way`: how they came; `wanted`: where they want to go."""

    user: User
    way: str
    wanted: str
    account_id: int | None


def go_half_way(*, user: User, way: str, wanted: str, account_id: int | None) -> None:
    """Remember it; a form that was loaded by whoever sat here before is void."""
    kept.clear()
    kept[_KEY] = [user.id, _state_of(user), way, wanted, account_id, int(time.time())]


def who_is_half_way() -> HalfWay | None:
    """Who that is in this browser, with the person as they are now."""
    try:
        user_id, state, way, wanted, account_id, since = kept[_KEY]
    except (KeyError, TypeError, ValueError):
        return None
    if not 0 <= time.time() - since <= ENDS_AFTER:
        return None
    with ground().database.read() as session:
        user = session.get(User, user_id)
    if user is None or _state_of(user) != state:
        return None
    return HalfWay(user, way, wanted, account_id)


def _state_of(user: User) -> str:
    return hash_secret(f"{user.password_hash} {user.totp_secret}")[:16]
