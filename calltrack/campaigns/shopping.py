"""Numbers between the carrier and us: bought and attached, given back, and those that are at the carrier only.

The carrier is never asked within a transaction: callers would wait for it.
"""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from calltrack.campaigns.campaigns import Taken, assign_number
from calltrack.campaigns.moves import drop_moves
from calltrack.campaigns.numbers import find_number
from calltrack.campaigns.parking import check_release, mark_released
from calltrack.changes import record
from calltrack.config import Settings
from calltrack.db import Database
from calltrack.models import Account, Campaign, Number
from calltrack.phone import display
from calltrack.scope import WHOLE_HOUSE
from calltrack.telephony import numbers as carrier_numbers
from calltrack.telephony.twilio_rest import NumberThere

MOST_UNATTACHED = 500


def buy_number(
    database: Database,
    settings: Settings,
    *,
    account: Account,
    campaign: Campaign,
    phone_number: str,
    forward_to: list[str],
    whisper: str | None = None,
    by: str,
) -> Number:
    """Buy a number and attach it to a campaign: from now on it costs money, and its calls come here.

    All that could be wrong with it here is found before it is bought. Where only the attaching fails, the number is
    ours at the carrier and stands in `list_unattached`. Raises BadCampaign, Taken, CarrierError.
    """

    def attach(session: Session) -> Number:
        return assign_number(
            session, account=account, phone_number=phone_number, campaign=campaign, forward_to=forward_to,
            whisper=whisper, assigned_by=by,
        )  # fmt: skip

    with database.write() as session:
        anywhere = select(Number).where(Number.phone_number == phone_number)
        known = session.scalar(anywhere, execution_options=WHOLE_HOUSE)
        if known is not None and known.account_id == account.id and known.released_at is None:
            raise Taken(f"{display(phone_number)} is yours already")
        attach(session)
        session.rollback()
    with carrier_numbers.reach(settings, carrier=account.carrier) as rest:
        carrier_numbers.buy_number(
            rest, phone_number=phone_number, base_url=settings.base_url, carrier=account.carrier
        )  # fmt: skip
    with database.write.begin() as session:
        return attach(session)


def find_there(settings: Settings, *, account: Account, number: Number) -> tuple[str, NumberThere | None]:
    """The carrier that has the number, and how it is set there: the number's own, else the account's, to which it may
    have moved; None where neither has it. Raises CarrierError."""
    for carrier in _carriers_of(settings, account=account, number=number):
        with carrier_numbers.reach(settings, carrier=carrier) as rest:
            there = carrier_numbers.find_number_there(rest, phone_number=number.phone_number)
        if there is not None:
            return carrier, there
    return number.carrier, None


def configure_number(
    database: Database, settings: Settings, *, account: Account, number: Number, by: str
) -> tuple[str, NumberThere]:
    """Have the carrier that has the number send its calls and texts here, and keep which one that is; harmless to
    repeat. Raises CarrierError."""
    carrier, _ = find_there(settings, account=account, number=number)
    there = carrier_numbers.configure_with(settings, phone_number=number.phone_number, carrier=carrier)
    if carrier != number.carrier:
        with database.write.begin() as session:
            row = session.get_one(Number, number.id)
            fields = {"carrier": (row.carrier, carrier)}
            row.carrier = carrier
            record(session, account_id=row.account_id, noun="number", noun_id=row.id, fields=fields, by=by)
    return carrier, there


def release_number(database: Database, settings: Settings, *, account: Account, number_id: int, by: str) -> Number:
    """Give a parked number back to the carrier: for good, for others may buy it.

    First at the carrier (the number's own, and the account's, to which it may have moved), then here; after a failure
    between the two, do it again. Raises BadCampaign, CarrierError.
    """
    own = select(Number).where(Number.account_id == account.id, Number.id == number_id)
    with database.read() as session:
        number = session.scalars(own).one()
        check_release(number)
    if number.released_at is None:
        for carrier in _carriers_of(settings, account=account, number=number):
            with carrier_numbers.reach(settings, carrier=carrier) as rest:
                carrier_numbers.release_number(rest, phone_number=number.phone_number)
    with database.write.begin() as session:
        number = session.scalars(own).one()
        if found := find_number(session, account=account, number_id=number_id):
            drop_moves(session, found=found, by=by)
        mark_released(session, number=number, by=by)
        return number


def list_unattached(database: Database, settings: Settings, *, account: Account) -> list[NumberThere]:
    """Numbers that are ours at the carrier, attached to no campaign of any account, and that this account may attach.

    Raises CarrierError.
    """
    with carrier_numbers.reach(settings, carrier=account.carrier) as rest:
        there = []
        for one in carrier_numbers.list_numbers_there(rest):
            there.append(one)
            if len(there) >= 4 * MOST_UNATTACHED:
                break
    with database.read() as session:
        taken = or_(Number.released_at.is_(None), Number.account_id != account.id)
        attached = set(session.scalars(select(Number.phone_number).where(taken)))
    free = [one for one in there if one.phone_number not in attached]
    return sorted(free, key=lambda one: one.phone_number)[:MOST_UNATTACHED]


def _carriers_of(settings: Settings, *, account: Account, number: Number) -> list[str]:
    """Where to look for a number: at its own carrier, then at the account's if that can be asked."""
    asked = carrier_numbers.is_reachable(settings, carrier=account.carrier)
    return list(dict.fromkeys((number.carrier, *([account.carrier] if asked else []))))
