"""How long recordings and words are kept, and that they are gone afterwards: here, and at the carrier."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import ANY

import pytest
from sqlalchemy import event, select, update

from calltrack.calls.labels import label_call
from calltrack.db import Database
from calltrack.models import Account, Call, CallEvent, Campaign, Reason, Recording, RetentionRun, Transcript
from calltrack.privacy.retention import count_due, erase_due, night_of
from tests.factories import answered_call, company
from tests.privacy.house import House, a_house
from tests.twilio_wire import BILLBOARD

NIGHT = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)  # three o'clock in Chicago
YESTERDAY = NIGHT - timedelta(days=1)


@pytest.fixture
def house(database: Database, tmp_path: Path) -> Iterator[House]:
    with a_house(database, folder=tmp_path) as made:
        yield made


def keep(
    database: Database, *, days: int | None = None, campaign: int | None = None, reason: int | None = None
) -> None:
    """The rules, as of the day before `NIGHT`: the page promises that they hold from the coming night on."""
    with database.write.begin() as session:
        session.execute(update(Account).values(keep_days=days))
        session.execute(update(Campaign).values(keep_days=campaign))
        session.execute(update(Reason).where(Reason.name == "wrong number").values(keep_days=reason))
    erase_due(database, ANY, YESTERDAY)


def a_call(database: Database, *, days: int, label: str | None = None) -> int:
    """A call of so many days before NIGHT, with words and a recording that is still at the carrier."""
    with database.write.begin() as session:
        call = answered_call(
            session, number=BILLBOARD, started_at=NIGHT - timedelta(days=days, hours=1), recorded=True,
            words="my furnace is out",
        )  # fmt: skip
        if label:
            label_call(session, call=call, value="excused", reason=label, note=None, said_by="ana")
        return call.id


def is_erased(database: Database, call_id: int) -> bool:
    with database.read() as session:
        call = session.get_one(Call, call_id)
        words = session.get(Transcript, call_id)
        states = set(session.scalars(select(Recording.status).where(Recording.call_id == call_id)))
        gone = call.erased_at is not None
        assert gone == (words is None) == (states == {"erased"})
        return gone


@pytest.fixture
def office(database: Database) -> Database:
    with database.write.begin() as session:
        company(session, name="Ana's Heating", number=BILLBOARD)
    return database


@pytest.mark.parametrize(
    ("rules", "days", "label", "gone"),
    [
        ({}, 4000, None, False),
        ({"days": 90}, 89, None, False),
        ({"days": 90}, 90, None, True),
        ({"days": 90, "campaign": 30}, 31, None, True),
        ({"days": 30, "campaign": 90}, 31, None, False),
        ({"days": 90, "campaign": 30, "reason": 7}, 8, "wrong number", True),
        ({"days": 90, "campaign": 30, "reason": 7}, 8, "solicitor", False),
        ({"days": 30, "campaign": 30, "reason": 365}, 31, "wrong number", False),
        ({"reason": 7}, 8, "wrong number", True),
    ],
)
def test_the_most_specific_rule_holds(
    office: Database, rules: dict[str, int], days: int, label: str | None, gone: bool
) -> None:
    call_id = a_call(office, days=days, label=label)
    keep(office, **rules)
    erase_due(office, ANY, NIGHT)
    assert is_erased(office, call_id) == gone


def test_a_new_rule_erases_nothing_before_the_coming_night(office: Database) -> None:
    call_id = a_call(office, days=100)
    keep(office, days=30)
    erase_due(office, ANY, YESTERDAY + timedelta(hours=15))
    assert not is_erased(office, call_id)
    with office.read() as session:
        account = session.scalars(select(Account)).one()
        count, tonight = count_due(session, account=account, now=YESTERDAY + timedelta(hours=15))
    assert (count, tonight) == (1, night_of(NIGHT, zone="America/Chicago"))
    assert erase_due(office, ANY, NIGHT) == 1
    assert erase_due(office, ANY, NIGHT) == 0, "a night's work is done once"


def test_a_label_given_since_the_last_night_counts_tonight(office: Database) -> None:
    call_id = a_call(office, days=100)
    keep(office, reason=7)
    erase_due(office, ANY, NIGHT)
    assert not is_erased(office, call_id)
    with office.write.begin() as session:
        call = session.get_one(Call, call_id)
        label = label_call(
            session, call=call, value="excused", reason="wrong number", note=None, said_by="ana"
        )  # fmt: skip
        label.said_at = NIGHT + timedelta(hours=4)
    erase_due(office, ANY, NIGHT + timedelta(days=1))
    assert is_erased(office, call_id)


def test_a_night_looks_at_what_ran_out_since_the_last_and_once_a_week_at_everything(office: Database) -> None:
    keep(office, days=30)
    erase_due(office, ANY, NIGHT)
    imported = a_call(office, days=400)  # as a file may bring one, long after its day
    fresh = a_call(office, days=30 - 1)
    erase_due(office, ANY, NIGHT + timedelta(days=1))
    assert (is_erased(office, imported), is_erased(office, fresh)) == (False, True)
    for night in range(2, 9):
        erase_due(office, ANY, NIGHT + timedelta(days=night))
    assert is_erased(office, imported)


def test_what_was_said_is_nowhere_any_more_and_comes_not_back(office: Database) -> None:
    call_id = a_call(office, days=100)
    keep(office, days=30)
    erase_due(office, ANY, NIGHT)
    with office.write.begin() as session:
        call = session.get_one(Call, call_id)
        again = answered_call(
            session, number=BILLBOARD, started_at=call.started_at, recorded=True, words="my furnace smells of gas",
            sid=call.call_sid,
        )  # fmt: skip
        assert again.id == call_id
        logged = str(session.scalars(select(CallEvent.params)).all())
    assert "furnace" not in logged
    assert is_erased(office, call_id)


def test_an_account_without_a_rule_costs_no_look_at_its_calls(office: Database) -> None:
    asked: list[str] = []
    listen = lambda *told: asked.append(told[2])  # noqa: E731
    event.listen(office.engine, "before_cursor_execute", listen)
    keep(office)
    event.remove(office.engine, "before_cursor_execute", listen)
    assert not [one for one in asked if "FROM calls" in one]


@pytest.mark.enable_socket
def test_the_carriers_copy_and_ours_are_gone_after_the_night(house: House) -> None:
    house.place(started_at=NIGHT - timedelta(days=40))
    house.sweep()
    before = house.recordings()[0]
    assert (before.status, len(house.files()), len(house.at_the_carrier())) == ("stored", 1, 1)
    keep(house.database, days=30)
    erase_due(house.database, house.settings, NIGHT)
    assert house.recordings()[0].status == "erased", "nothing plays from this moment on"
    house.sweep()
    assert (house.files(), house.at_the_carrier()) == ([], [])
    after = house.recordings()[0]
    assert (after.storage_key, after.peaks) == (None, None)
    assert after.carrier_erased_at is not None
    proof = house.erasures("recording")[0]
    assert (proof.why, proof.carrier_said) == ("calls are kept for 30 days", "deleted")
    assert len(proof.sha256 or "") == 64


def test_a_night_goes_on_where_it_was_stopped(office: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = [a_call(office, days=100 + one) for one in range(3)]
    keep(office, days=30)
    monkeypatch.setattr("calltrack.privacy.retention._AT_ONCE", 1)
    monkeypatch.setattr("calltrack.privacy.retention._keep_run", lambda *_, **__: 1 / 0)  # stopped before the end
    with pytest.raises(ZeroDivisionError):
        erase_due(office, ANY, NIGHT)
    monkeypatch.undo()
    assert [is_erased(office, call) for call in calls] == [True] * 3
    assert erase_due(office, ANY, NIGHT) == 0
    with office.read() as session:
        assert session.scalars(select(RetentionRun.walked_at)).one() == NIGHT
