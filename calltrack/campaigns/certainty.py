"""How sure Leads is: what people said of calls that the classifier had labelled, and the interval that follows.

The classifier errs both ways. Of the calls that are leads because only it says so, some are none; of those that only
its word keeps from being leads, some are. How many follows from the blind sample (see learning/sampling.py) once that
is large enough: it is random, and whoever judged was not shown the classifier's word. Until then it follows from the
calls on which a person had the last word, which are those that somebody chose to look at.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from math import ceil, floor
from typing import Literal, NamedTuple

from sqlalchemy import ColumnElement, and_, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from calltrack.campaigns.shares import Share, foreseen, joined, plain, weighted
from calltrack.campaigns.sources import Facts
from calltrack.models import BlindCheck, BlindDraw, Label

NEWEST = 1000  # words of people: enough to be sure, and recent enough to be about today's classifier
FEWEST = 20  # of either kind; fewer say nothing
NEWEST_WEEKS = 26  # of blind samples
_SLACK = 1e-9  # of floating point


class Between(NamedTuple):
    """Between how many and how many; `source`: the blind sample, or people's words on calls of their own choice, and
    `checks`, how many of them."""

    low: int
    high: int
    source: Literal["blind", "people"]
    checks: int

    @property
    def words(self) -> str:
        """Where it is from: `from 84 blind checks`."""
        return f"from {self.checks:,} {'blind checks' if self.source == 'blind' else 'calls that people corrected'}"


@dataclass(frozen=True)
class Checked:
    """Calls that a person judged after the classifier: how many it had called a lead and an excuse, and how many of
    each wrongly; in `shares` those two shares (of leads, of excuses) where the calls do not weigh the same."""

    leads: int
    leads_wrong: int
    excused: int
    excused_wrong: int
    source: Literal["blind", "people"] = "people"
    shares: tuple[Share, Share] | None = None

    def errors(self) -> tuple[Share, Share]:
        """How often a lead of the classifier is none, and how often an excuse of its is one."""
        return self.shares or (plain(self.leads_wrong, self.leads), plain(self.excused_wrong, self.excused))


# Of each week and label: how many calls had it, and of those checked how many people called (a lead, an excuse).
Tallies = dict[tuple[date, str], tuple[int, Counter[str]]]


def checked(session: Session, *, account_id: int, as_of: datetime | None = None) -> Checked:
    """What the account's blind checks say, where there are FEWEST of each kind; else what its people said. `as_of`: as
    far as it was said, and not taken back, by that moment."""
    blind = _from_tallies(blind_tallies(session, account_id=account_id, as_of=as_of))
    if min(blind.leads, blind.excused) >= FEWEST:
        return blind
    return _by_people(session, account_id=account_id, as_of=as_of)


def in_force_by(label: type[Label], as_of: datetime | None) -> ColumnElement[bool]:
    """Whether a person's word was said by that moment (None: ever), and not taken back by then."""
    if as_of is None:
        return label.undone_at.is_(None)
    return and_(label.said_at <= as_of, or_(label.undone_at.is_(None), label.undone_at > as_of))


def blind_tallies(session: Session, *, account_id: int, as_of: datetime | None = None) -> Tallies:
    """The blind samples of the newest weeks. An answer is the newest word on the call that was said blind: the ledger
    tells it for any moment."""
    machine, person = aliased(Label), aliased(Label)
    answered = (
        select(func.max(person.id))
        .where(person.call_id == BlindCheck.call_id, person.blind.is_(True), in_force_by(person, as_of))
        .correlate(BlindCheck)
        .scalar_subquery()
    )
    tallies: Tallies = {}
    weeks = (select(BlindDraw.week).where(BlindDraw.account_id == account_id, BlindDraw.drawn > 0).distinct()).order_by(
        BlindDraw.week.desc()
    )
    if as_of is not None:
        weeks = weeks.where(
            BlindDraw.week.in_(
                select(BlindCheck.week).where(BlindCheck.account_id == account_id, BlindCheck.drawn_at <= as_of)
            )
        )
    newest = weeks.limit(NEWEST_WEEKS).subquery()
    draws = select(BlindDraw.week, BlindDraw.value, BlindDraw.population).where(
        BlindDraw.account_id == account_id, BlindDraw.week.in_(select(newest.c.week))
    )
    for week, value, population in session.execute(draws):
        tallies[week, value] = (population, Counter())
    found = (
        select(BlindCheck.week, machine.value, person.value, func.count())
        .join(machine, machine.id == BlindCheck.machine_label_id)
        .join(person, person.id == answered)
        .where(BlindCheck.account_id == account_id, BlindCheck.week.in_(select(newest.c.week)))
        .where(true() if as_of is None else BlindCheck.drawn_at <= as_of)
        .group_by(BlindCheck.week, machine.value, person.value)
    )
    for week, value, said, count in session.execute(found):
        tallies[week, value][1][said] += count
    return tallies


def _from_tallies(tallies: Tallies) -> Checked:
    leads, excused = (
        [(said[other], said.total(), stands) for (_, value), (stands, said) in tallies.items() if value == own]
        for own, other in (("lead", "excused"), ("excused", "lead"))
    )
    return Checked(
        leads=sum(draws for _, draws, _ in leads),
        leads_wrong=sum(wrong for wrong, _, _ in leads),
        excused=sum(draws for _, draws, _ in excused),
        excused_wrong=sum(wrong for wrong, _, _ in excused),
        source="blind",
        shares=(weighted(leads), weighted(excused)),
    )


def _by_people(session: Session, *, account_id: int, as_of: datetime | None) -> Checked:
    """The account's newest calls with a word of both."""
    person, machine = aliased(Label), aliased(Label)
    newest = (
        select(person.call_id, person.value, person.id)
        .where(person.account_id == account_id, person.source == "human", in_force_by(person, as_of))
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


def leads_between(facts: Facts, *, error: Checked) -> Between | None:
    """Between how many and how many leads there really are, at 95 %; None while too few calls were checked."""
    none, some = facts.leads_by_machine, facts.excused_by_machine
    if (none and error.leads < FEWEST) or (some and error.excused < FEWEST):
        return None
    no_lead, a_lead = error.errors()
    _, low, high = joined(
        [
            (-none, no_lead.share, foreseen(no_lead, among=none)),
            (some, a_lead.share, foreseen(a_lead, among=some)),
        ]
    )
    return Between(
        floor(max(facts.leads + low + _SLACK, facts.leads - none)),
        ceil(min(facts.leads + high - _SLACK, facts.leads + some)),
        error.source,
        error.leads + error.excused,
    )
