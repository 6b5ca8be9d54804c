"""Tracking numbers and the campaigns that they belong to."""

from datetime import UTC, datetime

from flask import Response
from pydantic import BaseModel, Field

from calltrack.api.campaigns import own_campaign
from calltrack.api.door import CAMPAIGNS, bp, give, requires, visitor
from calltrack.api.fields import Id, Items, Moment, MomentIn
from calltrack.api.problems import Problem, refusals
from calltrack.campaigns.campaigns import assign_number
from calltrack.campaigns.numbers import list_numbers
from calltrack.campaigns.shopping import configure_number
from calltrack.ground import ground
from calltrack.models import Number
from calltrack.telephony.carrier import CarrierError
from calltrack.telephony.flow_list import LONGEST_NAME, PLAIN_NAME, give_flow, list_flows, name_flow


class NumberToAssign(BaseModel):
    """A number that you own already, to be attached to a campaign or moved to another one.

    Which phones ring, and the whisper, change at once, whatever `from` says.
    """

    phone_number: str = Field(max_length=20, description="E.164", examples=["+13125550100"])
    campaign_id: Id
    forward_to: list[str] = Field(
        description="1 to 50 phones to ring, E.164; ten at once, in groups", examples=[["+13125550199"]]
    )
    whisper: str | None = Field(None, max_length=500, description="Spoken to whoever answers, before the caller")
    flow: str | None = Field(
        None, max_length=LONGEST_NAME, examples=[PLAIN_NAME],
        description="What callers hear: a call flow by its name or id; ring: the plain one, that is the announcement, "
        "the phones, then a voicemail. Left out: as it was; ring for a new number",
    )  # fmt: skip
    starts_at: MomentIn | None = Field(None, alias="from", description="From this moment on; left out: from now on")
    configure: bool = Field(
        default=False,
        description="Have the carrier send the number's calls here; otherwise the carrier is not contacted",
    )


class AssignmentAnswer(BaseModel):
    """From this moment on, until the next one, the number belongs to this campaign."""

    campaign_id: int
    starts_at: Moment = Field(serialization_alias="from")
    by: str


class NumberAnswer(BaseModel):
    """A tracking number; `campaign_id`: the campaign that it belongs to now, or is to belong to from `from` on; `flow`:
    the name of the call flow that its callers hear, ring for the plain one."""

    id: int
    phone_number: str
    campaign_id: int | None
    starts_at: Moment | None = Field(serialization_alias="from")
    forward_to: list[str]
    whisper: str | None
    flow: str
    created_at: Moment


class ListedNumber(NumberAnswer):
    """A tracking number; `campaign_id`: the campaign that it belongs to now, if any. `parked_at`: since when it is out
    of use; `released_at`: when it was given back to the carrier."""

    assignments: list[AssignmentAnswer]
    parked_at: Moment | None
    released_at: Moment | None


@bp.get("/numbers", tags=[CAMPAIGNS], responses={200: Items[ListedNumber]})
@requires("campaigns.read")
def list_all_numbers() -> Response:
    """All tracking numbers, each with its assignments, oldest first."""
    with ground().database.read() as session:
        found = list_numbers(session, account=visitor().account)
        flows = {one.flow.id: one.flow.name for one in list_flows(session, account=visitor().account)}
    items = [
        ListedNumber(
            id=one.number.id,
            phone_number=one.number.phone_number,
            campaign_id=one.campaign_id,
            starts_at=one.in_force.starts_at if one.in_force else None,
            forward_to=one.number.forward_to,
            whisper=one.number.whisper,
            flow=flows.get(one.number.flow_id or 0, PLAIN_NAME),
            created_at=one.number.created_at,
            parked_at=one.number.parked_at,
            released_at=one.number.released_at,
            assignments=[
                AssignmentAnswer(campaign_id=it.campaign_id, starts_at=it.starts_at, by=it.assigned_by)
                for it in one.assignments
            ],
        )
        for one in found
    ]
    return give(Items[ListedNumber](items=items))


@bp.post("/numbers", tags=[CAMPAIGNS], responses={201: NumberAnswer, **refusals(404, 409, 413)})
@requires("numbers.write")
def attach_number(body: NumberToAssign) -> Response:
    """Attach a number to a campaign, or move it to another campaign, from a moment on (default: now).

    Calls that are stored already keep the campaign they have. Which phones ring, and the whisper, change at once.
    """
    who = visitor()
    starts_at = body.starts_at or datetime.now(UTC)
    with ground().database.write.begin() as session:
        campaign = own_campaign(session, body.campaign_id)
        number = assign_number(
            session,
            account=who.account,
            phone_number=body.phone_number,
            campaign=campaign,
            forward_to=body.forward_to,
            assigned_by=who.name,
            whisper=body.whisper,
            starts_at=starts_at,
        )
        if body.flow is not None:
            flow = name_flow(session, account=who.account, named=body.flow)
            give_flow(session, number=number, flow=flow, by=who.name)
        flows = {one.flow.id: one.flow.name for one in list_flows(session, account=who.account)}
    if body.configure:
        _configure(number)
    made = NumberAnswer(
        id=number.id,
        phone_number=number.phone_number,
        campaign_id=campaign.id,
        starts_at=starts_at,
        forward_to=number.forward_to,
        whisper=number.whisper,
        flow=flows.get(number.flow_id or 0, PLAIN_NAME),
        created_at=number.created_at,
    )
    return give(made, 201)


def _configure(number: Number) -> None:
    who = visitor()
    try:
        configure_number(ground().database, ground().settings, account=who.account, number=number, by=who.name)
    except CarrierError as error:
        status = 422 if error.permanent else 503
        raise Problem(status, f"the number is attached here, but not configured at the carrier: {error}") from None
