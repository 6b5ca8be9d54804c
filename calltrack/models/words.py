"""What can be searched of a call by its words."""

from sqlalchemy import BigInteger, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from calltrack.db import BigKey
from calltrack.models.base import Base, OfAccount


class CallWords(OfAccount, Base):
    """Transcript, notes and names of one call as one text; calls of which nothing is known have none.

    The database's own triggers write these rows and index them (migration 0005); nobody else does. `key` is the
    second the call began, since 2000, times 2^31, plus the call's id: newest first is largest first, and a full-text
    index that knows of nothing but a number per text gives them in the order of the list.
    """

    __tablename__ = "call_words"
    __table_args__ = (Index(None, "account_id", "key"),)

    key: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"), unique=True)
    account_id: Mapped[int] = mapped_column(BigInteger)
    text: Mapped[str] = mapped_column(Text)
