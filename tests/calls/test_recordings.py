"""Recordings: what the carrier announced, what is fetched, and which one is played."""

from datetime import UTC, datetime
from itertools import permutations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.calls.recordings import keep_news, main_recording, mark_stored, storage_key
from calltrack.db import Database
from calltrack.models import Call, Recording, Step
from calltrack.telephony.carrier import RecordingNews
from tests.campaigns.story import MORNING, Story

DONE = RecordingNews("RE1", "completed", duration=63, channels=2, source="conversation", started_at=MORNING)


def told(session: Session, call: Call, *news: RecordingNews) -> Recording:
    """The call's one recording after this news."""
    keep_news(session, call=call, news=news)
    session.flush()
    return session.scalars(select(Recording).where(Recording.call_id == call.id)).one()


def fetches(session: Session) -> list[str]:
    return list(session.scalars(select(Step.subject).where(Step.name == "fetch").order_by(Step.id)))


def test_a_complete_recording_is_expected_and_fetched_once(database: Database) -> None:
    with database.write.begin() as session:
        call = Story(session).call()
        for _ in range(2):
            row = told(session, call, DONE)
        assert (row.status, row.carrier_status, row.source, row.recorded_at) == (
            "expected",
            "completed",
            "conversation",
            MORNING,
        )
        assert (row.duration, row.channels) == (63, 2)
        assert fetches(session) == ["RE1"]


def test_a_recording_under_way_is_expected_and_not_fetched_yet(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        call = Story(session).call()
        row = told(session, call, RecordingNews("RE1", "in-progress"))
        assert (row.status, row.duration, fetches(session)) == ("expected", None, [])
        assert told(session, call, DONE) is row
        assert fetches(session) == ["RE1"]


@pytest.mark.parametrize("status", ["absent", "failed"])
def test_a_recording_that_does_not_exist_is_never_fetched(on_sqlite: Database, status: str) -> None:
    with on_sqlite.write.begin() as session:
        row = told(session, Story(session).call(), RecordingNews("RE1", status))
        assert (row.status, row.carrier_status, fetches(session)) == (status, status, [])


@pytest.mark.parametrize("status", ["absent", "failed"])
def test_a_later_word_that_it_is_complete_has_it_fetched_after_all(on_sqlite: Database, status: str) -> None:
    with on_sqlite.write.begin() as session:
        call = Story(session).call()
        told(session, call, RecordingNews("RE1", status))
        assert told(session, call, DONE).status == "expected"
        assert fetches(session) == ["RE1"]


def test_once_it_is_here_the_file_knows_best(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        call = Story(session).call()
        row = told(session, call, RecordingNews("RE1", "completed"))
        mark_stored(recording=row, key="1/2026/05/RE1.mp3", seconds=62.6, channels=1, peaks=[[1, 2]])
        assert (row.status, row.duration, row.channels, row.storage_key) == ("stored", 63, 1, "1/2026/05/RE1.mp3")
        assert (row.peaks, row.stored_at is not None) == ([[1, 2]], True)
        again = told(session, call, DONE)
        assert (again.status, again.duration, again.channels) == ("stored", 63, 1)
        late = told(session, call, RecordingNews("RE1", "absent"))
        assert late.status == "stored"


def test_the_length_that_the_carrier_told_stays(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        row = told(session, Story(session).call(), DONE)
        mark_stored(recording=row, key="k", seconds=70, channels=2, peaks=None)
        assert (row.duration, row.peaks) == (63, None)


def test_the_recording_to_play_is_one_that_is_here_then_the_longest(on_sqlite: Database) -> None:
    ranked = [
        ("RE1", "stored", 60),
        ("RE2", "stored", 9),
        ("RE3", "expected", 99),
        ("RE4", "failed", 99),
        ("RE5", "absent", 0),
    ]
    for order in permutations(ranked[1:]):
        with on_sqlite.write() as session:
            call = Story(session).call()
            assert main_recording(session, call_id=call.id) is None
            for number, (sid, status, seconds) in enumerate([*order, ranked[0]]):
                session.add(
                    Recording(
                        call_id=call.id, recording_sid=sid, status=status, carrier_status="completed",
                        duration=seconds or None,
                    )
                )  # fmt: skip
                session.flush()
                best = main_recording(session, call_id=call.id)
                assert best is not None
                known = {one[0] for one in [*order, ranked[0]][: number + 1]}
                assert best.recording_sid == next(sid for sid, _, _ in ranked if sid in known)
            session.rollback()


def test_a_recording_lies_under_its_account_year_and_month() -> None:
    started_at = datetime(2026, 5, 31, 23, 59, tzinfo=UTC)
    assert storage_key(call=Call(account_id=7, started_at=started_at), recording_sid="RE1") == "7/2026/05/RE1.mp3"
    nobodys = storage_key(call=Call(account_id=None, started_at=started_at), recording_sid="RE1")
    assert nobodys == "unclaimed/2026/05/RE1.mp3"
