"""When the carrier's lists are looked at: once a night, by one worker, and with no gap from one look to the next."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from calltrack.calls import reconciliations
from calltrack.calls.reconciliations import is_due, newest_runs, read_since, reconcile_due, since_when, sum_up
from calltrack.config import Settings
from calltrack.db import Database
from calltrack.models import Reconciliation
from calltrack.telephony.carriers import Access
from tests.twilio_wire import ACCOUNT, TOKEN

NIGHT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def run(
    began_at: datetime, *, since: datetime | None = None, ended: bool = True, error: str | None = None
) -> Reconciliation:
    return Reconciliation(
        carrier="twilio", carrier_account=ACCOUNT, since=since or began_at - 25 * HOUR, began_at=began_at,
        ended_at=began_at + MINUTE if ended else None, error=error, calls_seen=9, calls_made=2, calls_mended=1,
        recordings_seen=8, recordings_made=2, recordings_gone=0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("runs", "now", "due"),
    [([], NIGHT, True),
     ([run(NIGHT - 24 * HOUR)], NIGHT - MINUTE, False),
     ([run(NIGHT - 24 * HOUR)], NIGHT, True),
     ([run(NIGHT)], NIGHT + 23 * HOUR, False),
     ([run(NIGHT - 3 * HOUR), run(NIGHT - 24 * HOUR)], NIGHT, True),
     ([run(NIGHT, ended=False)], NIGHT + HOUR, False),
     ([run(NIGHT, ended=False)], NIGHT + 3 * HOUR, True),
     ([run(NIGHT, error="away")], NIGHT + MINUTE, False),
     ([run(NIGHT, error="away")], NIGHT + 2 * MINUTE, True),
     ([run(NIGHT, error="away")] * 4, NIGHT + 8 * MINUTE, False),
     ([run(NIGHT, error="away")] * 4, NIGHT + 9 * MINUTE, True),
     ([run(NIGHT, error="away")] * 10, NIGHT + 61 * MINUTE, True),
     ([run(NIGHT - 60 * HOUR)], NIGHT - 4 * HOUR, True)],
)  # fmt: skip
def test_a_run_is_due_when_the_night_has_come_and_nobody_did_it(
    runs: list[Reconciliation], now: datetime, due: bool
) -> None:
    assert is_due(runs, now=now) == due


def test_the_next_run_begins_an_hour_before_all_was_last_seen(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        assert since_when(session, carrier="twilio", account=ACCOUNT, now=NIGHT) == NIGHT - 24 * HOUR
        session.add_all([run(NIGHT - 48 * HOUR), run(NIGHT - 24 * HOUR, error="away")])
        # Somebody looked at the last hour only: what lies between has not been seen.
        session.add(run(NIGHT - 2 * HOUR, since=NIGHT - 3 * HOUR))
        assert since_when(session, carrier="twilio", account=ACCOUNT, now=NIGHT) == NIGHT - 49 * HOUR
        session.add(run(NIGHT, since=NIGHT - 49 * HOUR))
        assert since_when(session, carrier="twilio", account=ACCOUNT, now=NIGHT + HOUR) == NIGHT - HOUR


def test_of_two_workers_one_does_it(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(_env_file=None, twilio_account_sid=ACCOUNT, twilio_auth_token=(TOKEN,))
    both: list[int] = []

    def carry_out(_: Database, *, run: Reconciliation, access: Access) -> Reconciliation:
        assert access.account == run.carrier_account == ACCOUNT
        both.append(reconcile_due(database, settings, NIGHT))  # another worker, while this one is at it
        return run

    monkeypatch.setattr(reconciliations, "carry_out", carry_out)
    assert reconcile_due(database, settings, NIGHT) == 1
    assert both == [0]
    with database.read() as session:
        assert len(newest_runs(session, limit=9, carrier="twilio")) == 1


def test_the_second_carrier_is_asked_also_where_the_first_one_s_end_could_not_be_written_down(
    on_sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, Any] = {"signalwire_project_id": "b08dacad", "signalwire_api_token": "PT1"}
    settings = Settings(_env_file=None, twilio_account_sid=ACCOUNT, twilio_auth_token=(TOKEN,), **given)
    asked: list[str] = []

    def carry_out(_: Database, *, run: Reconciliation, access: Access) -> Reconciliation:
        asked.append(run.carrier)
        if len(asked) == 1:
            raise OperationalError("COMMIT", {}, OSError("the disk is full"))
        return run

    monkeypatch.setattr(reconciliations, "carry_out", carry_out)
    assert reconcile_due(on_sqlite, settings, NIGHT) == 1
    assert asked == ["twilio", "signalwire"]


def test_without_a_carrier_nothing_is_compared(on_sqlite: Database) -> None:
    assert reconcile_due(on_sqlite, Settings(_env_file=None), NIGHT) == 0


@pytest.mark.parametrize(
    ("written", "moment"),
    [("2026-11-20T00:00Z", datetime(2026, 11, 20, tzinfo=UTC)), ("24h", NIGHT - 24 * HOUR),
     ("3d", NIGHT - 72 * HOUR), ("2026-11-20T00:00-06:00", datetime(2026, 11, 20, 6, tzinfo=UTC))],
)  # fmt: skip
def test_since_when_is_said_as_a_moment_or_as_how_long_ago(written: str, moment: datetime) -> None:
    assert read_since(written, now=NIGHT) == moment


@pytest.mark.parametrize("written", ["", "yesterday", "2026-11-20", "2026-11-23T00:00Z", "0001-01-01T00:00Z", "-3d"])
def test_what_is_no_past_moment_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="no moment of the past"):
        read_since(written, now=NIGHT)


def test_a_run_is_summed_up_with_why_it_stopped() -> None:
    told = sum_up(run(NIGHT, error="the carrier answered 500"))
    assert "9 calls there, 2 were missing here and 1 incomplete" in told
    assert told.endswith("It stopped early: the carrier answered 500.")
