"""The first delivery of a new call: while the caller waits for an answer, the call is made in one statement."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import and_, bindparam, exists, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from calltrack.calls.fold import FoldedCall
from calltrack.marks import mark
from calltrack.models import Call, CallEvent, Number
from calltrack.models.cell import NO_CAMPAIGN
from calltrack.telephony.carrier import Delivery
from calltrack.telephony.routing import assigned_campaign

# What the database finds by itself: whose number was dialled, and which campaign it belonged to then.
_OWNER = ("account_id", "number_id", "campaign_id")
_GIVEN = [column for column in Call.__table__.c if column.name not in ("id", *_OWNER)]


def make_call(session: Session, *, delivery: Delivery, name: str, call_sid: str, folded: FoldedCall) -> int | None:
    """Make the call of the delivery just logged (`name`: CallEvent.delivery), folded from it alone; its id.

    None where it is not the first of its call, or the call is in the account's books already: then nothing is done.
    Whoever asks holds the call's lock.
    """
    given = {column.name: getattr(folded, column.name, None) for column in _GIVEN}
    told = {"carrier": delivery.carrier, "carrier_account": delivery.carrier_account, "call_sid": call_sid}
    connection = session.connection()
    made = connection.execute(
        _insert(connection.dialect.name),
        {**given, **told, "known_since": datetime.now(UTC), "delivery": name},
    ).first()
    if made is None:
        return None
    if made.account_id is not None:
        mark(
            session,
            account_id=made.account_id,
            campaign_id=made.campaign_id or NO_CAMPAIGN,
            moment=folded.started_at,
        )
    return int(made.id)


@cache
def _insert(dialect: str) -> Any:
    """The call's row, unless another delivery of it is here, or one of its name came in as a file."""
    calls: Any = Call.__table__
    here, other = CallEvent.__table__.alias("here"), aliased(Call)
    campaign = assigned_campaign(number_id=Number.id, moment=bindparam("started_at")).scalar_subquery()
    of_call = and_(
        here.c.carrier == bindparam("carrier"),
        here.c.carrier_account == bindparam("carrier_account"),
        here.c.call_sid == bindparam("call_sid"),
        here.c.delivery != bindparam("delivery"),
    )
    in_books = and_(other.account_id == Number.account_id, other.call_sid == bindparam("call_sid"))
    one = select(literal(1).label("one")).subquery()
    values = (
        select(
            *(bindparam(column.name, type_=column.type) for column in _GIVEN),
            Number.account_id,
            Number.id,
            campaign,
        )
        .select_from(one.outerjoin(Number, Number.phone_number == bindparam("dialled", type_=Call.dialled.type)))
        .where(~exists().where(of_call), ~exists().where(in_books))
    )
    make = (sqlite if dialect == "sqlite" else postgresql).insert(calls)
    return (
        make.from_select([*(column.name for column in _GIVEN), *_OWNER], values)
        .on_conflict_do_nothing()
        .returning(calls.c.id, calls.c.account_id, calls.c.campaign_id)
    )
