"""Calls: the list, one call, its tags and notes."""

from typing import Literal

from flask import Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from calltrack.accounts.roles import may
from calltrack.api.call_answers import CallAnswer, FullCall, full_answer, listed_answer
from calltrack.api.door import CALLS, bp, give, requires, visitor
from calltrack.api.fields import Id, Items, Moment, PageQuery, RangeDate
from calltrack.api.problems import Problem, refusals
from calltrack.calls.listing import list_calls
from calltrack.calls.reading import find_call, unclaimed_calls
from calltrack.calls.tags import note_call, tag_call, untag_call
from calltrack.ground import ground
from calltrack.models import Call
from calltrack.paging import clamp


class CallsQuery(PageQuery):
    """Which calls; every filter that is given must fit."""

    first: RangeDate | None = Field(None, alias="from", description="The first local date")
    last: RangeDate | None = Field(None, alias="to", description="The last local date, included")
    campaign_id: Id | None = None
    label: Literal["lead", "excused", "none"] | None = Field(None, description="none: nothing was said of it yet")
    reason: str | None = Field(None, max_length=60, description="The reason that the label in force gives")
    outcome: Literal["booked", "missed", "unbooked", "excused"] | None = None
    is_lead: bool | None = None
    likely_booked: bool | None = Field(
        None, description="Whether an appointment was probably set in the call, while no job is linked to it"
    )
    tag: str | None = Field(None, max_length=200)
    q: str | None = Field(
        None,
        max_length=200,
        description='Words that must all occur in transcript, notes, names or tags, "phrases", -without; or a phone '
        "number, whole or its first digits. Text without any word or number finds nothing",
    )
    caller: str | None = Field(None, max_length=100, description="The caller's number in any usual spelling")
    answered_by: str | None = Field(None, max_length=100, description="The phone that took the call, as E.164")
    reviewed: bool | None = Field(None, description="Whether a person's label is in force")
    min_seconds: int | None = Field(None, ge=0, le=86_400, description="The shortest duration, included")
    max_seconds: int | None = Field(None, ge=0, le=86_400, description="The longest duration, included")
    first_time: bool | None = Field(None, description="Whether the caller had never called before")


class CallPath(BaseModel):
    """Which call, by the carrier's id."""

    call_sid: str


class TagPath(CallPath):
    """Which tag of which call."""

    tag: str = Field(description="1 to 60 characters; upper and lower case are the same")


class NewNote(BaseModel):
    """A remark to be added."""

    text: str = Field(description="1 to 2,000 characters")


class LimitQuery(BaseModel):
    """How much of a list."""

    limit: int = Field(50, description="How many items, kept within 1 to 200")


class UnclaimedCall(BaseModel):
    """A call to a number that nobody here owns."""

    call_sid: str
    number: str | None
    caller: str | None
    started_at: Moment
    ended_at: Moment | None
    duration: int | None
    status: str


@bp.get("/calls", tags=[CALLS], responses={200: Items[CallAnswer]})
@requires("calls.read", leaves="saw")
def list_some_calls(query: CallsQuery) -> Response:
    """Inbound calls, newest first.

    A page looks at a limited number of calls, so where few fit the filters it may hold fewer than `limit`, or none, and
    still have a `next`: go on until that is null.
    """
    if query.first and query.last and query.last < query.first:
        raise Problem(422, f"the range ends ({query.last}) before it starts ({query.first}); swap from and to")
    account = visitor().account
    with ground().database.read() as session:
        page = list_calls(session, account_id=account.id, zone=account.time_zone, **dict(query))
    return give(Items[CallAnswer](items=[listed_answer(call) for call in page.items], next=page.next))


@bp.get("/calls/<call_sid>", tags=[CALLS], responses={200: FullCall, **refusals(404)})
@requires("calls.read", leaves="saw")
def read_one_call(path: CallPath) -> Response:
    """All that is known of a call; an admin may also read one that nobody owns."""
    who = visitor()
    with ground().database.read() as session:
        call = own_call(session, path.call_sid, unclaimed=may(who.role, "calls.unclaimed"))
        return give(full_answer(session, call=call, account_id=who.account.id))


@bp.put("/calls/<call_sid>/tags/<path:tag>", tags=[CALLS], responses={200: FullCall, **refusals(404, 409)})
@requires("calls.tag")
def add_tag(path: TagPath) -> Response:
    """Hang a tag on a call; one that hangs there already stays."""
    with ground().database.write.begin() as session:
        call = own_call(session, path.call_sid)
        tag_call(session, call=call, tag=path.tag, tagged_by=visitor().name)
        return give(full_answer(session, call=call, account_id=visitor().account.id))


@bp.delete("/calls/<call_sid>/tags/<path:tag>", tags=[CALLS], responses={200: FullCall, **refusals(404, 409)})
@requires("calls.tag")
def remove_tag(path: TagPath) -> Response:
    """Take a tag off a call; one that is not there is no error."""
    with ground().database.write.begin() as session:
        call = own_call(session, path.call_sid)
        untag_call(session, call=call, tag=path.tag)
        return give(full_answer(session, call=call, account_id=visitor().account.id))


@bp.post("/calls/<call_sid>/notes", tags=[CALLS], responses={201: FullCall, **refusals(404, 409, 413)})
@requires("calls.tag")
def add_note(path: CallPath, body: NewNote) -> Response:
    """Add a remark to a call."""
    with ground().database.write.begin() as session:
        call = own_call(session, path.call_sid)
        note_call(session, call=call, text=body.text, written_by=visitor().name)
        session.flush()
        return give(full_answer(session, call=call, account_id=visitor().account.id), 201)


@bp.get("/unclaimed-calls", tags=[CALLS], responses={200: Items[UnclaimedCall]})
@requires("calls.unclaimed", leaves="saw")
def list_unclaimed_calls(query: LimitQuery) -> Response:
    """The newest calls to numbers that nobody here owns: perhaps a number was never entered."""
    with ground().database.read() as session:
        found = unclaimed_calls(session, limit=clamp(query.limit))
    items = [
        UnclaimedCall(
            call_sid=call.call_sid,
            number=call.dialled,
            caller=call.caller,
            started_at=call.started_at,
            ended_at=call.ended_at,
            duration=call.duration,
            status=call.status,
        )
        for call in found
    ]
    return give(Items[UnclaimedCall](items=items))


def own_call(session: Session, call_sid: str, *, unclaimed: bool = False) -> Call:
    """The key's account's call; another's is as unknown as one that never rang."""
    call = find_call(session, account_id=visitor().account.id, call_sid=call_sid, unclaimed=unclaimed)
    if call is None:
        raise Problem(404, f"there is no call {call_sid}; GET /api/v1/calls lists yours")
    return call
