"""What changed since a moment, and why: every kind of cause is named, and nothing that is none."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from calltrack.accounts.settings import change_account
from calltrack.calls.labels import confirm_label, keep_verdict, label_call
from calltrack.campaigns.campaigns import create_campaign, edit_campaign
from calltrack.campaigns.cells import up_to_date
from calltrack.campaigns.changed import Changed, changed_since
from calltrack.campaigns.costs import state_costs
from calltrack.db import Database
from calltrack.jobs.arriving import take_job
from calltrack.jobs.jobs import Bill, Item, JobFacts, find_job, link_job, put_job, set_threshold
from calltrack.jobs.ledger import set_income
from calltrack.models import Account, Call, Campaign, Job
from tests.campaigns.story import MORNING, Story, may
from tests.factories import new_sid

MIAS, LEOS = "+13125550111", "+13125550122"
FACTS = JobFacts(
    "J-1", "Mia", MIAS, "repair", "completed", MORNING, MORNING,
    invoices=[Bill("I-1", 50_000, [Item("Motor", 50_000, ledger_account="Service")])],
)  # fmt: skip


@dataclass
class Told:
    """A company with one campaign, one call of two minutes that booked a sold job, and one of 45 s that booked none."""

    database: Database
    account: Account
    radio: Campaign
    call: Call
    short: Call
    moment: datetime  # when all that was known

    def then(self, do: Callable[[Session], object]) -> Changed:
        """What `do` changed."""
        with self.database.write.begin() as session:
            do(session)
        with up_to_date(self.database, account=self.account, period=may(1, 31), as_of=self.moment) as session:
            return changed_since(session, account=self.account, period=may(1, 31), as_of=self.moment)

    def sentences(self, do: Callable[[Session], object]) -> list[str]:
        return [cause.sentence for cause in self.then(do).causes]

    def job(self, session: Session) -> Job:
        job = find_job(session, account=self.account, external_id="J-1")
        assert job
        return job


@pytest.fixture
def told(database: Database) -> Told:
    with database.write.begin() as session:
        story = Story(session)
        radio = story.campaign()
        call = story.call(campaign=radio, caller=LEOS, seconds=120)
        short = story.call(MORNING - timedelta(hours=1), campaign=radio, caller=LEOS, seconds=45)
        set_threshold(session, account=story.account, name="repair", sold_threshold=10_000, by="ana")
        set_income(session, account=story.account, name="Service", income=True, by="ana")
        job = put_job(session, account=story.account, facts=FACTS, by="the CRM")
        link_job(session, job=job, call=call, matched_by="given", linked_by="the CRM")
    account = story.account
    with up_to_date(database, account=account, period=may(1, 31)):
        pass
    return Told(database, account, radio, call, short, datetime.now(UTC))


def test_nothing_was_changed_so_nothing_is_named(told: Told) -> None:
    assert told.then(lambda _: None) == Changed(differences=[], calls=0, news=0, jobs=0, causes=[])


def test_a_difference_shows_the_line_as_it_was_and_as_it_is(told: Told) -> None:
    found = told.then(lambda session: excuse(session, told.short, value="lead"))
    radio, total = found.differences
    assert (radio.campaign_id, radio.campaign) == (told.radio.id, "Radio")
    assert (total.campaign_id, total.campaign) == (None, "Total")
    for line in (radio, total):
        assert (line.then.leads, line.now.leads) == (1, 2)
        assert (line.then.inbound_booked_pct, line.now.inbound_booked_pct) == (Decimal("100.0"), Decimal("50.0"))
        assert line.then.revenue == line.now.revenue == 50_000


def excuse(session: Session, call: Call, *, value: str = "excused") -> None:
    call = session.get_one(Call, call.id)
    label_call(session, call=call, value=value, reason=None, note=None, said_by="ben@example.com")


def rings(session: Session, told: Told, moment: datetime, *, campaign: Campaign | None = None) -> Call:
    """A new call of 75 s that was answered."""
    call = Call(
        carrier="twilio", carrier_account="AC1", call_sid=new_sid(), account_id=told.account.id,
        campaign_id=(campaign or told.radio).id, direction="inbound", status="completed", started_at=moment,
        ended_at=moment + timedelta(seconds=75), duration=75, spoken=True, voicemail=False, missed=False,
    )  # fmt: skip
    session.add(call)
    session.flush()
    return call


def verdict(session: Session, call: Call) -> None:
    keep_verdict(
        session, call=session.get_one(Call, call.id), value="excused", reason="vendor", source="model",
        confidence=0.9, model="1", review=False, evidence=[],
    )  # fmt: skip


def test_a_persons_label_is_named_with_what_was_said_before(told: Told) -> None:
    def twice(session: Session) -> None:
        excuse(session, told.short, value="lead")
        excuse(session, told.short)

    found = told.then(twice)
    assert [cause.sentence for cause in found.causes] == [
        "ben@example.com labelled the call of 3 May excused, after lead",
        "ben@example.com labelled the call of 3 May lead",
    ]
    assert {cause.call_sid for cause in found.causes} == {told.short.call_sid}


def test_the_classifiers_label_is_named_with_its_reason(told: Told) -> None:
    assert told.sentences(lambda session: verdict(session, told.short)) == [
        "the classifier labelled the call of 3 May excused: vendor"
    ]


def test_a_machines_word_after_a_persons_is_no_cause(told: Told) -> None:
    def person_then_machine(session: Session) -> None:
        excuse(session, told.short, value="lead")
        verdict(session, told.short)

    assert told.sentences(person_then_machine) == ["ben@example.com labelled the call of 3 May lead"]


def test_a_confirmed_label_is_named_too(told: Told) -> None:
    def confirm(session: Session) -> None:
        verdict(session, told.short)
        confirm_label(session, call=session.get_one(Call, told.short.id), said_by="ana@example.com")

    assert told.sentences(confirm)[0] == "ana@example.com labelled the call of 3 May excused: vendor, after excused"


def test_a_link_to_another_call_is_named_with_who_made_it(told: Told) -> None:
    def relink(session: Session) -> None:
        short = session.get_one(Call, told.short.id)
        link_job(session, job=told.job(session), call=short, matched_by="person", linked_by="ana@example.com")

    (cause,) = told.then(relink).causes
    assert cause.sentence == "job J-1 was linked by ana@example.com to the call of 3 May"
    assert (cause.job, cause.call_sid) == ("J-1", told.short.call_sid)


def test_an_unlinked_job_is_named(told: Told) -> None:
    def unlink(session: Session) -> None:
        link_job(session, job=told.job(session), call=None, matched_by=None, linked_by="ana@example.com")

    found = told.then(unlink)
    assert [cause.sentence for cause in found.causes] == ["ana@example.com unlinked job J-1 from its call"]
    assert [(line.then.manual_calls, line.now.manual_calls) for line in found.differences] == [(0, 0), (0, 1)]


def test_a_job_that_was_matched_by_phone_says_so(told: Told) -> None:
    def arrive(session: Session) -> None:
        facts = replace(FACTS, external_id="J-2", customer_phone=LEOS, created_at=MORNING + timedelta(hours=1))
        take_job(session, account=told.account, facts=facts, sent_by="the CRM")

    found = told.then(arrive)
    assert [cause.sentence for cause in found.causes] == ["job J-2 was matched by phone to the call of 3 May"]
    assert (found.calls, found.jobs) == (0, 1)


def test_costs_that_were_stated_anew_are_named_with_their_campaign(told: Told) -> None:
    def state(session: Session) -> None:
        state_costs(session, campaign=told.radio, costs=[(date(2026, 5, 1), 1_000)], stated_by="ana@example.com")

    found = told.then(state)
    assert [(cause.sentence, cause.campaign_id) for cause in found.causes] == [
        ("ana@example.com stated the costs of Radio anew", told.radio.id)
    ]
    assert [(line.then.total_cost, line.now.total_cost) for line in found.differences] == [(0, 31_000)] * 2


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"status": "canceled"}, "the CRM changed status of job J-1 from completed to canceled"),
        ({"invoices": ()}, "the CRM changed invoiced of job J-1 from 500.00 to 0.00"),
        ({"job_type": "install"}, "the CRM changed job type of job J-1 from repair to install"),
        (
            {"completed_at": MORNING + timedelta(days=1)},
            "the CRM changed completed_at of job J-1 from 2026-05-03T09:30:00-05:00 to 2026-05-04T09:30:00-05:00",
        ),
    ],
)
def test_a_changed_job_is_named_field_by_field(told: Told, changes: dict[str, object], sentence: str) -> None:
    def change(session: Session) -> None:
        put_job(session, account=told.account, facts=replace(FACTS, **changes), by="the CRM")  # type: ignore[arg-type]

    found = told.then(change)
    assert sentence in [cause.sentence for cause in found.causes]
    assert {cause.job for cause in found.causes} == {"J-1"}


def own(session: Session, told: Told) -> Account:
    return session.get_one(Account, told.account.id)


def test_the_accounts_changed_setting_is_named(told: Told) -> None:
    found = told.then(lambda session: change_account(session, account=own(session, told), by="ana", lead_seconds=45))
    assert [cause.sentence for cause in found.causes] == ["ana changed lead_seconds of the account from 60 to 45"]
    assert [(line.then.leads, line.now.leads) for line in found.differences] == [(1, 2)] * 2


def test_a_campaigns_changed_setting_is_named(told: Told) -> None:
    def edit(session: Session) -> None:
        radio = session.get_one(Campaign, told.radio.id)
        edit_campaign(session, campaign=radio, name="Radio", category=None, lead_seconds=45, by="ana")

    found = told.then(edit)
    assert [(cause.sentence, cause.campaign_id) for cause in found.causes] == [
        ("ana changed lead_seconds of campaign Radio from none to 45", told.radio.id)
    ]


def test_a_changed_sold_threshold_is_named(told: Told) -> None:
    def change(session: Session) -> None:
        set_threshold(session, account=told.account, name="repair", sold_threshold=50_001, by="ana")

    found = told.then(change)
    assert [cause.sentence for cause in found.causes] == [
        "ana changed sold threshold of job type repair from 100.00 to 500.01"
    ]
    assert [(line.then.sold, line.now.sold) for line in found.differences] == [(1, 0)] * 2


def test_a_ledger_account_that_is_income_no_more_is_named(told: Told) -> None:
    def change(session: Session) -> None:
        set_income(session, account=told.account, name="Service", income=False, by="ana")

    found = told.then(change)
    assert [cause.sentence for cause in found.causes] == ["ana changed income of ledger account Service from yes to no"]
    assert [(line.then.revenue, line.now.revenue) for line in found.differences] == [(50_000, 0)] * 2


def test_new_calls_and_jobs_of_the_period_are_counted_and_what_is_first_said_of_them_is_no_cause(told: Told) -> None:
    def arrive(session: Session) -> None:
        excuse(session, rings(session, told, MORNING))
        rings(session, told, MORNING + timedelta(days=60))
        put_job(session, account=told.account, facts=replace(FACTS, external_id="J-9"), by="the CRM")

    found = told.then(arrive)
    assert (found.calls, found.jobs, found.causes) == (1, 1, [])


def test_what_lies_outside_the_period_is_no_cause(told: Told) -> None:
    def far_away(session: Session) -> None:
        excuse(session, rings(session, told, MORNING + timedelta(days=60)))
        facts = replace(FACTS, external_id="J-9", created_at=MORNING + timedelta(days=60), completed_at=None)
        for status in ("scheduled", "canceled"):
            put_job(session, account=told.account, facts=replace(facts, status=status), by="the CRM")

    assert told.then(far_away) == Changed(differences=[], calls=0, news=0, jobs=0, causes=[])


def test_another_accounts_doings_are_no_cause(told: Told) -> None:
    def elsewhere(session: Session) -> None:
        other = Story(session)
        excuse(session, other.call(campaign=other.campaign()))
        state_costs(session, campaign=other.campaign("TV"), costs=[(date(2026, 5, 1), 1)], stated_by="dee")
        change_account(session, account=other.account, by="dee", lead_seconds=5)
        set_threshold(session, account=other.account, name="repair", sold_threshold=1, by="dee")

    assert told.then(elsewhere) == Changed(differences=[], calls=0, news=0, jobs=0, causes=[])


def test_the_newest_cause_stands_first(told: Told) -> None:
    def several(session: Session) -> None:
        change_account(session, account=own(session, told), by="ana", lead_seconds=45)
        excuse(session, told.short)
        state_costs(session, campaign=told.radio, costs=[], stated_by="cho")

    found = told.then(several)
    assert [cause.at for cause in found.causes] == sorted((cause.at for cause in found.causes), reverse=True)
    assert [cause.sentence.split()[0] for cause in found.causes] == ["cho", "ben@example.com", "ana"]


def test_a_campaign_that_is_new_since_then_had_nothing_then(told: Told) -> None:
    def begin(session: Session) -> None:
        tv = create_campaign(session, account=told.account, name="TV")
        rings(session, told, MORNING, campaign=tv)

    found = told.then(begin)
    assert [(line.campaign, line.then.calls, line.now.calls) for line in found.differences] == [
        ("TV", 0, 1), ("Total", 2, 3),
    ]  # fmt: skip
