"""One person's data as a ZIP: person.json, their recordings as MP3, and a README in plain words.

The file is made while it is sent: of the recordings no more than a piece is in memory at a time.
"""

import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.models import (
    Account,
    Base,
    Call,
    CallEvent,
    CallLeg,
    CallNote,
    CallTag,
    Campaign,
    Customer,
    Estimate,
    Invoice,
    InvoiceItem,
    Job,
    JobType,
    Label,
    Message,
    OptOut,
    OutgoingText,
    Recording,
    Task,
    Transcript,
)
from calltrack.privacy.person import Person
from calltrack.storage import Storage, StorageUnavailable

# What is only of use to the machine, or opens something.
_LEFT_OUT = frozenset(
    (
        "account_id lease lease_until peaks storage_key original_key original token_hash sha256 label_id call_id "
        "job_id invoice_id delivery CallToken"
    ).split()
)
_README = """What {company} has stored of the telephone number {phone}
Written on {now}.

person.json     everything that is stored as text, in English, grouped as follows:
  calls         each call from this number: when, how long, which campaign's number was called, the phones that were
                rung, what machines and people of {company} said of it (labels, tags, notes, tasks), the transcript,
                and what the telephone carrier told us of it
  messages      text messages that came from this number
  texts         text messages that were sent to it
  customers     the customers of {company} with this number, and their jobs, estimates and invoices (in cents)
  opt_out       whether this number wrote STOP or START to {company}
recordings/     {recordings} of the calls, as MP3 files named by day, time and call

Numbers of payment cards and the like are masked in transcripts and silent in recordings, where they were found.
A recording that is missing here was erased, or never made; person.json says so under `recordings` of the call.
"""


def collect(session: Session, *, account: Account, person: Person, now: datetime) -> dict[str, Any]:
    """Everything that is stored as text, ready to be written as JSON."""
    return {
        "phone": person.phone,
        "company": account.name,
        "written_at": now.isoformat(),
        "calls": [
            _call(session, call=call)
            for call in session.scalars(
                select(Call).where(Call.id.in_(person.calls)).order_by(Call.started_at, Call.id)
            )
        ],
        "messages": _rows(session, Message, Message.id.in_(person.messages)),
        "texts": _rows(session, OutgoingText, OutgoingText.id.in_(person.texts)),
        "customers": [_customer(session, customer=customer) for customer in _all(session, Customer, person.customers)],
        "opt_out": _rows(session, OptOut, OptOut.account_id == account.id, OptOut.phone == person.phone),
    }


def stored_recordings(session: Session, *, person: Person) -> list[tuple[str, str]]:
    """The recordings that are here: the name in the ZIP, and the key in the storage."""
    found = select(Call.started_at, Call.call_sid, Recording.recording_sid, Recording.storage_key).join(
        Recording, Recording.call_id == Call.id
    )
    here = (Call.id.in_(person.calls), Recording.status == "stored", Recording.storage_key.is_not(None))
    return [
        (f"recordings/{started_at:%Y-%m-%d_%H%M}_{_safe(call_sid)}_{_safe(sid)}.mp3", str(key))
        for started_at, call_sid, sid, key in session.execute(found.where(*here).order_by(Call.started_at, Call.id))
    ]


def write_zip(
    data: dict[str, Any], *, recordings: Sequence[tuple[str, str]], storage: Storage, now: datetime
) -> Iterator[bytes]:
    """The ZIP, piece by piece. A recording that the storage cannot give is named in a text in its place."""
    sink = _Sink()
    stamp = now.timetuple()[:6]
    with zipfile.ZipFile(sink, "w") as archive:
        told = _README.format(
            company=data["company"], phone=data["phone"], now=now.isoformat(), recordings=len(recordings)
        )
        for name, text in (("README.txt", told), ("person.json", json.dumps(data, indent=1, ensure_ascii=False))):
            archive.writestr(zipfile.ZipInfo(name, stamp), text, compress_type=zipfile.ZIP_DEFLATED)
            yield sink.take()
        for name, key in recordings:
            yield from _recording(archive, zipfile.ZipInfo(name, stamp), key=key, storage=storage, sink=sink)
    yield sink.take()


def _recording(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, *, key: str, storage: Storage, sink: "_Sink"
) -> Iterator[bytes]:
    try:
        body = storage.read(key=key)
    except (FileNotFoundError, StorageUnavailable):
        archive.writestr(f"{entry.filename}.missing.txt", "This recording could not be read from the storage.")
        yield sink.take()
        return
    with closing(body), archive.open(entry, "w") as file:
        for chunk in body:
            file.write(chunk)
            yield sink.take()
    yield sink.take()


class _Sink(io.RawIOBase):
    """Where the ZIP is written to, and taken from: it cannot seek, so that sizes follow each entry."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def take(self) -> bytes:
        """What was written since the last time."""
        whole, self._pieces = b"".join(self._pieces), []
        return whole


def _call(session: Session, *, call: Call) -> dict[str, Any]:
    campaign = session.get(Campaign, call.campaign_id) if call.campaign_id else None
    # What was said stands in the transcript, where numbers are masked.
    told = select(CallEvent).where(
        CallEvent.carrier == call.carrier,
        CallEvent.carrier_account == call.carrier_account,
        CallEvent.call_sid == call.call_sid,
        CallEvent.kind != "transcription",
    )
    return {
        **_plain(call),
        "campaign": campaign.name if campaign else None,
        "legs": _rows(session, CallLeg, CallLeg.call_id == call.id),
        "recordings": _rows(session, Recording, Recording.call_id == call.id),
        "transcript": next(iter(_rows(session, Transcript, Transcript.call_id == call.id)), None),
        "labels": _rows(session, Label, Label.call_id == call.id),
        "tags": _rows(session, CallTag, CallTag.call_id == call.id),
        "notes": _rows(session, CallNote, CallNote.call_id == call.id),
        "tasks": _rows(session, Task, Task.call_id == call.id),
        "told_by_the_carrier": [_plain(event) for event in session.scalars(told.order_by(CallEvent.received_at))],
    }


def _customer(session: Session, *, customer: Customer) -> dict[str, Any]:
    jobs = session.scalars(select(Job).where(Job.customer_id == customer.id).order_by(Job.created_at, Job.id))
    return {**_plain(customer), "jobs": [_job(session, job=job) for job in jobs]}


def _job(session: Session, *, job: Job) -> dict[str, Any]:
    bills = session.scalars(select(Invoice).where(Invoice.job_id == job.id).order_by(Invoice.id))
    return {
        **_plain(job),
        "job_type": session.get_one(JobType, job.job_type_id).name,
        "invoices": [
            {**_plain(bill), "items": _rows(session, InvoiceItem, InvoiceItem.invoice_id == bill.id)} for bill in bills
        ],
        "estimates": _rows(session, Estimate, Estimate.job_id == job.id),
    }


def _all(session: Session, row: Any, ids: Sequence[int]) -> Sequence[Any]:
    return session.scalars(select(row).where(row.id.in_(ids)).order_by(row.id)).all()


def _rows(session: Session, row: Any, *which: Any) -> list[dict[str, Any]]:
    return [_plain(one) for one in session.scalars(select(row).where(*which))]


def _plain(row: Base) -> dict[str, Any]:
    """A row's columns as JSON has them."""
    values = {column.key: getattr(row, column.key) for column in type(row).__table__.columns}
    return {name: _written(value) for name, value in values.items() if name not in _LEFT_OUT}


def _written(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _written(one) for name, one in value.items() if name not in _LEFT_OUT}
    return value.isoformat() if hasattr(value, "isoformat") else value


def _safe(sid: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in sid)[:64]
