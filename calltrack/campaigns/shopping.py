"""Numbers between the carrier and us: bought and attached, given back, and those that are at the carrier only.

The carrier is never asked within a transaction: callers would wait for it.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.campaigns.campaigns import Taken, assign_number
from calltrack.campaigns.parking import check_release, mark_released
from calltrack.config import Settings
from calltrack.db import Database
from calltrack.models import Account, Campaign, Number
from calltrack.phone import display
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
        known = session.scalar(select(Number).where(Number.phone_number == phone_number))
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


def release_number(database: Database, settings: Settings, *, account: Account, number_id: int, by: str) -> Number:
    """Give a parked number back to the carrier: for good, for others may buy it.

    First at the carrier, then here; after a failure between the two, do it again. Raises BadCampaign, CarrierError.
    """
    own = select(Number).where(Number.account_id == account.id, Number.id == number_id)
    with database.read() as session:
        number = session.scalars(own).one()
        check_release(number)
    if number.released_at is None:
        with carrier_numbers.reach(settings, carrier=account.carrier) as rest:
            carrier_numbers.release_number(rest, phone_number=number.phone_number)
    with database.write.begin() as session:
        number = session.scalars(own).one()
        mark_released(session, number=number, by=by)
        return number


def list_unattached(database: Database, settings: Settings, *, account: Account) -> list[NumberThere]:
    """Numbers that are ours at the carrier, and attached to no campaign of any account. Raises CarrierError."""
    with carrier_numbers.reach(settings, carrier=account.carrier) as rest:
        there = []
        for one in carrier_numbers.list_numbers_there(rest):
            there.append(one)
            if len(there) >= 4 * MOST_UNATTACHED:
                break
    with database.read() as session:
        attached = set(session.scalars(select(Number.phone_number).where(Number.released_at.is_(None))))
    free = [one for one in there if one.phone_number not in attached]
    return sorted(free, key=lambda one: one.phone_number)[:MOST_UNATTACHED]
