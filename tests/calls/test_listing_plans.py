"""However many calls there are, a page reads an index in its own order, and calls and labels by their ids.

Asked of SQLite, which is used without statistics: its plans follow from the statements alone. PostgreSQL's follow from
what it knows of its tables; the benchmark of the list asks those.
"""

import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from calltrack.calls.listing import list_calls
from calltrack.calls.tags import tag_call
from calltrack.db import Database
from tests.campaigns.story import CHICAGO, Story

ALONG: dict[str, dict[str, Any]] = {
    "all": {}, "campaign": {"campaign_id": 1}, "agent": {"answered_by": "+13125550199"},
    "caller": {"caller": "+13125550142"}, "tag": {"tag": "vip"}, "booked": {"likely_booked": True},
    "word": {"q": "furnace"}, "phrase": {"q": '"my furnace"'}, "number": {"q": "3125550142"},
}  # fmt: skip
FITTING: dict[str, dict[str, Any]] = {
    "all": {}, "label": {"label": "lead"}, "reason": {"reason": "new job"}, "outcome": {"outcome": "unbooked"},
    "reviewed": {"reviewed": False}, "long": {"min_seconds": 60}, "new": {"first_time": True},
}  # fmt: skip


@pytest.fixture(scope="module")
def filled(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Database, int]:
    """An account with a page of calls, and some more."""
    path = tmp_path_factory.mktemp("plans") / "calltrack.db"
    shutil.copy(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    with database.write.begin() as session:
        story = Story(session)
        for place in range(60):
            call = story.call(answered_by="+13125550199", caller_name="my furnace", booked_chance=0.9)
            if place % 2:
                story.say(call, "lead", "human", reason="new job")
            tag_call(session, call=call, tag="vip", tagged_by="ana")
        account_id = story.account.id
    database.dispose()
    return database, account_id


def plans_of(database: Database, account_id: int, **filters: Any) -> list[tuple[str, str]]:
    """Each statement of a page, and how it was read."""
    asked: list[tuple[str, Any]] = []
    with database.read() as session:
        engine = database.engine

        def listen(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
            asked.append((statement, parameters))

        event.listen(engine, "before_cursor_execute", listen)
        try:
            list_calls(session, account_id=account_id, zone=CHICAGO, **filters)
        finally:
            event.remove(engine, "before_cursor_execute", listen)
        connection = session.connection()
        return [
            (one, "\n".join(str(row[-1]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {one}", values)))
            for one, values in asked
        ]


@pytest.mark.parametrize("fitting", FITTING)
@pytest.mark.parametrize("along", ALONG)
def test_a_page_sorts_nothing_and_reads_no_account_as_a_whole(
    filled: tuple[Database, int], along: str, fitting: str
) -> None:
    database, account_id = filled
    plans = plans_of(database, account_id, **ALONG[along], **FITTING[fitting])
    assert len(plans) > 2
    for statement, plan in plans:
        assert "SCAN calls" not in plan, statement
        assert "SCAN labels" not in plan, statement
        if "LIMIT" in statement and "ORDER BY" in statement:
            assert "TEMP B-TREE" not in plan, statement
        elif "FROM calls" in statement and "count(" not in statement:
            assert "SEARCH calls USING INTEGER PRIMARY KEY" in plan or "caller=?" in plan, (statement, plan)
