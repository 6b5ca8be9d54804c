"""Tasks and agents by programs: a dispatcher asks for call-backs and says what came of them."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from sqlalchemy.orm import Session

from calltrack.models import Call
from tests.api.conftest import BILLBOARD, Program
from tests.factories import Company, missed_call, person

Write = Callable[[], AbstractContextManager[Session]]
DUE = "2026-05-31T15:00:00-05:00"


@pytest.fixture
def call(write: Write, anas: Company) -> Call:
    with write() as session:
        person(session, account=anas.account, name="Cho", role="csr")
        return missed_call(session, number=BILLBOARD)


def test_a_call_back_is_asked_for_once_and_done_once(cho: Program, ana: Program, call: Call) -> None:
    where = f"/calls/{call.call_sid}/tasks"
    body = {"kind": "call-back", "due_at": DUE, "assigned_to": "CHO@example.com", "note": "wants a price"}
    made = cho.ask("POST", where, body)
    assert made.status_code == 201
    task = made.get_json()
    assert (task["due_at"], task["assigned_to"], task["done_at"]) == (
        "2026-05-31T20:00:00+00:00", "cho@example.com", None,
    )  # fmt: skip
    again = ana.ask("POST", where, {**body, "due_at": "2026-06-01T15:00:00-05:00"})
    assert (again.status_code, again.get_json()) == (200, task)
    assert cho.get("/tasks?kind=call-back")["items"] == [task]
    assert cho.get("/tasks?due_before=2026-05-31T14:00:00-05:00")["items"] == []
    done = cho.post(f"/tasks/{task['id']}/done", {"result": "reached"})
    assert (done["result"], done["done_by"]) == ("reached", task["made_by"])
    assert "has done it already: reached" in ana.refused(409, "POST", f"/tasks/{task['id']}/done", {"result": "booked"})
    assert (cho.get("/tasks")["items"], cho.get("/tasks?state=done")["items"]) == ([], [done])


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"assigned_to": "dee@example.com"}, "nobody of your account has the address"),
        ({"due_at": "2026-05-31T15:00:00"}, "no offset"),
        ({"kind": "nap"}, "kind"),
        ({"note": "x" * 501}, "note"),
    ],
)
def test_what_cannot_be_asked_is_refused(cho: Program, call: Call, change: dict[str, str], why: str) -> None:
    body = {"kind": "call-back", "due_at": DUE, **change}
    assert why in cho.refused(422, "POST", f"/calls/{call.call_sid}/tasks", body)
    assert cho.get("/tasks")["items"] == []


def test_another_companys_tasks_are_as_unknown_as_none(cho: Program, dee: Program, call: Call) -> None:
    task = cho.post(f"/calls/{call.call_sid}/tasks", {"kind": "call-back", "due_at": DUE})
    for task_id in (task["id"], 987):
        said = dee.refused(404, "POST", f"/tasks/{task_id}/done", {"result": "reached"})
        assert said == f"there is no task {task_id}; GET /api/v1/tasks lists yours"
    dee.refused(422, "POST", f"/tasks/{2**63}/done", {"result": "reached"})
    assert dee.get("/tasks")["items"] == []
    assert dee.refused(422, "POST", "/tasks/1/done", {"result": "x" * 501})


def test_agents_are_named_and_forgotten(ana: Program, rae: Program, dee: Program, call: Call) -> None:
    lee = {"phone": "+13125550133", "name": "Lee", "email": "cho@example.com", "record": True}
    assert ana.put("/agents/(312) 555-0133", {"name": "Lee", "email": "Cho@example.com"}) == lee
    assert rae.get("/agents")["items"] == [lee]
    assert dee.get("/agents")["items"] == []
    dee.refused(404, "DELETE", "/agents/+13125550133")
    assert ana.put("/agents/+13125550133", {"name": "Lee"})["email"] is None
    assert ana.delete("/agents/+13125550133")["name"] == "Lee"
    assert "no agent has the phone" in ana.refused(404, "DELETE", "/agents/+13125550133")
    assert "no phone number" in ana.refused(422, "PUT", "/agents/12", {"name": "Lee"})
    assert "nobody of your account" in ana.refused(422, "PUT", "/agents/+13125550133", {"name": "L", "email": "x@y.z"})
