"""Customers, their jobs and invoices, and which call each job came from."""

from datetime import UTC, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from calltrack.db import BigKey
from calltrack.models.base import Base, OfAccount
from calltrack.models.call import Call

# In characters; whatever is longer is refused before it comes here.
LONGEST_NAME = 200
LONGEST_NUMBER = 100
LONGEST_PHONE = 64
LONGEST_EMAIL = 320
LONGEST_ADDRESS = 500


class Customer(OfAccount, Base):
    """Somebody the account works for."""

    __tablename__ = "customers"
    __table_args__ = (
        Index(None, "account_id", "phone", "name"),
        Index(None, "account_id", "created_at"),
        Index("uq_customers_account_id_external_id", "account_id", "external_id", unique=True),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    # As the account's own system calls them; null for one that is known by name and phone only.
    external_id: Mapped[str | None] = mapped_column(String(LONGEST_NUMBER))
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    phone: Mapped[str | None] = mapped_column(String(LONGEST_PHONE))
    email: Mapped[str | None] = mapped_column(String(LONGEST_EMAIL))
    address: Mapped[str | None] = mapped_column(String(LONGEST_ADDRESS))
    created_at: Mapped[datetime]


class JobType(OfAccount, Base):
    """A kind of work, and the invoice subtotal (cents) from which such a job counts as sold."""

    __tablename__ = "job_types"
    __table_args__ = (UniqueConstraint("account_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    sold_threshold: Mapped[int | None] = mapped_column(BigInteger)


class Job(OfAccount, Base):
    """A piece of work booked for a customer. `call_id` is what the newest row of its links says."""

    __tablename__ = "jobs"
    __table_args__ = (
        UniqueConstraint("account_id", "external_id"),
        CheckConstraint("status IN ('scheduled', 'in_progress', 'completed', 'canceled')", name="status"),
        Index(None, "account_id", "created_at"),
        Index(None, "account_id", "completed_at"),
        # Few of many: what a person has to look at.
        Index(
            "ix_jobs_doubtful", "account_id", "created_at",
            sqlite_where=text("doubtful = 1"), postgresql_where=text("doubtful"),
        ),
        Index(
            "ix_jobs_without_campaign", "account_id", "created_at",
            sqlite_where=text("call_id IS NULL AND campaign_id IS NULL"),
            postgresql_where=text("call_id IS NULL AND campaign_id IS NULL"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    external_id: Mapped[str] = mapped_column(String(LONGEST_NUMBER))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    job_type_id: Mapped[int] = mapped_column(ForeignKey("job_types.id"))
    status: Mapped[str] = mapped_column(String(20))
    # Active history: whoever marks day cells asks what these columns were before a change.
    created_at: Mapped[datetime] = mapped_column(active_history=True)
    completed_at: Mapped[datetime | None] = mapped_column(active_history=True)
    technician_lead: Mapped[bool] = mapped_column(default=False)
    call_id: Mapped[int | None] = mapped_column(ForeignKey("calls.id"), index=True, active_history=True)
    # The campaign named with a job that no call booked; a linked call's campaign wins over it.
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaigns.id"), active_history=True)
    matched_by: Mapped[str | None] = mapped_column(String(10))
    # Calls of several campaigns may have booked it: a person has to say which.
    doubtful: Mapped[bool] = mapped_column(default=False)
    # When we first heard of the job.
    known_since: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC))
    customer: Mapped[Customer] = relationship()
    job_type: Mapped[JobType] = relationship()
    call: Mapped[Call | None] = relationship()
    invoices: Mapped[list["Invoice"]] = relationship(cascade="all, delete-orphan", order_by="Invoice.id")
    estimates: Mapped[list["Estimate"]] = relationship(cascade="all, delete-orphan", order_by="Estimate.id")


class JobLink(Base):
    """Somebody linked a job to a call, or unlinked it (no call); append-only."""

    __tablename__ = "job_links"
    __table_args__ = (Index(None, "job_id", "id"), Index(None, "linked_at"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id"))
    call_id: Mapped[int | None] = mapped_column(ForeignKey("calls.id"))
    matched_by: Mapped[str | None] = mapped_column(String(10))
    linked_by: Mapped[str] = mapped_column(String(200))
    linked_at: Mapped[datetime]


class Invoice(Base):
    """What a job was billed: its subtotal in cents, and the items behind it."""

    __tablename__ = "invoices"
    __table_args__ = (UniqueConstraint("job_id", "number"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id"))
    number: Mapped[str] = mapped_column(String(LONGEST_NUMBER))
    subtotal: Mapped[int] = mapped_column(BigInteger)
    items: Mapped[list["InvoiceItem"]] = relationship(cascade="all, delete-orphan", order_by="InvoiceItem.id")


class InvoiceItem(Base):
    """One line of an invoice in cents; `income` when it is booked on an income account."""

    __tablename__ = "invoice_items"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id"), index=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    amount: Mapped[int] = mapped_column(BigInteger)
    income: Mapped[bool]
    # The general-ledger account that it is booked on, where the sender names one; then `income` follows from that.
    ledger_account_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_accounts.id"), index=True)
    ledger_account: Mapped["LedgerAccount | None"] = relationship()


class LedgerAccount(OfAccount, Base):
    """A general-ledger account that invoice items are booked on: is it income?"""

    __tablename__ = "ledger_accounts"
    __table_args__ = (UniqueConstraint("account_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    income: Mapped[bool]


class Estimate(Base):
    """What a job was offered for: its subtotal in cents, and whether the customer took it."""

    __tablename__ = "estimates"
    __table_args__ = (
        UniqueConstraint("job_id", "number"),
        CheckConstraint("status IN ('open', 'sold', 'dismissed')", name="status"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id"))
    number: Mapped[str] = mapped_column(String(LONGEST_NUMBER))
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    status: Mapped[str] = mapped_column(String(10))
    subtotal: Mapped[int] = mapped_column(BigInteger)
    sold_at: Mapped[datetime | None]
