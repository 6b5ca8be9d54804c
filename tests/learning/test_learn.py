"""When an account's classifier learns, what comes into force, and that only one worker is at it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func, select, update
from sqlalchemy.orm import Session

from calltrack.changes import changes_of
from calltrack.classify.model import shipped_model
from calltrack.cli import main
from calltrack.config import Settings
from calltrack.db import Database
from calltrack.learning.learn import (
    AT_NIGHT,
    GIVE_UP,
    Busy,
    Learning,
    ask_to_learn,
    claim,
    learn,
    learn_due,
    learning_of,
    night_began,
)
from calltrack.learning.versions import in_force, model_in_force, put_in_force, versions
from calltrack.models import Account, Classifier, Label
from calltrack.worker import PERIODIC
from tests.campaigns.story import MORNING, Story
from tests.learning.school import labelled_call, teach

NOW = datetime(2026, 5, 20, 15, 0, tzinfo=UTC)  # ten in the morning in Chicago
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
SETTINGS = Settings(_env_file=None)


@pytest.fixture
def account(database: Database) -> Account:
    with database.write.begin() as session:
        return Story(session).account


@contextmanager
def school(database: Database, account: Account) -> Iterator[Story]:
    """A session in which things happen to the account."""
    with database.write.begin() as session:
        yield story_of(session, account)


def story_of(session: Session, account: Account) -> Story:
    story = Story(session)
    session.delete(story.customer)
    session.flush()
    session.delete(story.account)
    story.account = session.get_one(Account, account.id)
    return story


def say(database: Database, account: Account, *, at: datetime) -> None:
    """Somebody labels a call, far too few to learn from."""
    with school(database, account) as story:
        call = labelled_call(story, text="my furnace is out", value="lead")
        story.session.get_one(Label, call.label_id).said_at = at


def ask(database: Database, account: Account, *, at: datetime = NOW, by: str = "ana@example.com") -> None:
    with database.write.begin() as session:
        ask_to_learn(session, account=account, by=by, now=at)


def standing(database: Database, account: Account, *, now: datetime = NOW) -> Learning:
    with database.read() as session:
        return learning_of(session, account=account, now=now)


def is_due(database: Database, *, now: datetime) -> bool:
    return learn_due(database, SETTINGS, now) > 0


def numbers(database: Database, account: Account) -> list[int]:
    with database.read() as session:
        return [one.version for one in versions(session, account=account).items]


def test_a_worker_looks_every_half_minute_whether_somebody_asked() -> None:
    assert (30.0, learn_due) in PERIODIC


def test_who_asks_is_served_once(database: Database, account: Account) -> None:
    assert not is_due(database, now=NOW)
    ask(database, account)
    assert standing(database, account).state == "asked"
    assert is_due(database, now=NOW + 20 * SECOND)
    found = standing(database, account, now=NOW + 30 * SECOND)
    assert found.state == "idle"
    assert found.began_at is not None
    assert NOW + 20 * SECOND <= found.began_at < NOW + 25 * SECOND, "the moment of its own turn"
    assert found.outcome is not None
    assert "20" in found.outcome, "it says how many labels are needed"
    assert not is_due(database, now=NOW + 50 * SECOND)
    assert numbers(database, account) == []


def test_asking_twice_before_it_begins_is_asking_once(database: Database, account: Account) -> None:
    ask(database, account)
    ask(database, account, at=NOW + SECOND, by="ben@example.com")
    found = standing(database, account)
    assert (found.asked_at, found.asked_by) == (NOW, "ana@example.com")


def test_who_asks_while_it_learns_is_served_afterwards(database: Database, account: Account) -> None:
    with database.write.begin() as session:
        session.execute(update(Account).values(learnt_at=NOW))
    ask(database, account, at=NOW + SECOND)
    assert standing(database, account, now=NOW + SECOND).state == "running"
    assert not is_due(database, now=NOW + 30 * SECOND)
    with database.write.begin() as session:
        session.execute(update(Account).values(learn_ended_at=NOW + 40 * SECOND))
    assert is_due(database, now=NOW + 60 * SECOND)


def test_of_two_workers_that_begin_at_once_one_does(database: Database, account: Account) -> None:
    together = Barrier(2)
    moments = [NOW, NOW + SECOND]
    begun: list[datetime] = []

    def begin(now: datetime) -> None:
        together.wait()
        with suppress(Busy):
            claim(database, account_id=account.id, now=now)
            begun.append(now)

    both = [Thread(target=begin, args=(now,)) for now in moments]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(begun) == 1
    assert standing(database, account, now=NOW + SECOND).began_at == begun[0]


def test_who_comes_while_it_learns_is_told_so(database: Database, account: Account) -> None:
    claim(database, account_id=account.id, now=NOW)
    with pytest.raises(Busy, match="learning at this moment"):
        learn(database, account_id=account.id, by="ana", now=NOW + SECOND)
    assert not is_due(database, now=NOW + SECOND)


def test_what_a_killed_worker_began_is_begun_again(database: Database, account: Account) -> None:
    with database.write.begin() as session:
        session.execute(update(Account).values(learnt_at=NOW))
    assert not is_due(database, now=NOW + GIVE_UP - SECOND)
    assert standing(database, account, now=NOW + GIVE_UP).state == "asked"
    assert is_due(database, now=NOW + GIVE_UP)
    assert standing(database, account, now=NOW + GIVE_UP + SECOND).state == "idle"


@pytest.mark.parametrize(
    ("said", "learnt", "now", "due"),
    [
        ("2026-05-18 16:00", None, "2026-05-19 16:00", True),
        ("2026-05-19 16:00", None, "2026-05-19 16:10", False),
        ("2026-05-19 16:00", "2026-05-19 02:10", "2026-05-20 01:20", False),
        ("2026-05-19 16:00", "2026-05-19 02:10", "2026-05-20 02:00", True),
        ("2026-05-19 16:00", "2026-05-19 15:00", "2026-05-20 02:00", True),
        ("2026-05-19 16:00", "2026-05-19 17:00", "2026-05-20 02:00", False),
        ("2026-05-19 16:00", "2026-05-20 02:01", "2026-05-20 23:00", False),
        ("2026-05-20 09:00", "2026-05-19 02:10", "2026-05-20 10:00", False),
        ("2026-05-20 09:00", "2026-05-20 02:10", "2026-05-21 02:05", True),
        ("2026-05-01 09:00", "2026-05-01 02:00", "2026-05-20 10:00", True),  # no worker was there that night
    ],
)
def test_it_learns_at_night_from_the_labels_of_the_day_before(
    database: Database, account: Account, said: str, learnt: str | None, now: str, *, due: bool
) -> None:
    def local(written: str) -> datetime:
        return datetime.fromisoformat(written).replace(tzinfo=ZoneInfo("America/Chicago")).astimezone(UTC)

    say(database, account, at=local(said))
    if learnt:
        ran = {"learnt_at": local(learnt), "learn_ended_at": local(learnt) + SECOND}
        with database.write.begin() as session:
            session.execute(update(Account).values(**ran))
    assert is_due(database, now=local(now)) is due
    assert not is_due(database, now=local(now) + HOUR / 2), "once a night"


def test_a_label_of_this_morning_waits_and_one_of_yesterday_does_not(database: Database, account: Account) -> None:
    with database.write.begin() as session:
        session.execute(update(Account).values(learnt_at=NOW - 2 * DAY, learn_ended_at=NOW - 2 * DAY + SECOND))
    say(database, account, at=NOW - HOUR)
    assert not is_due(database, now=NOW)
    say(database, account, at=NOW - DAY)
    say(database, account, at=NOW - HOUR)
    assert is_due(database, now=NOW)


@pytest.mark.parametrize("which", [func.min, func.max])
def test_a_label_that_was_taken_back_is_news(database: Database, account: Account, which: Any) -> None:
    say(database, account, at=NOW - 4 * DAY)
    say(database, account, at=NOW - 3 * DAY)
    with database.write.begin() as session:
        session.execute(update(Account).values(learnt_at=NOW - 2 * DAY, learn_ended_at=NOW - 2 * DAY + SECOND))
    assert not is_due(database, now=NOW)
    with database.write.begin() as session:
        taken_back = session.scalar(select(which(Label.id)))
        session.execute(update(Label).where(Label.id == taken_back).values(undone_at=NOW - DAY))
    assert is_due(database, now=NOW)


def test_a_machines_label_is_no_news(database: Database, account: Account) -> None:
    with school(database, account) as story:
        labelled_call(story, text="hello", value="lead", source="model")
    assert not is_due(database, now=NOW)


def test_an_account_that_goes_wrong_keeps_no_other_from_learning(
    database: Database, account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    with database.write.begin() as session:
        other = Story(session).account
    with school(database, account) as story:
        call = labelled_call(story, text="hello", value="lead")
        assert call.label_id
        story.session.get_one(Account, account.id).time_zone = "Nowhere/At all"
    ask(database, account)
    ask(database, other)
    assert learn_due(database, SETTINGS, NOW + SECOND) == 1
    assert f"the classifier of account {account.id} did not learn" in caplog.text
    assert "went wrong" in (standing(database, account, now=NOW + HOUR).outcome or "")
    assert "20" in (standing(database, other, now=NOW + HOUR).outcome or "")


@settings(max_examples=200, deadline=None)
@given(
    now=st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2037, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    zone=st.sampled_from(sorted(available_timezones() - {"Factory", "localtime"})),
)
def test_a_night_begins_once_a_local_day_and_before_the_moment(now: datetime, zone: str) -> None:
    began = night_began(now, zone=zone)
    assert began <= now < began + 27 * HOUR
    assert night_began(began, zone=zone) == began
    assert night_began(began - SECOND, zone=zone) < began
    assert began.astimezone(ZoneInfo(zone)).hour in (1, 2, 3)


@pytest.mark.slow
def test_the_labels_of_an_accounts_people_make_a_model_of_its_own(database: Database, account: Account) -> None:
    """An office that calls leads what everybody else calls excused teaches a model that says so."""
    with school(database, account) as story:
        calls = teach(story, of_each=60, upside_down=True)
    kept = learn(database, account_id=account.id, by="ana@example.com", now=NOW)
    assert kept is not None
    assert (kept.version, kept.promoted, kept.made_by, kept.made_at) == (1, True, "ana@example.com", NOW)
    card = kept.card
    assert card["examples"] == {"lead": 60, "excused": 60}
    assert card["challenger"]["accuracy"] > card["champion"]["accuracy"]
    assert card["shipped"]["n"] == 120
    model = model_in_force(database, account_id=account.id)
    assert model.full_name == card["model"] == "own@1"
    with database.read() as session:
        current = in_force(session, account=account)
        [change] = changes_of(session, account_id=account.id, noun="account", noun_id=account.id)
    assert current is not None
    assert (current.version, change.now, change.changed_by) == (1, "version 1", "ana@example.com")
    assert (standing(database, account, now=NOW + HOUR).outcome or "").startswith("version 1 is in force: ")

    # Nothing new was said, so nothing is made, however often somebody asks.
    assert learn(database, account_id=account.id, by="ana@example.com", now=NOW + HOUR) is None
    assert "nothing new" in (standing(database, account, now=NOW + 2 * HOUR).outcome or "")
    assert numbers(database, account) == [1]

    # A word more, and there is a second version; somebody chose another model while it was learnt.
    with database.write.begin() as session:
        story_of(session, account).say(session.merge(calls[0]), "lead", "human")
    event.listen(database.engine, "checkin", chooser := Chooser(database, account))
    second = learn(database, account_id=account.id, by=AT_NIGHT, now=NOW + DAY)
    event.remove(database.engine, "checkin", chooser)
    assert second is not None
    assert (second.version, second.promoted) == (2, False)
    with database.read() as session:
        assert in_force(session, account=account) is None, "the word of whoever chose stands"
    assert model_in_force(database, account_id=account.id) is shipped_model()


class Chooser:
    """Somebody who goes back to the shipped model when a worker has read what it learns from. They can, because it
    holds no transaction while it learns."""

    def __init__(self, database: Database, account: Account) -> None:
        self.database, self.account, self.sessions = database, account, 0

    def __call__(self, *_: object) -> None:
        """A session ended: the first said that it begins, the second read the labels."""
        self.sessions += 1
        if self.sessions == 2:
            with self.database.write.begin() as session:
                put_in_force(session, account=self.account, version=None, by="ben@example.com")


@pytest.mark.slow
def test_a_version_that_is_no_better_is_kept_back(on_sqlite: Database) -> None:
    """Labels that agree with the shipped model in everything leave nothing to fix."""
    with on_sqlite.write.begin() as session:
        story = Story(session)
        teach(story, of_each=12)
    kept = learn(on_sqlite, account_id=story.account.id, by="ana@example.com", now=NOW)
    assert kept is not None
    assert kept.promoted is False
    assert kept.why
    assert model_in_force(on_sqlite, account_id=story.account.id) is shipped_model()
    with on_sqlite.read() as session:
        assert session.scalars(select(Classifier.version)).all() == [1]


@pytest.mark.slow
def test_the_command_learns_at_once_and_prints_the_card(
    on_sqlite: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", on_sqlite.url.render_as_string(hide_password=False))
    monkeypatch.chdir(tmp_path)
    with on_sqlite.write.begin() as session:
        story = Story(session)
        name = story.account.name
        labelled_call(story, text="my furnace is out, can you come", value="lead", moment=MORNING)
    few = CliRunner().invoke(main, ["train", "--account", name])
    assert few.exit_code == 1
    assert "20" in few.stderr
    with on_sqlite.write.begin() as session:
        teach(story_of(session, story.account), of_each=12)
    done = CliRunner().invoke(main, ["train", "--account", name])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["examples"] == {"lead": 13, "excused": 12}
    assert done.stderr.startswith("version 1 ")
    assert "no account named" in CliRunner().invoke(main, ["train", "--account", "nobody"]).stderr
    assert "leave --corpus" in CliRunner().invoke(main, ["train", "--account", name, "--out", "x"]).stderr
