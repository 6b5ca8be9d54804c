"""Looks at the carrier's own lists: what they held that no webhook had told us."""

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from calltrack.models.base import Base


class Reconciliation(Base):
    """One comparison of a carrier account's calls and recordings with ours, from `since` on."""

    __tablename__ = "reconciliations"
    __table_args__ = (Index(None, "carrier", "carrier_account", "began_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    carrier: Mapped[str] = mapped_column(String(20))
    carrier_account: Mapped[str] = mapped_column(String(64))
    since: Mapped[datetime]
    began_at: Mapped[datetime]
    # Null: it is under way, or was cut off.
    ended_at: Mapped[datetime | None]
    calls_seen: Mapped[int] = mapped_column(default=0)
    calls_made: Mapped[int] = mapped_column(default=0)
    calls_mended: Mapped[int] = mapped_column(default=0)
    recordings_seen: Mapped[int] = mapped_column(default=0)
    recordings_made: Mapped[int] = mapped_column(default=0)
    # Those of a call of ours that the carrier has no longer, or never made, as we learned in this run.
    recordings_gone: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(Text)
