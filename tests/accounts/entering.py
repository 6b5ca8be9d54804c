"""How a person comes in, for tests that are about what they see inside."""

from sqlalchemy.orm import Session

from calltrack.accounts.accounts import check_password
from calltrack.accounts.sign_in import sign_in


def enter(session: Session, *, email: str, password: str) -> str | None:
    """The cookie token of a person with the right password."""
    user = check_password(session, email=email, password=password)
    return sign_in(session, user=user) if user else None
