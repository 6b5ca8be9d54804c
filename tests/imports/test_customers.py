"""Customers from a file."""

import pytest
from sqlalchemy import func, select

from calltrack.changes import changes_of
from calltrack.models import Customer
from tests.imports.conftest import BILLBOARD, MIA, TOM, Office, assert_cells_are_exact

HEADER = "external_id,name,phone,email,address\n"


def kept(office: Office) -> list[tuple[str | None, ...]]:
    columns = (Customer.external_id, Customer.name, Customer.phone, Customer.email, Customer.address)
    with office.database.read() as session:
        return [tuple(row) for row in session.execute(select(*columns).order_by(Customer.external_id))]


def test_customers_are_known_by_their_id_and_the_file_may_come_again(office: Office) -> None:
    content = HEADER + 'C1,Mia,(773) 555-0101,mia@example.com,"1 Main St, Chicago"\nC2,Tom,,,\n'
    assert office.bring("customers", content).counts.new == 2
    assert office.bring("customers", content).counts.known == 2
    assert kept(office) == [
        ("C1", "Mia", MIA, "mia@example.com", "1 Main St, Chicago"),
        ("C2", "Tom", None, None, None),
    ]


def test_a_known_customer_becomes_what_the_file_says_and_an_empty_cell_says_nothing(office: Office) -> None:
    office.bring("customers", HEADER + f"C1,Mia,{MIA},mia@example.com,1 Main St\n")
    assert office.bring("customers", HEADER + f"C1,Mia Decker,{TOM},,\n").counts.changed == 1
    assert kept(office) == [("C1", "Mia Decker", TOM, "mia@example.com", "1 Main St")]
    with office.database.read() as session:
        changes = changes_of(session, account_id=office.account.id, noun="customer", noun_id=1)
        assert {(one.field, one.was, one.now) for one in changes} == {
            ("name", "Mia", "Mia Decker"), ("phone", MIA, TOM),
        }  # fmt: skip


@pytest.mark.parametrize("first", ["customers", "jobs"])
def test_a_customer_whom_a_job_named_is_the_same(office: Office, first: str) -> None:
    files = {
        "customers": HEADER + f"C1,Mia,{MIA},,\n",
        "jobs": "external_id,customer_name,customer_phone,job_type,status,created_at\n"
        f"J1,Mia,{MIA},HVAC,scheduled,2026-05-05T09:00:00Z\n",
    }
    for noun in (first, *(files.keys() - {first})):
        office.bring(noun, files[noun])
    assert kept(office) == [("C1", "Mia", MIA, None, None)]


def test_after_a_new_phone_the_customers_jobs_find_their_calls(office: Office) -> None:
    office.calls(f"CA1,{BILLBOARD},{TOM},2026-05-04T12:00:00Z,75")
    office.bring("customers", HEADER + f"C1,Mia,{MIA},,\n")
    office.jobs(f"J1,Mia,{MIA},HVAC,scheduled,2026-05-05T09:00:00Z")
    office.bring("customers", HEADER + f"C1,Mia,{TOM},,\n")
    with office.database.read() as session:
        job = office.job(session, "J1")
        assert job.call is not None
        assert job.call.call_sid == "CA1"
    assert_cells_are_exact(office)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (",Mia,,,", "external_id is empty"),
        ("C1,,,,", "name is empty"),
        (f"C1,{'M' * 201},,,", "name has at most 200"),
        ("C1,Mia,,,elsewhere", "line 2 says otherwise of customer C1"),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_written(office: Office, line: str, complaint: str) -> None:
    [(number, problem)] = office.bring("customers", HEADER + "C1,Mia,,,\n" + line + "\n").bad
    assert number == 3
    assert complaint in problem
    with office.database.read() as session:
        assert session.scalar(select(func.count(Customer.id))) == 0
