"""A heating company's week with calls that a machine labelled, some of them drawn for a blind label."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy.orm import Session

from calltrack.accounts.accounts import create_account
from calltrack.calls.labels import keep_verdict
from calltrack.learning.blind import answer_check, unanswered
from calltrack.learning.sampling import draw_week
from calltrack.models import Account, BlindCheck, Call
from tests.campaigns.story import MORNING, Story

MONDAY = date(2026, 4, 27)  # MORNING is the Sunday of that week
NEXT_WEEK = datetime(2026, 5, 5, 12, 0, tzinfo=UTC)  # a Tuesday


def verdict(session: Session, call: Call, value: str, **more: Any) -> Call:
    """The classifier's word."""
    told: dict[str, Any] = {
        "reason": None,
        "source": "model",
        "confidence": 0.8,
        "model": "m@1",
        "review": False,
        "evidence": [],
    }
    keep_verdict(session, call=call, value=value, **{**told, "evidence": [], **more})
    return call


def week(session: Session, *, leads: int, excused: int, blind_calls: int = 20) -> Story:
    """A company with so many calls of each label on the last day of the week; its reasons are the usual ones."""
    story = Story(session)
    usual = create_account(session, name=f"{story.account.name} again", time_zone=story.zone)
    story.account = session.get_one(Account, usual.id)
    story.account.blind_calls = blind_calls
    for value, many in (("lead", leads), ("excused", excused)):
        for _ in range(many):
            verdict(session, story.call(MORNING), value)
    session.flush()
    return story


def drawn(session: Session, *, leads: int, excused: int, blind_calls: int = 20) -> tuple[Story, list[BlindCheck]]:
    """The same, and what was drawn of it."""
    story = week(session, leads=leads, excused=excused, blind_calls=blind_calls)
    draw_week(session, account=story.account, week=MONDAY)
    return story, unanswered(session, account_id=story.account.id)


def said(session: Session, check: BlindCheck, value: str, *, by: str = "ana", reason: str | None = None) -> BlindCheck:
    """What a person said who saw no label."""
    answer_check(session, check=check, value=value, reason=reason, said_by=by)
    return check
