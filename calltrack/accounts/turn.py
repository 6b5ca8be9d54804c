"""Taking turns within one account, where two who write at once would each miss what the other does."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.models import Account


def wait_for_turn(session: Session, *, account: Account) -> None:
    """Let one writer of the account's jobs, or of whose a call is, in at a time, until it commits. What is read from
    here on stays so.

    Race: the same new job sent twice at once; one look whether there is such a job and one that makes it; a call that
    moves to another campaign while a job is linked to it, so that neither marks the job's days for the new one.
    """
    session.execute(select(Account.id).where(Account.id == account.id).with_for_update(key_share=True))
