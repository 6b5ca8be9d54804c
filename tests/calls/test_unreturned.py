"""Who rang, was missed, and has not been spoken with since; leads that nobody took up; and the day so far."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from calltrack.calls.tasks import ask_task, do_at_once, finish_task
from calltrack.calls.today import SoFar, calls_taken, today_so_far
from calltrack.calls.unbooked import leads_to_follow_up
from calltrack.calls.unreturned import MOST, unreturned
from calltrack.models import Call, Customer, Task
from tests.campaigns.story import Story, at

NOW = at("2026-05-06 15:00")
MIA, ANN = "+13125550101", "+13125550102"


def hours_ago(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)


def miss(story: Story, hours: float, caller: str | None = MIA, **more: Any) -> Call:
    return story.call(hours_ago(hours), missed=True, caller=caller, **more)


def waiting(story: Story) -> list[tuple[str, int]]:
    found, count = unreturned(story.session, account_id=story.account.id, now=NOW)
    assert count == len(found)
    return [(one.caller, one.times) for one in found]


def task(story: Story, call: Call, *, asked: datetime, done: datetime | None = None, kind: str = "call-back") -> Task:
    row = Task(
        account_id=story.account.id, call_id=call.id, kind=kind, due_at=NOW, made_by="ana", made_at=asked,
        done_at=done, done_by="cho" if done else None, result="reached" if done else None,
    )  # fmt: skip
    story.session.add(row)
    story.session.flush()
    return row


def test_each_caller_stands_once_by_their_newest_missed_call(story: Story) -> None:
    campaign = story.campaign("Radio")
    for hours in (9, 5, 2):
        newest = miss(story, hours, campaign=campaign, caller_name="Mia Hart")
    miss(story, 3, ANN)
    found, count = unreturned(story.session, account_id=story.account.id, now=NOW)
    assert [(one.caller, one.times) for one in found] == [(MIA, 3), (ANN, 1)]
    assert (found[0].call_sid, found[0].campaign, found[0].caller_name) == (newest.call_sid, "Radio", "Mia Hart")
    assert (count, found[0].started_at) == (2, hours_ago(2))


def test_a_caller_is_called_as_the_customer_of_that_phone_is(story: Story) -> None:
    miss(story, 2, caller_name="CHICAGO IL")
    miss(story, 3, ANN, caller_name="ANN CARRIER")
    for name, phone in (("Mia Hart", MIA), ("Mia Hart's son", MIA), ("Bo", "+13125550177")):
        story.session.add(Customer(account_id=story.account.id, name=name, phone=phone, created_at=NOW))
    story.session.add(Customer(account_id=Story(story.session).account.id, name="Another's", phone=ANN, created_at=NOW))
    story.session.flush()
    found, _ = unreturned(story.session, account_id=story.account.id, now=NOW)
    assert [one.caller_name for one in found] == ["Mia Hart", "ANN CARRIER"]


def test_two_calls_of_one_moment_are_one_caller(story: Story) -> None:
    miss(story, 2)
    miss(story, 2)
    assert waiting(story) == [(MIA, 2)]


def test_who_was_spoken_with_later_does_not_wait_and_voicemail_is_no_talk(story: Story) -> None:
    miss(story, 5)
    story.call(hours_ago(4), caller=MIA, spoken=False, voicemail=True)
    assert waiting(story) == [(MIA, 1)]
    story.call(hours_ago(3), caller=MIA)
    assert waiting(story) == []


def test_who_was_spoken_with_before_waits_and_earlier_misses_are_not_counted(story: Story) -> None:
    miss(story, 6)
    story.call(hours_ago(5), caller=MIA)
    miss(story, 4)
    assert waiting(story) == [(MIA, 1)]


def test_nobody_else_and_no_outbound_call_returns_it(story: Story) -> None:
    miss(story, 5)
    story.call(hours_ago(4), caller=ANN)
    story.call(hours_ago(3), caller=MIA, direction="outbound-api")
    other = Story(story.session)
    other.call(hours_ago(3), caller=MIA)
    assert waiting(story) == [(MIA, 1)]
    assert waiting(other) == []


@pytest.mark.parametrize("caller", [None, "anonymous", "+266696687", "client:ana"])
def test_a_withheld_number_cannot_be_called_back(story: Story, caller: str | None) -> None:
    miss(story, 2, caller)
    assert waiting(story) == []


def test_a_call_back_since_settles_it_until_they_ring_again(story: Story) -> None:
    missed = miss(story, 5)
    miss(story, 4)
    task(story, missed, asked=hours_ago(6), done=hours_ago(3))
    assert waiting(story) == []
    miss(story, 2)
    assert waiting(story) == [(MIA, 1)]


def test_an_earlier_call_back_and_a_follow_up_settle_nothing(story: Story) -> None:
    missed = miss(story, 5)
    task(story, missed, asked=hours_ago(9), done=hours_ago(6))
    task(story, missed, asked=hours_ago(2), done=hours_ago(1), kind="follow-up")
    assert waiting(story) == [(MIA, 1)]


def test_who_is_to_be_called_back_later_stands_among_the_tasks_until_they_ring_again(story: Story) -> None:
    missed = miss(story, 5)
    task(story, missed, asked=hours_ago(4))
    assert waiting(story) == []
    miss(story, 1)
    assert waiting(story) == [(MIA, 1)]


def test_what_is_older_than_a_week_booked_or_under_way_waits_no_more(story: Story) -> None:
    miss(story, 7 * 24 + 1)
    story.job(call=miss(story, 3, ANN))
    story.call(hours_ago(0), running=True, missed=True, caller="+13125550103")
    assert waiting(story) == []


def test_counting_ends_somewhere_and_only_so_many_are_shown(story: Story) -> None:
    for one in range(MOST + 3):
        miss(story, 1 + one / 10, f"+1312555{one:04}")
    found, count = unreturned(story.session, account_id=story.account.id, now=NOW, limit=5)
    assert (len(found), count) == (5, MOST)


def test_a_button_settles_what_a_list_shows(story: Story) -> None:
    now = datetime.now(UTC)
    call = story.call(now - timedelta(hours=1), missed=True, caller=MIA)
    where: dict[str, Any] = {"account_id": story.account.id, "now": now + timedelta(minutes=1)}
    assert unreturned(story.session, **where)[1] == 1
    later, _ = ask_task(story.session, call=call, kind="call-back", due_at=now, made_by="ana")
    assert unreturned(story.session, **where)[1] == 0
    finish_task(story.session, task=later, result="left a message", done_by="cho")
    assert unreturned(story.session, **where)[1] == 0
    other = story.call(now - timedelta(hours=1), missed=True, caller=ANN)
    do_at_once(story.session, call=other, kind="call-back", result="reached", done_by="cho")
    assert unreturned(story.session, **where)[1] == 0


# Leads to follow up


def leads(story: Story) -> list[str]:
    found, count = leads_to_follow_up(story.session, account_id=story.account.id, now=NOW)
    assert count == len(found)
    return [one.call_sid for one in found]


def test_unbooked_leads_of_two_days_are_followed_up_the_latest_first(story: Story) -> None:
    older, newer = story.call(hours_ago(30), caller=MIA), story.call(hours_ago(2), caller=ANN)
    story.call(hours_ago(49))
    story.call(hours_ago(3), seconds=20)
    story.call(hours_ago(3), says=("excused", "model"))
    story.job(call=story.call(hours_ago(4)))
    miss(story, 1)
    assert leads(story) == [newer.call_sid, older.call_sid]
    assert leads(Story(story.session)) == []


def test_a_lead_with_a_task_open_or_done_is_taken_up(story: Story) -> None:
    one, two, three = (story.call(hours_ago(hours), caller=f"+131255501{hours}0") for hours in (3, 4, 5))
    task(story, one, asked=hours_ago(1), kind="follow-up")
    task(story, two, asked=hours_ago(1), done=hours_ago(1))
    assert leads(story) == [three.call_sid]


def test_a_lead_that_sounds_booked_or_whose_caller_booked_later_is_left_out(story: Story) -> None:
    story.call(hours_ago(3), booked_chance=0.8, caller=ANN)
    story.call(hours_ago(5), caller=MIA)
    story.job(call=story.call(hours_ago(2), caller=MIA, seconds=20))
    kept = story.call(hours_ago(1), booked_chance=0.2, caller=MIA)
    assert leads(story) == [kept.call_sid]


# The day so far


def test_today_is_counted_beside_the_same_part_of_the_same_weekday(story: Story) -> None:
    story.job(call=story.call(hours_ago(2)))
    story.call(hours_ago(3), seconds=20)
    miss(story, 4)
    story.call(hours_ago(24))
    story.call(at("2026-04-29 14:00"))
    story.call(at("2026-04-29 16:00"))
    found = today_so_far(story.session, account_id=story.account.id, zone=story.zone, now=NOW)
    assert found == (SoFar(calls=3, leads=1, booked=1, missed=1), SoFar(calls=1, leads=1, booked=0, missed=0))


def test_the_week_before_is_cut_at_the_same_time_of_the_clock_though_it_was_changed(story: Story) -> None:
    """At 10:30 after the change in March, last week is counted up to 10:30 by its own clock."""
    story.call(at("2026-03-01 10:15"))
    story.call(at("2026-03-01 10:45"))
    now = at("2026-03-08 10:30")
    _, before = today_so_far(story.session, account_id=story.account.id, zone=story.zone, now=now)
    assert before.calls == 1


def test_the_calls_that_ones_phones_took_are_listed(story: Story) -> None:
    mine = story.call(hours_ago(2), answered_by=MIA)
    story.call(hours_ago(3), answered_by=ANN)
    story.call(hours_ago(30), answered_by=MIA)
    where: dict[str, Any] = {"account_id": story.account.id, "since": hours_ago(15), "limit": 5}
    assert [one.call_sid for one in calls_taken(story.session, phones=[MIA], **where)] == [mine.call_sid]
    assert calls_taken(story.session, phones=[], **where) == []
