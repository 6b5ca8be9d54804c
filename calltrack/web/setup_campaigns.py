"""Setting up campaigns: their names, what they cost from which day on, and whether they are still in use."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from calltrack.accounts.settings import LONGEST_LEAD_SECONDS
from calltrack.campaigns.campaigns import (
    LONGEST_CATEGORY,
    LONGEST_NAME,
    BadCampaign,
    archive_campaign,
    create_campaign,
    edit_campaign,
    find_campaign,
    list_campaigns,
    list_categories,
    restore_campaign,
)
from calltrack.campaigns.costs import (
    BadCosts,
    amend_costs,
    cost_on,
    costs_in_force,
    drop_cost,
    end_costs,
    goes_on,
    list_statements,
    spread_month,
    state_costs,
)
from calltrack.campaigns.numbers import list_numbers
from calltrack.changes import changes_of
from calltrack.ground import ground
from calltrack.models import Campaign
from calltrack.period import today
from calltrack.web.announced import announcement_context
from calltrack.web.forms import BadField, required_field, text_field
from calltrack.web.settings_fields import (
    Typed,
    all_fields,
    day_field,
    money_field,
    month_field,
    optional_money_field,
    optional_whole_field,
    refused,
)
from calltrack.web.visitors import requires, visitor
from calltrack.web.words import cents, day

bp = Blueprint("setup_campaigns", __name__)
LARGEST_ID = 2**31 - 1
ONE = f"/settings/campaigns/<int(max={LARGEST_ID}):campaign_id>"
MOST_STATEMENTS = 20


@bp.get("/settings/campaigns")
@requires("campaigns.write")
def table() -> ResponseReturnValue:
    """All campaigns, those that are archived apart."""
    return _list_page(Typed())


@bp.post("/settings/campaigns")
@requires("campaigns.write")
def add() -> ResponseReturnValue:
    """A new campaign; its daily cost counts from today on."""
    who = visitor()
    try:
        with all_fields() as field:
            name, category, lead_seconds = _description(field)
            with field("daily_cost"):
                daily = optional_money_field("daily_cost", called="“A day costs”")
        with ground().database.write.begin() as session:
            made = create_campaign(
                session, account=who.account, name=name, category=category, lead_seconds=lead_seconds
            )
            if daily is not None:
                costs = [(today(zone=who.account.time_zone), daily)]
                state_costs(session, campaign=made, costs=costs, stated_by=who.name)
    except (BadField, BadCampaign, BadCosts) as wrong:
        return _list_page(refused("new", wrong, not_done="The campaign was not added")), 400
    costs_now = "" if daily is None else f" It costs {cents(daily)} a day."
    flash(f"{made.name} is added.{costs_now} Next, attach the number that it shows.", "done")
    return redirect(url_for("web.setup_campaigns.show", campaign_id=made.id), 303)


@bp.get(ONE)
@requires("campaigns.write")
def show(campaign_id: int) -> ResponseReturnValue:
    """One campaign: what it is, what it costs, its numbers, and what was changed."""
    return campaign_page(campaign_id, Typed())


@bp.post(ONE)
@requires("campaigns.write")
def edit(campaign_id: int) -> ResponseReturnValue:
    """Change its name, its category, or from how many seconds on its calls may be leads."""
    try:
        with all_fields() as field:
            name, category, lead_seconds = _description(field)
        with ground().database.write.begin() as session:
            edit_campaign(
                session,
                campaign=_own(session, campaign_id),
                name=name,
                category=category,
                lead_seconds=lead_seconds,
                record=bool(text_field("record")) if text_field("record_asked") else None,
                by=visitor().name,
            )
    except (BadField, BadCampaign) as wrong:
        return campaign_page(campaign_id, refused("edit", wrong, not_done="Nothing was saved")), 400
    flash("Saved.", "done")
    return _back(campaign_id)


@bp.post(f"{ONE}/archive")
@requires("campaigns.write")
def archive(campaign_id: int) -> ResponseReturnValue:
    """Put it out of sight; on request nothing is spent on it after today."""
    who = visitor()
    with ground().database.write.begin() as session:
        campaign = _own(session, campaign_id)
        archive_campaign(session, campaign=campaign, by=who.name)
        if text_field("end_costs"):
            end_costs(session, campaign=campaign, last=today(zone=who.account.time_zone), stated_by=who.name)
    flash(f"{campaign.name} is archived. Its history stays; restore it below.", "done")
    return _back(campaign_id)


@bp.post(f"{ONE}/restore")
@requires("campaigns.write")
def restore(campaign_id: int) -> ResponseReturnValue:
    """Take it into use again."""
    with ground().database.write.begin() as session:
        campaign = _own(session, campaign_id)
        restore_campaign(session, campaign=campaign, by=visitor().name)
    flash(f"{campaign.name} is in use again. Look whether its cost is right.", "done")
    return _back(campaign_id)


@bp.post(f"{ONE}/costs")
@requires("campaigns.write")
def start_cost(campaign_id: int) -> ResponseReturnValue:
    """From a day on each day costs this much."""
    try:
        with all_fields() as field:
            with field("starts_on"):
                starts_on = day_field("starts_on", called="“From”")
            with field("daily_cost"):
                daily = money_field("daily_cost", called="“each day costs”")
        with ground().database.write.begin() as session:
            campaign, by = _own(session, campaign_id), visitor().name
            amend_costs(session, campaign=campaign, starts={starts_on: daily}, days=(), stated_by=by)
    except (BadField, BadCosts) as wrong:
        return campaign_page(campaign_id, refused("start", wrong, not_done="The cost was not saved")), 400
    flash(f"It costs {cents(daily)} a day from {day(starts_on)} on.", "done")
    return _back(campaign_id, part="costs")


@bp.post(f"{ONE}/costs/month")
@requires("campaigns.write")
def spend_month(campaign_id: int) -> ResponseReturnValue:
    """What a whole month cost, spread over its days to the cent."""
    try:
        with all_fields() as field:
            with field("month"):
                month = month_field("month", called="the month")
            with field("total"):
                total = money_field("total", called="“costs in all”")
        with ground().database.write.begin() as session:
            campaign, by = _own(session, campaign_id), visitor().name
            days = spread_month(month=month, cents=total)
            amend_costs(session, campaign=campaign, starts={}, days=days, stated_by=by)
    except (BadField, BadCosts) as wrong:
        return campaign_page(campaign_id, refused("month", wrong, not_done="The cost was not saved")), 400
    flash(f"{month:%B %Y} costs {cents(total)} in all. Days before and after it cost what they did.", "done")
    return _back(campaign_id, part="costs")


@bp.post(f"{ONE}/costs/remove")
@requires("campaigns.write")
def remove_cost(campaign_id: int) -> ResponseReturnValue:
    """Take a row out: its days cost what the row before it says."""
    try:
        starts_on = day_field("starts_on", called="the first day")
        with ground().database.write.begin() as session:
            campaign = _own(session, campaign_id)
            removed = drop_cost(session, campaign=campaign, starts_on=starts_on, stated_by=visitor().name)
            before = cost_on(costs_in_force(session, campaign_ids=[campaign.id])[campaign.id], day=starts_on)
    except (BadField, BadCosts) as wrong:
        return campaign_page(campaign_id, refused("remove", wrong, not_done="Nothing was removed")), 400
    gone = f"The cost from {day(starts_on)} on is removed."
    gone += " These days now count as $0." if before is None else f" These days now cost {cents(before)} each."
    flash(gone if removed else "Somebody removed that cost already.", "done")
    return _back(campaign_id, part="costs")


def _description(field: Callable[[str], AbstractContextManager[None]]) -> tuple[str, str | None, int | None]:
    name, category, lead_seconds = "", "", None
    with field("name"):
        name = required_field("name", called="a name", longest=LONGEST_NAME)
    with field("category"):
        category = text_field("category")
        if len(category) > LONGEST_CATEGORY:
            raise BadField(f"Shorten the category: it has at most {LONGEST_CATEGORY} characters.")
    with field("lead_seconds"):
        called = "“A call may be a lead from”"
        lead_seconds = optional_whole_field("lead_seconds", called=called, least=0, most=LONGEST_LEAD_SECONDS)
    return name, category or None, lead_seconds


def _own(session: Session, campaign_id: int) -> Campaign:
    return find_campaign(session, account=visitor().account, campaign_id=campaign_id) or abort(404)


def _back(campaign_id: int, *, part: str | None = None) -> ResponseReturnValue:
    return redirect(url_for("web.setup_campaigns.show", campaign_id=campaign_id, _anchor=part), 303)


def _list_page(typed: Typed) -> str:
    account = visitor().account
    with ground().database.read() as session:
        campaigns = list_campaigns(session, account=account)
        histories = costs_in_force(session, campaign_ids=[one.id for one in campaigns])
        now = today(zone=account.time_zone)
        return render_template(
            "settings/campaigns.html",
            campaigns=[one for one in campaigns if one.archived_at is None],
            archived=[one for one in campaigns if one.archived_at is not None],
            costs={campaign_id: cost_on(history, day=now) for campaign_id, history in histories.items()},
            numbers=list_numbers(session, account=account),
            categories=list_categories(session, account=account),
            account=account,
            typed=typed,
            longest_lead=LONGEST_LEAD_SECONDS,
        )


def campaign_page(campaign_id: int, typed: Typed) -> str:
    """The page of one campaign."""
    account = visitor().account
    now = today(zone=account.time_zone)
    with ground().database.read() as session:
        campaign = _own(session, campaign_id)
        history = costs_in_force(session, campaign_ids=[campaign.id])[campaign.id]
        ends = [first - timedelta(days=1) for first, _ in history[1:]]
        numbers = list_numbers(session, account=account, now=datetime.now(UTC))
        return render_template(
            "settings/campaign.html",
            campaign=campaign,
            announcement=announcement_context(session, owner=campaign),
            account=account,
            today=now,
            costs=[(first, last, daily) for (first, daily), last in zip(history, [*ends, None], strict=False)],
            cost_now=cost_on(history, day=now),
            costs_more=goes_on(history, day=now),
            statements=list_statements(session, campaign=campaign, limit=MOST_STATEMENTS),
            numbers=[one for one in numbers if one.campaign_id == campaign.id],
            planned=[(one, it) for one in numbers for it in one.planned if it.campaign_id == campaign.id],
            categories=list_categories(session, account=account),
            changes=changes_of(session, account_id=account.id, noun="campaign", noun_id=campaign.id),
            typed=typed,
            longest_lead=LONGEST_LEAD_SECONDS,
        )
