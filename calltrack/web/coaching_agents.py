"""How the agents fare: one line each, and a page for each with what to work on."""

from datetime import UTC, datetime

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from calltrack.accounts.agents import agent_names
from calltrack.coaching.reading import recently_shared, still_blind
from calltrack.coaching.trends import question_means, scored, trends_by_rubric, weeks_back
from calltrack.coaching.worth import calls_answered
from calltrack.ground import ground
from calltrack.paging import BadCursor
from calltrack.web.coaching import agents_drawn
from calltrack.web.coaching_access import coaches, own_phones
from calltrack.web.coaching_chart import draw_trend
from calltrack.web.visitors import requires, visitor

bp = Blueprint("coaching_agents", __name__)
SPANS = (8, 26, 52)  # weeks


@bp.get("/coaching/agents")
@requires("coaching.write")
def table() -> ResponseReturnValue:
    """Every agent with the last eight weeks."""
    with ground().database.read() as session:
        drawn = agents_drawn(session, account=visitor().account, now=datetime.now(UTC))
    return render_template("coaching/agents.html", agents=drawn)


@bp.get("/coaching/agents/<path:agent>")
@requires("coaching.read")
def show(agent: str) -> ResponseReturnValue:
    """One agent: the trend by rubric, the questions that most is lost on, and the evaluations."""
    account, problem, cursor = visitor().account, None, request.args.get("cursor")
    weeks_asked = next((span for span in SPANS if request.args.get("weeks") == str(span)), SPANS[0])
    if "\x00" in agent:
        abort(404)
    with ground().database.read() as session:
        if not coaches() and agent not in own_phones(session):
            abort(404)
        try:
            page = recently_shared(session, account_id=account.id, phones=[agent], cursor=cursor, limit=20)
        except BadCursor:
            page, cursor = recently_shared(session, account_id=account.id, phones=[agent], limit=20), None
            problem = "That page of the evaluations is not known; here is the first."
        known = agent in agent_names(session, account_id=account.id) or page.items
        if not known and not calls_answered(session, account=account, phones=[agent], limit=1):
            abort(404)
        weeks = weeks_back(zone=account.time_zone, now=datetime.now(UTC), count=weeks_asked)
        blind = still_blind(session, account_id=account.id, user_id=visitor().user_id)
        found = scored(session, account=account, since=weeks[0], agent=agent, but=blind)
    return render_template(
        "coaching/agent.html",
        agent=agent,
        page=page,
        later=cursor is not None,
        problem=problem,
        drawings=[draw_trend(one) for one in trends_by_rubric(found, weeks=weeks)],
        means=question_means(found),
        blind=blind,
        weeks=weeks_asked,
        spans=SPANS,
    ), 400 if problem else 200
