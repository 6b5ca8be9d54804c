"""Call flows over the API: a plan in force, versions, a preview in words, and numbers that have them."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.api.conftest import BILLBOARD, Program
from tests.factories import Company
from tests.telephony.flowing import EVENING

Write = Callable[[], AbstractContextManager[Session]]
FLOW = {"name": "Evenings", "plan": EVENING}


def with_step(**changes: Any) -> dict[str, Any]:
    """A flow whose phones ring otherwise."""
    steps = {**EVENING["steps"], "tech": {**EVENING["steps"]["tech"], **changes}}
    return {"name": "Nights", "plan": {**EVENING, "steps": steps}}


def test_a_flow_is_in_force_at_once_and_each_plan_is_a_version(ana: Program, cho: Program) -> None:
    made = ana.ask("POST", "/flows", FLOW)
    assert made.status_code == 201
    flow = made.get_json()
    assert (flow["version"], flow["draft"], flow["plan"]["steps"]["tech"]["strategy"]) == (1, None, "all")
    changed = ana.put("/flows/1", {"plan": with_step(seconds=40)["plan"], "name": "Late"})
    assert (changed["version"], changed["name"], changed["plan"]["steps"]["tech"]["seconds"]) == (2, "Late", 40)
    versions = cho.get("/flows/1/versions")["items"]
    assert [(one["number"], one["plan"]["steps"]["tech"]["seconds"]) for one in versions] == [(2, 40), (1, 25)]
    again = ana.post("/flows/1/versions/1/restore")
    assert (again["number"], again["plan"]) == (3, flow["plan"])
    assert again["by"].endswith("(manager)")
    [listed] = cho.get("/flows")["items"]
    assert (listed["id"], listed["version"], listed["numbers"], listed["drafted_by"]) == (1, 3, 0, None)


def test_callers_hear_nothing_of_a_draft(ana: Program) -> None:
    flow = ana.post("/flows", {**FLOW, "draft": True})
    assert (flow["version"], flow["plan"], flow["draft"]["start"]) == (None, None, "menu")
    assert "draft=true" in ana.refused(404, "GET", "/flows/1/preview")
    [menu, *_] = ana.get("/flows/1/preview?draft=true")["items"]
    assert menu["leads"][0] == {"when": "1 or “emergency”", "step": "tech"}
    ana.put("/flows/1", {"plan": flow["draft"]})
    ana.put("/flows/1", {"plan": with_step(seconds=40)["plan"], "draft": True})
    found = ana.get("/flows/1")
    assert (found["plan"]["steps"]["tech"]["seconds"], found["draft"]["steps"]["tech"]["seconds"]) == (25, 40)


def test_a_preview_names_the_people_whose_phones_ring(ana: Program) -> None:
    ana.post("/flows", FLOW)
    ana.put("/agents/+13125550190", {"name": "Cho Park"})
    _, tech, _ = ana.get("/flows/1/preview")["items"]
    assert tech["sentence"] == "Cho Park on (312) 555-0190 rings for 25 seconds."
    assert "no draft" in ana.refused(404, "GET", "/flows/1/preview?draft=true")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (with_step(phones=[{"phone": "555"}]), "plan.steps.tech.ring.phones.0.phone: '555' is not a phone number"),
        (with_step(seconds=4), "plan.steps.tech.ring.seconds"),
        (with_step(otherwise="menu"), "a caller would go in a circle: menu → tech → menu"),
        (with_step(otherwise="nowhere"), "'tech' leads to 'nowhere', which is no step"),
        (with_step(phones=[{"phone": BILLBOARD}]), f"steps.tech.phones: {BILLBOARD} is a tracking number of yours"),
        (with_step(whispr="x"), "plan.steps.tech.ring.whispr"),
        ({"name": "ring", "plan": EVENING}, "that means the plain flow"),
        ({"name": "Nights", "plan": {"start": "x", "steps": {}}}, "plan.steps"),
        ({"name": "Nights"}, "plan: Field required"),
        ({"name": "x" * 76, "plan": EVENING}, "name"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_by_its_step_and_field(ana: Program, body: Any, told: str) -> None:
    assert told in ana.refused(422, "POST", "/flows", body)
    assert ana.get("/flows")["items"] == []


def test_a_name_is_taken_until_its_flow_is_out_of_use(ada: Program) -> None:
    ada.post("/flows", FLOW)
    assert "already" in ada.refused(409, "POST", "/flows", {**FLOW, "name": "evenings"})
    assert ada.delete("/flows/1")["retired_at"]
    ada.post("/flows", FLOW)
    assert ada.get("/flows/1")["name"] == "Evenings (retired 1)"
    assert "out of use" in ada.refused(422, "PUT", "/flows/1", {"name": "Again"})
    assert "out of use" in ada.refused(422, "DELETE", "/flows/1")


def test_a_number_is_given_a_flow_by_name_or_id_and_keeps_it(ada: Program, anas: Company) -> None:
    ada.post("/flows", FLOW)
    number = {"phone_number": BILLBOARD, "campaign_id": anas.campaign.id, "forward_to": ["+13125550190"]}
    assert ada.get("/numbers")["items"][0]["flow"] == "ring"
    assert ada.post("/numbers", {**number, "flow": "evenings"})["flow"] == "Evenings"
    assert ada.post("/numbers", number)["flow"] == "Evenings"
    assert [one["flow"] for one in ada.get("/numbers")["items"]] == ["Evenings"]
    assert ada.get("/flows/1")["numbers"] == 1
    assert "still answers" in ada.refused(422, "DELETE", "/flows/1")
    assert ada.post("/numbers", {**number, "flow": "ring"})["flow"] == "ring"
    assert ada.post("/numbers", {**number, "flow": "1"})["flow"] == "Evenings"
    assert "no flow named 'Noons'" in ada.refused(422, "POST", "/numbers", {**number, "flow": "Noons"})


def test_fifty_phones_may_ring_for_a_number(ada: Program, anas: Company) -> None:
    phones = [f"+141455501{last}" for last in range(10, 60)]
    number = {"phone_number": "+13125550133", "campaign_id": anas.campaign.id, "forward_to": phones}
    assert ada.post("/numbers", number)["forward_to"] == phones


def test_another_company_s_flow_is_as_unknown_as_none(ada: Program, anas: Company, dee: Program) -> None:
    dee.post("/flows", FLOW)
    for method, path in [("GET", ""), ("PUT", ""), ("DELETE", ""), ("GET", "/versions"), ("GET", "/preview"),
                         ("POST", "/versions/1/restore")]:  # fmt: skip
        body = {"name": "Mine"} if method == "PUT" else None
        for unknown in (1, 987):
            told = ada.refused(404, method, f"/flows/{unknown}{path}", body)
            assert told == f"there is no flow {unknown}; GET /api/v1/flows lists yours"
    number = {"phone_number": BILLBOARD, "campaign_id": anas.campaign.id, "forward_to": ["+13125550190"]}
    ada.refused(422, "POST", "/numbers", {**number, "flow": "Evenings"})
    assert ada.get("/flows")["items"] == []
    assert dee.get("/flows/1")["name"] == "Evenings"
    assert "no version 9" in dee.refused(404, "POST", "/flows/1/versions/9/restore")
