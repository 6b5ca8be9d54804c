"""What people and programs changed that has no ledger of its own: settings, thresholds, and what jobs say."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from calltrack.db import BigKey
from calltrack.models.base import Base, OfAccount


class Change(OfAccount, Base):
    """One field of one thing was changed; append-only. `noun`: account, campaign, job, job type, ledger account."""

    __tablename__ = "changes"
    __table_args__ = (Index(None, "account_id", "changed_at"), Index(None, "account_id", "noun", "noun_id"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    noun: Mapped[str] = mapped_column(String(20))
    noun_id: Mapped[int] = mapped_column(BigKey)
    field: Mapped[str] = mapped_column(String(40))
    # As a person reads it; null: there was, or is, none.
    was: Mapped[str | None] = mapped_column(String(500))
    now: Mapped[str | None] = mapped_column(String(500))
    changed_by: Mapped[str] = mapped_column(String(200))
    changed_at: Mapped[datetime]
