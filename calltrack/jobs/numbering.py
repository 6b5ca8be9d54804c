"""Numbers for jobs that are booked here by who has no number of their own system for them."""

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.models import Account, Job

_OURS = re.compile(r"C-([0-9]{1,9})")


def next_number(session: Session, *, account: Account) -> str:
    """`C-` and one more than the highest number so far: C-1, C-2; to be asked for when it is the writer's turn."""
    ours = select(Job.external_id).where(Job.account_id == account.id, Job.external_id.startswith("C-"))
    numbers = (int(found[1]) for one in session.scalars(ours) if (found := _OURS.fullmatch(one)))
    return f"C-{max(numbers, default=0) + 1}"
