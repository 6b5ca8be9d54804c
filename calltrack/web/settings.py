"""Settings: what there is to set up and what is missing, and the account's own settings."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from calltrack.accounts.agents import list_agents
from calltrack.accounts.keys import list_keys
from calltrack.accounts.reasons import list_reasons
from calltrack.accounts.second_factor import count_factors
from calltrack.accounts.settings import (
    LONGEST_LEAD_SECONDS,
    MOST_BLIND_CALLS,
    MOST_MATCH_DAYS,
    BadSetting,
    change_account,
    list_zones,
)
from calltrack.calls.tags import known_tags
from calltrack.campaigns.campaigns import list_campaigns
from calltrack.campaigns.moves import moves_to_come
from calltrack.campaigns.numbers import list_numbers
from calltrack.campaigns.warnings import Kind, setup_warnings
from calltrack.changes import changes_of
from calltrack.ground import ground
from calltrack.jobs.ledger import list_ledger_accounts
from calltrack.jobs.listing import list_job_types
from calltrack.models import Account
from calltrack.telephony.blocking import list_blocked
from calltrack.telephony.flow_list import list_flows
from calltrack.telephony.sounds import list_sounds
from calltrack.web.announced import announcement_context
from calltrack.web.carrier import CARRIERS
from calltrack.web.forms import BadField, required_field
from calltrack.web.settings_fields import Typed, all_fields, optional_whole_field, refused, whole_field
from calltrack.web.visitors import requires, visitor

bp = Blueprint("settings", __name__)
LONGEST_ZONE = 64
# Where a warning is set right: the page, and what its address calls the thing that the warning is about.
_PAGES: dict[Kind, tuple[str, str | None]] = {
    "campaign_without_cost": ("web.setup_campaigns.show", "campaign_id"),
    "campaign_without_number": ("web.setup_campaigns.show", "campaign_id"),
    "number_without_campaign": ("web.setup_numbers.show", "number_id"),
    "archived_campaign_in_use": ("web.setup_campaigns.show", "campaign_id"),
    "job_type_without_threshold": ("web.job_types.table", None),
    "ledger_account_unclaimed": ("web.ledger.table", None),
    "job_without_campaign": ("web.jobs.without_campaign", None),
    "job_doubtful": ("web.jobs.doubtful", None),
    "call_without_job": ("web.calls.table", None),
}


@bp.get("/settings")
@requires("settings.write")
def table() -> ResponseReturnValue:
    """Each section with its present state, and above them what is missing."""
    with ground().database.read() as session:
        account = session.get_one(Account, visitor().account.id)
        having, people = count_factors(session, account_id=account.id)
        numbers = [one for one in list_numbers(session, account=account) if one.number.released_at is None]
        return render_template(
            "settings/start.html",
            account=account,
            warnings=setup_warnings(session, account=account, now=datetime.now(UTC)),
            campaigns=list_campaigns(session, account=account),
            numbers=numbers,
            moving=sum(1 for one in numbers if moves_to_come(one)),
            sounds=list_sounds(session, account=account),
            blocked=list_blocked(session, account=account),
            flows=list_flows(session, account=account),
            job_types=list_job_types(session, account=account),
            reasons=list_reasons(session, account=account),
            ledger=list_ledger_accounts(session, account=account),
            agents=list_agents(session, account_id=account.id),
            tags=known_tags(session, account_id=account.id),
            keys=list_keys(session, account_id=account.id),
            having_factor=having,
            people=people,
            where_to=where_to,
        )


@bp.get("/settings/account")
@requires("settings.write")
def account() -> ResponseReturnValue:
    """The account's own settings."""
    return account_page(Typed())


@bp.post("/settings/account")
@requires("settings.write")
def change() -> ResponseReturnValue:
    """Change the account's own settings; where jobs find their calls has changed, they look for them again."""
    who = visitor()
    try:
        with all_fields() as field:
            with field("time_zone"):
                zone = required_field("time_zone", called="the time zone", longest=LONGEST_ZONE)
            with field("lead_seconds"):
                called = "“A call may be a lead from”"
                lead_seconds = whole_field("lead_seconds", called=called, least=0, most=LONGEST_LEAD_SECONDS)
            with field("match_days"):
                called = "“A job finds its call up to”"
                match_days = whole_field("match_days", called=called, least=0, most=MOST_MATCH_DAYS)
            with field("blind_calls"):
                called = "“Calls to label blind”"
                blind_calls = optional_whole_field("blind_calls", called=called, least=0, most=MOST_BLIND_CALLS)
        with ground().database.write.begin() as session:
            _, changed = change_account(
                session,
                account=who.account,
                by=who.name,
                time_zone=zone,
                lead_seconds=lead_seconds,
                match_days=match_days,
                blind_calls=blind_calls,
            )
    except (BadField, BadSetting) as wrong:
        return account_page(refused("account", wrong, not_done="Nothing was saved")), 400
    said = "Saved. Every figure follows it." if changed else "Nothing was changed."
    if "match_days" in changed:
        said += " Jobs look for their calls again; that may take a minute."
    flash(said, "done")
    return redirect(url_for("web.settings.account"), 303)


def where_to(kind: Kind, subject_id: int | None = None) -> str:
    """The address of the page where that can be set right."""
    endpoint, argument = _PAGES[kind]
    if kind == "call_without_job":
        return url_for(endpoint, booked="likely")
    if argument is None:
        return url_for(endpoint, _anchor=f"row-{subject_id}" if subject_id else None)
    values: dict[str, Any] = {argument: subject_id}
    return url_for(endpoint, **values)


def account_page(typed: Typed) -> str:
    """The company's own settings."""
    account_id = visitor().account.id
    with ground().database.read() as session:
        return render_template(
            "settings/account.html",
            account=session.get_one(Account, account_id),
            announcement=announcement_context(session, owner=session.get_one(Account, account_id)),
            zones=list_zones(),
            changes=changes_of(session, account_id=account_id, noun="account", noun_id=account_id),
            carriers=CARRIERS,
            typed=typed,
            longest_lead=LONGEST_LEAD_SECONDS,
            most_days=MOST_MATCH_DAYS,
        )
