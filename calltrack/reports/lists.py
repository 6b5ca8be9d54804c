"""Lists of jobs and customers as tables for paper."""

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from calltrack.models import Customer, Job
from calltrack.paper.table import Column, Table


def jobs_table(
    jobs: Sequence[Job], *, campaigns: Mapping[int, str | None], title: str, subtitle: str, zone: str
) -> Table:
    """Jobs with their customers and what was billed. `campaigns`: each job's campaign by the job's id."""
    here = ZoneInfo(zone)
    return Table(
        title=title,
        subtitle=subtitle,
        columns=[
            Column("Job"), Column("Customer"), Column("Phone"), Column("Type"), Column("Status"),
            Column("Created", "moment"), Column("Completed", "moment"), Column("Campaign"), Column("Call"),
            Column("Matched by"), Column("Technician's lead"), Column("Invoiced", "money"), Column("Income", "money"),
        ],
        rows=[
            [
                job.external_id, job.customer.name, job.customer.phone, job.job_type.name, job.status,
                job.created_at.astimezone(here), job.completed_at and job.completed_at.astimezone(here),
                campaigns.get(job.id), job.call.call_sid if job.call else None, job.matched_by,
                "yes" if job.technician_lead else "no", sum(bill.subtotal for bill in job.invoices),
                sum(item.amount for bill in job.invoices for item in bill.items if item.income),
            ]
            for job in jobs
        ],
    )  # fmt: skip


def customers_table(customers: Sequence[Customer], *, title: str, subtitle: str, zone: str) -> Table:
    """Customers, and since when they are known."""
    here = ZoneInfo(zone)
    return Table(
        title=title,
        subtitle=subtitle,
        columns=[
            Column("Id"), Column("Name"), Column("Phone"), Column("E-mail"), Column("Address"),
            Column("Known since", "moment"),
        ],
        rows=[
            [one.external_id, one.name, one.phone, one.email, one.address, one.created_at.astimezone(here)]
            for one in customers
        ],
    )  # fmt: skip
