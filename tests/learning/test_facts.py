"""What a verdict may depend on: as it stood when the call came, and nothing that came to light later."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from calltrack.changes import record
from calltrack.classify.verdict import CallFacts
from calltrack.db import Database
from calltrack.jobs.arriving import book_job
from calltrack.learning.facts import BATCH, REPEAT, facts_of, facts_of_calls
from calltrack.models import CallEvent, Customer, Job
from tests.campaigns.story import MORNING, Story, undone
from tests.learning.school import heard_call

MIA = "+13125550111"
DAY, HOUR, BLINK = timedelta(days=1), timedelta(hours=1), timedelta(microseconds=1)


@pytest.fixture
def story(database: Database) -> Iterator[Story]:
    with undone(database) as session:
        yield Story(session)


def facts(story: Story, *, moment: datetime = MORNING, **more: Any) -> CallFacts:
    """Of Mia's call, which is known since it began."""
    call = story.call(moment, **{"caller": MIA, "known_since": moment, **more})
    return facts_of(story.session, call=call)


def is_mia(story: Story, *, known: datetime = MORNING - 30 * DAY) -> None:
    story.customer.phone, story.customer.created_at = MIA, known
    story.session.flush()


def job(story: Story, *, created: datetime = MORNING - DAY, known: datetime | None = None, **more: Any) -> Job:
    made = story.job(created=created, **more)
    made.known_since = known or created
    story.session.flush()
    return made


def test_what_was_said_is_read_with_its_turns(story: Story) -> None:
    found = facts_of(story.session, call=heard_call(story, text="hello\nmy furnace is out"))
    assert found.text == "hello\nmy furnace is out"
    assert [(turn.speaker, turn.start, turn.text) for turn in found.turns] == [
        ("caller", 0.0, "hello"), ("caller", 1.0, "my furnace is out"),
    ]  # fmt: skip
    assert found.transcribed


def test_a_call_without_a_transcript_is_not_silence(story: Story) -> None:
    found = facts(story, voicemail=True, missed=True, seconds=31)
    assert (found.text, found.turns, found.transcribed) == ("", (), False)
    assert (found.duration, found.voicemail, found.missed) == (31, True, True)


@pytest.mark.parametrize(("zone", "hour"), [("America/Chicago", 9), ("Europe/London", 15), ("Asia/Kolkata", 20)])
def test_the_hour_is_of_the_accounts_own_clock(database: Database, zone: str, hour: int) -> None:
    with undone(database) as session:
        assert facts(Story(session, zone=zone)).hour == hour


@pytest.mark.parametrize(
    ("before", "repeat"),
    [(BLINK, True), (REPEAT, True), (REPEAT + BLINK, False), (timedelta(0), False), (-BLINK, False)],
)
def test_who_rang_in_the_fourteen_days_before_is_a_repeat_caller(
    story: Story, before: timedelta, *, repeat: bool
) -> None:
    story.call(MORNING - before, caller=MIA, known_since=MORNING - before)
    assert facts(story).repeat_caller is repeat


def test_a_call_that_was_brought_in_later_made_nobody_a_repeat_caller(story: Story) -> None:
    story.call(MORNING - DAY, caller=MIA, known_since=MORNING + BLINK)
    assert facts(story).repeat_caller is False


def test_calls_of_one_file_know_of_each_other(story: Story) -> None:
    story.call(MORNING - DAY, caller=MIA, known_since=MORNING + 300 * DAY)
    assert facts(story, known_since=MORNING + 300 * DAY).repeat_caller is True


def test_another_accounts_calls_customers_and_jobs_are_none_of_ours(story: Story) -> None:
    other = Story(story.session)
    other.call(MORNING - DAY, caller=MIA, known_since=MORNING - DAY)
    is_mia(other)
    job(other)
    found = facts(story)
    assert (found.repeat_caller, found.known_customer, found.open_job) == (False, False, False)


def test_calls_that_went_out_make_nobody_a_repeat_caller(story: Story) -> None:
    story.call(MORNING - DAY, caller=MIA, known_since=MORNING - DAY, direction="outbound-api")
    assert facts(story).repeat_caller is False


