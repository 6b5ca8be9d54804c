"""Matching by phone is order-free: whatever came first, each job has the call that the rule gives it."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.jobs.arriving import UNSAID, take_job
from calltrack.jobs.jobs import JobFacts, link_job
from calltrack.jobs.matching import match_by_phone, match_call, worth_matching
from calltrack.models import Call, Campaign, Job, JobLink
from tests.campaigns.story import MORNING, Story

MIAS, LEOS = "+13125550111", "+13125550122"
HOUR = timedelta(hours=1)
FACTS = JobFacts("J-1", "Mia", MIAS, "furnace repair", "scheduled", MORNING)


@dataclass
class Town:
    """What is known of some calls and jobs, in plain Python: `words` what was last said of a job (None: unlinked)."""

    match_days: int = 14
    calls: list[dict[str, Any]] = field(default_factory=list)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    words: dict[str, int | None] = field(default_factory=dict)

    def expected(self, name: str) -> tuple[int | None, bool]:
        """The place of the call that booked the job, and whether that is doubtful."""
        if name in self.words:
            return self.words[name], False
        job = self.jobs[name]
        near = [
            place
            for place, call in enumerate(self.calls)
            if call["caller"] == job["phone"]
            and not call["missed"]
            and not job["technician_lead"]
            and 0 <= job["hour"] - call["hour"] <= 24 * self.match_days
        ]
        if len({self.calls[place]["campaign"] for place in near}) > 1:
            return None, True
        return max(near, key=lambda place: (self.calls[place]["hour"], place), default=None), False


phones = st.sampled_from([MIAS, MIAS, MIAS, LEOS])
hours = st.integers(0, 25).map(lambda day: 24 * day)
names = st.sampled_from(["J-1", "J-2"])
place = st.integers(0, 5)
calls = st.fixed_dictionaries(
    {
        "caller": phones,
        "hour": hours,
        "missed": st.sampled_from([False, False, False, True]),
        "campaign": st.sampled_from([None, 0, 0, 0, 1]),
    }
)
jobs = st.fixed_dictionaries({"phone": phones, "hour": hours, "technician_lead": st.sampled_from([False, False, True])})
a_call = st.tuples(st.just("call"), calls)
a_job = st.tuples(st.just("job"), names, jobs, st.just(UNSAID))
anything = st.one_of(
    a_call,
    a_job,
    st.tuples(st.just("job"), names, jobs, st.one_of(st.none(), place)),
    st.tuples(st.just("correct"), place, calls),
    st.tuples(st.just("person"), names, st.one_of(st.none(), place)),
    st.tuples(st.just("match_days"), st.integers(0, 30)),
)
histories = (
    st.tuples(
        st.lists(a_call, min_size=2, max_size=4),
        st.lists(a_job, min_size=1, max_size=3),
        st.lists(anything, max_size=8),
    )
    .map(lambda parts: [*parts[0], *parts[1], *parts[2]])
    .flatmap(st.permutations)
)


@given(told=histories)
@settings(
    max_examples=100, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
def test_whatever_came_first_each_job_has_the_call_that_the_rule_gives_it(
    session: Session, told: list[tuple[Any, ...]]
) -> None:
    with session.begin_nested() as attempt:
        story, town = Story(session), Town()
        campaigns: list[Campaign] = [story.campaign("Billboard"), story.campaign("Radio")]
        rows: list[Call] = []
        for what, *about in told:
            happen(what, about, story=story, town=town, campaigns=campaigns, rows=rows)
            for name in town.jobs:
                job = session.scalars(
                    select(Job).where(Job.account_id == story.account.id, Job.external_id == name)
                ).one()
                session.refresh(job)
                booked_from, doubtful = town.expected(name)
                assert job.call_id == (None if booked_from is None else rows[booked_from].id), (name, town)
                assert job.doubtful == doubtful
                links = select(JobLink).where(JobLink.job_id == job.id).order_by(JobLink.id)
                ledger = [(link.call_id, link.matched_by) for link in session.scalars(links)]
                assert (ledger[-1][0] if ledger else None) == job.call_id
                assert all(link != after for link, after in pairwise(ledger))
        attempt.rollback()


def happen(
    what: str, about: list[Any], *, story: Story, town: Town, campaigns: list[Campaign], rows: list[Call]
) -> None:
    """One thing comes to be known, here and in the town."""
    session = story.session
    if what == "match_days":
        town.match_days = story.account.match_days = about[0]
        match_by_phone(session, account=story.account, job_ids=worth_matching(session, account=story.account))
    elif what == "call":
        told = about[0]
        campaign = None if told["campaign"] is None else campaigns[told["campaign"]]
        rows.append(story.call(at(told["hour"]), caller=told["caller"], missed=told["missed"], campaign=campaign))
        town.calls.append(dict(told))
        match_call(session, call=rows[-1])
    elif what == "correct" and about[0] < len(rows):
        corrected = {**about[1], "caller": town.calls[about[0]]["caller"]}
        row, town.calls[about[0]] = rows[about[0]], corrected
        row.started_at, row.missed = at(corrected["hour"]), corrected["missed"]
        row.campaign_id = None if corrected["campaign"] is None else campaigns[corrected["campaign"]].id
        match_call(session, call=row)
    elif what == "job":
        name, told, word = about
        if isinstance(word, int) and word >= len(rows):
            word = UNSAID
        sid = rows[word].call_sid if isinstance(word, int) else word
        town.jobs[name] = told
        if word is not UNSAID:
            town.words[name] = word
        facts = replace(
            FACTS, external_id=name, customer_phone=told["phone"], created_at=at(told["hour"]),
            technician_lead=told["technician_lead"],
        )  # fmt: skip
        take_job(session, account=story.account, facts=facts, call_sid=sid, sent_by="a sender")
    elif what == "person" and about[0] in town.jobs and (about[1] is None or about[1] < len(rows)):
        job = session.scalars(select(Job).where(Job.account_id == story.account.id, Job.external_id == about[0])).one()
        call = None if about[1] is None else rows[about[1]]
        link_job(session, job=job, call=call, matched_by="person", linked_by="ana")
        town.words[about[0]] = about[1]


def at(hour: int) -> datetime:
    return MORNING + hour * HOUR
