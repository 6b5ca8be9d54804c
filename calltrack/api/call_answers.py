"""How calls look to programs: in a list, and with all that is known of one."""

from typing import Any, Literal
from urllib.parse import quote

from pydantic import BaseModel
from sqlalchemy.orm import Session

from calltrack.api.consent import ConsentAnswer, PauseAnswer, consent_of, pauses_answer
from calltrack.api.fields import Moment, Money
from calltrack.api.job_answers import CustomerAnswer
from calltrack.calls.evidence import find_evidence
from calltrack.calls.listing import ListedCall, call_facts
from calltrack.calls.playback import legs_of, playback
from calltrack.calls.reading import CallDetail, read_call
from calltrack.calls.why import Said
from calltrack.ground import ground
from calltrack.jobs.jobs import jobs_of
from calltrack.models import Call, Job, Label

NOBODYS = "nobody here owns the number that was dialled, so that no company counts the call"


class LabelAnswer(BaseModel):
    """A label; `confidence`: the probability of `value`, null where a person spoke; `review`: a person should look."""

    value: Literal["lead", "excused"]
    reason: str | None
    source: Literal["rule", "model", "human"]
    confidence: float | None
    model: str | None
    by: str | None
    at: Moment
    review: bool


class EvidenceAnswer(BaseModel):
    """A phrase that decided: `start` of its turn in seconds, `offset` in characters of the transcript that was judged,
    `weight` towards the label in log-odds."""

    phrase: str
    start: float | None
    offset: int
    weight: float


class LedgerEntry(LabelAnswer):
    """One word on a call, with the note that a person left or the phrases that decided.

    `booked`: the probability that an appointment was set in the call, null where nobody looked for that. `undone_at`:
    since when the word counts no more, because a person took it back.
    """

    id: int
    note: str | None
    evidence: list[EvidenceAnswer]
    booked: float | None
    undone_at: Moment | None
    undone_by: str | None


class CallAnswer(BaseModel):
    """A call in a list; `number` is the tracking number that was dialled, `jobs` are external ids.

    `booked_chance`: the probability that an appointment was set, by the classifier's latest word, whoever's label is in
    force. `likely_booked`: it is at least a half, and no job is linked to the call.
    """

    call_sid: str
    campaign_id: int | None
    campaign: str | None
    number: str | None
    caller: str | None
    caller_name: str | None
    started_at: Moment
    ended_at: Moment | None
    duration: int | None
    talk_seconds: int | None
    status: str
    outcome: Literal["booked", "missed", "unbooked", "excused"] | None
    missed_reason: str | None
    answered_by: str | None
    voicemail: bool
    is_lead: bool
    why: str
    label: LabelAnswer | None
    booked_chance: float | None
    likely_booked: bool
    tags: list[str]
    jobs: list[str]


class ErasedAnswer(BaseModel):
    """Since when it is gone, and by which rule or whose wish."""

    at: Moment
    why: str


class RecordingAnswer(BaseModel):
    """What there is to hear: `url` once it is stored, `duration` in seconds. `erased`: it is absent because of that."""

    status: Literal["none", "expected", "stored", "absent", "failed"]
    duration: int | None
    channels: int | None
    url: str | None
    erased: ErasedAnswer | None


class TurnAnswer(BaseModel):
    """Something that was said; `start` in seconds from the recording's beginning."""

    speaker: str
    start: float
    text: str


class TranscriptAnswer(BaseModel):
    """What was said; `complete` once nothing more is to come."""

    text: str
    turns: list[TurnAnswer]
    source: str
    complete: bool


class NoteAnswer(BaseModel):
    """A remark."""

    text: str
    by: str
    at: Moment


class BookedJob(BaseModel):
    """A job that the call booked; GET /jobs/{external_id} says more."""

    external_id: str
    customer: str
    job_type: str
    status: str
    created_at: Moment
    completed_at: Moment | None
    matched_by: str | None
    technician_lead: bool
    subtotal: Money


class LegAnswer(BaseModel):
    """One of your phones that was rung."""

    number: str | None
    status: str
    duration: int | None
    bridged: bool


class StepAnswer(BaseModel):
    """What is done with the call after it ended: fetch, transcribe, classify; `state`: due, done or failed."""

    name: str
    state: str
    attempts: int
    last_error: str | None
    due_at: Moment


class FullCall(BaseModel):
    """All that is known of a call."""

    call_sid: str
    campaign_id: int | None
    campaign: str | None
    number: str | None
    caller: str | None
    caller_name: str | None
    customer: CustomerAnswer | None
    direction: str
    started_at: Moment
    ended_at: Moment | None
    duration: int | None
    talk_seconds: int | None
    status: str
    outcome: Literal["booked", "missed", "unbooked", "excused"] | None
    missed: bool
    missed_reason: str | None
    answered_by: str | None
    voicemail: bool
    is_lead: bool
    why: str
    label: LedgerEntry | None
    booked_chance: float | None
    likely_booked: bool
    recording: RecordingAnswer | None
    transcript: TranscriptAnswer | None
    tags: list[str]
    notes: list[NoteAnswer]
    jobs: list[BookedJob]
    consent: ConsentAnswer | None
    pauses: list[PauseAnswer]
    legs: list[LegAnswer]
    steps: list[StepAnswer]


