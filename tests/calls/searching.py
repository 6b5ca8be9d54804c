"""What tests of searching share: calls with something said in them, and what is found."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from calltrack.calls.listing import list_calls
from calltrack.calls.walk import Spot, key_of
from calltrack.models import Call, CallTag, CallWords, Transcript
from tests.campaigns.story import CHICAGO, MORNING, Story

CALLER = "+13125550142"


def assert_index_agrees(session: Session) -> None:
    """The index holds exactly what the texts say."""
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text("INSERT INTO call_words_index (call_words_index) VALUES ('integrity-check')"))
    for row in session.scalars(select(CallWords)):
        call = session.get_one(Call, row.call_id)
        assert row.key == key_of(Spot(call.started_at, call.id))
    tagged = session.execute(select(CallTag.called_at, Call.started_at).join(Call, Call.id == CallTag.call_id))
    assert [called for called, started in tagged if called != started] == []


def found(story: Story, q: str, **filters: Any) -> list[int]:
    page = list_calls(story.session, account_id=story.account.id, zone=CHICAGO, q=q, **filters)
    assert page.next is None
    return [call.id for call in page.items]


def ids(*calls: Call) -> list[int]:
    return [call.id for call in calls]


def transcribe(story: Story, call: Call, said: str) -> Transcript:
    row = Transcript(call_id=call.id, source="carrier", text=said, turns=[], complete=True, updated_at=MORNING)
    story.session.add(row)
    story.session.flush()
    return row


def said(story: Story, *texts: str) -> list[Call]:
    """A call for each text, a minute apart."""
    calls = [story.call(MORNING + timedelta(minutes=place)) for place in range(len(texts))]
    for call, one in zip(calls, texts, strict=True):
        transcribe(story, call, one)
    return calls
