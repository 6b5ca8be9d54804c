"""How sure Leads is: what people said of calls after the classifier had, and the interval that follows from it.

The classifier errs both ways. Of the calls that are leads because only it says so, some are none; of those that only
its word keeps from being leads, some are. How many follows from the calls on which a person had the last word: each
share with Wilson's interval at 95 %, so that a small sample gives a wide one.
"""

from dataclasses import dataclass
from datetime import datetime
from math import ceil, floor, sqrt

from sqlalchemy import func, select, true
from sqlalchemy.orm import Session, aliased

from calltrack.campaigns.sources import Facts
from calltrack.models import Label

NEWEST = 1000  # words of people: enough to be sure, and recent enough to be about today's classifier
FEWEST = 20  # of either kind; fewer say nothing
_Z = 1.96


@dataclass(frozen=True)
class Checked:
    """Calls that a person judged after the classifier: how many it had called a lead and an excuse, and how many of
    each wrongly."""

    leads: int
    leads_wrong: int
    excused: int
    excused_wrong: int


def checked(session: Session, *, account_id: int, as_of: datetime | None = None) -> Checked:
    """The account's newest calls with a word of both; of those that were spoken by `as_of`, where it is given."""
    person, machine = aliased(Label), aliased(Label)
    newest = (
        select(person.call_id, person.value, person.id)
        .where(person.account_id == account_id, person.source == "human")
        .where(true() if as_of is None else person.said_at <= as_of)
        .order_by(person.id.desc())
        .limit(NEWEST)
        .subquery()
    )
    before = (
        select(machine.value)
        .where(machine.call_id == newest.c.call_id, machine.source != "human", machine.id < newest.c.id)
        .order_by(machine.id.desc())
        .limit(1)
        .correlate(newest)
        .scalar_subquery()
    )
    judged = select(before.label("machine"), newest.c.value.label("person"), newest.c.id, newest.c.call_id).subquery()
    # A person may have spoken twice on a call; the last word counts.
    last = select(func.max(judged.c.id)).group_by(judged.c.call_id)
    pairs = {
        (said, meant): count
        for said, meant, count in session.execute(
            select(judged.c.machine, judged.c.person, func.count())
            .where(judged.c.machine.is_not(None), judged.c.id.in_(last))
            .group_by(judged.c.machine, judged.c.person)
        )
    }
    leads_wrong, excused_wrong = pairs.get(("lead", "excused"), 0), pairs.get(("excused", "lead"), 0)
    return Checked(
        leads=pairs.get(("lead", "lead"), 0) + leads_wrong,
        leads_wrong=leads_wrong,
        excused=pairs.get(("excused", "excused"), 0) + excused_wrong,
        excused_wrong=excused_wrong,
    )


def leads_between(facts: Facts, *, error: Checked) -> tuple[int, int] | None:
    """Between how many and how many leads there really are, at 95 %; None while too few calls were checked."""
    if (facts.leads_by_machine and error.leads < FEWEST) or (facts.excused_by_machine and error.excused < FEWEST):
        return None
    none_low, none_high = wilson(error.leads_wrong, error.leads)
    some_low, some_high = wilson(error.excused_wrong, error.excused)
    low = facts.leads - facts.leads_by_machine * none_high + facts.excused_by_machine * some_low
    high = facts.leads - facts.leads_by_machine * none_low + facts.excused_by_machine * some_high
    return floor(low), ceil(high)


def wilson(count: int, whole: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share; 0 to 1 where there is nothing to go by."""
    if whole == 0:
        return 0.0, 1.0
    share = count / whole
    middle = (share + _Z**2 / (2 * whole)) / (1 + _Z**2 / whole)
    reach = _Z / (1 + _Z**2 / whole) * sqrt(share * (1 - share) / whole + _Z**2 / (4 * whole**2))
    return max(0.0, middle - reach), min(1.0, middle + reach)
