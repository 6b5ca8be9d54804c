"""Companies apart: what a scoped session asks for is its own account's, however it is asked."""

from typing import Any

import pytest
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session, aliased

from calltrack.calls.listing import list_calls
from calltrack.campaigns.cells import up_to_date
from calltrack.campaigns.scorecard import scorecards
from calltrack.db import Database
from calltrack.models import Account, Base, Call, CallNote, Campaign, DayCell, Job, Number, Recording
from calltrack.models.base import OfAccount
from calltrack.period import Period
from calltrack.scope import WHOLE_HOUSE, Scope
from tests.factories import CHICAGO, NOON, Company, answered_call, company, tracking_number

ANAS, ANAS_RADIO, DEES = "+13125550142", "+13125550143", "+13125550177"
YEAR = Period(NOON.date().replace(month=1, day=1), NOON.date().replace(month=12, day=31), CHICAGO)


@pytest.fixture
def firms(database: Database) -> tuple[Company, Company]:
    """Ana's with two campaigns, Dee's with one; a recorded call to each number."""
    with database.write.begin() as session:
        anas = company(session, name="Ana's Heating", number=ANAS, roles=())
        dees = company(session, name="Dee's Plumbing", number=DEES, roles=())
        radio = Campaign(account_id=anas.account.id, name="Radio", created_at=NOON)
        session.add(radio)
        session.flush()
        tracking_number(session, account=anas.account, campaign=radio, phone_number=ANAS_RADIO)
        for number in (ANAS, ANAS_RADIO, DEES):
            answered_call(session, number=number, recorded=True)
    return anas, dees


def of_anas(session: Session, statement: Any) -> list[Any]:
    return list(session.scalars(statement))


def test_every_statement_about_rows_of_an_account_is_about_ones_own(
    database: Database, firms: tuple[Company, Company]
) -> None:
    anas, dees = firms
    other = aliased(Call)
    asked = {
        "rows": select(Call.account_id),
        "under another name": select(other.account_id),
        "counted": select(func.count()).select_from(Call),
        "joined": select(Call.account_id).select_from(Recording).join(Call, Call.id == Recording.call_id),
        "exists": select(Call.account_id).where(select(Number.id).where(Number.id == Call.number_id).exists()),
        "subquery": select(select(Call.account_id).subquery().c.account_id),
        "cte": select(select(Call.account_id).cte().c.account_id),
        "union": select(Call.account_id).union_all(select(Number.account_id)),
        "in": select(Recording.recording_sid).where(Recording.call_id.in_(select(Call.id))),
    }
    with database.within({"scope": Scope(anas.account.id)}).read() as session:
        found = {name: of_anas(session, statement) for name, statement in asked.items()}
        assert session.get(Number, dees.number.id) is None
        assert session.get(Number, anas.number.id) is not None
    assert found["counted"] == [2]
    assert len(found["in"]) == 2
    for name in asked.keys() - {"counted", "in"}:
        assert set(found[name]) == {anas.account.id}, name


def test_nothing_of_another_company_is_changed_or_removed(database: Database, firms: tuple[Company, Company]) -> None:
    anas, dees = firms
    with database.within({"scope": Scope(anas.account.id)}).write.begin() as session:
        session.execute(update(Call).values(caller_name="quokka"))
        session.execute(delete(Campaign).where(Campaign.id == dees.campaign.id))
    with database.read() as session:
        named = select(Call.account_id).where(Call.caller_name == "quokka")
        assert set(session.scalars(named)) == {anas.account.id}
        assert session.get(Campaign, dees.campaign.id) is not None


def test_what_has_to_look_beyond_says_so(database: Database, firms: tuple[Company, Company]) -> None:
    anas, dees = firms
    taken = select(Number.account_id).where(Number.phone_number == DEES)
    with database.within({"scope": Scope(anas.account.id)}).read() as session:
        assert session.scalar(taken) is None
        assert session.scalar(taken, execution_options=WHOLE_HOUSE) == dees.account.id


def test_bulk_inserts_and_rows_of_no_account_are_left_alone(database: Database, firms: tuple[Company, Company]) -> None:
    anas, _ = firms
    with database.within({"scope": Scope(anas.account.id)}).write.begin() as session:
        call_id = session.scalars(select(Call.id).limit(1)).one()
        note = {"call_id": call_id, "account_id": anas.account.id, "text": "hello", "written_by": "ana"}
        session.execute(insert(CallNote), [{**note, "written_at": NOON}])
        assert len(list(session.scalars(select(Account.id)))) == 2


def test_every_table_with_an_account_is_kept_apart() -> None:
    """But for what a person has across their companies, which is found by a secret before anybody is known."""
    kept = {str(one.local_table) for one in Base.registry.mappers if issubclass(one.class_, OfAccount)}
    owned = {name for name, table in Base.metadata.tables.items() if "account_id" in table.columns}
    assert owned - kept == {"sign_ins", "mail_links"}


def test_who_is_limited_to_a_campaign_sees_its_calls_figures_and_jobs_and_a_total_of_those_alone(
    database: Database, firms: tuple[Company, Company]
) -> None:
    anas, _ = firms
    limited = database.within({"scope": Scope(anas.account.id, frozenset([anas.campaign.id]))})
    for _ in range(2):  # counted on reading, then from the cells
        with up_to_date(limited, account=anas.account, period=YEAR) as session:
            seen = scorecards(session, account=anas.account, period=YEAR)
            calls = list_calls(session, account_id=anas.account.id, zone=CHICAGO).items
        assert [one.campaign for one in calls] == ["Billboard"]
        assert [row.campaign_id for row in seen.items] == [anas.campaign.id]
        assert seen.total.calls == 1
    with up_to_date(database, account=anas.account, period=YEAR) as session:
        whole = scorecards(session, account=anas.account, period=YEAR)
    assert (len(whole.items), whole.total.calls) == (2, 2)
    with limited.read() as session:
        assert set(session.scalars(select(DayCell.campaign_id))) == {anas.campaign.id}
        assert list(session.scalars(select(Number.phone_number))) == [ANAS]
        assert list(session.scalars(select(Job))) == []
