"""All that the panel of one call shows, on its own page and over the list alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import session as browser
from sqlalchemy.orm import Session

from calltrack.calls.callers import is_somebody
from calltrack.calls.clips import clips_of
from calltrack.calls.labels import reasons_of
from calltrack.calls.listing import ListedCall, call_facts
from calltrack.calls.messages import messages_from
from calltrack.calls.opt_outs import stopped_at
from calltrack.calls.pauses import can_pause, pauses_of
from calltrack.calls.reading import CallDetail, read_call
from calltrack.calls.tags import colours_of, known_tags
from calltrack.calls.texts import texts_to
from calltrack.calls.why import NO_JOB
from calltrack.ground import ground
from calltrack.jobs.history import calls_from
from calltrack.jobs.jobs import jobs_of
from calltrack.jobs.listing import list_job_types, list_jobs
from calltrack.models import Account, BlockedCaller, Call, Clip, Job, Label, Message, OutgoingText, RecordingPause
from calltrack.telephony.blocking import list_blocked, matches
from calltrack.web.addressed import call_at
from calltrack.web.highlight import Phrase, list_evidence, mark_evidence
from calltrack.web.story import Chapter, tell, who_said
from calltrack.web.visitors import visitor, visitor_may
from calltrack.web.waveform import COLUMNS, draw_waveform

MOST_OF_A_KIND = 20  # calls, messages and jobs of the caller, beside the call
NEW_LINK = "new clip"  # where the browser's session keeps a link until it was shown, once


@dataclass(frozen=True)
class OpenCall:
    """One call as its panel shows it.

    `facts` is None for a call that is not `mine`, the visitor's company's. `judged` is the latest machine's word, and
    `decided_by` what it was founded on. `said` is the label that the visitor has just given, `refused` what was wrong
    with what they sent, and `typed` its fields, each under `form.field`. `new_link`: of a clip made a moment ago,
    which is not shown again. `no_texts`: since when the caller wants none from us. `pausable`: the recording runs, and
    may be paused; `pauses`: the stretches that it was.
    """

    call: Call
    mine: bool
    detail: CallDetail
    facts: ListedCall | None
    judged: Label | None
    decided_by: list[Phrase]
    turns: list[dict[str, Any]]
    waves: list[str]
    chapters: list[Chapter]
    reasons: dict[str, list[str]]
    known_tags: list[str]
    colours: dict[str, str]
    job_types: list[str]
    jobs: list[Job]
    history: list[tuple[datetime, ListedCall | Job | Message | OutgoingText]]
    no_texts: datetime | None
    pausable: bool
    pauses: list[RecordingPause]
    blocked: BlockedCaller | None
    clips: list[Clip]
    new_link: str | None
    now: datetime
    said: int | None
    refused: str | None
    typed: Mapping[str, str]


def call_context(
    session: Session,
    *,
    call_sid: str,
    said: int | None = None,
    refused: str | None = None,
    typed: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """What `calls/panel.html` needs, as `opened` and some words; a call that is not the visitor's is not found."""
    account, now = visitor().account, datetime.now(UTC)
    call = call_at(session, call_sid=call_sid, unclaimed=visitor_may("calls.unclaimed"))
    detail = read_call(session, call=call)
    judged = next((label for label in reversed(detail.labels) if label.source != "human"), None)
    evidence = judged.evidence if judged else []
    texts = [str(turn["text"]) for turn in detail.turns]
    mine = call.account_id == account.id
    opened = OpenCall(
        call=call,
        mine=mine,
        detail=detail,
        facts=call_facts(session, account_id=account.id, call_id=call.id),
        judged=judged,
        decided_by=list_evidence(turns=texts, evidence=evidence),
        turns=[
            {**turn, "pieces": pieces}
            for turn, pieces in zip(detail.turns, mark_evidence(turns=texts, evidence=evidence), strict=True)
        ],
        waves=draw_waveform(detail.recording.peaks if detail.recording else None),
        chapters=tell(detail, transcriber=ground().settings.transcriber, zone=account.time_zone, now=now),
        reasons=reasons_of(session, account_id=account.id),
        known_tags=[tag.name for tag in known_tags(session, account_id=account.id)],
        colours=colours_of(session, account_id=account.id),
        job_types=[job_type.name for job_type in list_job_types(session, account=account)],
        jobs=jobs_of(session, call_id=call.id),
        history=_history(session, account=account, phone=call.caller) if mine else [],
        no_texts=stopped_at(session, account_id=account.id, phone=call.caller) if mine and call.caller else None,
        pausable=mine and can_pause(call),
        pauses=pauses_of(session, call_id=call.id) if mine else [],
        blocked=_block_of(session, account=account, phone=call.caller) if mine else None,
        clips=clips_of(session, call_id=call.id) if mine and visitor_may("clips.share") else [],
        new_link=_new_link(call_sid=call.call_sid),
        now=now,
        said=said,
        refused=refused,
        typed=typed or {},
    )
    return {
        "opened": opened,
        "blockable": mine and is_somebody(call.caller),
        "columns": COLUMNS,
        "who_said": who_said,
        "no_job": NO_JOB,
    }


def _history(
    session: Session, *, account: Account, phone: str | None
) -> list[tuple[datetime, ListedCall | Job | Message | OutgoingText]]:
    """What else is known of whoever has this phone, newest first; nothing of one who hides it."""
    if not phone or not is_somebody(phone):
        return []
    calls = calls_from(session, account=account, phone=phone, limit=MOST_OF_A_KIND)
    jobs = list_jobs(session, account=account, q=phone, limit=MOST_OF_A_KIND).items if visitor_may("jobs.read") else []
    messages = messages_from(session, account_id=account.id, sender=phone, limit=MOST_OF_A_KIND)
    texts = texts_to(session, account_id=account.id, phone=phone, limit=MOST_OF_A_KIND)
    dated: list[tuple[datetime, ListedCall | Job | Message | OutgoingText]] = [
        *((call.started_at, call) for call in calls),
        *((job.created_at, job) for job in jobs),
        *((message.received_at, message) for message in messages),
        *((text.asked_at, text) for text in texts),
    ]
    return sorted(dated, key=lambda one: one[0], reverse=True)


def _block_of(session: Session, *, account: Account, phone: str | None) -> BlockedCaller | None:
    """The block that turns this caller away now, for whoever may lift it."""
    if not visitor_may("callers.block"):
        return None
    return next((one for one in list_blocked(session, account=account) if matches(one.pattern, phone)), None)


def _new_link(*, call_sid: str) -> str | None:
    """The link of a clip that was made a moment ago; read once."""
    kept = browser.get(NEW_LINK)
    if not kept or kept[0] != call_sid:
        return None
    browser.pop(NEW_LINK)
    return str(kept[1])
