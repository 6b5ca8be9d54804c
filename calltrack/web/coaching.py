"""Coaching: where each person starts. Coaches see what to do and how the agents fare; agents their own feedback."""

from datetime import UTC, datetime

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from calltrack.accounts.agents import agent_names
from calltrack.coaching.assignments import open_for
from calltrack.coaching.reading import drafts_of, recently_shared, still_blind, taken_back
from calltrack.coaching.rubrics import offered
from calltrack.coaching.trends import Trend, scored, trend, trends_by_agent, weeks_back
from calltrack.coaching.worth import WORTH_DAYS, calls_answered, worth_coaching
from calltrack.ground import ground
from calltrack.models import Account
from calltrack.paging import BadCursor
from calltrack.period import today
from calltrack.web.coaching_access import coaches, own_phones
from calltrack.web.coaching_chart import Drawing, draw_trend
from calltrack.web.visitors import requires, visitor

bp = Blueprint("coaching", __name__)
PER_PAGE = 10


@bp.get("/coaching")
@requires("coaching.read")
def table() -> ResponseReturnValue:
    """What the visitor has to do, and what they may want to hear or to read next."""
    with ground().database.read() as session:
        return _for_coaches(session) if coaches() else _for_agents(session)


def agents_drawn(session: Session, *, account: Account, now: datetime) -> list[tuple[str, Drawing]]:
    """The trend of every agent that has a name or was evaluated in these weeks: phone and drawing, by name; without
    what the visitor is still to judge."""
    names = agent_names(session, account_id=account.id)
    weeks = weeks_back(zone=account.time_zone, now=now)
    blind = still_blind(session, account_id=account.id, user_id=visitor().user_id)
    found = trends_by_agent(scored(session, account=account, since=weeks[0], but=blind), weeks=weeks)
    named = {phone: names.get(phone) or phone for phone in (*names, *found)}
    phones = sorted(named, key=lambda phone: (named[phone].casefold(), phone))
    return [(phone, draw_trend(found.get(phone) or trend(phone, [], weeks=weeks))) for phone in phones]


def _for_coaches(session: Session) -> str:
    account, now, person = visitor().account, datetime.now(UTC), visitor().user_id
    return render_template(
        "coaching/home.html",
        assigned=open_for(session, account_id=account.id, user_id=person),
        drafts=drafts_of(session, account_id=account.id, coach_id=person) if person else [],
        shared=recently_shared(session, account_id=account.id).items,
        blind=still_blind(session, account_id=account.id, user_id=person),
        agents=agents_drawn(session, account=account, now=now),
        worth=worth_coaching(session, account=account, now=now),
        worth_days=WORTH_DAYS,
        rubrics=offered(session, account_id=account.id),
        day=today(zone=account.time_zone, now=now),
    )


def _for_agents(session: Session) -> ResponseReturnValue:
    account, now, phones = visitor().account, datetime.now(UTC), own_phones(session)
    problem, cursor = None, request.args.get("cursor")
    try:
        page = recently_shared(session, account_id=account.id, phones=phones, cursor=cursor, limit=PER_PAGE)
    except BadCursor:
        page, cursor = recently_shared(session, account_id=account.id, phones=phones, limit=PER_PAGE), None
        problem = "That page of your feedback is not known; here is the first."
    return render_template(
        "coaching/mine.html",
        page=page,
        later=cursor is not None,
        problem=problem,
        phones=phones,
        changing=taken_back(session, account_id=account.id, phones=phones),
        assigned=open_for(session, account_id=account.id, user_id=visitor().user_id),
        drawing=draw_trend(_own_trend(session, account=account, phones=phones, now=now)),
        calls=calls_answered(session, account=account, phones=phones),
        day=today(zone=account.time_zone, now=now),
    ), 400 if problem else 200


def _own_trend(session: Session, *, account: Account, phones: list[str], now: datetime) -> Trend:
    weeks = weeks_back(zone=account.time_zone, now=now)
    mine = [one for phone in phones for one in scored(session, account=account, since=weeks[0], agent=phone)]
    return trend("Mine", mine, weeks=weeks)
