"""The people of an account: whom something can be assigned to."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.models import Membership, User


@dataclass(frozen=True)
class Person:
    """Somebody who may sign in to the account, with their role there."""

    id: int
    name: str
    email: str
    role: str


def list_people(session: Session, *, account_id: int) -> list[Person]:
    """Everybody of the account, by name."""
    rows = session.execute(
        select(User.id, User.name, User.email, Membership.role)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.account_id == account_id)
        .order_by(User.name, User.id)
    )
    return [Person(id=row.id, name=row.name, email=row.email, role=row.role) for row in rows]
