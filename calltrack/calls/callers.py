"""Who rang: a caller's name as the account's customers are known, else as the carrier gave it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar, Protocol, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.models import Customer
from calltrack.phone import is_e164
from calltrack.telephony.carriers import is_withheld


def is_somebody(caller: str | None) -> bool:
    """Whether a call's caller can be known again by their number: those who hide theirs share what the carrier sends
    in its place."""
    return bool(caller) and is_e164(caller or "") and not is_withheld(caller=caller or "")


class Rang(Protocol):
    """A row of a list that says who rang."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def caller(self) -> str | None: ...
    @property
    def caller_name(self) -> str | None: ...


Row = TypeVar("Row", bound=Rang)


def with_names(session: Session, *, account_id: int, rows: Sequence[Row]) -> list[Row]:
    """The rows with `caller_name` as the customer of that phone is called; the one known longest where several share
    it."""
    phones = {row.caller for row in rows if row.caller}
    known = select(Customer.phone, Customer.name).where(Customer.account_id == account_id, Customer.phone.in_(phones))
    names: dict[str | None, str] = {}
    for phone, name in session.execute(known.order_by(Customer.id)):
        names.setdefault(phone, name)
    return [replace(row, caller_name=names.get(row.caller) or row.caller_name) for row in rows]
