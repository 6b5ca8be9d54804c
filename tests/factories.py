"""Companies, people, campaigns and calls for tests, made by the real verbs: calls come as the carrier's deliveries."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import count
from pathlib import Path
from typing import cast

from sqlalchemy.orm import Session

from calltrack.accounts.accounts import create_account, create_user
from calltrack.accounts.keys import create_key
from calltrack.calls.intake import receive
from calltrack.calls.recordings import main_recording, mark_stored, storage_key
from calltrack.campaigns.campaigns import assign_number, create_campaign
from calltrack.models import Account, Call, Campaign, Number, Recording
from calltrack.storage import Storage
from calltrack.telephony.carrier import Delivery, Kind
from tests import twilio_wire

CHICAGO = "America/Chicago"
NOON = datetime(2026, 5, 4, 17, 0, tzinfo=UTC)  # in Chicago, on a Monday
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
PASSWORD = "correct horse battery"
_numbers = count(1)


@dataclass(frozen=True)
class Company:
    """One company with a campaign, its tracking number, and an API key for each role that tests ask for."""

    account: Account
    campaign: Campaign
    number: Number
    keys: dict[str, str]


def company(session: Session, *, name: str, number: str, roles: tuple[str, ...] = ("admin",)) -> Company:
    """A company whose number has belonged to its campaign since long ago."""
    account = create_account(session, name=name, time_zone=CHICAGO)
    campaign = create_campaign(session, account=account, name="Billboard")
    assigned = tracking_number(session, account=account, campaign=campaign, phone_number=number)
    keys = {role: create_key(session, account=account, role=role) for role in roles}
    return Company(account=account, campaign=campaign, number=assigned, keys=keys)


def person(session: Session, *, account: Account, name: str, role: str) -> str:
    """Somebody who may sign in with PASSWORD; returns their address."""
    email = f"{name.lower()}@example.com"
    create_user(session, account=account, email=email, name=name, password=PASSWORD, role=role)
    return email


def tracking_number(
    session: Session, *, account: Account, campaign: Campaign, phone_number: str, starts_at: datetime = LONG_AGO
) -> Number:
    """A number that rings Cho's phone."""
    return assign_number(
        session,
        account=account,
        phone_number=phone_number,
        campaign=campaign,
        forward_to=[twilio_wire.CHO],
        assigned_by="a test",
        starts_at=starts_at,
    )


def deliver(
    session: Session, kind: str, params: Mapping[str, str], *, at: datetime, announcement: str | None = None
) -> Call | None:
    """One request of the carrier, as it would be after the door has verified it."""
    delivery = Delivery(
        carrier="twilio",
        carrier_account=twilio_wire.ACCOUNT,
        kind=cast("Kind", kind),
        params=params,
        received_at=at,
        announcement=announcement,
    )
    call_id = receive(session, delivery=delivery)
    return session.get(Call, call_id) if call_id else None


def answered_call(
    session: Session,
    *,
    number: str,
    caller: str = twilio_wire.CALLER,
    started_at: datetime = NOON,
    seconds: int = 75,
    recorded: bool = False,
    words: str | None = None,
    sid: str | None = None,
) -> Call:
    """A call that Cho took. `recorded`: the carrier announces a whole recording; `words`: what the caller said."""
    sid = sid or new_sid()
    leg, recording = f"{sid[:-2]}LG", f"RE{sid[2:]}"
    who = twilio_wire.parties(caller=caller, number=number)
    ended_at = started_at + timedelta(seconds=seconds)
    told = "This call may be recorded."
    deliver(session, "voice", twilio_wire.voice(call=sid, **who), at=started_at, announcement=told)
    if words:
        said = twilio_wire.said(words, at=(started_at + timedelta(seconds=9)).isoformat(), call=sid)
        deliver(session, "transcription", said, at=ended_at)
        deliver(session, "transcription", twilio_wire.transcript_stopped(call=sid), at=ended_at)
    agent = twilio_wire.leg(
        "completed", at=format_datetime(ended_at), leg=leg, call=sid, CallDuration=str(max(seconds - 9, 1))
    )
    deliver(session, "status", agent, at=ended_at)
    bridged = {"DialCallSid": leg, "DialCallDuration": str(max(seconds - 9, 1)), "DialBridged": "true"}
    deliver(session, "dial", twilio_wire.dial(call=sid, **bridged, **who), at=ended_at)
    if recorded:
        whole = twilio_wire.recording(call=sid, sid=recording, RecordingDuration=str(seconds - 12))
        deliver(session, "recording", whole, at=ended_at)
    return _ended(session, sid=sid, who=who, ended_at=ended_at, seconds=seconds)


def missed_call(
    session: Session,
    *,
    number: str,
    caller: str = twilio_wire.CALLER,
    started_at: datetime = NOON,
    seconds: int = 31,
    sid: str | None = None,
) -> Call:
    """A call that rang and rang until the caller hung up."""
    sid = sid or new_sid()
    who = twilio_wire.parties(caller=caller, number=number)
    ended_at = started_at + timedelta(seconds=seconds)
    deliver(session, "voice", twilio_wire.voice(call=sid, **who), at=started_at)
    deliver(session, "dial", twilio_wire.dial("no-answer", call=sid, **who), at=ended_at)
    return _ended(session, sid=sid, who=who, ended_at=ended_at, seconds=seconds)


def running_call(session: Session, *, number: str, started_at: datetime = NOON, sid: str | None = None) -> Call:
    """A call that is ringing."""
    sid = sid or new_sid()
    params = twilio_wire.voice(call=sid, **twilio_wire.parties(number=number))
    call = deliver(session, "voice", params, at=started_at)
    assert call is not None
    return call


def store_recording(session: Session, *, call: Call, storage: Storage, audio: bytes, folder: Path) -> Recording:
    """Keep `audio` as the call's recording, as the pipeline does once it has fetched it."""
    recording = main_recording(session, call_id=call.id)
    assert recording is not None
    source = folder / "fetched.mp3"
    source.write_bytes(audio)
    key = storage_key(call=call, recording_sid=recording.recording_sid)
    storage.put(key=key, source=source)
    mark_stored(recording=recording, key=key, seconds=63.0, channels=2, peaks=None)
    return recording


def new_sid() -> str:
    """A call id that no other call of the test has."""
    return f"CA{next(_numbers):032x}"


def _ended(session: Session, *, sid: str, who: Mapping[str, str], ended_at: datetime, seconds: int) -> Call:
    params = twilio_wire.ended(at=format_datetime(ended_at), seconds=seconds, call=sid, **who)
    call = deliver(session, "status", params, at=ended_at)
    assert call is not None
    return call
