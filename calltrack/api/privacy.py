"""How long things are kept, proofs of erasure, and what people asked of their own data."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from flask import Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from calltrack.api.door import SETTINGS, bp, give, requires, visitor
from calltrack.api.fields import LARGEST_ID, Items, Moment, PageQuery
from calltrack.api.problems import refusals
from calltrack.ground import ground
from calltrack.models import Account, PrivacyRequest
from calltrack.privacy.export import collect, stored_recordings, write_zip
from calltrack.privacy.keeping import LONGEST_DAYS, keep_copies, keep_for, keeping_of
from calltrack.privacy.person import find_person, read_phone
from calltrack.privacy.requests import LONGEST_NOTE, erase_person, keep_export, list_erasures, list_requests
from calltrack.privacy.retention import count_due
from calltrack.traces import leave

_MOST_COUNTED = 1000
_ZIP = {"application/zip": {"schema": {"type": "string", "format": "binary"}}}
Days = Annotated[int, Field(ge=1, le=LONGEST_DAYS)]


class KeptAnswer(BaseModel):
    """A campaign or reason, and the days of its own rule; null: none."""

    id: int
    name: str
    keep_days: int | None


class RetentionAnswer(BaseModel):
    """After how many days from a call its recording and transcript are erased: by the reason of its label, else by its
    campaign, else by `keep_days`; null: never. `keep_originals`: what masking takes out is kept sealed.
    `keep_at_carrier`: the carrier's copies stay once ours are here. `due`: how many calls the night of `tonight`
    erases, up to 1,001."""

    keep_days: int | None
    campaigns: list[KeptAnswer]
    reasons: list[KeptAnswer]
    keep_originals: bool
    keep_at_carrier: bool
    due: int
    tonight: Moment


class KeptIn(BaseModel):
    """The rule of a campaign or reason; null days: none of its own."""

    id: int = Field(ge=1, le=LARGEST_ID)
    keep_days: Days | None


class RetentionIn(BaseModel):
    """What is to be changed; what is left out stays."""

    keep_days: Days | None = Field(None, examples=[365])
    campaigns: list[KeptIn] = Field([], max_length=1000)
    reasons: list[KeptIn] = Field([], max_length=1000)
    keep_originals: bool | None = None
    keep_at_carrier: bool | None = None


class ErasureQuery(PageQuery):
    """Which proofs."""

    call_sid: str | None = Field(None, max_length=64, description="Of one call only")


class ErasureAnswer(BaseModel):
    """Proof that something is gone. `sha256`: of the bytes, where they were known. `carrier_said`: deleted, gone (it
    had none any more) or why not; `carrier_at` is null until its copy is gone."""

    call_sid: str
    what: Literal["recording", "transcript", "carrier copy"]
    recording_sid: str | None
    sha256: str | None
    why: str
    erased_by: str
    erased_at: Moment
    carrier_said: str | None
    carrier_at: Moment | None


class NewPrivacyRequest(BaseModel):
    """Whose data, and what is to become of them. `last_four`: for erasing, the last four digits of the number."""

    kind: Literal["export", "erase"]
    phone: str = Field(max_length=64, examples=["+13125550142"])
    last_four: str = Field("", max_length=4)
    note: str = Field("", max_length=LONGEST_NOTE)


class PrivacyRequestAnswer(BaseModel):
    """Somebody's wish, and how much it was about; of the number only some digits are kept."""

    id: int
    kind: Literal["export", "erase"]
    phone: str
    note: str | None
    asked_at: Moment
    asked_by: str
    done_at: Moment | None
    counts: dict[str, int]


@bp.get("/retention", tags=[SETTINGS], responses={200: RetentionAnswer})
@requires("privacy.read")
def read_retention() -> Response:
    """How long recordings and transcripts are kept."""
    with ground().database.read() as session:
        return give(_retention(session, account=visitor().account))


