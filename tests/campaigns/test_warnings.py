"""What is missing in an account's set-up is said, and nothing else."""

from datetime import date, timedelta

from sqlalchemy import insert
from sqlalchemy.orm import Session

from calltrack.campaigns.campaigns import archive_campaign, assign_number
from calltrack.campaigns.costs import state_costs
from calltrack.campaigns.warnings import (
    MOST_JOBS,
    SetupWarning,
    claim_ledger_account,
    count_setup_warnings,
    setup_warnings,
)
from calltrack.models import Campaign, InvoiceItem, Job, LedgerAccount
from tests.campaigns.story import MORNING, Story


def warnings(story: Story) -> dict[str, SetupWarning]:
    found = setup_warnings(story.session, account=story.account, now=MORNING)
    counted = ("job_without_campaign", "job_doubtful", "call_without_job")
    settings = [one for one in found if one.kind not in counted]
    assert count_setup_warnings(story.session, account=story.account, now=MORNING) == len(settings)
    return {one.kind: one for one in found}


def named(story: Story, kind: str) -> list[str]:
    found = warnings(story).get(kind)
    assert found is None or found.count == len(found.subjects)
    return [one.name for one in found.subjects] if found else []


def complete(story: Story, name: str, *, number: str, cost: int = 100) -> Campaign:
    """A campaign with all that it needs."""
    campaign = story.campaign(name)
    state_costs(story.session, campaign=campaign, costs=[(date(2026, 5, 1), cost)], stated_by="ana")
    attach(story, campaign, number=number)
    return campaign


def attach(story: Story, campaign: Campaign, *, number: str, days: int = 0) -> None:
    assign_number(
        story.session, account=story.account, phone_number=number, campaign=campaign, forward_to=["+13125550190"],
        assigned_by="ana", starts_at=MORNING + timedelta(days=days),
    )  # fmt: skip


def test_an_account_with_everything_in_order_is_warned_of_nothing(session: Session, story: Story) -> None:
    assert warnings(story) == {}
    radio = complete(story, "Radio", number="+13125550142", cost=0)
    story.sold_job(call=story.call(campaign=radio))
    story.sold_job(campaign=radio)
    assert warnings(story) == {}


def test_a_campaign_without_cost_or_number_is_named(session: Session, story: Story) -> None:
    complete(story, "Radio", number="+13125550142")
    story.campaign("Van")
    assert named(story, "campaign_without_cost") == named(story, "campaign_without_number") == ["Van"]
    assert warnings(story)["campaign_without_cost"].sentence.startswith("1 campaign has no stated cost")
    story.campaign("Mail")
    assert warnings(story)["campaign_without_cost"].sentence.startswith("2 campaigns have no stated cost")


def test_a_campaign_that_costs_nothing_by_statement_is_in_order(session: Session, story: Story) -> None:
    state_costs(session, campaign=story.campaign("Van"), costs=[], stated_by="ana")
    assert named(story, "campaign_without_cost") == []


def test_a_number_that_belongs_to_a_campaign_later_only_is_named_with_its_day(session: Session, story: Story) -> None:
    radio = complete(story, "Radio", number="+13125550142")
    attach(story, radio, number="+13125550143", days=7)
    assert named(story, "number_without_campaign") == ["(312) 555-0143, from 10 May 2026"]
    van = story.campaign("Van")
    attach(story, van, number="+13125550144", days=7)
    assert named(story, "campaign_without_number") == []  # one is on its way


def test_an_archived_campaign_is_named_while_it_costs_or_rings(session: Session, story: Story) -> None:
    radio, van = complete(story, "Radio", number="+13125550142"), story.campaign("Van")
    state_costs(session, campaign=van, costs=[(MORNING.date(), 5), (date(2026, 5, 4), 0)], stated_by="ana")
    for campaign in (radio, van):
        archive_campaign(session, campaign=campaign, by="ana")
    assert named(story, "archived_campaign_in_use") == ["Radio"]
    assert named(story, "campaign_without_number") == []
    attach(story, complete(story, "Mail", number="+13125550149"), number="+13125550142")
    assert named(story, "archived_campaign_in_use") == ["Radio"]  # it still costs
    state_costs(session, campaign=radio, costs=[], stated_by="ana")
    assert named(story, "archived_campaign_in_use") == []


