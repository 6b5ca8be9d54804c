"""Jobs from a file."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from calltrack.campaigns.cells import refresh
from calltrack.changes import changes_of
from calltrack.jobs.jobs import Bill, Item, JobFacts, put_job
from calltrack.models import Customer, Invoice, Job, JobLink, JobType
from tests.imports.conftest import BILLBOARD, MIA, RADIO, TOM, Office, assert_cells_are_exact, everything

CREATED, COMPLETED = "2026-05-05T09:00:00-05:00", "2026-05-07T17:00:00-05:00"
MORE = "completed_at,call_sid,campaign,technician_lead,invoice_number,invoice_subtotal,income_amount"
SAID = f"Mia,{MIA},HVAC,completed,{CREATED},{COMPLETED}"


@pytest.fixture(autouse=True)
def calls(office: Office) -> None:
    office.calls(
        f"CA1,{BILLBOARD},{MIA},2026-05-04T12:00:00-05:00,75", f"CA2,{RADIO},{TOM},2026-05-04T12:00:00-05:00,75"
    )
    refresh(office.database, account_id=office.account.id)


def test_a_job_is_kept_with_its_customer_type_call_and_invoices(office: Office) -> None:
    office.jobs(
        f"J1,Mia,(773) 555-0101,HVAC,completed,{CREATED},{COMPLETED},CA2,Billboard,true,I-1,100.10,90.05",
        f"J1,Mia,(773) 555-0101,HVAC,completed,{CREATED},{COMPLETED},CA2,Billboard,true,I-2,-20,",
        header=MORE,
    )
    with office.database.read() as session:
        job = office.job(session, "J1")
        assert (job.customer.name, job.customer.phone, job.job_type.name) == ("Mia", MIA, "HVAC")
        assert (job.status, job.technician_lead, job.campaign_id) == ("completed", True, office.company.campaign.id)
        assert job.created_at == datetime(2026, 5, 5, 14, 0, tzinfo=UTC)
        assert job.completed_at == datetime(2026, 5, 7, 22, 0, tzinfo=UTC)
        assert job.call is not None
        assert (job.call.call_sid, job.matched_by, job.doubtful) == ("CA2", "given", False)
        bills = [(bill.number, bill.subtotal, [(it.amount, it.income) for it in bill.items]) for bill in job.invoices]
        assert bills == [("I-1", 10010, [(9005, True)]), ("I-2", -2000, [])]
        [link] = session.scalars(select(JobLink))
        assert (link.job_id, link.call_id, link.matched_by, link.linked_by) == (job.id, job.call_id, "given", "import")
    assert_cells_are_exact(office)


def test_the_lines_of_a_job_may_stand_anywhere_in_the_file(office: Office) -> None:
    first, other, second = (
        f"J1,{SAID},,,,I-1,100,100", f"J2,{SAID},,,,I-3,5,5", f"J1,{SAID},,,,I-2,200,200",
    )  # fmt: skip
    assert office.jobs(first, other, second, header=MORE).counts.new == 2
    with office.database.read() as session:
        assert [bill.number for bill in office.job(session, "J1").invoices] == ["I-1", "I-2"]


def test_a_job_without_call_sid_is_matched_by_phone(office: Office) -> None:
    office.jobs(f"J1,Tom,{TOM},HVAC,scheduled,{CREATED}")
    with office.database.read() as session:
        job = office.job(session, "J1")
        assert job.call is not None
        assert (job.call.call_sid, job.matched_by) == ("CA2", "phone")
    assert_cells_are_exact(office)


def test_it_does_not_matter_whether_the_calls_or_the_jobs_come_first(office: Office) -> None:
    office.jobs(f"J1,Ann,+17735550103,HVAC,completed,{CREATED},{COMPLETED},,,,I-1,5,5", header=MORE)
    refresh(office.database, account_id=office.account.id)
    office.calls(f"CA3,{RADIO},+17735550103,2026-05-04T12:00:00-05:00,75")
    with office.database.read() as session:
        job = office.job(session, "J1")
        assert job.call is not None
        assert (job.call.call_sid, job.matched_by) == ("CA3", "phone")
    assert_cells_are_exact(office)


def test_a_completed_job_without_a_moment_was_completed_when_we_were_first_told(office: Office) -> None:
    line = f"J1,Mia,{MIA},HVAC,completed,{CREATED}"
    office.jobs(line)
    with office.database.read() as session:
        told = office.job(session, "J1").completed_at
    assert told is not None
    assert office.jobs(line).counts.known == 1
    with office.database.read() as session:
        assert office.job(session, "J1").completed_at == told
    assert_cells_are_exact(office)


def test_a_customer_of_the_same_name_and_phone_is_the_same(office: Office) -> None:
    with office.database.write.begin() as session:
        facts = JobFacts("J0", "Mia", MIA, "HVAC", "scheduled", datetime(2026, 5, 1, tzinfo=UTC))
        put_job(session, account=office.account, facts=facts, by="a test")
    office.jobs(
        f"J1,Mia,{MIA},HVAC,scheduled,{CREATED}",
        f"J2,Mia,,HVAC,scheduled,{CREATED}",
        f"J3,Mia,,HVAC,scheduled,{CREATED}",
        f"J4,Mia,{TOM},HVAC,scheduled,{CREATED}",
    )
    office.jobs(f"J5,Mia,,HVAC,scheduled,{CREATED}")
    with office.database.read() as session:
        customers = select(Customer.name, Customer.phone).order_by(Customer.id)
        assert [tuple(row) for row in session.execute(customers)] == [("Mia", MIA), ("Mia", None), ("Mia", TOM)]
        assert [job.name for job in session.scalars(select(JobType))] == ["HVAC"]


def test_a_known_job_becomes_what_the_file_says_and_the_ledger_keeps_what_it_was(office: Office) -> None:
    office.jobs(f"J1,Mia,{MIA},HVAC,scheduled,{CREATED},,CA1,,,,,", header=MORE)
    refresh(office.database, account_id=office.account.id)
    report = office.jobs(f"J1,{SAID},CA2,Radio,true,I-1,420.50,400.50", header=MORE)
    assert (report.counts.new, report.counts.changed, report.counts.known) == (0, 1, 0)
    with office.database.read() as session:
        job = office.job(session, "J1")
        assert (job.status, job.technician_lead, job.campaign_id) == ("completed", True, office.radio.id)
        assert job.call is not None
        assert job.call.call_sid == "CA2"
        assert [bill.subtotal for bill in job.invoices] == [42050]
        changes = changes_of(session, account_id=office.account.id, noun="job", noun_id=job.id)
        assert {(one.field, one.was, one.now, one.changed_by) for one in changes} >= {
            ("status", "scheduled", "completed", "import")
        }
    assert_cells_are_exact(office)


def test_an_empty_cell_says_nothing_of_a_known_job(office: Office) -> None:
    office.jobs(f"J1,{SAID},CA2,Radio,true,I-1,420.50,400.50", header=MORE)
    with office.database.read() as session:
        before = everything(session)
    report = office.jobs(f"J1,Mia,,HVAC,completed,{CREATED},,,,,,,", header=MORE)
    assert (report.counts.changed, report.counts.known) == (0, 1)
    assert office.jobs(f"J1,Mia,,AC,completed,{CREATED},,,,,,,", header=MORE).counts.changed == 1
    with office.database.read() as session:
        after = everything(session)
    assert after == {**before, "jobs": [one.replace("'HVAC'", "'AC'") for one in before["jobs"]]}


def test_an_invoice_of_another_file_is_added_and_a_known_one_changed(office: Office) -> None:
    office.jobs(f"J1,{SAID},,,,I-1,100,90", header=MORE)
    office.jobs(f"J1,{SAID},,,,I-2,50,50", f"J1,{SAID},,,,I-1,120,", header=MORE)
    with office.database.read() as session:
        bills = office.job(session, "J1").invoices
        amounts = {bill.number: (bill.subtotal, [item.amount for item in bill.items]) for bill in bills}
    assert amounts == {"I-1": (12000, [9000]), "I-2": (5000, [5000])}
    assert_cells_are_exact(office)


def test_the_items_of_an_invoice_stay_where_the_file_gives_the_same_sums(office: Office) -> None:
    items = [
        Item("Labor", 6000, ledger_account="Sales", income=True),
        Item("Part", 3000, income=True),
        Item("Tax", 900, income=False),
    ]
    with office.database.write.begin() as session:
        facts = JobFacts(
            "J1", "Mia", MIA, "HVAC", "scheduled", datetime(2026, 5, 1, tzinfo=UTC), invoices=[Bill("I-1", 9900, items)]
        )
        put_job(session, account=office.account, facts=facts, by="a test")
    office.jobs(f"J1,{SAID},,,,I-1,99,90", f"J1,{SAID},,,,I-2,1,1", header=MORE)
    with office.database.read() as session:
        first, second = office.job(session, "J1").invoices
        assert [(it.name, it.amount, it.income) for it in first.items] == [
            ("Labor", 6000, True), ("Part", 3000, True), ("Tax", 900, False),
        ]  # fmt: skip
        assert first.items[0].ledger_account is not None
        assert second.subtotal == 100


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (f",{SAID},,,,,,", "external_id is empty"),
        (f"{'J' * 101},{SAID},,,,,,", "at most 100"),
        (f"J2,,{MIA},HVAC,scheduled,{CREATED},,,,,,,", "customer_name is empty"),
        (f"J2,Mia,{MIA},,scheduled,{CREATED},,,,,,,", "job_type is empty"),
        (f"J2,Mia,{MIA},HVAC,done,{CREATED},,,,,,,", "status is 'done'; write one of: scheduled"),
        (f"J2,Mia,{MIA},HVAC,scheduled,2026-05-05,,,,,,,", "created_at has no offset"),
        (f"J2,{SAID},CA9,,,,,", "there is no call CA9"),
        (f"J2,{SAID},,Television,,,,", "there is no campaign 'Television' (Radio, Billboard)"),
        (f"J2,{SAID},,,perhaps,,,", "technician_lead is 'perhaps'"),
        (f"J2,{SAID},,,,,100,", "no invoice_number"),
        (f"J2,{SAID},,,,I-1,,90", "invoice_subtotal"),
        (f"J2,{SAID},,,,I-1,100.005,90", "more than two decimals"),
        (f"J2,{SAID},,,,I-1,100,ninety", "income_amount"),
        (f"J1,Tom,{MIA},HVAC,completed,{CREATED},{COMPLETED},,,,I-2,5,5", "line 2 says otherwise of job J1"),
        (f"J1,{SAID},,,,I-1,101,90", "line 2 has another amount for invoice I-1"),
    ],
)
def test_a_bad_line_is_named_and_nothing_of_the_file_is_written(office: Office, line: str, complaint: str) -> None:
    good = f"J1,{SAID},,,,I-1,100,90"
    report = office.jobs(good, line, header=MORE)
    [(number, problem)] = report.bad
    assert number == 3
    assert complaint in problem
    with office.database.read() as session:
        for table in (Job, Invoice, Customer, JobType):
            assert session.scalar(select(func.count()).select_from(table)) == 0
    assert office.jobs(good, line, header=MORE, skip_bad=True).counts.new == 1
    with office.database.read() as session:
        assert [bill.subtotal for bill in office.job(session, "J1").invoices] == [10000]


def test_a_call_of_another_company_is_unknown(office: Office) -> None:
    report = office.jobs(f"J1,{SAID},CA1,,,,,", header=MORE, dry_run=True)
    assert report.bad == []
    with office.database.write.begin() as session:
        office.call(session, "CA1").account_id = office.account.id + 1
    assert len(office.jobs(f"J1,{SAID},CA1,,,,,", header=MORE).bad) == 1


def test_every_cent_of_many_invoices_arrives(office: Office) -> None:
    """0.10 + 0.20 and the like, which floats get wrong."""
    lines = [f"J1,{SAID},,,,I-{place},{place // 100}.{place % 100:02d},0.07" for place in range(1, 1200)]
    office.jobs(*lines, header=MORE)
    with office.database.read() as session:
        bills = office.job(session, "J1").invoices
        assert sum(bill.subtotal for bill in bills) == sum(range(1, 1200))
        assert sum(item.amount for bill in bills for item in bill.items) == 7 * 1199


def test_job_types_that_differ_only_in_case_are_one(office: Office) -> None:
    office.jobs(f"J0,Mia,{MIA},Furnace,scheduled,{CREATED}")
    lines = (
        f"J1,Mia,{MIA},FURNACE,scheduled,{CREATED}",
        f"J2,Mia,{MIA},\u00d6fen,scheduled,{CREATED}",
        f"J3,Mia,{MIA},\u00f6fen,scheduled,{CREATED}",
    )
    assert office.jobs(*lines).counts.new == 3
    assert office.jobs(*lines, f"J0,Mia,{MIA},furnace,scheduled,{CREATED}").counts.known == 4
    with office.database.read() as session:
        names = [office.job(session, one).job_type.name for one in ("J0", "J1", "J2", "J3")]
        assert names == ["Furnace", "Furnace", "\u00d6fen", "\u00d6fen"]
        assert session.scalar(select(func.count()).select_from(JobType)) == 2


def test_the_lines_of_one_job_may_spell_its_type_in_other_case(office: Office) -> None:
    first, second = (
        f"J1,{said},completed,{CREATED},{COMPLETED},,,,{number},5,5"
        for said, number in ((f"Mia,{MIA},HVAC", "I-1"), (f"Mia,{MIA},hvac", "I-2"))
    )
    assert office.jobs(first, second, header=MORE).counts.new == 1
