"""Call flows: a draft, versions that never change, and numbers that have them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy.orm import Session

from calltrack.changes import changes_of
from calltrack.db import Database
from calltrack.models import CallFlow
from calltrack.telephony.flow_list import (
    BadFlow,
    FlowTaken,
    change_plan,
    create_flow,
    discard_draft,
    find_flow,
    find_version,
    give_flow,
    list_flows,
    list_versions,
    name_flow,
    put_in_force,
    read_plan,
    rename_flow,
    restore,
    retire_flow,
    save_draft,
)
from calltrack.telephony.plan import PLAIN
from tests.factories import Company, company
from tests.telephony.flowing import ANA, a_flow, rings, says

BEN = "ben@example.com"


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.write() as opened:
        yield opened


@pytest.fixture
def anas(session: Session) -> Company:
    return company(session, name="Ana's Heating", number="+13125550142")


@pytest.fixture
def dees(session: Session) -> Company:
    return company(session, name="Dee's Plumbing", number="+13125550177")


def test_callers_hear_nothing_of_a_draft_until_it_is_put_in_force(session: Session, anas: Company) -> None:
    flow = create_flow(session, account=anas.account, name=" Evening   hours ", plan=says("Hello."), by=ANA)
    assert (flow.name, flow.version_id, flow.drafted_by) == ("Evening hours", None, ANA)
    with pytest.raises(BadFlow, match="put its draft in force first"):
        give_flow(session, number=anas.number, flow=flow, by=ANA)
    first = put_in_force(session, flow=flow, by=BEN)
    assert (first.number, first.made_by, flow.draft, flow.version_id) == (1, BEN, None, first.id)
    give_flow(session, number=anas.number, flow=flow, by=ANA)
    save_draft(session, flow=flow, plan=says("Good evening."), by=BEN)
    assert flow.version_id == first.id
    second = put_in_force(session, flow=flow, by=ANA)
    assert [one.number for one in list_versions(session, flow=flow)] == [2, 1]
    assert (read_plan(first), read_plan(second)) == (says("Hello."), says("Good evening."))
    [listed] = list_flows(session, account=anas.account)
    assert (listed.flow.id, listed.version, listed.numbers) == (flow.id, second, 1)


def test_an_earlier_version_comes_back_as_a_new_one_and_a_draft_stays(session: Session, anas: Company) -> None:
    flow = a_flow(session, account=anas.account, plan=says("one"))
    change_plan(session, flow=flow, plan=says("two"), by=ANA)
    save_draft(session, flow=flow, plan=says("three"), by=ANA)
    first = find_version(session, flow=flow, number=1)
    assert first is not None
    again = restore(session, flow=flow, version=first, by=BEN)
    assert (again.number, again.made_by, read_plan(again), flow.version_id) == (3, BEN, says("one"), again.id)
    assert flow.draft == says("three").model_dump(mode="json")
    other = a_flow(session, account=anas.account, name="Mornings")
    with pytest.raises(BadFlow, match="another flow"):
        restore(session, flow=other, version=first, by=BEN)


def test_two_who_put_a_draft_in_force_at_once_make_one_version(database: Database) -> None:
    with database.write.begin() as session:
        anas = company(session, name="Ana's Heating", number="+13125550142")
        flow = create_flow(session, account=anas.account, name="Evenings", plan=says("Hello."), by=ANA)
    both = Barrier(2)

    def press(by: str) -> str:
        with database.write() as session:
            both.wait(timeout=30)
            with session.begin():
                try:
                    put_in_force(session, flow=session.get_one(CallFlow, flow.id), by=by)
                except BadFlow as error:
                    return str(error)
        return "done"

    with ThreadPoolExecutor(2) as people:
        said = sorted(people.map(press, (ANA, BEN)))
    assert said[0].startswith("'Evenings' has no draft")
    assert said[1] == "done"
    with database.read() as session:
        assert [one.number for one in list_versions(session, flow=session.get_one(CallFlow, flow.id))] == [1]


def test_plans_that_arrive_at_once_become_versions_one_after_the_other(database: Database) -> None:
    with database.write.begin() as session:
        anas = company(session, name="Ana's Heating", number="+13125550142")
        flow = a_flow(session, account=anas.account)
    all_three = Barrier(3)

    def send(text: str) -> int:
        with database.write() as session:
            all_three.wait(timeout=30)
            with session.begin():
                return change_plan(session, flow=session.get_one(CallFlow, flow.id), plan=says(text), by=ANA).number

    with ThreadPoolExecutor(3) as programs:
        assert sorted(programs.map(send, "abc")) == [2, 3, 4]


def test_a_plan_that_rings_an_own_tracking_number_is_refused(session: Session, anas: Company, dees: Company) -> None:
    circle = rings("+13125550190", anas.number.phone_number)
    with pytest.raises(BadFlow, match=r"steps\.office\.phones: \+13125550142 is a tracking number"):
        create_flow(session, account=anas.account, name="Circle", plan=circle, by=ANA)
    # Another company's number is a phone like any other.
    flow = create_flow(session, account=anas.account, name="Partner", plan=rings(dees.number.phone_number), by=ANA)
    put_in_force(session, flow=flow, by=ANA)
    with pytest.raises(BadFlow, match="circle"):
        save_draft(session, flow=flow, plan=circle, by=ANA)
    with pytest.raises(BadFlow, match="circle"):
        change_plan(session, flow=flow, plan=circle, by=ANA)
    assert (flow.draft, len(list_versions(session, flow=flow))) == (None, 1)


def test_a_plan_plays_sounds_of_its_own_account_alone(session: Session, anas: Company) -> None:
    with pytest.raises(BadFlow, match=r"steps\.bye\.prompt\.audio: abababababab\.\.\. is no sound of yours"):
        create_flow(session, account=anas.account, name="Bye", plan=says("Bye.", audio="ab" * 32), by=ANA)


def test_a_name_is_one_flow_s_until_it_is_retired(session: Session, anas: Company, dees: Company) -> None:
    flow = a_flow(session, account=anas.account, name="Evenings")
    a_flow(session, account=dees.account, name="Evenings")
    with pytest.raises(FlowTaken, match="already"):
        create_flow(session, account=anas.account, name="EVENINGS", plan=PLAIN, by=ANA)
    rename_flow(session, flow=flow, name="evenings", by=ANA)
    for name in ("", "  ", "x" * 76, "Ring", "12", "٣"):
        with pytest.raises(BadFlow):
            rename_flow(session, flow=flow, name=name, by=ANA)
    retire_flow(session, flow=flow, by=ANA)
    again = a_flow(session, account=anas.account, name="Evenings")
    retire_flow(session, flow=again, by=ANA)
    a_flow(session, account=anas.account, name="Evenings")
    a_flow(session, account=anas.account, name=flow.name)
    assert len(list_flows(session, account=anas.account)) == 2


def test_a_flow_that_answers_a_number_is_not_retired(session: Session, anas: Company) -> None:
    flow = a_flow(session, account=anas.account)
    give_flow(session, number=anas.number, flow=flow, by=ANA)
    with pytest.raises(BadFlow, match=r"still answers \+13125550142"):
        retire_flow(session, flow=flow, by=ANA)
    give_flow(session, number=anas.number, flow=None, by=BEN)
    retire_flow(session, flow=flow, by=ANA)
    with pytest.raises(BadFlow, match="out of use"):
        give_flow(session, number=anas.number, flow=flow, by=ANA)
    with pytest.raises(BadFlow, match="out of use"):
        save_draft(session, flow=flow, plan=PLAIN, by=ANA)


def test_a_draft_is_thrown_away_where_something_is_in_force(session: Session, anas: Company) -> None:
    flow = create_flow(session, account=anas.account, name="Evenings", plan=PLAIN, by=ANA)
    with pytest.raises(BadFlow, match="retire it instead"):
        discard_draft(session, flow=flow)
    put_in_force(session, flow=flow, by=ANA)
    save_draft(session, flow=flow, plan=says("x"), by=ANA)
    discard_draft(session, flow=flow)
    discard_draft(session, flow=flow)
    assert (flow.draft, flow.drafted_by) == (None, None)


def test_another_company_s_flow_is_as_unknown_as_none(session: Session, anas: Company, dees: Company) -> None:
    flow = a_flow(session, account=dees.account)
    assert find_flow(session, account=anas.account, flow_id=flow.id) is None
    assert list_flows(session, account=anas.account) == []
    with pytest.raises(BadFlow, match="there is no flow named 'Evenings'"):
        name_flow(session, account=anas.account, named="Evenings")
    with pytest.raises(BadFlow, match="another account"):
        give_flow(session, number=anas.number, flow=flow, by=ANA)
    assert name_flow(session, account=dees.account, named=" evenings ") is flow
    assert name_flow(session, account=dees.account, named=str(flow.id)) is flow
    assert name_flow(session, account=dees.account, named="ring") is None


def test_who_changed_what_of_a_flow_is_kept(session: Session, anas: Company) -> None:
    flow = a_flow(session, account=anas.account)
    rename_flow(session, flow=flow, name="Nights", by=BEN)
    change_plan(session, flow=flow, plan=says("x"), by=BEN)
    give_flow(session, number=anas.number, flow=flow, by=BEN)
    give_flow(session, number=anas.number, flow=None, by=BEN)
    retire_flow(session, flow=flow, by=ANA)
    kept = changes_of(session, account_id=anas.account.id, noun="flow", noun_id=flow.id)
    assert [(one.field, one.was, one.now, one.changed_by) for one in kept] == [
        ("name", None, "Evenings", ANA), ("version", None, "1", ANA), ("name", "Evenings", "Nights", BEN),
        ("version", "1", "2", BEN), ("retired", None, "yes", ANA),
    ]  # fmt: skip
    kept = changes_of(session, account_id=anas.account.id, noun="number", noun_id=anas.number.id)
    assert [(one.field, one.was, one.now) for one in kept] == [("flow", None, "Nights"), ("flow", "Nights", None)]
