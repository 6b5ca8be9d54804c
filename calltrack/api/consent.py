"""What a call's caller was told about recording, and what said it."""

from pydantic import BaseModel
from sqlalchemy.orm import Session

from calltrack.api.fields import Moment
from calltrack.models import Call
from calltrack.telephony.flow_list import name_version
from calltrack.telephony.sounds import name_sound


class ConsentAnswer(BaseModel):
    """What the caller was told about recording, and when.

    `audio`: the sha256 of the recording that said it, null where it was spoken; `sound`: what that is called, null once
    it is removed. `flow` and `flow_version`: the call flow that the caller came to, null for the plain one.
    """

    announcement: str
    at: Moment
    audio: str | None
    sound: str | None
    flow: str | None
    flow_version: int | None


def consent_of(session: Session, *, call: Call) -> ConsentAnswer | None:
    """None where the caller was told nothing."""
    if call.announced_at is None:
        return None
    account_id = call.account_id or 0
    heard = name_version(session, account_id=account_id, version_id=call.flow_version_id)
    return ConsentAnswer(
        announcement=call.announcement or "",
        at=call.announced_at,
        audio=call.announcement_audio,
        sound=name_sound(session, account_id=account_id, sha256=call.announcement_audio),
        flow=heard[0] if heard else None,
        flow_version=heard[1] if heard else None,
    )
