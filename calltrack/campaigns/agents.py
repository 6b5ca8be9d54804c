"""Who answered, and how often their calls are excused: a booking rate that is flattered by excusing shows here."""

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from calltrack.campaigns.sources import counted_calls, within
from calltrack.models import Account
from calltrack.money import percentage
from calltrack.period import Period


@dataclass(frozen=True)
class AgentLine:
    """One phone that calls were put through to, over a period; None: calls that were not missed and of which no phone
    is known, such as voicemails.

    `answered`: calls that its owner took. `excused`: those whose label in force is excused and that booked nothing,
    `excused_by_people`: of these, where a person said so. Percentages 0 to 100 with one decimal; `excuse_rate_before`
    is that of the period before, `change` the difference in percentage points; None: there is nothing to divide by.
    """

    number: str | None
    answered: int
    leads: int
    booked: int
    excused: int
    excused_by_people: int
    booked_pct: Decimal | None
    raw_booked_pct: Decimal | None
    excuse_rate: Decimal | None
    excuse_rate_before: Decimal | None
    change: Decimal | None


def agents(session: Session, *, account: Account, period: Period) -> list[AgentLine]:
    """Every phone that took a call in the period or the one before, whoever took most calls first; the rest last."""
    now, before = (_counted(session, account=account, period=one) for one in (period, period.before()))
    lines = [_line(number, now.get(number, _NONE), before.get(number, _NONE)) for number in now.keys() | before.keys()]
    return sorted(lines, key=lambda line: (line.number is None, -line.answered, line.number or ""))


# answered, leads, leads booked, booked, excused, excused by people
_Counts = tuple[int, int, int, int, int, int]
_NONE: _Counts = (0, 0, 0, 0, 0, 0)


def _counted(session: Session, *, account: Account, period: Period) -> dict[str | None, _Counts]:
    call = within(counted_calls(account_id=account.id), start=period.start, end=period.end).offset(0).subquery().c
    excused = and_(call.label_value == "excused", ~call.booked, ~call.missed)
    counts = (
        func.count(),
        func.count().filter(call.is_lead),
        func.count().filter(and_(call.is_lead, call.booked)),
        func.count().filter(call.booked),
        func.count().filter(excused),
        func.count().filter(and_(excused, call.label_source == "human")),
    )
    answered = or_(call.answered_by.is_not(None), and_(~call.missed, call.ended_at.is_not(None)))
    found = select(call.answered_by, *counts).where(answered).group_by(call.answered_by)
    return {number: (a, b, c, d, e, f) for number, a, b, c, d, e, f in session.execute(found)}


def _line(number: str | None, now: _Counts, before: _Counts) -> AgentLine:
    answered, leads, leads_booked, booked, excused, by_people = now
    rate, rate_before = percentage(excused, answered), percentage(before[4], before[0])
    return AgentLine(
        number=number,
        answered=answered,
        leads=leads,
        booked=booked,
        excused=excused,
        excused_by_people=by_people,
        booked_pct=percentage(leads_booked, leads),
        raw_booked_pct=percentage(booked, answered),
        excuse_rate=rate,
        excuse_rate_before=rate_before,
        change=None if rate is None or rate_before is None else rate - rate_before,
    )
