"""What a call's caller was told about recording, what said it, and when nothing was recorded."""

from pydantic import BaseModel
from sqlalchemy.orm import Session

from calltrack.api.fields import Moment
from calltrack.calls.pauses import pauses_of
from calltrack.models import Call
from calltrack.telephony.flow_list import name_version
from calltrack.telephony.sounds import name_sound


class ConsentAnswer(BaseModel):
    """What the caller was told about recording, and when.

    `audio`: the sha256 of the recording that said it, null where it was spoken; `sound`: what that is called, null once
    it is removed. `flow` and `flow_version`: the call flow that the caller came to, null for the plain one. `rule`: why
    the call was announced, or not, or not to be recorded; null where that is not known. Without an announcement those
    words, and their moment, are null.
    """

    announcement: str | None
    at: Moment | None
    audio: str | None
    sound: str | None
    flow: str | None
    flow_version: int | None
    rule: str | None


def consent_of(session: Session, *, call: Call) -> ConsentAnswer | None:
    """None where nothing is known of it."""
    if call.announced_at is None and call.recording_rule is None:
        return None
    account_id = call.account_id or 0
    heard = name_version(session, account_id=account_id, version_id=call.flow_version_id)
    return ConsentAnswer(
        announcement=call.announcement,
        at=call.announced_at,
        audio=call.announcement_audio,
        sound=name_sound(session, account_id=account_id, sha256=call.announcement_audio),
        flow=heard[0] if heard else None,
        flow_version=heard[1] if heard else None,
        rule=call.recording_rule,
    )


class PauseAnswer(BaseModel):
    """A stretch that is not recorded. `confirmed`: the carrier said so; `resumed_at` is null while it lasts."""

    paused_at: Moment
    paused_by: str
    confirmed: bool
    resumed_at: Moment | None
    resumed_by: str | None


def pauses_answer(session: Session, *, call_id: int) -> list[PauseAnswer]:
    """All pauses of the call's recording, the first one first."""
    return [
        PauseAnswer(
            paused_at=one.paused_at,
            paused_by=one.paused_by,
            confirmed=one.confirmed_at is not None,
            resumed_at=one.resumed_at,
            resumed_by=one.resumed_by,
        )
        for one in pauses_of(session, call_id=call_id)
    ]
