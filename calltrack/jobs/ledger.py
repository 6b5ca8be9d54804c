"""General-ledger accounts that invoice items are booked on: what is booked on an income account is revenue."""

from collections.abc import Mapping

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from calltrack.accounts.turn import wait_for_turn
from calltrack.changes import record
from calltrack.db import upsert
from calltrack.jobs.facts import BadJob, check_length
from calltrack.marks import mark
from calltrack.models import Account, InvoiceItem, LedgerAccount
from calltrack.models.job import LONGEST_NAME


def list_ledger_accounts(session: Session, *, account: Account) -> list[LedgerAccount]:
    """The account's ledger accounts by name."""
    own = select(LedgerAccount).where(LedgerAccount.account_id == account.id)
    return list(session.scalars(own.order_by(LedgerAccount.name)))


def set_income(session: Session, *, account: Account, name: str, income: bool, by: str) -> LedgerAccount:
    """Say whether a ledger account is income: the items that are stored follow it. One that is new is created."""
    name = name.strip()
    if not name:
        raise BadJob("a ledger account needs a name")
    check_length("a ledger account's name", name, longest=LONGEST_NAME)
    wait_for_turn(session, account=account)  # else a job that is being written could keep the old word
    found = ledger_accounts(session, account=account, said={name: income})[name]
    if found.income != income:
        record(
            session, account_id=account.id, noun="ledger account", noun_id=found.id,
            fields={"income": ("no", "yes") if income else ("yes", "no")}, by=by,
        )  # fmt: skip
        found.income = income
        items = update(InvoiceItem).where(InvoiceItem.ledger_account_id == found.id, InvoiceItem.income != income)
        session.execute(items.values(income=income), execution_options={"synchronize_session": False})
        mark(session, account_id=account.id, campaign_id=None, moment=None)
        session.flush()
    return found


def ledger_accounts(session: Session, *, account: Account, said: Mapping[str, bool]) -> dict[str, LedgerAccount]:
    """The ledger accounts of these names; one that is new is created, as income if it is said to be."""
    if not said:
        return {}
    named = select(LedgerAccount).where(LedgerAccount.account_id == account.id, LedgerAccount.name.in_(said))
    known = {one.name: one for one in session.scalars(named)}
    if new := said.keys() - known.keys():
        rows = [{"account_id": account.id, "name": name, "income": said[name]} for name in sorted(new)]
        # Race: two first items of an account come at once; the unique key lets one insert, the other reads it.
        session.execute(upsert(session, LedgerAccount).values(rows).on_conflict_do_nothing())
        known = {one.name: one for one in session.scalars(named)}
    return known
