"""Customers: a list to search, and the page of one with all that happened."""

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from calltrack.campaigns.campaigns import list_campaigns
from calltrack.ground import ground
from calltrack.jobs.customers import list_customers
from calltrack.jobs.history import MOST, customer_history
from calltrack.models.job import LONGEST_NAME
from calltrack.paging import BadCursor
from calltrack.paper.write import Format
from calltrack.reports.lists import customers_table
from calltrack.web.downloads import SUFFIX, download, every
from calltrack.web.job_addresses import LARGEST_ID, customer_at
from calltrack.web.visitors import requires, visitor

bp = Blueprint("customers", __name__)


@bp.get("/customers")
@requires("jobs.read", leaves="saw")
def table() -> ResponseReturnValue:
    """The customers that fit, newest first."""
    account, problems = visitor().account, list[str]()
    q = request.args.get("q", "").replace("\x00", "").strip()
    if len(q) > LONGEST_NAME:
        q = ""
        problems.append(f"Search for at most {LONGEST_NAME} characters.")
    with ground().database.read() as session:
        try:
            page = list_customers(session, account=account, q=q, cursor=request.args.get("cursor"))
        except BadCursor:
            page = list_customers(session, account=account, q=q)
            problems.append("That page of the list is not known; here is the first.")
    return render_template(
        "customers/table.html", page=page, asked={"q": q} if q else {}, problems=problems,
        later=request.args.get("cursor") is not None,
    ), 400 if problems else 200  # fmt: skip


@bp.get(f"/customers.<{SUFFIX}:wanted>")
@requires("jobs.read", leaves="exported")
def save(wanted: Format) -> Response:
    """The customers that fit as a file."""
    account = visitor().account
    q = request.args.get("q", "").replace("\x00", "").strip()[:LONGEST_NAME]
    with ground().database.read() as session:
        found = every(lambda at: list_customers(session, account=account, q=q, cursor=at, limit=200), wanted=wanted)
    table_ = customers_table(found, title=f"Customers of {account.name}", subtitle=q, zone=account.time_zone)
    return download(table_, wanted=wanted)


@bp.get(f"/customers/<int(max={LARGEST_ID}):customer_id>")
@requires("jobs.read", leaves="saw")
def show(customer_id: int) -> ResponseReturnValue:
    """One customer: calls, jobs and messages in one line, newest first."""
    account = visitor().account
    with ground().database.read() as session:
        customer = customer_at(session, customer_id=customer_id)
        history = customer_history(session, account=account, customer=customer)
        campaigns = {campaign.id: campaign.name for campaign in list_campaigns(session, account=account)}
        return render_template(
            "customers/show.html", customer=customer, history=history, campaigns=campaigns, most=MOST
        )
