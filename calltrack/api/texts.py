"""Text messages: where those to a number are sent on to, and what became of those that we sent."""

from typing import Literal

from flask import Response
from pydantic import BaseModel, Field

from calltrack.api.door import CAMPAIGNS, bp, give, requires, visitor
from calltrack.api.fields import LARGEST_ID, Items, Moment
from calltrack.api.problems import Problem, refusals
from calltrack.calls.messages import BadPhone, set_text_to
from calltrack.calls.texts import newest_texts
from calltrack.campaigns.numbers import find_number
from calltrack.ground import ground
from calltrack.phone import normalise

NEWEST = 100


class NumberOfTextsPath(BaseModel):
    """Which number."""

    id: int


class TextsOfNumber(BaseModel):
    """Where messages to a number are sent on to, each with its sender and campaign; null: nowhere."""

    text_to: str | None = Field(max_length=30, examples=["+13125550199"])


class SentText(BaseModel):
    """A text that we send: a message sent on, or one after a missed call. `due`: not sent yet; `withheld`: the phone
    said STOP; `failed`: `error` says why. A text may arrive twice after a crash, and never less than once."""

    kind: Literal["forward", "text-back"]
    sender: str
    recipient: str
    text: str
    state: Literal["due", "sent", "failed", "withheld"]
    asked_at: Moment
    sent_at: Moment | None
    error: str | None


@bp.put("/numbers/<int:id>/texts", tags=[CAMPAIGNS], responses={200: TextsOfNumber, **refusals(404, 409, 413)})
@requires("numbers.write")
def send_texts_on(path: NumberOfTextsPath, body: TextsOfNumber) -> Response:
    """Say where messages to the number are sent on to, from the next one on."""
    who = visitor()
    with ground().database.write.begin() as session:
        found = find_number(session, account=who.account, number_id=path.id) if path.id <= LARGEST_ID else None
        if found is None:
            raise Problem(404, f"there is no number {path.id}; GET /api/v1/numbers lists yours")
        phone = normalise(body.text_to) if body.text_to else None
        try:
            set_text_to(session, number=found.number, phone=phone, by=who.name)
        except BadPhone as wrong:
            raise Problem(422, str(wrong)) from None
    return give(TextsOfNumber(text_to=found.number.text_to))


@bp.get("/texts", tags=[CAMPAIGNS], responses={200: Items[SentText]})
@requires("company.read", leaves="saw")
def list_texts() -> Response:
    """The hundred texts that were asked for last, the newest first."""
    with ground().database.read() as session:
        found = newest_texts(session, account_id=visitor().account.id, limit=NEWEST)
    items = [
        SentText.model_validate(
            {name: getattr(one, name) for name in SentText.model_fields if name != "error"}
            | {"error": None if one.state == "sent" else one.last_error}
        )
        for one in found
    ]
    return give(Items[SentText](items=items))
