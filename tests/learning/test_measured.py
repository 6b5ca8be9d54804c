"""The measured error: counted by hand, weighed by what was drawn from, and right about its own doubt."""

import random
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from calltrack.calls.labels import undo_label
from calltrack.campaigns.shares import joined, plain
from calltrack.db import Database
from calltrack.learning.blind import unanswered
from calltrack.learning.measured import measured_error
from calltrack.learning.sampling import draw_week
from calltrack.models import BlindCheck, BlindDraw, Call, Label
from tests.campaigns.story import MORNING
from tests.learning.sample import MONDAY, drawn, said, verdict, week


def checks_of(session: Session, checks: list[BlindCheck], value: str) -> list[BlindCheck]:
    """Those that the machine labelled so."""
    return [check for check in checks if session.get_one(Label, check.machine_label_id).value == value]


def test_nothing_is_measured_before_somebody_answers(database: Database) -> None:
    with database.write.begin() as session:
        story = week(session, leads=3, excused=1)
        before = measured_error(session, account_id=story.account.id)
        assert (before.error, before.waiting, before.population, before.weeks) == (None, 0, 0, [])
        draw_week(session, account=story.account, week=MONDAY)
        found = measured_error(session, account_id=story.account.id)
        assert (found.error, found.waiting, found.population) == (None, 4, 4)
        assert set(found.matrix.values()) == {0}


def test_the_few_excused_calls_weigh_what_they_stand_for(database: Database) -> None:
    """90 leads of which a tenth is wrong, 10 excused of which half is: 14 of 100, though 6 of 20 checks are wrong."""
    with database.write.begin() as session:
        story, checks = drawn(session, leads=90, excused=10)
        for value, other, wrong in (("lead", "excused", 1), ("excused", "lead", 5)):
            for place, check in enumerate(checks_of(session, checks, value)):
                said(session, check, other if place < wrong else value)
        found = measured_error(session, account_id=story.account.id)
        assert found.matrix == {
            ("lead", "lead"): 9, ("lead", "excused"): 1, ("excused", "lead"): 5, ("excused", "excused"): 5,
        }  # fmt: skip
        assert found.error is not None
        assert (found.error.checks, found.error.wrong) == (20, 6)
        assert found.error.share == pytest.approx(0.9 * 0.1 + 0.1 * 0.5)
        _, low, high = joined([(0.9, 0.1, plain(1, 10).between()), (0.1, 0.5, plain(5, 10).between())])
        assert [found.error.low, found.error.high] == pytest.approx([low, high])
        assert found.by_label["excused"].share == pytest.approx(0.5)
        [only] = found.weeks
        assert (only.name, only.error.share) == ("2026-04-27", found.error.share)


def test_what_nobody_could_tell_and_what_was_taken_back_counts_for_nothing(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        story, [one, two, three] = drawn(session, leads=3, excused=0)
        said(session, one, "cannot tell")
        said(session, two, "lead")
        said(session, three, "excused")
        assert three.label_id is not None
        undo_label(session, call=session.get_one(Call, three.call_id), label_id=three.label_id, said_by="ana")
        session.expire_all()
        found = measured_error(session, account_id=story.account.id)
        assert found.error is not None
        assert (found.error.checks, found.error.wrong) == (1, 0)
        assert (found.answered, found.cannot_tell, found.waiting, found.wrong) == (1, 1, 1, [])


def test_the_calls_it_got_wrong_are_listed_with_both_words(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        story = week(session, leads=0, excused=0)
        call = verdict(session, story.call(), "lead", reason="new job", model="own@2", confidence=0.61)
        draw_week(session, account=story.account, week=MONDAY)
        [check] = unanswered(session, account_id=story.account.id)
        said(session, check, "excused", reason="vendor")
        [wrong] = measured_error(session, account_id=story.account.id).wrong
        assert (wrong.call_sid, wrong.machine, wrong.machine_reason, wrong.model, wrong.confidence) == (
            call.call_sid, "lead", "new job", "own@2", 0.61,
        )  # fmt: skip
        assert (wrong.person, wrong.person_reason, wrong.by) == ("excused", "vendor", "ana")


def test_each_week_reason_and_version_has_an_error_of_its_own(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        story = week(session, leads=0, excused=0)
        later = MONDAY + timedelta(days=7)
        for day, model, reason in ((MORNING, "m@1", "new job"), (MORNING + timedelta(days=7), "m@2", "emergency")):
            for _ in range(2):
                verdict(session, story.call(day), "lead", model=model, reason=reason)
        for monday in (MONDAY, later):
            draw_week(session, account=story.account, week=monday)
        [one, two, three, four] = unanswered(session, account_id=story.account.id)
        for check, value in ((one, "lead"), (two, "excused"), (three, "lead"), (four, "lead")):
            said(session, check, value)
        found = measured_error(session, account_id=story.account.id)
        assert [(each.week, each.error.wrong) for each in found.weeks] == [(MONDAY, 1), (later, 0)]
        assert {each.name: each.error.wrong for each in found.reasons} == {"lead: new job": 1, "lead: emergency": 0}
        assert {each.name: (each.week, each.error.checks) for each in found.models} == {
            "m@1": (MONDAY, 2), "m@2": (later, 2),
        }  # fmt: skip


def test_only_the_newest_26_weeks_count(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        story, checks = drawn(session, leads=2, excused=0)
        for check in checks:
            said(session, check, "excused")
        for number in range(1, 27):
            about = {"account_id": story.account.id, "week": MONDAY + timedelta(weeks=number)}
            session.add(BlindDraw(**about, value="lead", population=9, drawn=1))
        session.flush()
        assert measured_error(session, account_id=story.account.id).error is None


def test_another_accounts_checks_say_nothing(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        _, [check] = drawn(session, leads=1, excused=0)
        said(session, check, "excused")
        other = week(session, leads=1, excused=0)
        assert measured_error(session, account_id=other.account.id).error is None


@pytest.mark.parametrize(("leads", "excused", "rates"), [(900, 100, (0.03, 0.25)), (500, 500, (0.1, 0.1))])
def test_in_about_95_of_100_samples_the_interval_holds_the_true_error(
    leads: int, excused: int, rates: tuple[float, float]
) -> None:
    """The two strata of 100 draws each, joined as the page joins them."""
    chance = random.Random(f"{leads} {excused}")
    shares = leads / (leads + excused), excused / (leads + excused)
    truth = sum(share * rate for share, rate in zip(shares, rates, strict=True))
    held, samples = 0, 2_000
    for _ in range(samples):
        found = [plain(sum(chance.random() < rate for _ in range(100)), 100) for rate in rates]
        _, low, high = joined([(s, one.share, one.between()) for s, one in zip(shares, found, strict=True)])
        held += low <= truth <= high
    assert 0.93 <= held / samples <= 0.975
