"""The blind sample: which calls are drawn, that each week is drawn once, and who answers what."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from datetime import date, datetime, timedelta
from threading import Barrier
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from calltrack.calls.labels import BadLabel, current_label, label_call, ledger, undo_label
from calltrack.db import Database
from calltrack.learning.blind import (
    Answered,
    Unseen,
    answer_check,
    count_unanswered,
    find_check,
    show_unseen,
    take_back,
    unanswered,
)
from calltrack.learning.sampling import SETTLING, allot, draw_due, draw_week, ended_week, next_draw
from calltrack.models import Account, BlindCheck, BlindDraw, Call, Label, Transcript
from tests.campaigns.story import CHICAGO, MORNING, Story, at
from tests.learning.sample import MONDAY, NEXT_WEEK, drawn, said, verdict, week

ANY: Any = None  # settings, of which drawing needs none


def draws(session: Session, account: Account) -> dict[str, tuple[int, int]]:
    own = select(BlindDraw).where(BlindDraw.account_id == account.id)
    return {one.value: (one.population, one.drawn) for one in session.scalars(own)}


# How many of which


@given(calls=st.integers(0, 500), leads=st.integers(0, 400), excused=st.integers(0, 400))
def test_half_is_drawn_of_each_label_and_what_one_lacks_of_the_other(calls: int, leads: int, excused: int) -> None:
    found = allot(calls, {"lead": leads, "excused": excused})
    assert sum(found.values()) == min(calls, leads + excused)
    assert found["lead"] <= leads
    assert found["excused"] <= excused
    if min(leads, excused) >= (calls + 1) // 2:
        assert abs(found["lead"] - found["excused"]) <= 1


def test_a_sample_is_kept_with_what_it_was_drawn_from(database: Database) -> None:
    with database.write.begin() as session:
        story, checks = drawn(session, leads=30, excused=4)
        assert draws(session, story.account) == {"lead": (30, 16), "excused": (4, 4)}
        assert len({check.call_id for check in checks}) == 20
        for check in checks:
            assert session.get_one(Call, check.call_id).label_id == check.machine_label_id
            assert (check.week, check.value) == (MONDAY, None)


def test_every_call_may_be_drawn(on_sqlite: Database) -> None:
    """Of four calls one is drawn, again and again: each has its turn."""
    with on_sqlite.write() as session:
        story = week(session, leads=4, excused=0, blind_calls=1)
        turns = set[int]()
        for _ in range(200):
            with session.begin_nested() as savepoint:
                draw_week(session, account=story.account, week=MONDAY)
                turns.update(session.scalars(select(BlindCheck.call_id)))
                savepoint.rollback()
        assert len(turns) == 4
        session.rollback()


# Which calls


def test_a_week_is_the_accounts_own_from_monday_to_sunday(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        story = Story(session)
        inside = [at("2026-04-27 00:00"), at("2026-05-03 23:59:59")]
        outside = [at("2026-04-26 23:59:59"), at("2026-05-04 00:00")]
        calls = {moment: verdict(session, story.call(moment), "lead") for moment in inside + outside}
        draw_week(session, account=story.account, week=MONDAY)
        found = set(session.scalars(select(BlindCheck.call_id)))
        assert found == {calls[moment].id for moment in inside}


def test_only_calls_that_ended_and_that_nobody_but_a_machine_labelled_are_drawn(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        story = week(session, leads=0, excused=0)
        by_rule = verdict(session, story.call(), "excused", source="rule")
        taken_back = verdict(session, story.call(), "lead")
        word = label_call(session, call=taken_back, value="excused", reason=None, note=None, said_by="ana")
        undo_label(session, call=taken_back, label_id=word.id, said_by="ana")
        label_call(
            session, call=verdict(session, story.call(), "lead"), value="lead", reason=None, note=None, said_by="ana"
        )
        story.call()
        verdict(session, story.call(running=True), "lead")
        verdict(session, story.call(direction="outbound-api"), "lead")
        draw_week(session, account=story.account, week=MONDAY)
        assert set(session.scalars(select(BlindCheck.call_id))) == {by_rule.id, taken_back.id}
        assert draws(session, story.account) == {"lead": (1, 1), "excused": (1, 1)}


def test_a_call_is_drawn_once_though_another_zone_puts_it_in_another_week(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        story = week(session, leads=0, excused=0)
        call = verdict(session, story.call(at("2026-05-03 23:30")), "lead")
        draw_week(session, account=story.account, week=MONDAY)
        story.account.time_zone = "America/New_York"
        assert draw_week(session, account=story.account, week=MONDAY + timedelta(days=7)) == 0
        assert session.scalars(select(BlindCheck.call_id)).all() == [call.id]


# When


@pytest.mark.parametrize(
    ("local", "monday"),
    [
        ("2026-05-04 00:00", date(2026, 4, 20)),  # the week is over, but its last calls are still being judged
        ("2026-05-04 02:00", date(2026, 4, 27)),
        ("2026-05-10 23:59", date(2026, 4, 27)),
        ("2026-05-11 02:00", date(2026, 5, 4)),
    ],
)
def test_the_week_that_ended_last_is_drawn_once_it_has_settled(local: str, monday: date) -> None:
    now = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(CHICAGO))
    assert ended_week(zone=CHICAGO, now=now) == monday
    assert next_draw(zone=CHICAGO, now=now) == monday + timedelta(days=14)
    assert timedelta(hours=2) == SETTLING


def test_the_worker_draws_each_account_once_a_week(database: Database) -> None:
    with database.write.begin() as session:
        story, none = week(session, leads=3, excused=3), week(session, leads=3, excused=3, blind_calls=0)
    assert [draw_due(database, ANY, NEXT_WEEK) for _ in range(2)] == [6, 0]
    with database.read() as session:
        assert draws(session, story.account) == {"lead": (3, 3), "excused": (3, 3)}
        assert draws(session, none.account) == {}


def test_two_workers_draw_a_week_once(database: Database) -> None:
    with database.write.begin() as session:
        account = week(session, leads=30, excused=30).account
    together = Barrier(2)

    def work(_: int) -> int:
        together.wait()
        return draw_due(database, ANY, NEXT_WEEK)

    with ThreadPoolExecutor(2) as pool:
        found = sorted(pool.map(work, range(2)))
    assert found == [0, 20]
    with database.read() as session:
        own = select(func.count()).where(BlindCheck.account_id == account.id)
        assert session.scalars(own).one() == 20


# Asking and answering


def test_an_answer_corrects_the_call_as_any_persons_word(database: Database) -> None:
    with database.write.begin() as session:
        _, [check] = drawn(session, leads=1, excused=0)
        call = session.get_one(Call, check.call_id)
        said(session, check, "excused", reason="wrong number")
        label = current_label(session, call=call)
        assert label is not None
        assert (label.id, label.source, label.value, label.reason) == (
            check.label_id, "human", "excused", "wrong number",
        )  # fmt: skip
        assert (label.blind, check.value, check.said_by) == (True, "excused", "ana")


def test_who_cannot_tell_changes_no_label(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        story, [check] = drawn(session, leads=1, excused=0)
        said(session, check, "cannot tell")
        call = session.get_one(Call, check.call_id)
        assert (call.label_id, len(ledger(session, call=call))) == (check.machine_label_id, 1)
        assert count_unanswered(session, account_id=story.account.id) == 0
        take_back(session, check=check, said_by="ana")
        assert count_unanswered(session, account_id=story.account.id) == 1


def test_nobody_answers_twice_but_after_the_answer_was_taken_back(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        story, [check] = drawn(session, leads=1, excused=0)
        said(session, check, "excused")
        with pytest.raises(Answered, match="ana has answered this check already"):
            said(session, check, "lead", by="ben")
        take_back(session, check=check, said_by="ana")
        take_back(session, check=check, said_by="ana")
        assert (check.value, check.label_id, check.said_by, check.said_at) == (None, None, None, None)
        assert session.get_one(Call, check.call_id).label_id == check.machine_label_id
        assert unanswered(session, account_id=story.account.id) == [check]
        said(session, check, "lead", by="ben")


def test_taking_the_word_back_on_the_calls_page_reopens_its_check(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        _, [check] = drawn(session, leads=1, excused=0)
        said(session, check, "excused")
        assert check.label_id is not None
        undo_label(session, call=session.get_one(Call, check.call_id), label_id=check.label_id, said_by="ben")
        session.refresh(check)
        assert unanswered(session, account_id=check.account_id) == [check]


def test_a_label_of_somebody_who_saw_the_machines_answers_nothing(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        story, [check] = drawn(session, leads=1, excused=0)
        call = session.get_one(Call, check.call_id)
        label_call(session, call=call, value="lead", reason=None, note=None, said_by="ana")
        assert unanswered(session, account_id=story.account.id) == [check]


def test_what_is_shown_before_the_answer_holds_nothing_that_anybody_made_of_the_call(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        story = week(session, leads=0, excused=0)
        call = verdict(session, story.call(), "lead", evidence=[{"phrase": "furnace", "offset": 3, "weight": 1.0}])
        turns = [{"speaker": "caller", "start": 0.0, "text": "my furnace is out", "sure": 0.4}]
        session.add(
            Transcript(
                call_id=call.id, source="carrier", text="my furnace is out", turns=turns, complete=True,
                updated_at=call.started_at,
            )
        )  # fmt: skip
        draw_week(session, account=story.account, week=MONDAY)
        [check] = unanswered(session, account_id=story.account.id)
        shown = show_unseen(session, check=check)
        assert [field.name for field in fields(Unseen)] == ["check_id", "call", "recording", "turns", "text"]
        assert shown.turns == [{"speaker": "caller", "start": 0.0, "text": "my furnace is out"}]


@pytest.mark.parametrize(
    ("value", "reason", "why"),
    [
        ("maybe", None, "an answer is one of: lead, excused, cannot tell"),
        ("lead", "wrong number", "'wrong number' is no reason for lead"),
        ("cannot tell", "new job", "gives no reason"),
    ],
)
def test_an_answer_that_is_none_is_refused(on_sqlite: Database, value: str, reason: str | None, why: str) -> None:
    with on_sqlite.write.begin() as session:
        _, [check] = drawn(session, leads=1, excused=0)
        with pytest.raises(BadLabel, match=why):
            said(session, check, value, reason=reason)
        assert check.value is None


def test_the_order_of_the_checks_tells_nothing_of_the_machines_word(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        story = week(session, leads=0, excused=0)
        for place in range(20):
            verdict(session, story.call(MORNING), "excused" if place % 2 else "lead")
        draw_week(session, account=story.account, week=MONDAY)
        checks = unanswered(session, account_id=story.account.id)
        assert len(checks) == 20
        assert [check.id for check in checks] == sorted(check.id for check in checks)
        assert [check.call_id for check in checks] == sorted(check.call_id for check in checks)


def test_a_call_that_turned_out_to_be_anothers_is_asked_no_more(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        story, [check] = drawn(session, leads=1, excused=0)
        other, _ = drawn(session, leads=1, excused=0)
        session.get_one(Call, check.call_id).account_id = other.account.id
        session.flush()
        assert unanswered(session, account_id=story.account.id) == []
        assert count_unanswered(session, account_id=story.account.id) == 0
        assert find_check(session, account_id=story.account.id, check_id=check.id) is None


def test_another_accounts_check_is_not_found(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        story, [check] = drawn(session, leads=1, excused=0)
        other, _ = drawn(session, leads=1, excused=0)
        assert find_check(session, account_id=story.account.id, check_id=check.id) is check
        assert find_check(session, account_id=other.account.id, check_id=check.id) is None


def test_of_two_people_who_answer_at_once_one_is_heard(database: Database) -> None:
    with database.write.begin() as session:
        story, [check] = drawn(session, leads=1, excused=0)
    together = Barrier(2)

    def say(value: str) -> str:
        together.wait()
        try:
            with database.write.begin() as session:
                own = session.get_one(BlindCheck, check.id)
                answer_check(session, check=own, value=value, reason=None, said_by=value)
        except Answered:
            return "refused"
        return value

    with ThreadPoolExecutor(2) as pool:
        found = sorted(pool.map(say, ["lead", "excused"]))
    assert found.count("refused") == 1
    with database.read() as session:
        blind = select(Label.value).where(Label.account_id == story.account.id, Label.blind.is_(True))
        assert session.scalars(blind).all() == [one for one in found if one != "refused"]
