"""Review: the calls on which a person's word is worth most, and many labels at once or taken back at once."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from flask import Response
from pydantic import BaseModel, Field, model_validator

from calltrack.api.call_answers import CallAnswer, listed_answer
from calltrack.api.door import CLASSIFIER, bp, give, requires, visitor
from calltrack.api.fields import Items, Money, PageQuery
from calltrack.api.problems import refusals
from calltrack.calls.batches import MOST_CALLS, read_batch
from calltrack.ground import ground
from calltrack.learning.deeds import Deed, say_all, undo_all
from calltrack.learning.review import queue

LabelId = Annotated[int, Field(ge=0, le=2**63 - 1)]


class WaitingAnswer(BaseModel):
    """A call of the review queue. `value`: the chance that a word changes whether it is a lead, times what a lead of
    its campaign costs; `why`, in a sentence. `seen`: the id of the label in force, 0 for none; send it with your word,
    so that nothing that was said meanwhile is overruled unseen."""

    call: CallAnswer
    value: Money
    why: str
    seen: int


class OneDeed(BaseModel):
    """What is said of one call: a label, or `confirm`."""

    call_sid: str = Field(max_length=200)
    label: Literal["lead", "excused"] | None = None
    reason: str | None = Field(None, max_length=60)
    confirm: Literal[True] | None = None
    seen: LabelId | None = Field(None, description="As GET /review gave it; another label in force skips the call")

    @model_validator(mode="after")
    def _one_of_two(self) -> "OneDeed":
        if (self.label is None) == (self.confirm is None):
            raise ValueError("say either label (lead or excused) or confirm: true")
        if self.confirm and self.reason is not None:
            raise ValueError("a confirmation keeps the label's reason; leave reason out, or say label")
        return self


class DeedsIn(BaseModel):
    """What is said of several calls at once."""

    calls: list[OneDeed] = Field(min_length=1, max_length=MOST_CALLS)


class DoneAnswer(BaseModel):
    """A call that was labelled; `label_id` takes that back."""

    call_sid: str
    label_id: int


class SkippedAnswer(BaseModel):
    """A call that was not labelled, and why."""

    call_sid: str
    why: str


class DeedsAnswer(BaseModel):
    """`batch` names the new labels together, for POST /review/undo; null where there are none."""

    batch: str | None
    done: list[DoneAnswer]
    skipped: list[SkippedAnswer]


class UndoIn(BaseModel):
    """Either the ids of labels, or a batch."""

    labels: list[LabelId] | None = Field(None, min_length=1, max_length=MOST_CALLS)
    batch: str | None = Field(None, max_length=10_000)

    @model_validator(mode="after")
    def _one_of_two(self) -> "UndoIn":
        if (self.labels is None) == (self.batch is None):
            raise ValueError("say either labels or batch")
        return self


class NotUndone(BaseModel):
    """A label that was not taken back, and why."""

    label_id: int
    why: str


class UndoAnswer(BaseModel):
    """The labels that were taken back, and those that were not."""

    done: list[DoneAnswer]
    skipped: list[NotUndone]


@bp.get("/review", tags=[CLASSIFIER], responses={200: Items[WaitingAnswer]})
@requires("calls.label", leaves="saw")
def read_queue(query: PageQuery) -> Response:
    """The calls of the last 60 days on which a person's word is worth most, the most valuable first."""
    with ground().database.read() as session:
        page = queue(session, account=visitor().account, now=datetime.now(UTC), cursor=query.cursor, limit=query.limit)
    items = [
        WaitingAnswer(call=listed_answer(one.call), value=one.value, why=one.why, seen=one.seen) for one in page.items
    ]
    return give(Items[WaitingAnswer](items=items, next=page.next))


@bp.post("/review/labels", tags=[CLASSIFIER], responses={200: DeedsAnswer, **refusals(409, 413)})
@requires("calls.label")
def label_many(body: DeedsIn) -> Response:
    """Label or confirm many calls at once; one that cannot be is skipped, and the answer says why."""
    who = visitor()
    deeds = [Deed(one.call_sid, one.label or "confirm", one.reason, one.seen) for one in body.calls]
    with ground().database.write.begin() as session:
        found = say_all(session, account=who.account, deeds=deeds, said_by=who.name)
    return give(
        DeedsAnswer(
            batch=found.batch or None,
            done=[DoneAnswer(call_sid=call_sid, label_id=label.id) for call_sid, label in found.done],
            skipped=[SkippedAnswer(call_sid=one.call_sid, why=one.why) for one in found.skipped],
        )
    )


@bp.post("/review/undo", tags=[CLASSIFIER], responses={200: UndoAnswer, **refusals(409, 413)})
@requires("calls.label")
def undo_many(body: UndoIn) -> Response:
    """Take people's labels back: what was in force before them is in force again."""
    who = visitor()
    label_ids = read_batch(body.batch or "") if body.labels is None else body.labels
    with ground().database.write.begin() as session:
        undone, refused = undo_all(session, account=who.account, label_ids=label_ids, said_by=who.name)
    return give(
        UndoAnswer(
            done=[DoneAnswer(call_sid=call_sid, label_id=label_id) for call_sid, label_id in undone],
            skipped=[NotUndone(label_id=label_id, why=why) for label_id, why in refused],
        )
    )