def test_a_job_type_without_a_threshold_or_with_zero_is_named(session: Session, story: Story) -> None:
    radio = complete(story, "Radio", number="+13125550142")
    for threshold in (None, 0, 1):
        story.job(campaign=radio, threshold=threshold)
    assert named(story, "job_type_without_threshold") == ["repair from 0", "repair from None"]


def test_a_ledger_account_in_use_is_named_until_somebody_says_what_it_is(session: Session, story: Story) -> None:
    tax, unused, income = (
        LedgerAccount(account_id=story.account.id, name=name, income=name == "Service")
        for name in ("Sales tax", "Deposits", "Service")
    )
    session.add_all([tax, unused, income])
    session.flush()
    radio = complete(story, "Radio", number="+13125550142")
    for _ in range(2):
        job = story.sold_job(campaign=radio)
        job.invoices[0].items.extend(
            InvoiceItem(name="line", amount=1, income=one.income, ledger_account_id=one.id) for one in (tax, income)
        )
    session.flush()
    assert named(story, "ledger_account_unclaimed") == ["Sales tax"]
    claim_ledger_account(session, ledger_account=tax, by="ana")
    assert warnings(story) == {}


def test_jobs_without_a_campaign_are_counted_whether_a_call_is_linked_or_not(session: Session, story: Story) -> None:
    radio = complete(story, "Radio", number="+13125550142")
    story.job(call=story.call())
    story.job()
    story.job(campaign=radio)
    story.job(call=story.call(campaign=radio))
    found = warnings(story)
    assert {kind: one.count for kind, one in found.items()} == {"job_without_campaign": 2}
    assert found["job_without_campaign"].sentence.startswith("2 jobs belong to no campaign")


def test_doubtful_jobs_are_counted(session: Session, story: Story) -> None:
    job = story.job(campaign=complete(story, "Radio", number="+13125550142"))
    job.doubtful = True
    session.flush()
    found = warnings(story)["job_doubtful"]
    assert (found.count, found.subjects) == (1, [])
    assert found.sentence.startswith("1 job may have been booked by calls of several campaigns")


def test_calls_that_sound_booked_are_counted_while_they_have_no_job(session: Session, story: Story) -> None:
    radio = complete(story, "Radio", number="+13125550142")
    calls = [story.call(campaign=radio, booked_chance=0.8) for _ in range(2)]
    assert warnings(story)["call_without_job"].sentence.startswith(
        "2 calls of the last 30 days sound booked, but have no"
    )
    story.job(call=calls[0])
    assert warnings(story)["call_without_job"].sentence.startswith(
        "1 call of the last 30 days sounds booked, but has no"
    )
    story.job(call=calls[1])
    assert warnings(story) == {}


def test_very_many_jobs_are_not_counted_to_the_end(session: Session, story: Story) -> None:
    one = story.job()
    values = {"customer_id": one.customer_id, "job_type_id": one.job_type_id, "account_id": one.account_id}
    many = [
        {**values, "external_id": f"M-{place}", "status": "scheduled", "created_at": MORNING, "technician_lead": False,
         "doubtful": False, "known_since": MORNING}
        for place in range(MOST_JOBS)
    ]  # fmt: skip
    session.execute(insert(Job), many)
    assert warnings(story)["job_without_campaign"].sentence.startswith("More than 1,000 jobs belong")


def test_another_account_s_things_are_nobody_s_warning(session: Session, story: Story) -> None:
    dee = Story(session)
    dee.campaign("Van")
    dee.job(threshold=None)
    dee.job(call=dee.call())
    assert warnings(story) == {}
