"""Customers: known by their id, else by name and phone; and all that happened with them."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from calltrack.db import Database
from calltrack.jobs.customers import BadCustomer, find_customer, list_customers, put_customer
from calltrack.jobs.history import customer_history
from calltrack.jobs.jobs import JobFacts, put_job
from calltrack.models import Account, Customer, Message
from tests.campaigns.story import MORNING, Story

MIAS = "+13125550111"
FACTS = JobFacts("J-1", "Mia", MIAS, "furnace repair", "scheduled", MORNING, customer_external_id="C-1")


def keep(session: Session, account: Account, *, external_id: str = "C-1", name: str = "Mia", **more: str) -> Customer:
    return put_customer(session, account=account, external_id=external_id, name=name, by="a test", **more)


def test_a_customer_s_id_is_theirs_alone(database: Database) -> None:
    with database.write.begin() as session:
        account, other = Story(session).account, Story(session).account
        mia = keep(session, account, phone=" (312) 555-0111 ", email=" mia@example.com ", address=" 12 Elm St\n")
        assert (mia.phone, mia.email, mia.address) == (MIAS, "mia@example.com", "12 Elm St")
        assert keep(session, account, external_id=" C-1 ", name="Mia Stone") is mia
        assert (mia.name, mia.phone, mia.email) == ("Mia Stone", None, None)
        theirs = keep(session, other)
        assert theirs.id != mia.id
        assert find_customer(session, account=other, customer_id=mia.id) is None
        assert find_customer(session, account=account, customer_id=mia.id) is mia


def test_who_is_known_by_name_and_phone_only_takes_the_id(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        account = Story(session).account
        known = put_job(session, account=account, facts=replace(FACTS, customer_external_id=None), by="a test").customer
        assert keep(session, account, phone=MIAS) is known
        assert keep(session, account, external_id="C-2", phone=MIAS) is not known
        nameless = put_job(
            session, account=account, by="a test",
            facts=replace(FACTS, external_id="J-2", customer_phone=None, customer_external_id=None),
        ).customer  # fmt: skip
        assert keep(session, account, external_id="C-3") is not nameless, "a name alone says too little"


def test_a_job_says_the_name_and_the_phone_but_takes_nothing_away(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        account = Story(session).account
        mia = keep(session, account, phone=MIAS, email="mia@example.com")
        job = put_job(session, account=account, facts=replace(FACTS, customer_phone=None), by="a test")
        assert job.customer is mia
        put_job(session, account=account, facts=replace(FACTS, customer_name="Mia Stone"), by="a test")
        assert (mia.name, mia.phone, mia.email) == ("Mia Stone", MIAS, "mia@example.com")
        moved = put_job(session, account=account, facts=replace(FACTS, customer_external_id="C-2"), by="a test")
        assert (moved.customer.external_id, moved.customer is mia) == ("C-2", False)
        same = replace(FACTS, customer_external_id=None)
        assert put_job(session, account=account, facts=same, by="a test").customer is moved.customer


def test_the_list_is_newest_first_and_searched_by_name_phone_and_id(database: Database) -> None:
    with database.write.begin() as session:
        account, other = Story(session).account, Story(session).account
        mia = keep(session, account, phone=MIAS)
        leo = keep(session, account, external_id="50%", name="Leo Hart")
        keep(session, other, phone=MIAS)

        def found(q: str) -> list[Customer]:
            return list_customers(session, account=account, q=q).items

        assert found("")[:2] == [leo, mia]
        assert [found(q) for q in ("HART", "(312) 555-0111", "50%", "%", "\x00", "nobody")] == [
            [leo], [mia], [leo], [], found(""), [],
        ]  # fmt: skip
        first = list_customers(session, account=account, limit=1)
        assert first.items == [leo]
        assert list_customers(session, account=account, cursor=first.next, limit=1).items == [mia]


def test_the_history_is_one_line_of_calls_jobs_and_messages(database: Database) -> None:
    with database.write.begin() as session:
        story = Story(session)
        mia = keep(session, story.account, phone=MIAS)
        job = put_job(session, account=story.account, facts=FACTS, by="a test")
        call = story.call(MORNING - timedelta(hours=1), caller=MIAS)
        story.call(MORNING, caller="+13125550199")
        Story(session).call(MORNING, caller=MIAS)
        said = Message(
            carrier="twilio", carrier_account="AC1", message_sid=f"SM{story.account.id}", account_id=story.account.id,
            sender=MIAS, dialled="+13125550100", text="hello", received_at=MORNING + timedelta(hours=1), params={},
        )  # fmt: skip
        session.add(said)
        session.flush()
        history = customer_history(session, account=story.account, customer=mia)
        assert [row.id for _, row in history.timeline()] == [said.id, job.id, call.id]
        assert [type(row).__name__ for _, row in history.timeline()] == ["Message", "Job", "ListedCall"]


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ({"external_id": " "}, "needs an id"),
        ({"name": "\t"}, "needs a name"),
        ({"external_id": "x" * 101}, "id has at most 100"),
        ({"name": "x" * 201}, "name has at most 200"),
        ({"phone": "x" * 65}, "phone has at most 64"),
        ({"email": "x" * 321}, "email has at most 320"),
        ({"address": "x" * 501}, "address has at most 500"),
    ],
)
def test_a_customer_that_cannot_be_kept_is_refused(on_sqlite: Database, said: dict[str, str], complaint: str) -> None:
    with on_sqlite.write.begin() as session, pytest.raises(BadCustomer, match=complaint):
        keep(session, Story(session).account, **said)
