"""Campaigns and the tracking numbers that bring their calls."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.models import Account, Campaign, Number, NumberAssignment
from calltrack.phone import is_e164

LONGEST_CALL = timedelta(hours=4)
MOST_TARGETS = 10  # the carrier rings at most ten phones in one Dial


class BadCampaign(ValueError):
    """A campaign or number that cannot be; the message says what to do."""


class Taken(BadCampaign):
    """A name or number that is somebody's already."""


def create_campaign(
    session: Session, *, account: Account, name: str, category: str | None = None, lead_seconds: int | None = None
) -> Campaign:
    """A new campaign; its name is unique within the account."""
    name = name.strip()
    if not name:
        raise BadCampaign("a campaign needs a name")
    if session.scalar(select(Campaign.id).where(Campaign.account_id == account.id, Campaign.name == name)):
        raise Taken(f"there is a campaign named {name!r} already")
    campaign = Campaign(
        account_id=account.id, name=name, category=category, lead_seconds=lead_seconds, created_at=datetime.now(UTC)
    )
    session.add(campaign)
    session.flush()
    return campaign


def find_campaign(session: Session, *, account: Account, campaign_id: int) -> Campaign | None:
    """The account's own campaign of that id."""
    return session.scalar(select(Campaign).where(Campaign.account_id == account.id, Campaign.id == campaign_id))


def list_campaigns(session: Session, *, account: Account) -> list[Campaign]:
    """The account's campaigns by name."""
    return list(session.scalars(select(Campaign).where(Campaign.account_id == account.id).order_by(Campaign.name)))


def assign_number(
    session: Session,
    *,
    account: Account,
    phone_number: str,
    campaign: Campaign,
    forward_to: list[str],
    assigned_by: str,
    whisper: str | None = None,
    starts_at: datetime | None = None,
) -> Number:
    """Attach a number to a campaign from a moment on (default: now), or move it there.

    Calls that are stored already keep the campaign they have. A new number's default reaches back over the longest
    call there can be, so that one that is under way is the campaign's too. Who is rung changes at once.
    """
    for target in (phone_number, *forward_to):
        if not is_e164(target):
            raise BadCampaign(f"{target!r} is not a phone number like +13125550142")
    if not 1 <= len(forward_to) <= MOST_TARGETS:
        raise BadCampaign(f"forward_to names 1 to {MOST_TARGETS} phones to ring")
    if phone_number in forward_to:
        raise BadCampaign("a number cannot be forwarded to itself")
    number = session.scalar(select(Number).where(Number.phone_number == phone_number))
    if number is not None and number.account_id != account.id:
        raise Taken(f"{phone_number} belongs to another account")
    # Carriers count whole seconds: a call must not start before an assignment of the same second.
    now = datetime.now(UTC).replace(microsecond=0)
    default = now - LONGEST_CALL if number is None else now
    if number is None:
        number = Number(account_id=account.id, phone_number=phone_number, created_at=now)
        session.add(number)
    number.forward_to, number.whisper = list(dict.fromkeys(forward_to)), (whisper or "").strip() or None
    session.flush()
    session.add(
        NumberAssignment(
            number_id=number.id, campaign_id=campaign.id, starts_at=starts_at or default, assigned_at=now,
            assigned_by=assigned_by,
        )
    )  # fmt: skip
    session.flush()
    return number
