"""Campaigns and what they cost."""

from typing import Annotated, Literal

from flask import Response
from pydantic import BaseModel, Field, RootModel
from sqlalchemy.orm import Session

from calltrack.api.door import CAMPAIGNS, bp, give, requires, visitor
from calltrack.api.fields import LARGEST_ID, CostIn, Day, Items, LocalDate, Moment, Money
from calltrack.api.problems import Problem, refusals
from calltrack.campaigns.campaigns import (
    LONGEST_CATEGORY,
    LONGEST_NAME,
    archive_campaign,
    create_campaign,
    edit_campaign,
    find_campaign,
    list_campaigns,
    restore_campaign,
)
from calltrack.campaigns.costs import cost_on, costs_in_force, state_costs
from calltrack.ground import ground
from calltrack.models import Campaign
from calltrack.period import today


class NewCampaign(BaseModel):
    """A campaign to be; `daily_cost` counts from today on."""

    name: str = Field(max_length=LONGEST_NAME, examples=["Spring postcards"])
    category: str | None = Field(None, max_length=LONGEST_CATEGORY, examples=["print"])
    daily_cost: CostIn | None = None
    lead_seconds: int | None = Field(
        None, ge=0, le=86_400, description="From how many seconds on a call may be a lead; null: as the account says"
    )


class CampaignChanges(BaseModel):
    """What is to be changed; what is left out stays. A null category is none, null lead_seconds the account's own."""

    name: str | None = Field(None, max_length=LONGEST_NAME, examples=["Spring postcards"])
    category: str | None = Field(None, max_length=LONGEST_CATEGORY, examples=["print"])
    lead_seconds: int | None = Field(None, ge=0, le=86_400, examples=[45])
    record: bool | None = Field(None, description="false: its calls are not to be recorded")
    archived: bool | None = Field(
        None, description="true: out of sight, its history stays; its numbers still ring, and its cost goes on"
    )


class CampaignAnswer(BaseModel):
    """A campaign; `daily_cost` is what it costs today, null where no cost was ever stated; `record`: its calls may be
    recorded."""

    id: int
    name: str
    category: str | None
    lead_seconds: int | None
    record: bool
    daily_cost: Money | None
    created_at: Moment
    archived: bool
    archived_at: Moment | None


class CampaignsQuery(BaseModel):
    """Which campaigns."""

    archived: Literal["false", "true", "all"] = Field(
        "false", description="false: those in use; true: those that are archived"
    )


class CostFrom(BaseModel):
    """From this local day on, until the next one, each day costs this much."""

    starts_on: LocalDate = Field(alias="from")
    daily_cost: CostIn


class Costs(RootModel[Annotated[list[CostFrom], Field(max_length=5000)]]):
    """A campaign's whole cost history."""


class CostFromAnswer(BaseModel):
    """From this local day on, until the next one, each day costs this much."""

    starts_on: Day = Field(serialization_alias="from")
    daily_cost: Money


class CostsAnswer(RootModel[list[CostFromAnswer]]):
    """A campaign's whole cost history, by day."""


class CampaignPath(BaseModel):
    """Which campaign."""

    campaign_id: int


@bp.get("/campaigns", tags=[CAMPAIGNS], responses={200: Items[CampaignAnswer]})
@requires("campaigns.read")
def list_all_campaigns(query: CampaignsQuery) -> Response:
    """The campaigns in use, by name; on request those that are archived, or all."""
    archived = {"false": False, "true": True, "all": None}[query.archived]
    with ground().database.read() as session:
        found = _answers(session, list_campaigns(session, account=visitor().account, archived=archived))
    return give(Items[CampaignAnswer](items=found))


@bp.post("/campaigns", tags=[CAMPAIGNS], responses={201: CampaignAnswer, **refusals(409, 413)})
@requires("campaigns.write")
def add_campaign(body: NewCampaign) -> Response:
    """Add a campaign; its name is unique in the account."""
    who = visitor()
    with ground().database.write.begin() as session:
        campaign = create_campaign(
            session, account=who.account, name=body.name, category=body.category, lead_seconds=body.lead_seconds
        )
        if body.daily_cost is not None:
            costs = [(today(zone=who.account.time_zone), body.daily_cost)]
            state_costs(session, campaign=campaign, costs=costs, stated_by=who.name)
        [made] = _answers(session, [campaign])
    return give(made, 201)


