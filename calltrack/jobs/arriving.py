"""Jobs as they come in: sent by another program, which may leave things out, or booked by a person from a call."""

from dataclasses import replace
from datetime import UTC, datetime
from enum import Enum
from typing import Final

from sqlalchemy.orm import Session

from calltrack.accounts.turn import wait_for_turn
from calltrack.calls.reading import find_call
from calltrack.jobs.facts import BadJob, JobFacts
from calltrack.jobs.jobs import find_job, put_job
from calltrack.jobs.linking import link_job
from calltrack.jobs.matching import match_by_phone
from calltrack.models import Account, Call, Job
from calltrack.phone import is_e164


class Unsaid(Enum):
    """What was not said; None would say that there is none."""

    UNSAID = "unsaid"


UNSAID: Final = Unsaid.UNSAID


def take_job(
    session: Session,
    *,
    account: Account,
    facts: JobFacts,
    call_sid: str | Unsaid | None = UNSAID,
    campaign_id: int | Unsaid | None = UNSAID,
    sent_by: str,
) -> Job:
    """Create or change the job, and link it to the call that the sender names; `facts.campaign_id` does not count.

    A campaign that is unsaid stays as it was, None takes it away. So it is with the call, but where nobody ever said
    which call booked the job, it is matched by phone. Raises BadJob.
    """
    wait_for_turn(session, account=account)  # else what was left out could be from before another's word
    if campaign_id is UNSAID:
        known = find_job(session, account=account, external_id=facts.external_id)
        campaign_id = known.campaign_id if known else None
    job = put_job(session, account=account, facts=replace(facts, campaign_id=campaign_id), by=sent_by)
    if call_sid is UNSAID:
        match_by_phone(session, account=account, job_ids=[job.id])
    else:
        call = _call(session, account=account, call_sid=call_sid) if call_sid is not None else None
        link_job(session, job=job, call=call, matched_by="given", linked_by=sent_by)
    return job


def book_job(
    session: Session,
    *,
    account: Account,
    call: Call,
    external_id: str,
    customer_name: str,
    job_type: str,
    booked_by: str,
) -> Job:
    """A new job, scheduled now, from `call` and for whoever called. Raises BadJob, also for a job that is known."""
    wait_for_turn(session, account=account)
    if find_job(session, account=account, external_id=external_id):
        raise BadJob(f"there is a job {external_id.strip()} already; link it, or give the new one another number")
    facts = JobFacts(
        external_id=external_id,
        customer_name=customer_name,
        customer_phone=call.caller if call.caller and is_e164(call.caller) else None,
        job_type=job_type,
        status="scheduled",
        created_at=datetime.now(UTC),
    )
    job = put_job(session, account=account, facts=facts, by=booked_by)
    link_job(session, job=job, call=call, matched_by="person", linked_by=booked_by)
    return job


def _call(session: Session, *, account: Account, call_sid: str) -> Call:
    call = find_call(session, account_id=account.id, call_sid=call_sid)
    if call is None:
        raise BadJob(f"there is no call {call_sid}; leave call_sid out, or send the job again once the call is here")
    return call