@pytest.mark.parametrize("caller", ["anonymous", "Restricted", "unknown", "+266696687", "+7378742833", "+86282452253"])
def test_of_a_withheld_number_nothing_is_known(story: Story, caller: str) -> None:
    story.call(MORNING - DAY, caller=caller, known_since=MORNING - DAY)
    story.customer.phone = caller
    found = facts(story, caller=caller)
    assert (found.blocked, found.repeat_caller, found.known_customer, found.open_job) == (True, None, None, None)


@pytest.mark.parametrize(("caller", "blocked"), [(MIA, False), ("client:ana", False), (None, None)])
def test_a_number_that_is_shown_is_not_withheld(story: Story, caller: str | None, *, blocked: bool | None) -> None:
    assert facts(story, caller=caller).blocked is blocked


@pytest.mark.parametrize(("known", "is_known"), [(MORNING, True), (MORNING + BLINK, False)])
def test_a_customer_is_known_who_was_there_when_the_call_came(story: Story, known: datetime, *, is_known: bool) -> None:
    is_mia(story, known=known)
    assert facts(story).known_customer is is_known


def test_a_customer_who_came_with_a_file_is_known_by_an_older_job(story: Story) -> None:
    later = MORNING + 300 * DAY
    is_mia(story, known=later)
    assert facts(story, known_since=later).known_customer is False
    job(story, created=MORNING - DAY, known=later)
    assert facts(story, known_since=later).known_customer is True
    assert facts(story).known_customer is False, "when it came, nobody here knew of the job"


@pytest.mark.parametrize(
    ("what", "is_open"),
    [
        ({"status": "scheduled"}, True),
        ({"status": "in_progress"}, True),
        ({"status": "canceled"}, False),
        ({"completed": MORNING - HOUR}, False),
        ({"completed": MORNING + HOUR}, True),
        ({"created": MORNING}, False),
        ({"created": MORNING + HOUR}, False),
        ({"known": MORNING + HOUR}, False),
    ],
)
def test_a_job_is_open_that_was_scheduled_or_in_progress_when_the_call_came(
    story: Story, what: dict[str, Any], *, is_open: bool
) -> None:
    is_mia(story)
    job(story, **what)
    assert facts(story).open_job is is_open


def test_a_job_that_was_canceled_or_completed_after_the_call_was_open(story: Story) -> None:
    is_mia(story)
    canceled = job(story, status="canceled")
    change = {"status": ("scheduled", "canceled")}
    record(story.session, account_id=story.account.id, noun="job", noun_id=canceled.id, fields=change, by="ana")
    story.session.flush()  # the change is of now, and the call of months ago
    assert facts(story).open_job is True


def test_what_is_booked_from_the_call_does_not_leak_into_it(story: Story) -> None:
    call = heard_call(story, text="my furnace is out, tomorrow at nine is fine", caller=MIA)
    before = facts_of(story.session, call=call)
    book_job(
        story.session, account=story.account, call=call, external_id="J-1", customer_name="Mia",
        job_type="furnace repair", booked_by="ana",
    )  # fmt: skip
    assert facts_of(story.session, call=call) == before
    assert (before.known_customer, before.open_job) == (False, False)


def test_a_job_linked_to_the_call_does_not_count_whenever_it_was_made(story: Story) -> None:
    is_mia(story, known=MORNING + DAY)
    call = story.call(MORNING, caller=MIA, known_since=MORNING)
    job(story, call=call)
    found = facts_of(story.session, call=call)
    assert (found.known_customer, found.open_job) == (False, False)


