"""What happens with a call: whatever is missing has a sentence that says why, and what failed can be tried again."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from calltrack.calls import steps
from calltrack.models import Call, Recording, Step
from tests import twilio_wire
from tests.factories import NOON, Company, answered_call, deliver, missed_call, running_call
from tests.web.conftest import BILLBOARD, Browser, Write


def progress(browser: Browser, call: Call) -> str:
    return browser.read(f"/calls/{call.call_sid}").partition("What happens with this call")[2]


def the_step(session: Session, call: Call, name: str) -> Step:
    return session.scalars(select(Step).where(Step.call_id == call.id, Step.name == name)).one()


def claimed(session: Session, call: Call, name: str) -> Step:
    """The call's step in a worker's hands."""
    session.execute(update(Step).where(Step.name != name).values(due_at=datetime.now(UTC) + timedelta(days=1)))
    step = steps.claim(session, now=datetime.now(UTC))
    assert step
    assert (step.call_id, step.name) == (call.id, name)
    return step


@pytest.fixture
def recorded(write: Write, anas: Company) -> Call:
    with write() as session:
        return answered_call(session, number=BILLBOARD, recorded=True)


def test_what_is_due_says_so_and_what_to_do_if_it_stays(ana: Browser, recorded: Call) -> None:
    page = progress(ana, recorded)
    assert "Recording Waiting The carrier has it; it is being fetched." in page
    assert "Fetch the recording: Due now. If this stays, no worker is running" in page
    assert "Label Waiting The call is about to be judged." in page


def test_a_step_in_a_worker_s_hands_is_under_way(write: Write, ana: Browser, recorded: Call) -> None:
    with write() as session:
        claimed(session, recorded, "fetch")
    page = progress(ana, recorded)
    assert "Fetch the recording: Under way, try 1." in page
    assert "Try again" not in page


def test_a_failed_try_shows_its_reason_and_when_the_next_is(write: Write, ana: Browser, recorded: Call) -> None:
    with write() as session:
        step = claimed(session, recorded, "fetch")
        steps.fail(session, step=step, error="the carrier answered 503", permanent=False, retry_after=1800)
    page = progress(ana, recorded)
    assert "Fetch the recording: Next try" in page
    assert "after 1 try. The carrier answered 503." in page
    assert "Try again" in page


@pytest.fixture
def given_up(write: Write, recorded: Call) -> Call:
    with write() as session:
        step = claimed(session, recorded, "fetch")
        steps.fail(session, step=step, error="the carrier says 401: check TWILIO_AUTH_TOKEN", permanent=True)
        session.execute(update(Recording).where(Recording.call_id == recorded.id).values(status="failed"))
    return recorded


def test_what_was_given_up_says_why_and_is_tried_again_by_a_button(write: Write, ana: Browser, given_up: Call) -> None:
    page = progress(ana, given_up)
    assert "Recording Failed It could not be fetched from the carrier." in page
    assert "Given up after 1 try. The carrier says 401: check TWILIO_AUTH_TOKEN. Remove the cause" in page
    with write() as session:
        step = the_step(session, given_up, "fetch")
    page = ana.send(f"/calls/{given_up.call_sid}/steps/{step.id}/retry")
    assert "It is being tried again." in page
    assert "Recording Waiting The carrier has it; it is being fetched." in page
    with write() as session:
        step = the_step(session, given_up, "fetch")
        assert (step.state, step.attempts, step.last_error) == ("due", 0, None)


def test_only_who_may_retry_is_offered_the_button(cho: Browser, given_up: Call) -> None:
    assert "Try again" not in progress(cho, given_up)


@pytest.mark.parametrize("step", ["999999", "9" * 30])
def test_a_step_of_no_such_number_is_not_found(ana: Browser, given_up: Call, step: str) -> None:
    assert ana.post(f"/calls/{given_up.call_sid}/steps/{step}/retry").status_code == 404


def test_a_step_of_another_call_is_not_found(write: Write, ana: Browser, given_up: Call) -> None:
    with write() as session:
        other = answered_call(session, number=BILLBOARD)
        step = the_step(session, given_up, "fetch")
    assert ana.post(f"/calls/{other.call_sid}/steps/{step.id}/retry").status_code == 404


def test_a_call_that_nobody_transcribed_asks_for_a_person(write: Write, ana: Browser) -> None:
    with write() as session:
        call = answered_call(session, number=BILLBOARD)
        step = claimed(session, call, "classify")
        steps.finish(session, step=step, note="there is no transcript to judge by")
    page = progress(ana, call)
    assert "Recording None The carrier has announced no recording of this call." in page
    assert "Transcript None The carrier sent no words of this call." in page
    assert "Label None There is no transcript to judge by. Listen to the call and label it yourself." in page


def absent(session: Session) -> Call:
    call = answered_call(session, number=BILLBOARD)
    deliver(session, "recording", twilio_wire.recording("absent", call=call.call_sid), at=NOON)
    return call


def failed_at_the_carrier(session: Session) -> Call:
    call = answered_call(session, number=BILLBOARD)
    deliver(session, "recording", twilio_wire.recording("failed", call=call.call_sid), at=NOON)
    return call


def still_being_made(session: Session) -> Call:
    call = answered_call(session, number=BILLBOARD)
    deliver(session, "recording", twilio_wire.recording("in-progress", call=call.call_sid), at=NOON)
    return call


@pytest.mark.parametrize(
    ("make", "later", "says"),
    [
        (absent, 1, "Recording None The carrier made no recording"),
        (failed_at_the_carrier, 1, "Recording Failed The carrier says that its recording failed"),
        (still_being_made, 1, "Recording Waiting The carrier is still making it"),
        (still_being_made, 30, "Recording Failed The carrier began it and never said that it was done"),
        (
            lambda session: missed_call(session, number=BILLBOARD),
            1,
            "Recording None Nobody spoke and no voicemail was left",
        ),
        (lambda session: running_call(session, number=BILLBOARD), 1, "Recording Waiting The call is still running"),
        (lambda session: running_call(session, number=BILLBOARD), 30, "The carrier never told us that this call ended"),
        (
            lambda session: answered_call(session, number=BILLBOARD),
            1,
            "Recording Waiting The carrier has not",
        ),
        (lambda session: answered_call(session, number=BILLBOARD), 30, "Recording None The carrier has announced no"),
    ],
)
def test_every_state_of_a_recording_is_explained(
    write: Write, anas: Company, ana: Browser, make: Callable[[Session], Call], later: int, says: str
) -> None:
    with write() as session:
        call = make(session)
    with time_machine.travel(NOON + timedelta(hours=later)):
        assert says in progress(ana, call)


def test_the_caller_s_consent_stands_with_the_call(ana: Browser, recorded: Call) -> None:
    assert "The caller was told: This call may be recorded." in progress(ana, recorded)