@bp.patch("/retention", tags=[SETTINGS], responses={200: RetentionAnswer, **refusals(409, 413)})
@requires("settings.write")
def change_retention(body: RetentionIn) -> Response:
    """Change how long they are kept. What has run out by a new rule is erased in the coming night."""
    who = visitor()
    with ground().database.write.begin() as session:
        days = session.get_one(Account, who.account.id).keep_days
        keep_for(
            session,
            account=who.account,
            by=who.name,
            days=body.keep_days if "keep_days" in body.model_fields_set else days,
            campaigns={one.id: one.keep_days for one in body.campaigns},
            reasons={one.id: one.keep_days for one in body.reasons},
        )
        keep_copies(
            session, account=who.account, by=who.name, originals=body.keep_originals, at_carrier=body.keep_at_carrier
        )
        return give(_retention(session, account=who.account))


@bp.get("/erasures", tags=[SETTINGS], responses={200: Items[ErasureAnswer]})
@requires("privacy.read")
def list_all_erasures(query: ErasureQuery) -> Response:
    """The proofs of what was erased, newest first."""
    with ground().database.read() as session:
        page = list_erasures(
            session, account=visitor().account, call_sid=query.call_sid, cursor=query.cursor, limit=query.limit
        )
    names = [name for name in ErasureAnswer.model_fields if name != "call_sid"]
    items = [
        ErasureAnswer.model_validate({"call_sid": call_sid, **{name: getattr(one, name) for name in names}})
        for one, call_sid in page.items
    ]
    return give(Items[ErasureAnswer](items=items, next=page.next))


@bp.get("/privacy/requests", tags=[SETTINGS], responses={200: Items[PrivacyRequestAnswer]})
@requires("privacy.read")
def list_privacy_requests(query: PageQuery) -> Response:
    """Whose data were handed out or erased, newest first."""
    with ground().database.read() as session:
        page = list_requests(session, account=visitor().account, cursor=query.cursor, limit=query.limit)
    return give(Items[PrivacyRequestAnswer](items=[_request(one) for one in page.items], next=page.next))


@bp.post(
    "/privacy/requests",
    tags=[SETTINGS],
    responses={
        200: {"description": "The person's data: person.json, recordings, a README", "content": _ZIP},
        201: PrivacyRequestAnswer,
        **refusals(409, 413),
    },
)
@requires("privacy.write")
def make_privacy_request(body: NewPrivacyRequest) -> Response:
    """Hand out everything that is stored of a phone number as a ZIP, or erase it for good, here and at the carrier."""
    who, now, secret = visitor(), datetime.now(UTC), ground().settings.session_secret
    phone = read_phone(body.phone)
    asked: dict[str, Any] = {"by": who.name, "now": now, "secret": secret, "note": body.note}
    if body.kind == "erase":
        with ground().database.write.begin() as session:
            request = erase_person(session, account=who.account, phone=phone, last_four=body.last_four, **asked)
        return give(_request(request), 201)
    with ground().database.write.begin() as session:
        person = find_person(session, account=who.account, phone=phone)
        keep_export(session, account=who.account, person=person, **asked)
        data = collect(session, account=who.account, person=person, now=now)
        recordings = stored_recordings(session, person=person)
    leave(who, deed="exported", action="privacy.write")
    pieces = write_zip(data, recordings=recordings, storage=ground().storage, now=now)
    return Response(pieces, content_type="application/zip")


def _retention(session: Session, *, account: Account) -> RetentionAnswer:
    rules = keeping_of(session, account=account)
    due, tonight = count_due(session, account=account, now=datetime.now(UTC), most=_MOST_COUNTED)
    return RetentionAnswer(
        keep_days=rules.account.keep_days,
        campaigns=[KeptAnswer(id=one.id, name=one.name, keep_days=one.keep_days) for one in rules.campaigns],
        reasons=[KeptAnswer(id=one.id, name=one.name, keep_days=one.keep_days) for one in rules.reasons],
        keep_originals=rules.account.keep_originals,
        keep_at_carrier=rules.account.keep_at_carrier,
        due=due,
        tonight=tonight,
    )


def _request(request: PrivacyRequest) -> PrivacyRequestAnswer:
    return PrivacyRequestAnswer.model_validate(
        {name: getattr(request, name) for name in PrivacyRequestAnswer.model_fields}
    )
