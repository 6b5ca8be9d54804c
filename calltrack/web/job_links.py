"""Which call booked a job, as people say it: on the call's page, on the job's, and in the lists to repair."""

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from calltrack.accounts.turn import wait_for_turn
from calltrack.calls.listing import ListedCall, calls_before
from calltrack.calls.reading import find_call
from calltrack.ground import ground
from calltrack.jobs.arriving import book_job
from calltrack.jobs.facts import BadJob
from calltrack.jobs.jobs import find_job, name_campaign
from calltrack.jobs.linking import link_job
from calltrack.jobs.listing import list_job_types
from calltrack.jobs.numbering import next_number
from calltrack.models import Call, Job
from calltrack.models.job import LONGEST_NAME, LONGEST_NUMBER
from calltrack.phone import display, is_e164, normalise
from calltrack.web.addressed import back_to, call_at, refused
from calltrack.web.forms import BadField, required_field, text_field
from calltrack.web.job_addresses import job_address, job_at
from calltrack.web.visitors import requires, visitor

bp = Blueprint("job_links", __name__)
_LISTS = ("doubtful", "without_campaign")
LONGEST_SID = 64
_NAMED_DAYS = 30  # before the job: so long ago a call may have been that somebody names by its phone


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
        return refused(call_sid, form="link", problem=str(wrong))
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
        customer = required_field("customer_name", called="the customer's name", longest=LONGEST_NAME)
        job_type = required_field("job_type", called="the job type", longest=LONGEST_NAME)
        account = visitor().account
        with ground().database.write.begin() as session:
            wait_for_turn(session, account=account)
            external_id = _external_id() if text_field("external_id") else next_number(session, account=account)
            known = {one.name.casefold() for one in list_job_types(session, account=account)}
            book_job(
                session,
                account=account,
                call=call_at(session, call_sid=call_sid),
                external_id=external_id,
                customer_name=customer,
                job_type=job_type,
                booked_by=visitor().name,
            )
    except BadField as wrong:
        return refused(call_sid, form="book", problem=f"The job was not booked. {wrong}")
    except BadJob as wrong:
        return refused(call_sid, form="book", problem=f"The job was not booked: {wrong}.")
    new_type = "" if job_type.casefold() in known else f" {job_type} is a new job type."
    flash(f"Job {external_id} is booked from this call.{new_type}", "done")
    return back_to(call_sid, part="jobs")


@bp.post("/jobs/<path:external_id>/link")
@requires("jobs.write")
def choose(external_id: str) -> ResponseReturnValue:
    """Say which call booked this job."""
    try:
        with ground().database.write.begin() as session:
            job = _job_in_turn(session, external_id=external_id)
            typed = required_field("call_sid", called="the call's id or the caller's phone", longest=LONGEST_SID)
            call = _named_call(session, job=job, typed=typed)
            link_job(session, job=job, call=call, matched_by="person", linked_by=visitor().name)
    except BadField as wrong:
        flash(str(wrong), "problem")
        typed, back = text_field("call_sid")[:LONGEST_SID], text_field("back")
        return redirect(job_address(external_id.strip(), "call", call=typed or None, back=back or None), 303)
    flash(f"Job {job.external_id} is linked. The scorecard follows it.", "done")
    return _back(external_id)


@bp.post("/jobs/<path:external_id>/unlink")
@requires("jobs.write")
def choose_none(external_id: str) -> ResponseReturnValue:
    """Say that no call booked this job."""
    seen = text_field("seen")
    with ground().database.write.begin() as session:
        job = _job_in_turn(session, external_id=external_id)
        moved = (job.call.call_sid if job.call else "") != seen
        if not moved:
            link_job(session, job=job, call=None, matched_by=None, linked_by=visitor().name)
    if moved:
        flash("The job was linked to another call since you saw it, so it was left as it is. Look again.", "problem")
    else:
        flash(f"No call booked job {job.external_id}: that is your word, and no matching changes it.", "done")
    return _back(external_id)


@bp.post("/jobs/<path:external_id>/campaign")
@requires("jobs.write")
def campaign(external_id: str) -> ResponseReturnValue:
    """Say which campaign this job belongs to while no call is known that booked it."""
    chosen = text_field("campaign_id")
    try:
        with ground().database.write.begin() as session:
            job = _job_in_turn(session, external_id=external_id)
            if chosen and not (chosen.isascii() and chosen.isdigit() and len(chosen) < 10):
                raise BadField("there is no such campaign")
            name_campaign(
                session, account=visitor().account, job=job, campaign_id=int(chosen) if chosen else None,
                by=visitor().name,
            )  # fmt: skip
    except (BadField, BadJob) as wrong:
        flash(f"The campaign was not saved: {str(wrong).rstrip('.')}.", "problem")
    else:
        flash(f"The campaign of job {job.external_id} is saved. The scorecard follows it.", "done")
    return _back(external_id)


def calls_named(session: Session, *, job: Job, typed: str) -> list[ListedCall]:
    """The calls that somebody means who types a phone number in any usual spelling, newest first; none for a text
    that is no number."""
    phone = normalise(typed)
    if not is_e164(phone):
        return []
    account_id = visitor().account.id
    return calls_before(session, account_id=account_id, caller=phone, moment=job.created_at, days=_NAMED_DAYS)


def _named_call(session: Session, *, job: Job, typed: str) -> Call:
    """The call of that id, else the only one from that phone shortly before the job. Raises BadField."""
    if call := find_call(session, account_id=visitor().account.id, call_sid=typed):
        return call
    phone = normalise(typed)
    if not is_e164(phone):
        raise BadField(f"There is no call {typed}. Its id stands at the foot of the call's page.")
    found = calls_named(session, job=job, typed=typed)
    if not found:
        raise BadField(
            f"{display(phone)} did not call in the {_NAMED_DAYS} days before the job. Look for another phone."
        )
    if len(found) > 1:
        raise BadField(f"{display(phone)} called {len(found)} times: choose one of these.")
    return session.get_one(Call, found[0].id)


def _job_in_turn(session: Session, *, external_id: str) -> Job:
    """Read once it is our turn: what a sender or matching writes at the same time is seen, not overwritten."""
    wait_for_turn(session, account=visitor().account)
    return job_at(session, external_id=external_id)


def _known_job(session: Session, *, external_id: str) -> Job:
    wait_for_turn(session, account=visitor().account)
    job = find_job(session, account=visitor().account, external_id=external_id)
    if job is None:
        raise BadField(f"There is no job {external_id}. Check its number, or book it as a new job.")
    return job


def _back(external_id: str) -> ResponseReturnValue:
    """The list that the form stood in, else the job's page."""
    back = text_field("back")
    return redirect(url_for(f"web.jobs.{back}") if back in _LISTS else job_address(external_id.strip(), "call"), 303)


def _external_id() -> str:
    return required_field("external_id", called="the job's number", longest=LONGEST_NUMBER)
