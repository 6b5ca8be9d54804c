"""Jobs of a call: link one, unlink it, or book a new one."""

from flask import Blueprint, flash
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from calltrack.ground import ground
from calltrack.jobs.arriving import book_job
from calltrack.jobs.jobs import BadJob, find_job, link_job
from calltrack.models import Job
from calltrack.models.job import LONGEST_NAME, LONGEST_NUMBER
from calltrack.web.addressed import back_to, call_at
from calltrack.web.forms import BadField, required_field
from calltrack.web.visitors import requires, visitor

bp = Blueprint("jobs", __name__)


@bp.post("/calls/<path:call_sid>/jobs/link")
@requires("jobs.write")
def link(call_sid: str) -> ResponseReturnValue:
    """Say that this call booked a job that exists already."""
    try:
        external_id = _external_id()
        with ground().database.write.begin() as session:
            call = call_at(session, call_sid=call_sid)
            job = _known_job(session, external_id=external_id)
            moved = job.call_id not in (None, call.id)
            link_job(session, job=job, call=call, matched_by="person", linked_by=visitor().name)
    except (BadField, BadJob) as wrong:
        flash(str(wrong), "problem")
    else:
        flash(f"Job {external_id} is linked to this call{', no longer to another' if moved else ''}.", "done")
    return back_to(call_sid, part="jobs")


@bp.post("/calls/<path:call_sid>/jobs/unlink")
@requires("jobs.write")
def unlink(call_sid: str) -> ResponseReturnValue:
    """Say that this call did not book the job."""
    try:
        external_id = _external_id()
        with ground().database.write.begin() as session:
            call = call_at(session, call_sid=call_sid)
            job = _known_job(session, external_id=external_id)
            if job.call_id == call.id:  # else somebody linked it elsewhere since the page was shown
                link_job(session, job=job, call=None, matched_by=None, linked_by=visitor().name)
    except (BadField, BadJob) as wrong:
        flash(str(wrong), "problem")
    else:
        flash(f"Job {external_id} is no longer linked to this call.", "done")
    return back_to(call_sid, part="jobs")


@bp.post("/calls/<path:call_sid>/jobs")
@requires("jobs.write")
def book(call_sid: str) -> ResponseReturnValue:
    """Book a new job from this call."""
    try:
        external_id = _external_id()
        customer = required_field("customer_name", called="the customer's name", longest=LONGEST_NAME)
        job_type = required_field("job_type", called="the job type", longest=LONGEST_NAME)
        with ground().database.write.begin() as session:
            book_job(
                session,
                account=visitor().account,
                call=call_at(session, call_sid=call_sid),
                external_id=external_id,
                customer_name=customer,
                job_type=job_type,
                booked_by=visitor().name,
            )
    except BadField as wrong:
        flash(f"The job was not booked. {wrong}", "problem")
    except BadJob as wrong:
        flash(f"The job was not booked: {wrong}.", "problem")
    else:
        flash(f"Job {external_id} is booked from this call.", "done")
    return back_to(call_sid, part="jobs")


def _known_job(session: Session, *, external_id: str) -> Job:
    job = find_job(session, account=visitor().account, external_id=external_id)
    if job is None:
        raise BadField(f"There is no job {external_id}. Check its number, or book it as a new job.")
    return job


def _external_id() -> str:
    return required_field("external_id", called="the job's number", longest=LONGEST_NUMBER)
