"""What an account's classifier learnt, and the random sample by which its error is measured."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from calltrack.db import BigKey
from calltrack.models.base import Base, OfAccount


class Classifier(OfAccount, Base):
    """A version of one account's model, learnt from its own people's labels; kept whether or not it came into force.

    Which one is in force stands in `accounts.classifier_id`; null is the model that comes with the package.
    """

    __tablename__ = "classifiers"
    __table_args__ = (UniqueConstraint("account_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int]
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(200))
    # What it was made from and how it did beside the one then in force.
    card: Mapped[dict[str, Any]]
    promoted: Mapped[bool]
    why: Mapped[str] = mapped_column(Text)
    # The model itself: JSON and arrays, as `classify.model.pack_model` wrote them; of old versions only the card stays.
    about: Mapped[str | None] = mapped_column(Text, deferred=True)
    weights: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)


class BlindDraw(OfAccount, Base):
    """How many of a week's calls that the classifier labelled so were drawn, and from how many."""

    __tablename__ = "blind_draws"
    __table_args__ = (CheckConstraint("value IN ('lead', 'excused')", name="value"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    # The Monday of the account's local week in which the calls came.
    week: Mapped[date] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(String(10), primary_key=True)
    population: Mapped[int]
    drawn: Mapped[int]


class BlindCheck(OfAccount, Base):
    """A drawn call, and what a person said of it who was not shown the classifier's word."""

    __tablename__ = "blind_checks"
    __table_args__ = (
        UniqueConstraint("call_id"),
        CheckConstraint("value IN ('lead', 'excused', 'cannot tell')", name="value"),
        Index(None, "account_id", "week"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"))
    week: Mapped[date]
    drawn_at: Mapped[datetime]
    # The classifier's label that is checked.
    machine_label_id: Mapped[int] = mapped_column(ForeignKey("labels.id"))
    value: Mapped[str | None] = mapped_column(String(20))
    said_by: Mapped[str | None] = mapped_column(String(200))
    said_at: Mapped[datetime | None]
    # The same word in the call's ledger, where it is in force like any other person's; none for "cannot tell".
    label_id: Mapped[int | None] = mapped_column(ForeignKey("labels.id"))
