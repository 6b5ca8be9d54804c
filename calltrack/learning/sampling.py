"""The blind sample: each week some of the calls that a machine labelled are drawn at random, for a person to label who
is not shown what the machine said.

Half of them are drawn among the calls labelled excused, half among the leads, because the few excused ones decide as
much; how many there were of each is kept, so that whoever estimates from them can weigh them (see measured.py).

What somebody labelled by hand before the draw is not drawn: its label in force is no machine's. The measure is thus of
calls that nobody had looked at when their week was over.
"""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from random import SystemRandom

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from calltrack.calls.facts import inbound
from calltrack.config import Settings
from calltrack.db import Database
from calltrack.models import Account, BlindCheck, BlindDraw, Call, Label
from calltrack.period import Period, local_date

# A call that ended with its week still has to be transcribed and judged.
SETTLING = timedelta(hours=2)
_WEEK = timedelta(days=7)
_log = logging.getLogger(__name__)

# (call, the machine's label in force)
Judged = tuple[int, int]


def draw_due(database: Database, _settings: Settings, now: datetime) -> int:
    """Draw the sample of the week that ended last for every account that has none yet; returns how many calls."""
    with database.read() as session:
        due = [
            (account.id, week)
            for account in session.scalars(select(Account).where(Account.blind_calls > 0).order_by(Account.id))
            for week in [ended_week(zone=account.time_zone, now=now)]
            if not _is_drawn(session, account_id=account.id, week=week)
        ]
    drawn = 0
    for account_id, week in due:
        try:
            with database.write.begin() as session:
                drawn += draw_week(session, account=session.get_one(Account, account_id), week=week, now=now)
        except IntegrityError:
            # Race: two workers draw the same week at once. The primary key of blind_draws lets one of them win, and
            # with its transaction the other's calls are gone too.
            _log.info("account %s: another worker drew the week of %s", account_id, week)
    return drawn


def ended_week(*, zone: str, now: datetime) -> date:
    """The Monday of the newest local week that is over and settled at `now`."""
    day = local_date(now - SETTLING, zone=zone)
    return day - timedelta(days=day.weekday()) - _WEEK


def next_draw(*, zone: str, now: datetime) -> date:
    """The Monday on which the next week will be drawn."""
    return ended_week(zone=zone, now=now) + 2 * _WEEK


def draw_week(session: Session, *, account: Account, week: date, now: datetime | None = None) -> int:
    """Draw the sample of the local week that begins on the Monday `week`, once; returns how many calls were drawn."""
    if _is_drawn(session, account_id=account.id, week=week):
        return 0
    judged = _judged(session, account=account, week=week)
    wanted = allot(account.blind_calls, {value: len(calls) for value, calls in judged.items()})
    chance, moment = SystemRandom(), now or datetime.now(UTC)  # nobody can foresee which calls will be drawn
    about = {"account_id": account.id, "week": week}
    for value, calls in judged.items():
        session.add(BlindDraw(value=value, population=len(calls), drawn=wanted[value], **about))
    session.flush()
    drawn = [one for value, calls in judged.items() for one in chance.sample(calls, wanted[value])]
    session.add_all(  # both labels mixed, so that no check's id tells which it is
        BlindCheck(call_id=call_id, machine_label_id=label_id, drawn_at=moment, **about)
        for call_id, label_id in sorted(drawn)
    )
    session.flush()
    return sum(wanted.values())


def allot(calls: int, population: Mapping[str, int]) -> dict[str, int]:
    """How many to draw of each label: half each, and what one of them lacks from the other."""
    excused = min(calls // 2, population["excused"])
    leads = min(calls - excused, population["lead"])
    return {"lead": leads, "excused": min(calls - leads, population["excused"])}


def _is_drawn(session: Session, *, account_id: int, week: date) -> bool:
    own = select(BlindDraw.value).where(BlindDraw.account_id == account_id, BlindDraw.week == week)
    return session.scalar(own.limit(1)) is not None


def _judged(session: Session, *, account: Account, week: date) -> dict[str, Sequence[Judged]]:
    """The week's calls whose label in force is a machine's, by that label; without those that were drawn before, when
    the account's zone had the week begin at another hour."""
    period = Period(week, week + timedelta(days=6), account.time_zone)
    found = (
        select(Label.value, Call.id, Label.id)
        .join(Label, Label.id == Call.label_id)
        .where(inbound(account_id=account.id), Call.started_at >= period.start, Call.started_at < period.end)
        .where(Label.source != "human", Call.ended_at.is_not(None))
        .where(Call.id.not_in(select(BlindCheck.call_id).where(BlindCheck.account_id == account.id)))
    )
    judged = defaultdict[str, list[Judged]](list, {"lead": [], "excused": []})
    for value, call_id, label_id in session.execute(found):
        judged[value].append((call_id, label_id))
    return dict(judged)
