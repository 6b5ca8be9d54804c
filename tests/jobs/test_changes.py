"""What changed of a job, a job type and a customer is kept, with who changed it."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy.orm import Session

from calltrack.changes import Noun, changes_of
from calltrack.db import Database
from calltrack.jobs.customers import put_customer
from calltrack.jobs.jobs import Bill, Item, JobFacts, find_job, name_campaign, put_job, set_threshold
from tests.campaigns.story import MORNING, Story

FACTS = JobFacts("J-1", "Mia", "+13125550111", "furnace repair", "scheduled", MORNING)


def told(session: Session, account_id: int, noun: Noun, noun_id: int) -> list[tuple[str, str | None, str | None, str]]:
    found = changes_of(session, account_id=account_id, noun=noun, noun_id=noun_id)
    return [(one.field, one.was, one.now, one.changed_by) for one in found]


def test_a_new_job_has_not_changed_and_a_known_one_keeps_what_did(database: Database) -> None:
    with database.write.begin() as session:
        story = Story(session)
        account, radio = story.account, story.campaign()
        job = put_job(session, account=account, facts=FACTS, by="ana")
        put_job(session, account=account, facts=FACTS, by="ana")
        assert told(session, account.id, "job", job.id) == []
        items = (Item("motor", 40_050, income=True), Item("tax", 2_000, income=False))
        done = replace(
            FACTS, job_type="new furnace", status="completed", completed_at=MORNING + timedelta(hours=2),
            created_at=MORNING - timedelta(hours=1), campaign_id=radio.id, technician_lead=True,
            invoices=[Bill("1", 42_050, items), Bill("2", 1_000)],
        )  # fmt: skip
        put_job(session, account=account, facts=done, by="the CRM")
        assert told(session, account.id, "job", job.id) == [
            ("status", "scheduled", "completed", "the CRM"),
            ("created_at", "2026-05-03T09:30:00-05:00", "2026-05-03T08:30:00-05:00", "the CRM"),
            ("completed_at", None, "2026-05-03T11:30:00-05:00", "the CRM"),
            ("job type", "furnace repair", "new furnace", "the CRM"),
            ("campaign", None, "Radio", "the CRM"),
            ("invoiced", "0.00", "430.50", "the CRM"),
            ("income", "0.00", "400.50", "the CRM"),
            ("technician_lead", "no", "yes", "the CRM"),
        ]


def test_a_campaign_that_is_named_by_a_person_is_a_change_too(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        story = Story(session)
        put_job(session, account=story.account, facts=FACTS, by="ana")
        job = find_job(session, account=story.account, external_id="J-1")
        assert job
        name_campaign(session, account=story.account, job=job, campaign_id=story.campaign().id, by="ben")
        name_campaign(session, account=story.account, job=job, campaign_id=None, by="cho")
        assert told(session, story.account.id, "job", job.id) == [
            ("campaign", None, "Radio", "ben"), ("campaign", "Radio", None, "cho"),
        ]  # fmt: skip


def test_a_threshold_and_a_customer_keep_their_changes(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        account = Story(session).account
        for cents, by in ((15_000, "ana"), (15_000, "ben"), (None, "cho")):
            made = set_threshold(session, account=account, name="repair", sold_threshold=cents, by=by)
        assert told(session, account.id, "job type", made.id) == [
            ("sold threshold", None, "150.00", "ana"), ("sold threshold", "150.00", None, "cho"),
        ]  # fmt: skip
        for phone, by in (("+13125550111", "ana"), ("(312) 555-0111", "ben"), ("+13125550112", "cho")):
            mia = put_customer(session, account=account, external_id="C-1", name="Mia", phone=phone, by=by)
        assert told(session, account.id, "customer", mia.id) == [("phone", "+13125550111", "+13125550112", "cho")]
