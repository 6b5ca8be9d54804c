"""The demo's desk: agents have names, and some leads are to be called back; what people did there stays."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from calltrack import queue
from calltrack.calls.labels import keep_verdict
from calltrack.db import Database
from calltrack.demo.api import ApiError, Ask, api_in_process
from calltrack.demo.desk import ask_for_tasks, name_agents
from tests.conftest import make_app
from tests.factories import Company, answered_call, company, person

NUMBER = "+13125550142"


@pytest.fixture
def anas(on_sqlite: Database) -> Company:
    with on_sqlite.write.begin() as session:
        return company(session, name="Ana's Heating", number=NUMBER)


@pytest.fixture
def write(on_sqlite: Database) -> Callable[[], AbstractContextManager[Session]]:
    return on_sqlite.write.begin


@pytest.fixture
def ask(on_sqlite: Database, tmp_path: Path, anas: Company) -> Ask:
    app = make_app(database=on_sqlite, folder=tmp_path)
    queue.attach(url="")
    return api_in_process(app, api_key=anas.keys["admin"])


@pytest.mark.parametrize("known", [True, False])
def test_the_agents_have_names_and_cho_signs_in_where_there_is_a_cho(
    ask: Ask, anas: Company, write: Callable[[], AbstractContextManager[Session]], known: bool
) -> None:
    if known:
        with write() as session:
            person(session, account=anas.account, name="Cho", role="csr")
    name_agents(ask=ask)
    found = {one["name"]: one["email"] for one in ask("GET", "/agents")["items"]}
    assert found == {"Cho Park": "cho@example.com" if known else None, "Dana Ruiz": None, "Lee Novak": None}
    ask("PUT", "/agents/+16305550183", {"name": "Somebody else"})
    name_agents(ask=ask)
    assert "Somebody else" in [one["name"] for one in ask("GET", "/agents")["items"]]


def test_some_leads_are_to_be_called_back_once(ask: Ask, write: Callable[[], AbstractContextManager[Session]]) -> None:
    with write() as session:
        for days in (1, 3, 4, 5, 6):
            call = answered_call(session, number=NUMBER, started_at=datetime.now(UTC) - timedelta(days=days))
            keep_verdict(
                session, call=call, value="lead", reason=None, source="model", confidence=0.9, model="m@1",
                review=False, evidence=[],
            )  # fmt: skip
    ask_for_tasks(ask=ask)
    ask_for_tasks(ask=ask)
    kinds = sorted(one["kind"] for one in ask("GET", "/tasks")["items"])
    assert kinds == ["call-back", "call-back", "follow-up"]
    assert [one["result"] for one in ask("GET", "/tasks?state=done")["items"]] == ["reached: has taken somebody else"]


def test_another_refusal_is_told(on_sqlite: Database, tmp_path: Path) -> None:
    locked_out = api_in_process(make_app(database=on_sqlite, folder=tmp_path), api_key="another key")
    with pytest.raises(ApiError):
        name_agents(ask=locked_out)
