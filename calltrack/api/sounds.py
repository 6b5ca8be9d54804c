"""Recordings that callers hear, and what they are told about recording."""

from base64 import b64decode
from typing import Annotated, Any

from flask import Response
from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema

from calltrack.api.campaigns import CampaignPath, own_campaign
from calltrack.api.door import CAMPAIGNS, FLOWS, bp, give, requires, visitor
from calltrack.api.fields import Id, Items, Moment
from calltrack.api.problems import Problem, refusals
from calltrack.ground import ground
from calltrack.models import Account, Campaign, Sound
from calltrack.telephony.plan import LONGEST_WORDS
from calltrack.telephony.sounds import (
    LARGEST_SOUND,
    LONGEST_NAME,
    add_sound,
    find_sound,
    list_sounds,
    remove_sound,
    set_announcement,
)


def _decode(value: Any) -> bytes:
    try:
        return b64decode(value if isinstance(value, str) else "-", validate=True)
    except ValueError:  # also for letters that are not ASCII
        raise ValueError("is no Base64; send the file as `base64 -w0 FILE` writes it") from None


_BASE64 = {
    "type": "string", "contentEncoding": "base64", "description": "An MP3, or a WAV in PCM or mu-law, as Base64",
    "examples": ["UklGRi4AAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQoAAAAAAOgDAAAY/AAA"],
}  # fmt: skip


class SoundIn(BaseModel):
    """A recording to be heard by callers, and its words, which are spoken where it cannot be played."""

    name: str = Field(max_length=LONGEST_NAME, examples=["Welcome"])
    says: str = Field(max_length=LONGEST_WORDS, examples=["Welcome to Ana's Heating."])
    audio: Annotated[bytes, BeforeValidator(_decode), WithJsonSchema(_BASE64)]


class SoundAnswer(BaseModel):
    """A recording that callers hear; a plan names it by `sha256`; `size` in bytes; the carrier fetches it at `url`."""

    id: int
    sha256: str
    kind: str
    name: str
    says: str
    seconds: int
    size: int
    url: str
    made_by: str
    made_at: Moment


class SoundPath(BaseModel):
    """Which sound."""

    id: Id


class AnnouncementIn(BaseModel):
    """What callers are told about recording. A sound brings its own words. For a campaign, neither of the two: what the
    account says."""

    text: str | None = Field(None, max_length=LONGEST_WORDS, examples=["This call is recorded."])
    audio: str | None = Field(None, max_length=64, description="The sha256 of a sound; left out: the text is spoken")


class AnnouncementAnswer(BaseModel):
    """What callers are told about recording; both null, for a campaign: what the account says."""

    text: str | None
    audio: str | None


@bp.get("/sounds", tags=[FLOWS], responses={200: Items[SoundAnswer]})
@requires("company.read")
def list_all_sounds() -> Response:
    """All sounds by name."""
    with ground().database.read() as session:
        found = list_sounds(session, account=visitor().account)
    return give(Items[SoundAnswer](items=[_answer(one) for one in found]))


@bp.post("/sounds", tags=[FLOWS], responses={201: SoundAnswer, **refusals(409, 413)})
@requires("flows.write", largest_body=LARGEST_SOUND * 4 // 3 + 64 * 1024)
def upload_sound(body: SoundIn) -> Response:
    """Upload a recording of at most 5 MiB and ten minutes. The same file again is the same sound."""
    who = visitor()
    with ground().database.write.begin() as session:
        made = add_sound(
            session, account=who.account, storage=ground().storage, folder=ground().settings.sounds,
            name=body.name, says=body.says, body=body.audio, by=who.name,
        )  # fmt: skip
    return give(_answer(made), 201)


@bp.delete("/sounds/<int:id>", tags=[FLOWS], responses={200: SoundAnswer, **refusals(404)})
@requires("flows.write")
def remove_one_sound(path: SoundPath) -> Response:
    """Offer a sound no more that nothing plays."""
    who = visitor()
    with ground().database.write.begin() as session:
        sound = find_sound(session, account=who.account, sound_id=path.id)
        if sound is None:
            raise Problem(404, f"there is no sound {path.id}; GET /api/v1/sounds lists yours")
        answer = _answer(sound)
        remove_sound(session, sound=sound, folder=ground().settings.sounds, by=who.name)
    return give(answer)


@bp.get(
    "/campaigns/<int:campaign_id>/announcement", tags=[CAMPAIGNS], responses={200: AnnouncementAnswer, **refusals(404)}
)
@requires("campaigns.read")
def read_announcement(path: CampaignPath) -> Response:
    """What the campaign's callers are told about recording, if not what the account says."""
    with ground().database.read() as session:
        return give(told(own_campaign(session, path.campaign_id)))


@bp.put(
    "/campaigns/<int:campaign_id>/announcement",
    tags=[CAMPAIGNS],
    responses={200: AnnouncementAnswer, **refusals(404, 409, 413)},
)
@requires("campaigns.write")
def change_announcement(path: CampaignPath, body: AnnouncementIn) -> Response:
    """Say what the campaign's callers are told about recording, from their next call on. A sound brings its words."""
    with ground().database.write.begin() as session:
        campaign = own_campaign(session, path.campaign_id)
        changed = set_announcement(session, owner=campaign, text=body.text, audio=body.audio, by=visitor().name)
        return give(told(changed))


def told(owner: Campaign | Account) -> AnnouncementAnswer:
    """What its callers are told about recording."""
    return AnnouncementAnswer(text=owner.announcement, audio=owner.announcement_audio)


def _answer(one: Sound) -> SoundAnswer:
    kept = {name: getattr(one, name) for name in SoundAnswer.model_fields if name != "url"}
    return SoundAnswer.model_validate({**kept, "url": f"{ground().settings.base_url}/sounds/{one.sha256}.{one.kind}"})
