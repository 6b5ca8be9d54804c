"""What happened to a job, in plain words: which call it was linked to by whom, and what changed of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from calltrack.models import Call, Change, Job, JobLink
from calltrack.web.words import dollars, moment

_NAMES = {
    "created_at": "Created",
    "completed_at": "Completed",
    "technician_lead": "Technician's lead",
    "invoiced": "Invoiced",
    "income": "Income",
}


@dataclass(frozen=True)
class Event:
    """Something that happened: when, what, and by whom (None: by matching). `call` is what it is about."""

    at: datetime
    sentence: str
    by: str | None
    call: Call | None = None


def tell_job(
    *, job: Job, links: Sequence[tuple[JobLink, Call | None]], changes: Sequence[Change], zone: str
) -> list[Event]:
    """Everything that happened to the job, newest first; of one moment the later word first."""
    events = [Event(job.known_since, "First heard of it", None)]
    events += [_linked(link, call) for link, call in links]
    events += [Event(one.changed_at, _changed(one, zone=zone), one.changed_by) for one in changes]
    return sorted(events, key=lambda event: event.at)[::-1]


def _linked(link: JobLink, call: Call | None) -> Event:
    if link.matched_by == "phone":
        told = "Matched by phone" if call else "No longer matched: no call, or none without doubt, fits any more"
        return Event(link.linked_at, told, None, call)
    if call is None:
        return Event(link.linked_at, "Unlinked: no call booked it", link.linked_by)
    told = "Linked by whoever sent the job" if link.matched_by == "given" else "Linked by a person"
    return Event(link.linked_at, told, link.linked_by, call)


def _changed(change: Change, *, zone: str) -> str:
    name = _NAMES.get(change.field, change.field.capitalize())
    was, now = (_written(change.field, value, zone=zone) for value in (change.was, change.now))
    return f"{name}: {was} \N{RIGHTWARDS ARROW} {now}"


def _written(field: str, value: str | None, *, zone: str) -> str:
    if value is None:
        return "none"
    if field in ("created_at", "completed_at"):
        return moment(datetime.fromisoformat(value), zone)
    if field in ("invoiced", "income"):
        return dollars(Decimal(value))
    return value.replace("_", " ")
