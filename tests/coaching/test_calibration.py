"""Calibration: the same call by several coaches, each blind, then side by side."""

from datetime import timedelta
from fractions import Fraction

from calltrack.coaching.assignments import assign
from calltrack.coaching.calibration import Calibration, Spread, calibrations, compare, spreads
from calltrack.coaching.reading import read_all
from calltrack.models import Call
from tests.coaching.team import Team
from tests.factories import NOON

SOON = NOON + timedelta(days=1)


def asked(team: Team, call: Call, *names: str) -> None:
    assign(
        team.session, account=team.account, call=call, people=[team.people[name] for name in names],
        rubric=team.rubric, due_on=None, note="", by="ana", now=NOON,
    )  # fmt: skip


def seen_by(team: Team, name: str) -> tuple[list[Calibration], list[Spread]]:
    return calibrations(team.session, account_id=team.account.id, user_id=team.people[name], now=SOON)


def test_what_two_are_asked_to_evaluate_is_a_calibration_and_what_one_is_asked_is_none(team: Team) -> None:
    both, one = team.call(), team.call(started_at=SOON)
    asked(team, both, "Ben", "Eve")
    asked(team, one, "Ben")
    [found], spread = seen_by(team, "Ana")
    assert (found.call, found.people, found.lines, spread) == (both, [("Ben", False), ("Eve", False)], [], [])


def test_two_who_shared_without_being_asked_are_compared_too(team: Team) -> None:
    call = team.call()
    team.shared(call, 1, 1, 5)
    team.shared(call, 1, 0, 3, coach="Eve")
    [found], spread = seen_by(team, "Ana")
    assert [(line.values, line.spread, line.differs) for line in found.lines] == [
        ([1, 1], 0, False), ([1, 0], 1, True), ([5, 3], Fraction(1, 2), True),
    ]  # fmt: skip
    assert [(one.text, str(one.mean.percent), one.differs, one.calls) for one in spread] == [
        ("Asked for the address", "100.0", 1, 1), ("Handled the price", "50.0", 1, 1), ("Greeted", "0.0", 0, 1),
    ]  # fmt: skip


def test_nothing_is_shown_to_who_is_asked_until_theirs_is_shared(team: Team) -> None:
    call = team.call()
    asked(team, call, "Ben", "Eve", "Ana")
    team.shared(call, 1, 1, 5)
    team.shared(call, 1, 0, 3, coach="Eve")
    [found], spread = seen_by(team, "Ana")
    assert (found.hidden, found.lines, spread) == (True, [], [])
    assert found.people == [("Ben", True), ("Eve", True), ("Ana", False)]
    [found], spread = seen_by(team, "Ben")
    assert len(found.lines) == 3
    team.shared(call, 0, 0, 1, coach="Ana")
    [found], _ = seen_by(team, "Ana")
    assert [line.values for line in found.lines] == [[1, 1, 0], [1, 0, 0], [5, 3, 1]]


def test_does_not_apply_differs_from_an_answer_but_has_no_spread(team: Team) -> None:
    call = team.call()
    found = read_all(team.session, evaluations=[team.shared(call, None, 1, 5), team.shared(call, 1, 1, 4, coach="Eve")])
    first = compare(found)[0]
    assert (first.values, first.spread, first.differs) == (["na", 1], None, True)
    [spread] = [one for one in spreads([found]) if one.text == "Greeted"]
    assert (spread.mean.share, spread.differs, spread.calls) == (None, 1, 1)


def test_spreads_are_means_over_calls(team: Team) -> None:
    groups = []
    for at, eves in enumerate((1, 5)):
        call = team.call(started_at=NOON + timedelta(hours=at))
        groups.append(
            read_all(team.session, evaluations=[team.shared(call, 1, 1, 5), team.shared(call, 1, 1, eves, coach="Eve")])
        )
    [price] = [one for one in spreads(groups) if one.text == "Handled the price"]
    assert (str(price.mean.percent), price.mean.count, price.differs, price.calls) == ("50.0", 2, 1, 2)


def test_another_companys_and_old_ones_are_not_listed(team: Team) -> None:
    call = team.call()
    team.shared(call, 1, 1, 5)
    team.shared(call, 1, 0, 3, coach="Eve")
    ana = team.people["Ana"]
    assert calibrations(team.session, account_id=team.account.id + 1, user_id=ana, now=SOON) == ([], [])
    late = NOON + timedelta(days=400)
    assert calibrations(team.session, account_id=team.account.id, user_id=ana, now=late) == ([], [])