@pytest.mark.parametrize(
    ("said", "stir"),
    [
        ("TN-Validation-Passed-A", "A"),
        ("TN-Validation-Passed-B-Diverted", "B"),
        ("TN-Validation-Passed-C-Passthrough", "C"),
        ("TN-Validation-Failed-A", "failed"),
        ("TN-Validation-Failed", "failed"),
        ("No-TN-Validation", None),
        ("NULL", None),
        ("", None),
        ("TN-Validation-Passed-D", None),
    ],
)
def test_the_carriers_word_on_the_number_is_read(story: Story, said: str, stir: str | None) -> None:
    call = story.call(MORNING, caller=MIA, known_since=MORNING)
    for number, params in enumerate(({"CallSid": call.call_sid}, {"StirVerstat": said})):
        story.session.add(
            CallEvent(
                carrier="twilio", carrier_account="AC1", call_sid=call.call_sid, kind="voice", delivery=str(number),
                received_at=MORNING, params=params,
            )
        )  # fmt: skip
    story.session.flush()
    assert facts_of(story.session, call=call).stir == stir


def test_a_call_from_a_file_has_no_carriers_word(story: Story) -> None:
    call = story.call(MORNING, caller=MIA)
    call.carrier = "import"
    assert facts_of(story.session, call=call).stir is None


def test_a_call_that_is_nobodys_has_neither_hour_nor_history(story: Story) -> None:
    call = story.call(MORNING, caller=MIA)
    call.account_id = None
    found = facts_of(story.session, call=call)
    assert (found.hour, found.repeat_caller, found.known_customer, found.open_job, found.blocked) == (
        None, None, None, None, False,
    )  # fmt: skip


def test_many_calls_are_read_in_the_queries_of_one(story: Story) -> None:
    is_mia(story)
    job(story)
    calls = [heard_call(story, text="hello", moment=MORNING + n * HOUR, caller=MIA) for n in range(20)]
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    engine = story.session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    try:
        together = facts_of_calls(story.session, calls=calls)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert len(asked) <= 7
    assert len(calls) < BATCH
    assert together == {call.id: facts_of(story.session, call=call) for call in calls}


def test_every_query_is_answered_by_an_index(on_sqlite: Database) -> None:
    with undone(on_sqlite) as session:
        story = Story(session)
        is_mia(story)
        job(story)
        call = heard_call(story, text="hello", caller=MIA)
        plans: list[str] = []

        def explain(connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
            if statement.startswith("SELECT"):
                found = connection.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
                plans.extend(row[3] for row in found.fetchall())

        event.listen(session.get_bind(), "before_cursor_execute", explain)
        try:
            facts_of(session, call=call)
        finally:
            event.remove(session.get_bind(), "before_cursor_execute", explain)
    assert len(plans) >= 7
    assert [plan for plan in plans if plan.startswith("SCAN")] == []


@settings(max_examples=60, deadline=None)
@given(
    starts=st.lists(st.integers(-30, 30), min_size=1, max_size=6),
    known=st.lists(st.integers(-30, 40), min_size=6, max_size=6),
)
def test_whatever_comes_to_light_later_changes_nothing(
    sqlite_facts: Story, starts: list[int], known: list[int]
) -> None:
    """Of Mia's call: calls, customers and jobs that began later or were known later make no difference."""
    with sqlite_facts.session.begin_nested() as undo:
        call = sqlite_facts.call(MORNING, caller=MIA, known_since=MORNING)
        before = facts_of(sqlite_facts.session, call=call)
        for start, learnt in zip(starts, known, strict=False):
            begun, heard = MORNING + start * HOUR, MORNING + learnt * HOUR
            if max(begun, heard) <= MORNING:
                continue
            sqlite_facts.call(begun, caller=MIA, known_since=heard)
            mia = Customer(
                account_id=sqlite_facts.account.id, name="Mia", phone=MIA, created_at=max(begun, heard)
            )  # fmt: skip
            job(sqlite_facts, created=begun, known=heard).customer = mia
            sqlite_facts.session.flush()
        assert facts_of(sqlite_facts.session, call=call) == before
        undo.rollback()


@pytest.fixture(scope="module")
def sqlite_facts() -> Iterator[Story]:
    from calltrack.models import Base

    opened = Database("sqlite://")
    Base.metadata.create_all(opened.engine)
    with undone(opened) as session:
        story = Story(session)
        job(story)  # of a type that is there from now on
        yield story
    opened.dispose()
