"""Campaigns and the tracking numbers that bring their calls."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.accounts.settings import BadSetting, check_lead_seconds
from calltrack.accounts.turn import wait_for_turn
from calltrack.changes import record
from calltrack.models import Account, Campaign, Number, NumberAssignment
from calltrack.phone import is_e164
from calltrack.scope import WHOLE_HOUSE
from calltrack.stand_ins import unknown_stand_in
from calltrack.telephony.circles import tracking_number_among, what_names
from calltrack.telephony.plan import CAMPAIGN, MOST_PHONES

LONGEST_CALL = timedelta(hours=4)
MOST_TARGETS = MOST_PHONES  # the carrier rings ten at once, the others when those did not answer
LONGEST_NAME, LONGEST_CATEGORY, LONGEST_WHISPER = 200, 100, 500  # characters


class BadCampaign(ValueError):
    """A campaign or number that cannot be; the message says what to do."""


class Taken(BadCampaign):
    """A name or number that is somebody's already."""


def create_campaign(
    session: Session, *, account: Account, name: str, category: str | None = None, lead_seconds: int | None = None
) -> Campaign:
    """A new campaign; its name is unique within the account. Raises BadCampaign, Taken."""
    campaign = Campaign(account_id=account.id, created_at=datetime.now(UTC))
    _describe(session, campaign=campaign, name=name, category=category, lead_seconds=lead_seconds)
    session.add(campaign)
    session.flush()
    return campaign


def edit_campaign(
    session: Session,
    *,
    campaign: Campaign,
    name: str,
    category: str | None,
    lead_seconds: int | None,
    record: bool | None = None,
    by: str,
) -> None:
    """Make it what is said and keep what it was; no `lead_seconds`: the account's own; `record`: whether its calls may
    be recorded (None: as it is). Raises BadCampaign, Taken."""
    names = ("name", "category", "lead_seconds")
    before = {field: getattr(campaign, field) for field in names}
    _describe(session, campaign=campaign, name=name, category=category, lead_seconds=lead_seconds)
    fields = {field: (before[field], getattr(campaign, field)) for field in names}
    if record is not None:
        fields["record"] = ("yes" if campaign.record else "no", "yes" if record else "no")
        campaign.record = record
    _record(session, campaign=campaign, fields=fields, by=by)


def archive_campaign(session: Session, *, campaign: Campaign, by: str) -> None:
    """Put the campaign out of sight. Its history stays, its numbers still ring, and a daily cost goes on until
    somebody ends it."""
    _set_archived(session, campaign=campaign, archived_at=campaign.archived_at or datetime.now(UTC), by=by)


def restore_campaign(session: Session, *, campaign: Campaign, by: str) -> None:
    """Take the campaign into use again."""
    _set_archived(session, campaign=campaign, archived_at=None, by=by)


def find_campaign(session: Session, *, account: Account, campaign_id: int) -> Campaign | None:
    """The account's own campaign of that id."""
    return session.scalar(select(Campaign).where(Campaign.account_id == account.id, Campaign.id == campaign_id))


def list_campaigns(session: Session, *, account: Account, archived: bool | None = None) -> list[Campaign]:
    """The account's campaigns by name. `archived`: only those that are, or are not; None: all."""
    campaigns = select(Campaign).where(Campaign.account_id == account.id).order_by(Campaign.name)
    if archived is not None:
        campaigns = campaigns.where(
            Campaign.archived_at.is_not(None) if archived else Campaign.archived_at.is_(None)
        )  # fmt: skip
    return list(session.scalars(campaigns))


