"""The demo's coaching: something on every page, made once."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from calltrack.coaching.assignments import open_for
from calltrack.coaching.calibration import calibrations
from calltrack.coaching.library import list_examples
from calltrack.coaching.reading import drafts_of, recently_shared
from calltrack.coaching.trends import scored, trends_by_agent, weeks_back
from calltrack.db import Database
from calltrack.demo.coaching import MOST_EVALUATED, coach_calls
from calltrack.models import Account, Evaluation, Rubric
from tests.factories import CHICAGO, NOON, answered_call, company, person
from tests.twilio_wire import CHO

NUMBER = "+13125550142"
NOW = NOON + timedelta(days=14)


def shop(session: Session, *, calls: int) -> Account:
    account = company(session, name="demo", number=NUMBER, roles=()).account
    for name, role in (("Ana", "manager"), ("Ben", "coach"), ("Cho", "csr")):
        person(session, account=account, name=name, role=role)
    for place in range(calls):
        answered_call(session, number=NUMBER, started_at=NOON + timedelta(hours=16 * place))
    return account


@pytest.mark.parametrize("calls", [MOST_EVALUATED, 16, 20])
def test_every_page_of_coaching_shows_life(on_sqlite: Database, calls: int) -> None:
    with on_sqlite.write.begin() as session:
        account = shop(session, calls=calls)
        assert coach_calls(session, account=account, now=NOW)
        ids = {one.coach: one.evaluation.coach_id for one in recently_shared(session, account_id=account.id).items}
        assert ids.keys() == {"Ana", "Ben"}
        shared = recently_shared(session, account_id=account.id, limit=50).items
        assert all(one.score.complete and one.remarks and one.evaluation.summary for one in shared)
        assert [one.evaluation.reply is not None for one in shared].count(True) == 1
        weeks = weeks_back(zone=CHICAGO, now=NOW)
        trend = trends_by_agent(scored(session, account=account, since=weeks[0]), weeks=weeks)[CHO]
        assert sum(week.mean.count > 0 for week in trend.weeks) >= 2
        found, spreads = calibrations(session, account_id=account.id, user_id=None, now=NOW)
        assert (len([one for one in found if one.lines]), len(found)) == (1, 2)
        assert spreads
        assert list_examples(session, account_id=account.id, tag="good opening").items
        assert drafts_of(session, account_id=account.id, coach_id=ids["Ben"])
        assert len(open_for(session, account_id=account.id, user_id=ids["Ana"])) == 2


def test_the_second_time_nothing_is_added_nor_where_people_have_begun(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        account = shop(session, calls=MOST_EVALUATED)
        assert coach_calls(session, account=account, now=NOW)
        count = session.scalar(select(func.count()).select_from(Evaluation))
        assert not coach_calls(session, account=account, now=NOW)
        assert session.scalar(select(func.count()).select_from(Evaluation)) == count


def test_before_there_are_calls_to_speak_of_nothing_is_begun(on_sqlite: Database) -> None:
    with on_sqlite.write.begin() as session:
        account = shop(session, calls=3)
        assert not coach_calls(session, account=account, now=NOW)
        assert session.scalar(select(Rubric.id)) is None
