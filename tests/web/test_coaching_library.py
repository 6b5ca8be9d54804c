"""Coaching on the pages: the library, calibration, junk in every field, and another company."""

import pytest

from calltrack.coaching.library import list_examples
from calltrack.models import Call, Question, Rubric
from tests.twilio_wire import CHO
from tests.web import test_coaching
from tests.web.coaching import as_fields, user_id
from tests.web.conftest import Browser, Write
from tests.web.test_coaching import HTMX, here

call, rubric, questions = test_coaching.call, test_coaching.rubric, test_coaching.questions  # fixtures
ben, shared = test_coaching.ben, test_coaching.shared


# The library


def test_a_part_of_a_call_is_kept_found_played_and_removed(
    ben: Browser, cho: Browser, write: Write, call: Call
) -> None:
    page = ben.send(f"{here(call)}/examples", title="A calm price", why="Value first.", start="0:10", end="0:21.5")
    assert "'A calm price' is in the library." in page
    ben.post(f"/calls/{call.call_sid}/tags", tag="price")
    assert "A calm price" in cho.read("/coaching/library?tag=price&q=value")
    assert "Nothing fits" in cho.read("/coaching/library?q=street")
    assert "0:10 to 0:21 of the call" in cho.read("/coaching/library")
    assert cho.post("/coaching/library/1/remove").status_code == 403
    assert "no longer in the library" in ben.send("/coaching/library/1/remove")
    assert "The library is empty" in cho.read("/coaching/library")
    assert "write a later end" in ben.send(f"{here(call)}/examples", title="x", why="y", start="5", end="4")
    with write() as session:
        assert list_examples(session, account_id=call.account_id or 0).items == []


# Calibration


def test_two_coaches_evaluate_one_call_blind_and_are_compared(
    ana: Browser, ben: Browser, ada: Browser, write: Write, call: Call, rubric: Rubric, questions: list[Question]
) -> None:
    with write() as session:
        people = [str(user_id(session, name)) for name in ("Ana", "Ben")]
    data = {
        "csrf_token": ada.token(), "call": f"http://localhost/calls?tag=price&open={call.call_sid}",
        "rubric": str(rubric.id), "person": people, "note": "For Friday",
    }  # fmt: skip
    assert ada.http.post("/coaching/calibration", data=data).status_code == 303
    assert "Ana has not shared yet, Ben has not shared yet." in ada.read("/coaching/calibration").replace(" , ", ", ")
    answers = {"rubric": str(rubric.id), "do": "share"}
    ben.send(here(call), **answers, **as_fields(questions, "1", "1", "5"))
    assert "once your own evaluation is shared" in ana.read("/coaching/calibration")
    ana.send(here(call), **answers, **as_fields(questions, "na", "1", "3"))
    page = ada.read("/coaching/calibration")
    assert "Handled the price 50.0% on 1 of 1 call" in page
    assert "Handled the price differs by 50.0% 5 of 5 3 of 5" in page
    assert "Greeted by name differs Yes does not apply" in page
    assert "Assigned to you" not in ben.read("/coaching")


@pytest.mark.parametrize(("fields", "says"), [
    ({}, "at least two coaches"),
    ({"person": ["1", "2"]}, "Choose the rubric"),
    ({"person": ["1", "2"], "rubric": "1"}, "no call of yours is known"),
    ({"person": ["1", "2"], "rubric": "1", "call": "http://[/calls/x"}, "no call of yours is known"),
    ({"person": ["1", "x"], "rubric": "1"}, "people of your company"),
    ({"person": ["1", "2"], "rubric": "99"}, "rubrics on offer"),
])  # fmt: skip
def test_a_calibration_that_cannot_be_says_what_is_missing(
    ada: Browser, rubric: Rubric, fields: dict[str, object], says: str
) -> None:
    answer = ada.http.post("/coaching/calibration", data={"csrf_token": ada.token(), **fields})
    assert says in ada.read(answer.location)


# Junk and strangers

JUNK = ["-1", "\x00", "9" * 30, "\u0661", "x" * 3000]


@pytest.mark.parametrize("junk", JUNK)
def test_junk_in_any_field_is_answered_with_a_sentence(
    ben: Browser, call: Call, rubric: Rubric, questions: list[Question], junk: str
) -> None:
    form = {"rubric": str(rubric.id), "summary": "fine", **as_fields(questions, "1", "1", "5")}
    paths = {
        here(call): form | {"do": "share"},
        f"{here(call)}/remarks": {"rubric": str(rubric.id), "text": "good", "pinned": "3"},
        f"{here(call)}/assignments": {"rubric": "", "person": "1", "due": "", "note": "", "at": ""},
        f"{here(call)}/examples": {"title": "t", "why": "w", "start": "1", "end": "2", "at": ""},
        "/coaching/calibration": {"call": call.call_sid, "rubric": str(rubric.id), "person": "1", "due": ""},
    }
    token = ben.token()
    for path, fields in paths.items():
        for name in fields:
            headers = HTMX if path.endswith(("/coaching", "/remarks")) else {}
            data = {"csrf_token": token, **fields, name: junk}
            answer = ben.http.post(path, data=data, headers=headers, follow_redirects=True)
            assert answer.status_code == 200, (path, name, answer.text)
    for path in (here(call), "/coaching/library", "/coaching", f"/coaching/agents/{CHO}"):
        for name in ("rubric", "tag", "q", "cursor", "weeks"):
            assert ben.http.get(path, query_string={name: junk}).status_code in (200, 400, 404), (path, name)


def test_another_company_finds_nothing(
    dee: Browser, ben: Browser, call: Call, shared: int, rubric: Rubric, write: Write
) -> None:
    ben.send(f"{here(call)}/examples", title="A calm price", why="Value first.")
    with write() as session:
        bens_id = str(user_id(session, "Ben"))
    ben.send(f"{here(call)}/assignments", person=bens_id)
    for path in (
        here(call), f"/coaching/evaluations/{shared}", f"/coaching/agents/{CHO}", f"/coaching/rubrics/{rubric.id}",
    ):  # fmt: skip
        dee.see(path, 404)
    for path in (
        f"/coaching/evaluations/{shared}/reopen", f"/coaching/evaluations/{shared}/reply",
        f"/coaching/evaluations/{shared}/discard", "/coaching/library/1/remove", "/coaching/assignments/1/done",
        "/coaching/assignments/1/remove", f"/coaching/rubrics/{rubric.id}", f"/coaching/rubrics/{rubric.id}/retire",
        f"/coaching/rubrics/{rubric.id}/restore", f"{here(call)}/remarks/1/remove",
    ):  # fmt: skip
        assert dee.post(path).status_code == 404, path
    for path in ("/coaching", "/coaching/library", "/coaching/calibration", "/coaching/agents", "/coaching/rubrics"):
        words = dee.read(path)
        assert "Phone" not in words
        assert "Cho" not in words
        assert "calm" not in words