def listed_answer(call: ListedCall) -> CallAnswer:
    """The call as a list shows it."""
    found: dict[str, Any] = {**vars(call), "number": call.dialled, "label": None}
    if call.label:
        found["label"] = _said(call.label)
    return CallAnswer.model_validate(found)


def full_answer(session: Session, *, call: Call, account_id: int) -> FullCall:
    """All that is known of the call, read anew."""
    detail = read_call(session, call=call)
    facts = call_facts(session, account_id=account_id, call_id=call.id)
    return FullCall.model_validate(
        {
            **{name: getattr(call, name) for name in _PLAIN},
            "campaign": detail.campaign.name if detail.campaign else None,
            "number": call.dialled,
            "customer": _customer(detail),
            "outcome": facts.outcome if facts else None,
            "is_lead": bool(facts and facts.is_lead),
            "why": facts.why if facts else NOBODYS,
            "label": _label(detail),
            "likely_booked": bool(facts and facts.likely_booked),
            "recording": _recording(detail),
            "transcript": _transcript(detail),
            "tags": detail.tags,
            "notes": [{"text": note.text, "by": note.written_by, "at": note.written_at} for note in detail.notes],
            "jobs": [_job(job) for job in jobs_of(session, call_id=call.id)],
            "consent": consent_of(session, call=call),
            "pauses": pauses_answer(session, call_id=call.id),
            "legs": [{name: getattr(leg, name) for name in LegAnswer.model_fields} for leg in
                     legs_of(session, call_id=call.id)],
            "steps": [{name: getattr(step, name) for name in StepAnswer.model_fields} for step in detail.steps],
        }
    )  # fmt: skip


_PLAIN = (
    "call_sid campaign_id caller caller_name direction started_at ended_at duration talk_seconds status missed "
    "missed_reason answered_by voicemail booked_chance"
).split()


def ledger_entry(label: Label) -> LedgerEntry:
    """One word of the ledger."""
    said = {name: getattr(label, name) for name in ("value", "reason", "source", "confidence", "model", "review")}
    kept = {name: getattr(label, name) for name in ("id", "note", "evidence", "booked", "undone_at", "undone_by")}
    return LedgerEntry.model_validate({**said, **kept, "by": label.said_by, "at": label.said_at})


def _label(detail: CallDetail) -> LedgerEntry | None:
    """The label in force; its phrases are told by the clock of the recording, as the transcript's turns are."""
    if detail.label is None:
        return None
    entry = ledger_entry(detail.label)
    found = find_evidence(turns=[str(turn["text"]) for turn in detail.turns], evidence=detail.label.evidence)
    for told, one in zip(entry.evidence, found, strict=True):
        if one.turn is not None:
            told.start = detail.turns[one.turn]["start"]
    return entry


def _said(label: Said) -> LabelAnswer:
    return LabelAnswer.model_validate(vars(label))


def _customer(detail: CallDetail) -> dict[str, Any] | None:
    known = detail.customer
    return {"id": known.id, "name": known.name, "phone": known.phone} if known else None


def _recording(detail: CallDetail) -> dict[str, Any] | None:
    found = playback(call=detail.call, recording=detail.recording)
    if found is None:
        return None
    path = f"/api/v1/calls/{quote(detail.call.call_sid, safe='')}/recording.mp3"
    url = ground().settings.base_url + path if found.storage_key else None
    told = {"duration": found.duration, "channels": found.channels, "url": url}
    if found.status != "erased":
        return {**told, "status": found.status, "erased": None}
    proof = next((one for one in detail.erasures if one.what == "recording"), None)
    why = {"at": proof.erased_at, "why": proof.why} if proof else None
    return {**told, "status": "absent", "erased": why}


def _transcript(detail: CallDetail) -> dict[str, Any] | None:
    said = detail.transcript
    if said is None or not detail.turns:  # a live transcript that began and ended without a word says nothing
        return None
    return {"text": said.text, "turns": detail.turns, "source": said.source, "complete": said.complete}


def _job(job: Job) -> BookedJob:
    return BookedJob(
        external_id=job.external_id,
        customer=job.customer.name,
        job_type=job.job_type.name,
        status=job.status,
        created_at=job.created_at,
        completed_at=job.completed_at,
        matched_by=job.matched_by,
        technician_lead=job.technician_lead,
        subtotal=sum(bill.subtotal for bill in job.invoices),
    )
