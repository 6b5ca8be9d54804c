"""Why a call is or is not a lead, in one sentence: the rule of calls/facts.py once more, on one row's values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from calltrack.models.call import SOUNDS_BOOKED

NO_JOB = "no job"
"""The tag by which a person says that no job came of a call."""

_MISSED = {
    "blocked": "the caller was turned away",
    "abandoned": "the caller hung up before anyone answered",
    "not_bridged": "a phone picked up, but nobody of ours took the call",
    "no_answer": "nobody answered",
    "busy": "the line was busy",
    "failed": "the call could not be put through",
}


@dataclass(frozen=True)
class Said:
    """The label in force: `lead` or `excused`, and who said so (`source`: rule, model or human)."""

    value: str
    reason: str | None
    source: str
    confidence: float | None
    model: str | None
    review: bool
    by: str | None
    at: datetime


def why_lead(
    *,
    jobs: Sequence[str],
    missed: bool,
    missed_reason: str | None,
    running: bool,
    duration: int | None,
    lead_seconds: int,
    label: Said | None,
    zone: str,
) -> tuple[bool, str]:
    """Whether the call is a lead, and why. `jobs`: external ids of the jobs linked to it; seconds throughout.

    Of several reasons against it a person's word is named first, then the length, then a machine's word.
    """
    if jobs:
        return True, f"booked: {'job' if len(jobs) == 1 else 'jobs'} {', '.join(jobs)}"
    if missed:
        return False, f"missed: {_MISSED.get(missed_reason or '', 'nobody of ours spoke to the caller')}"
    by_person = label is not None and label.source == "human"
    if label and by_person and label.value == "lead":
        return True, f"labelled lead by {_whom(label, zone=zone)}"
    if label and by_person:
        return False, f"excused by {_whom(label, zone=zone)}"
    if duration is None:
        return False, "the call is still running" if running else "its length is not known"
    if duration < lead_seconds:
        return False, f"{duration} s < {lead_seconds} s"
    if label and label.value == "excused":
        return False, f"excused by {_whom(label, zone=zone)}"
    return True, f"{duration} s >= {lead_seconds} s and not excused"


def is_likely_booked(
    *,
    booked_chance: float | None,
    jobs: Sequence[str],
    missed: bool,
    running: bool,
    voicemail: bool,
    tags: Sequence[str],
) -> bool:
    """Whether an appointment seems to have been set in a call of which no job is known: the rule of calls/facts.py.

    `booked_chance`: its probability, None where the classifier could not tell. Nobody sets an appointment with a
    machine, so a voicemail is none.
    """
    sounds = booked_chance is not None and booked_chance >= SOUNDS_BOOKED
    return sounds and not (jobs or missed or running or voicemail or NO_JOB in tags)


def local_day(moment: datetime, *, zone: str) -> str:
    """The account's date of a moment, as sentences say it: `3 May`."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%B}"


def _whom(label: Said, *, zone: str) -> str:
    """`ana@example.com on 3 May: wrong number`; a machine says no day, its word follows from the call."""
    if label.source == "human":
        who = f"{label.by or 'a person'} on {local_day(label.at, zone=zone)}"
    else:
        who = "a rule" if label.source == "rule" else "the classifier"
    return f"{who}: {label.reason}" if label.reason else who