def list_categories(session: Session, *, account: Account) -> list[str]:
    """Every category that a campaign of the account has."""
    used = select(Campaign.category).where(Campaign.account_id == account.id, Campaign.category.is_not(None))
    return [category for category in session.scalars(used.distinct().order_by(Campaign.category)) if category]


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
    call there can be, so that one that is under way is the campaign's too. Who is rung changes at once. A number that
    was given back to the carrier is in use again. Raises BadCampaign, Taken.
    """
    if campaign.archived_at is not None:
        raise BadCampaign(f"the campaign {campaign.name!r} is archived; restore it first")
    if not is_e164(phone_number):
        raise BadCampaign(f"{phone_number!r} is not a phone number like +13125550142")
    wait_for_turn(session, account=account)  # Race: two numbers are attached at once, each ringing the other
    anywhere = select(Number).where(Number.phone_number == phone_number)
    number = session.scalar(anywhere, execution_options=WHOLE_HOUSE)
    if number is not None and number.account_id != account.id:
        if number.released_at is None:
            raise Taken(f"{phone_number} belongs to another account")
        raise Taken(f"{phone_number} was another company's here before, and its history stays there; choose another")
    # Carriers count whole seconds: a call must not start before an assignment of the same second.
    now = datetime.now(UTC).replace(microsecond=0)
    default = now - LONGEST_CALL if number is None else now
    if number is None or number.released_at is not None:
        _check_for_circle(session, account=account, phone_number=phone_number)
    if number is None:
        number = Number(
            account_id=account.id, phone_number=phone_number, forward_to=[], carrier=account.carrier, created_at=now
        )
        _ring(session, number=number, forward_to=forward_to, whisper=whisper)
        session.add(number)
        session.flush()
    else:
        change_ringing(session, number=number, forward_to=forward_to, whisper=whisper, by=assigned_by)
        _revive(session, number=number, carrier=account.carrier, by=assigned_by)
    session.add(
        NumberAssignment(
            number_id=number.id, campaign_id=campaign.id, starts_at=starts_at or default, assigned_at=now,
            assigned_by=assigned_by,
        )
    )  # fmt: skip
    session.flush()
    return number


def change_ringing(session: Session, *, number: Number, forward_to: list[str], whisper: str | None, by: str) -> None:
    """Say which phones ring for the number, from its next call on, and what whoever answers hears first.

    Raises BadCampaign.
    """
    was = (", ".join(number.forward_to), number.whisper)
    wait_for_turn(session, account=session.get_one(Account, number.account_id))
    _ring(session, number=number, forward_to=forward_to, whisper=whisper)
    fields = {"forward_to": (was[0], ", ".join(number.forward_to)), "whisper": (was[1], number.whisper)}
    record(session, account_id=number.account_id, noun="number", noun_id=number.id, fields=fields, by=by)
    session.flush()


def _revive(session: Session, *, number: Number, carrier: str, by: str) -> None:
    """A number that was given back is ours again, at the account's carrier; one that is only parked stays so."""
    if number.released_at is not None:
        number.carrier = carrier
        number.released_at = number.parked_at = None
        fields = {"given_back": ("yes", None), "parked": ("yes", None)}
        record(session, account_id=number.account_id, noun="number", noun_id=number.id, fields=fields, by=by)


def _check_for_circle(session: Session, *, account: Account, phone_number: str) -> None:
    """Refuse a new tracking number to which the account's calls or texts are sent on."""
    if named := what_names(session, account_id=account.id, phone=phone_number):
        raise BadCampaign(
            f"{phone_number} cannot be a tracking number: {named}, so that it would go in a circle; change that first"
        )


def _ring(session: Session, *, number: Number, forward_to: list[str], whisper: str | None) -> None:
    whisper = (whisper or "").strip() or None
    for target in forward_to:
        if not is_e164(target):
            raise BadCampaign(f"{target!r} is not a phone number like +13125550142")
    if not 1 <= len(forward_to) <= MOST_TARGETS:
        raise BadCampaign(f"forward_to names 1 to {MOST_TARGETS} phones to ring")
    if number.phone_number in forward_to:
        raise BadCampaign("a number cannot be forwarded to itself")
    if own := tracking_number_among(session, account_id=number.account_id, phones=forward_to):
        raise BadCampaign(
            f"{own} is a tracking number of yours, so that callers would go in a circle; name the phone that somebody "
            "answers"
        )
    if whisper is not None and len(whisper) > LONGEST_WHISPER:
        raise BadCampaign(f"a whisper has at most {LONGEST_WHISPER} characters")
    if odd := unknown_stand_in(whisper, known=[CAMPAIGN]):
        raise BadCampaign(f"{odd} stands for nothing in a whisper; {CAMPAIGN} is the campaign's name")
    number.forward_to, number.whisper = list(dict.fromkeys(forward_to)), whisper


def _describe(
    session: Session, *, campaign: Campaign, name: str, category: str | None, lead_seconds: int | None
) -> None:
    name, category = name.strip(), (category or "").strip() or None
    if not 0 < len(name) <= LONGEST_NAME:
        raise BadCampaign(f"a campaign needs a name, of at most {LONGEST_NAME} characters")
    if category is not None and len(category) > LONGEST_CATEGORY:
        raise BadCampaign(f"a category has at most {LONGEST_CATEGORY} characters")
    if lead_seconds is not None:
        try:
            check_lead_seconds(lead_seconds)
        except BadSetting as wrong:
            raise BadCampaign(str(wrong)) from None
    if name != campaign.name and session.scalar(
        select(Campaign.id).where(Campaign.account_id == campaign.account_id, Campaign.name == name)
    ):
        raise Taken(f"there is a campaign named {name!r} already")
    campaign.name, campaign.category, campaign.lead_seconds = name, category, lead_seconds


def _set_archived(session: Session, *, campaign: Campaign, archived_at: datetime | None, by: str) -> None:
    fields = {"archived": ("yes" if campaign.archived_at else None, "yes" if archived_at else None)}
    campaign.archived_at = archived_at
    _record(session, campaign=campaign, fields=fields, by=by)


def _record(session: Session, *, campaign: Campaign, fields: Mapping[str, tuple[object, object]], by: str) -> None:
    record(session, account_id=campaign.account_id, noun="campaign", noun_id=campaign.id, fields=fields, by=by)
    session.flush()
