"""The audit trail: who saw, played, downloaded, changed or exported what, and when. Append-only by triggers."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from calltrack.db import BigKey
from calltrack.models.base import Base, OfAccount


class AuditEntry(OfAccount, Base):
    """One deed of one person or program. The database refuses to change or remove it."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        CheckConstraint(
            "deed IN ('saw', 'played', 'downloaded', 'exported', 'changed', 'refused', 'entered', 'left', 'failed')",
            name="deed",
        ),
        Index(None, "account_id", "at", "id"),
        Index(None, "account_id", "noun", "noun_id", "at"),
        Index(None, "account_id", "who", "at"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    at: Mapped[datetime]
    # The person's e-mail address, or the program's key; and from which network address.
    who: Mapped[str] = mapped_column(String(320))
    address: Mapped[str | None] = mapped_column(String(45))
    deed: Mapped[str] = mapped_column(String(12))
    # The action of the table of roles, and the route by its name.
    action: Mapped[str] = mapped_column(String(40))
    route: Mapped[str] = mapped_column(String(120))
    noun: Mapped[str | None] = mapped_column(String(40))
    noun_id: Mapped[str | None] = mapped_column(String(120))
    detail: Mapped[str | None] = mapped_column(Text)
