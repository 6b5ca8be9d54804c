"""Phones that are tracking numbers of the account itself: a call or text sent on to one would come back to us."""

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.models import CallFlow, FlowVersion, Number


def tracking_number_among(session: Session, *, account_id: int, phones: Collection[str]) -> str | None:
    """One of these phones (E.164) that is a tracking number of the account, be it parked or not."""
    own = select(Number.phone_number).where(Number.account_id == account_id, Number.released_at.is_(None))
    return session.scalar(own.where(Number.phone_number.in_(phones)).order_by(Number.phone_number).limit(1))


def what_names(session: Session, *, account_id: int, phone: str) -> str | None:
    """What of the account sends calls or texts on to a phone (E.164), as a clause about it; None: nothing does."""
    for name, draft, plan in session.execute(
        select(CallFlow.name, CallFlow.draft, FlowVersion.plan)
        .outerjoin(FlowVersion, FlowVersion.id == CallFlow.version_id)
        .where(CallFlow.account_id == account_id, CallFlow.retired_at.is_(None))
        .order_by(CallFlow.id)
    ):
        for which, steps in (("flow", plan), ("draft of the flow", draft)):
            if phone in phones_of(steps):
                return f"the {which} {name!r} rings it"
    own = select(Number).where(Number.account_id == account_id, Number.released_at.is_(None)).order_by(Number.id)
    for number in session.scalars(own):
        if phone in number.forward_to:
            return f"{number.phone_number} rings it"
        if phone == number.text_to:
            return f"texts to {number.phone_number} are sent on to it"
    return None


def phones_of(plan: dict[str, Any] | None) -> Iterator[str]:
    """Every phone that a stored plan names; of no plan, none."""
    for step in (plan or {"steps": {}})["steps"].values():
        yield from (one["phone"] for one in step.get("phones", ()))
