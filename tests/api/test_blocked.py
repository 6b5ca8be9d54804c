"""Blocked callers over the API."""

import pytest

from tests.api.conftest import Program
from tests.twilio_wire import CHO


def test_a_caller_is_blocked_and_let_in_again(ana: Program, cho: Program) -> None:
    made = ana.ask("POST", "/blocked-callers", {"pattern": "(312) 555-0123", "why": "robot"})
    assert made.status_code == 201
    block = made.get_json()
    assert (block["pattern"], block["why"], block["lifted_at"]) == ("+13125550123", "robot", None)
    assert ana.post("/blocked-callers", {"pattern": "+13125550123"}) == block
    newer = ana.post("/blocked-callers", {"pattern": "+1900*"})
    assert cho.get("/blocked-callers")["items"] == [newer, block]
    lifted = ana.delete(f"/blocked-callers/{block['id']}")
    assert lifted["lifted_at"]
    assert ana.delete(f"/blocked-callers/{block['id']}") == lifted
    assert ana.get("/blocked-callers")["items"] == [newer]


@pytest.mark.parametrize("pattern", ["", "*", "+1*", "hello", CHO, f"{CHO[:6]}*", None, 7, "1" * 41])
def test_a_pattern_that_cannot_be_is_refused(ana: Program, pattern: object) -> None:
    assert ana.refused(422, "POST", "/blocked-callers", {"pattern": pattern})
    assert ana.get("/blocked-callers")["items"] == []


def test_another_company_s_block_is_as_unknown_as_none(ada: Program, dee: Program) -> None:
    block = dee.post("/blocked-callers", {"pattern": "withheld"})
    for unknown in (block["id"], 987):
        assert f"there is no block {unknown}" in ada.refused(404, "DELETE", f"/blocked-callers/{unknown}")
    assert ada.get("/blocked-callers")["items"] == []
    assert dee.get("/blocked-callers")["items"] == [block]
