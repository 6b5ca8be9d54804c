"""What follows from a missed call by itself: one call-back for each caller, and at most one text a day."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.calls import missed
from calltrack.calls.missed import SETTLES, ask_after, follow_up
from calltrack.calls.opt_outs import keep_word
from calltrack.calls.tasks import do_at_once, finish_task
from calltrack.models import Call, Number, OutgoingText, Step, Task
from tests.campaigns.story import Story
from tests.telephony.flowing import a_flow, rings

NOW = datetime(2026, 5, 6, 20, 0, tzinfo=UTC)
MIA, ANN = "+13125550101", "+13125550102"


@pytest.fixture
def shop(story: Story) -> Story:
    """A company that calls back within 30 minutes and texts whoever it missed."""
    story.account.call_back_minutes, story.account.text_back = 30, "Sorry, says {business}. {Soon} more."
    return story


def number_of(story: Story, **more: Any) -> Number:
    number = Number(
        account_id=story.account.id,
        phone_number=f"+1312555{story.account.id:04d}",
        forward_to=[],
        created_at=NOW,
        **more,
    )
    story.session.add(number)
    story.session.flush()
    return number


def miss(story: Story, minutes_ago: float = 5, caller: str | None = MIA, **more: Any) -> Call:
    return story.call(NOW - timedelta(minutes=minutes_ago), missed=True, caller=caller, seconds=60, **more)


def tasks(story: Story) -> list[Task]:
    return list(story.session.scalars(select(Task).where(Task.account_id == story.account.id).order_by(Task.id)))


def texts(story: Story) -> list[OutgoingText]:
    own = select(OutgoingText).where(OutgoingText.account_id == story.account.id)
    return list(story.session.scalars(own.order_by(OutgoingText.id)))


def test_whoever_was_missed_is_to_be_called_back_so_many_minutes_after_the_call_ended(shop: Story) -> None:
    call = miss(shop, minutes_ago=5)
    assert follow_up(shop.session, call=call, now=NOW) is None
    [task] = tasks(shop)
    assert call.ended_at is not None
    assert (task.call_id, task.kind, task.made_by, task.user_id) == (call.id, "call-back", missed.BY, None)
    assert task.due_at == call.ended_at + timedelta(minutes=30)


def test_a_call_that_we_hear_of_late_is_to_be_returned_counted_from_now(shop: Story) -> None:
    follow_up(shop.session, call=miss(shop, minutes_ago=300), now=NOW)
    assert [task.due_at for task in tasks(shop)] == [NOW + timedelta(minutes=30)]


def test_a_caller_who_rings_again_and_again_is_owed_one_call_back(shop: Story) -> None:
    for minutes in (9, 6, 3):
        follow_up(shop.session, call=miss(shop, minutes), now=NOW)
    follow_up(shop.session, call=miss(shop, 2, ANN), now=NOW)
    assert len(tasks(shop)) == 2
    finish_task(shop.session, task=tasks(shop)[0], result="reached", done_by="ana")
    again = shop.call(datetime.now(UTC), missed=True, caller=MIA, seconds=10)
    follow_up(shop.session, call=again, now=datetime.now(UTC))
    assert len(tasks(shop)) == 3, "who was called back and is missed again is owed another"


def test_who_has_been_spoken_with_since_is_left_alone(shop: Story) -> None:
    call = miss(shop, 10)
    shop.call(NOW - timedelta(minutes=3), caller=MIA)
    assert follow_up(shop.session, call=call, now=NOW) == "the caller has been spoken with since"
    other = miss(shop, 10, ANN)
    do_at_once(shop.session, call=other, kind="call-back", result="reached", done_by="ana")
    follow_up(shop.session, call=other, now=NOW)
    assert ([task.made_by for task in tasks(shop)], texts(shop)) == (["ana"], [])


@pytest.mark.parametrize(
    "so",
    [
        {"turned_away": "a spam service warns of this caller"},
        {"caller": "anonymous"},
        {"caller": "+266696687"},
        {"caller": None},
        {"missed": False},
        {"direction": "outbound-api"},
    ],
)
def test_nobody_is_asked_to_call_back_who_cannot_or_need_not_be(shop: Story, so: dict[str, Any]) -> None:
    call = shop.call(NOW - timedelta(minutes=5), **{"missed": True, "caller": MIA, **so}, number_id=number_of(shop).id)
    follow_up(shop.session, call=call, now=NOW)
    ask_after(shop.session, call=call)
    assert (tasks(shop), texts(shop)) == ([], [])
    assert shop.session.scalars(select(Step).where(Step.call_id == call.id)).all() == []


def test_the_caller_is_texted_once_from_the_number_that_they_dialled(shop: Story) -> None:
    number = number_of(shop)
    calls = [miss(shop, minutes, number_id=number.id) for minutes in (6, 4)]
    for call in [*calls, *calls]:
        follow_up(shop.session, call=call, now=NOW)
    [text] = texts(shop)
    assert (text.sender, text.recipient, text.call_id, text.state) == (number.phone_number, MIA, calls[0].id, "due")
    assert text.text == f"Sorry, says {shop.account.name}. {{Soon}} more."
    later = NOW + timedelta(hours=25)
    tomorrow = shop.call(later - timedelta(minutes=5), missed=True, caller=MIA, seconds=60, number_id=number.id)
    follow_up(shop.session, call=tomorrow, now=later)
    assert len(texts(shop)) == 2


def test_nobody_is_texted_an_hour_later_nor_from_a_parked_number_nor_after_stop(shop: Story) -> None:
    number, parked = number_of(shop), None
    follow_up(shop.session, call=miss(shop, 62, "+13125550103", number_id=number.id), now=NOW)
    follow_up(shop.session, call=miss(shop, 5, "+13125550104"), now=NOW)
    keep_word(shop.session, account_id=shop.account.id, phone=MIA, said_at=NOW, stopped=True)
    follow_up(shop.session, call=miss(shop, number_id=number.id), now=NOW)
    number.parked_at, parked = NOW, number
    follow_up(shop.session, call=miss(shop, 5, ANN, number_id=parked.id), now=NOW)
    assert texts(shop) == []
    assert len(tasks(shop)) == 4


def test_our_own_phones_and_tracking_numbers_are_not_texted(shop: Story) -> None:
    """Whoever tries a number out rings from one of them."""
    number = number_of(shop)
    number.forward_to = [ANN]
    other = Number(account_id=shop.account.id, phone_number="+13125550177", forward_to=[], created_at=NOW)
    shop.session.add(other)
    a_flow(shop.session, account=shop.account, plan=rings("+13125550178"))
    for caller in (ANN, "+13125550177", "+13125550178"):
        assert follow_up(shop.session, call=miss(shop, 5, caller, number_id=number.id), now=NOW) is None
    assert (len(tasks(shop)), texts(shop)) == (3, [])
    follow_up(shop.session, call=miss(shop, number_id=number.id), now=NOW)
    assert [text.recipient for text in texts(shop)] == [MIA]


def test_a_stop_to_one_company_does_not_bind_another(shop: Story, session: Session) -> None:
    keep_word(session, account_id=Story(session).account.id, phone=MIA, said_at=NOW, stopped=True)
    follow_up(session, call=miss(shop, number_id=number_of(shop).id), now=NOW)
    assert len(texts(shop)) == 1


def test_without_a_wish_nothing_is_done(story: Story) -> None:
    call = story.call(datetime.now(UTC) - timedelta(minutes=2), missed=True, caller=MIA)
    ask_after(story.session, call=call)
    follow_up(story.session, call=call, now=NOW)
    assert (tasks(story), texts(story)) == ([], [])
    assert story.session.scalars(select(Step).where(Step.call_id == call.id)).all() == []


def test_a_minute_is_left_for_what_may_still_settle_that_it_was_not_missed(shop: Story) -> None:
    before = datetime.now(UTC)
    call = shop.call(before - timedelta(minutes=2), missed=True, caller=MIA)
    ask_after(shop.session, call=call)
    [step] = shop.session.scalars(select(Step).where(Step.call_id == call.id))
    assert (step.name, step.state) == (missed.STEP, "due")
    assert before + SETTLES <= step.due_at <= datetime.now(UTC) + SETTLES
    call.missed = False
    assert follow_up(shop.session, call=call, now=NOW) == "it was not missed after all"


def test_a_call_of_long_ago_that_is_only_now_known_asks_for_nothing(shop: Story) -> None:
    call = shop.call(datetime.now(UTC) - timedelta(days=8), missed=True, caller=MIA)
    ask_after(shop.session, call=call)
    assert shop.session.scalars(select(Step).where(Step.call_id == call.id)).all() == []
