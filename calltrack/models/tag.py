"""The tags an account knows, and the views of the list of calls that its people keep."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from calltrack.db import BigKey
from calltrack.models.base import Base, OfAccount


class Tag(OfAccount, Base):
    """A tag that some call of the account has or had, so that it can be offered again; with its colour."""

    __tablename__ = "tags"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    # One of calls/tag_list.py's colours; null: nobody chose one.
    colour: Mapped[str | None] = mapped_column(String(20))
    # Not offered any more; calls that have it keep it.
    retired_at: Mapped[datetime | None]


class SavedView(OfAccount, Base):
    """Filters of the list of calls under a name."""

    __tablename__ = "saved_views"
    __table_args__ = (UniqueConstraint("account_id", "user_id", "name"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(String(60))
    # The address's query, as web/filters.py writes it.
    query: Mapped[str] = mapped_column(Text)
    # Everybody of the account sees it; else only who made it.
    shared: Mapped[bool]
    made_at: Mapped[datetime]