@bp.get("/campaigns/<int:campaign_id>", tags=[CAMPAIGNS], responses={200: CampaignAnswer, **refusals(404)})
@requires("campaigns.read")
def read_campaign(path: CampaignPath) -> Response:
    """One campaign, be it in use or archived."""
    with ground().database.read() as session:
        [found] = _answers(session, [own_campaign(session, path.campaign_id)])
    return give(found)


@bp.patch("/campaigns/<int:campaign_id>", tags=[CAMPAIGNS], responses={200: CampaignAnswer, **refusals(404, 409, 413)})
@requires("campaigns.write")
def change_campaign(path: CampaignPath, body: CampaignChanges) -> Response:
    """Rename a campaign, file it elsewhere, change what its leads are, archive or restore it."""
    said, by = body.model_fields_set, visitor().name
    with ground().database.write.begin() as session:
        campaign = own_campaign(session, path.campaign_id)
        edit_campaign(
            session,
            campaign=campaign,
            name=campaign.name if body.name is None else body.name,
            category=body.category if "category" in said else campaign.category,
            lead_seconds=body.lead_seconds if "lead_seconds" in said else campaign.lead_seconds,
            record=body.record,
            by=by,
        )
        if body.archived is not None:
            (archive_campaign if body.archived else restore_campaign)(session, campaign=campaign, by=by)
        [found] = _answers(session, [campaign])
    return give(found)


@bp.get("/campaigns/<int:campaign_id>/costs", tags=[CAMPAIGNS], responses={200: CostsAnswer, **refusals(404)})
@requires("scorecards.read")
def read_costs(path: CampaignPath) -> Response:
    """The campaign's cost history in force, by day."""
    with ground().database.read() as session:
        return _costs(session, campaign=own_campaign(session, path.campaign_id))


@bp.put("/campaigns/<int:campaign_id>/costs", tags=[CAMPAIGNS], responses={200: CostsAnswer, **refusals(404, 409, 413)})
@requires("campaigns.write")
def replace_costs(path: CampaignPath, body: Costs) -> Response:
    """Replace the whole cost history; what was stated before is kept, but no longer in force."""
    with ground().database.write.begin() as session:
        campaign = own_campaign(session, path.campaign_id)
        costs = [(cost.starts_on, cost.daily_cost) for cost in body.root]
        state_costs(session, campaign=campaign, costs=costs, stated_by=visitor().name)
        return _costs(session, campaign=campaign)


def own_campaign(session: Session, campaign_id: int) -> Campaign:
    """The key's account's campaign; another's is as unknown as one that was never made."""
    campaign = None
    if campaign_id <= LARGEST_ID:
        campaign = find_campaign(session, account=visitor().account, campaign_id=campaign_id)
    if campaign is None:
        raise Problem(404, f"there is no campaign {campaign_id}; GET /api/v1/campaigns lists yours")
    return campaign


def _answers(session: Session, campaigns: list[Campaign]) -> list[CampaignAnswer]:
    histories = costs_in_force(session, campaign_ids=[campaign.id for campaign in campaigns])
    now = today(zone=visitor().account.time_zone)
    return [
        CampaignAnswer(
            id=one.id,
            name=one.name,
            category=one.category,
            lead_seconds=one.lead_seconds,
            record=one.record,
            daily_cost=cost_on(histories[one.id], day=now),
            created_at=one.created_at,
            archived=one.archived_at is not None,
            archived_at=one.archived_at,
        )
        for one in campaigns
    ]


def _costs(session: Session, *, campaign: Campaign) -> Response:
    history = costs_in_force(session, campaign_ids=[campaign.id])[campaign.id]
    return give(CostsAnswer([CostFromAnswer(starts_on=day, daily_cost=cents) for day, cents in history]))
