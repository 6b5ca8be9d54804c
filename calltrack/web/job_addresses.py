"""The job and the customer that an address names, and the address of a job."""

from flask import abort, url_for
from sqlalchemy.orm import Session

from calltrack.jobs.customers import find_customer
from calltrack.jobs.jobs import find_job
from calltrack.models import Customer, Job
from calltrack.web.visitors import visitor

# Lists that stand at a job's address, and what browsers take for a way up. A blank before a job's id means nothing, so
# that a job of such a name has an address all the same.
_TAKEN = ("doubtful", "without-campaign", ".", "..")
LARGEST_ID = 2**63 - 1


def job_address(external_id: str, part: str | None = None, *, call: str | None = None, back: str | None = None) -> str:
    """Where the job's page is; `part` of it. `call`: what was typed there; `back`: the list to return to."""
    shown = f" {external_id}" if external_id in _TAKEN else external_id
    return url_for("web.jobs.show", external_id=shown, _anchor=part, call=call, back=back)


def job_at(session: Session, *, external_id: str) -> Job:
    """The visitor's own job of that id; anything else is not found."""
    if "\x00" in external_id:  # PostgreSQL refuses to compare with one
        abort(404)
    return find_job(session, account=visitor().account, external_id=external_id) or abort(404)


def customer_at(session: Session, *, customer_id: int) -> Customer:
    """The visitor's own customer of that id; anything else is not found."""
    return find_customer(session, account=visitor().account, customer_id=customer_id) or abort(404)
