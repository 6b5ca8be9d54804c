"""Coaching on the pages: what coaches fill in, and what is hidden until they have."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from calltrack.coaching.evaluations import find_evaluation, reopen
from calltrack.models import Call, Question, Rubric
from tests.factories import Company, answered_call
from tests.web.coaching import as_fields, asked_by, chos_phone, evaluated, phone_rubric
from tests.web.conftest import BILLBOARD, Browser, Write

HTMX = {"HX-Request": "true"}


@pytest.fixture
def call(write: Write, anas: Company) -> Call:
    """A call of yesterday that Cho answered."""
    with write() as session:
        chos_phone(session, account=anas.account)
        started_at = datetime.now(UTC) - timedelta(days=1)
        return answered_call(session, number=BILLBOARD, started_at=started_at, recorded=True, words="what is the price")


@pytest.fixture
def rubric(write: Write, anas: Company) -> Rubric:
    with write() as session:
        return phone_rubric(session, account=anas.account)


@pytest.fixture
def questions(write: Write, rubric: Rubric) -> list[Question]:
    with write() as session:
        return asked_by(session, rubric)


@pytest.fixture
def ben(browser_of) -> Browser:
    found: Browser = browser_of("Ben")
    return found


@pytest.fixture
def shared(write: Write, call: Call, rubric: Rubric) -> int:
    """The id of what Ben shared about the call: 68.8 %."""
    with write() as session:
        return evaluated(session, call=call, rubric=rubric).id


def here(call: Call) -> str:
    return f"/calls/{call.call_sid}/coaching"


def by_htmx(browser: Browser, path: str, **fields: str) -> str:
    answer = browser.http.post(
        path, data={"csrf_token": browser.token(), **fields}, headers=HTMX, follow_redirects=True
    )
    assert answer.status_code == 200, answer.text
    return answer.text


# Evaluating


def test_the_only_rubric_is_chosen_and_the_page_has_the_recording_beside_it(
    ben: Browser, call: Call, rubric: Rubric
) -> None:
    page = ben.read(here(call))
    assert "Asked for the address weight 2 must pass Yes No does not apply" in page
    assert "Handled the price weight 5 1 2 3 4 5 does not apply" in page
    assert "what is the price" in page
    part = ben.http.get(here(call), headers=HTMX).text
    assert "<html" not in part
    assert "Asked for the address" in part


def test_one_button_saves_all_without_scripts_and_shares_only_what_is_whole(
    ben: Browser, call: Call, rubric: Rubric, questions: list[Question]
) -> None:
    form = {"rubric": str(rubric.id), "summary": "A calm call.", **as_fields(questions, "1", "1")}
    page = ben.send(here(call), do="share", **form)
    assert "Not shared yet: 1 question has no answer" in page
    assert "100.0% 2 of 3 answered" in page  # what was answered is kept
    page = ben.send(here(call), do="share", **form, **as_fields(questions[2:], "3"))
    assert "Shared. Whoever answered the call sees it now." in page
    assert "68.8%" in page
    assert "A calm call." in page


def test_each_answer_is_saved_at_once_and_the_score_comes_back(
    ben: Browser, call: Call, rubric: Rubric, questions: list[Question]
) -> None:
    part = by_htmx(ben, here(call), rubric=str(rubric.id), **as_fields(questions, "1"))
    assert "100.0%" in part
    assert "1 of 3 answered. Saved." in " ".join(re.sub("<[^>]*>", "", part).split())
    part = by_htmx(ben, here(call), rubric=str(rubric.id), **as_fields(questions, "1", "0", "5"))
    words = " ".join(re.sub("<[^>]*>", " ", part).split())
    assert "0.0% failed: Asked for the address. Without that it would have been 75.0%." in words
    assert "<form" not in part
    assert "0.0%" in ben.read(here(call))


def test_a_comment_is_pinned_to_a_second_and_can_be_removed(ben: Browser, call: Call, rubric: Rubric) -> None:
    page = by_htmx(ben, f"{here(call)}/remarks", rubric=str(rubric.id), text="Well asked", pinned="12.5")
    assert 'data-pin-at="12.5"' in page
    assert "Comment saved." in page
    assert "<html" not in page
    ben.send(f"{here(call)}/remarks", rubric=str(rubric.id), text="On the whole fine")
    assert "On the whole fine" in ben.read(here(call))
    for remark in (1, 2):
        ben.send(f"{here(call)}/remarks/{remark}/remove", rubric=str(rubric.id))
    assert "Well asked" not in ben.read(here(call))


def test_what_was_shared_is_changed_only_after_it_was_taken_back_and_says_so(
    ben: Browser, cho: Browser, call: Call, shared: int, rubric: Rubric, questions: list[Question]
) -> None:
    form = {"rubric": str(rubric.id), **as_fields(questions, "0", "0", "1")}
    assert "take it back to change it" in ben.send(here(call), do="save", **form)
    assert "68.8%" in ben.read(here(call))
    assert "68.8%" in cho.read(f"/coaching/evaluations/{shared}")
    assert "You have taken this back" in ben.send(f"/coaching/evaluations/{shared}/reopen")
    cho.see(f"/coaching/evaluations/{shared}", 404)
    assert "Ben is changing the feedback on your call" in cho.read("/coaching")
    ben.send(here(call), do="share", **{**form, **as_fields(questions, "1", "1", "5")})
    page = cho.read("/coaching")
    assert "changed" in page
    assert "100.0%" in page
    assert "changed on" in cho.read(f"/coaching/evaluations/{shared}")


def test_a_draft_is_thrown_away_but_nothing_that_was_shared(
    ben: Browser, call: Call, shared: int, write: Write
) -> None:
    with write() as session:
        found = find_evaluation(session, account_id=call.account_id or 0, evaluation_id=shared)
        assert found
        reopen(session, evaluation=found)
    assert "cannot be thrown away" in ben.send(f"/coaching/evaluations/{shared}/discard")


def test_without_a_rubric_the_starter_is_offered(ben: Browser, call: Call) -> None:
    assert "Start with the home service rubric" in ben.read(here(call))
    assert "Start with the home service rubric" in ben.read("/coaching")


# Blind


def test_another_coachs_evaluation_is_hidden_until_ones_own_is_shared_and_then_compared(
    ana: Browser, call: Call, shared: int, rubric: Rubric, questions: list[Question]
) -> None:
    page = ana.read(here(call))
    assert "1 other coach has evaluated this call by this rubric. You see it when yours is shared." in page
    assert "68.8" not in page
    form = {"rubric": str(rubric.id), **as_fields(questions, "1", "0", "5")}
    ana.send(here(call), do="save", **form)
    assert "judge this call by yourself first" in ana.read(f"/coaching/evaluations/{shared}", 404)
    assert "hidden until yours is shared" in ana.read("/coaching")
    page = ana.send(here(call), do="share", **form)
    assert "Where you differ" in page
    assert "Asked for the address differs by 100.0% No Yes" in page
    assert "Handled the price differs by 50.0% 5 of 5 3 of 5" in page
    assert "68.8%" in ana.read(f"/coaching/evaluations/{shared}")


def test_who_is_not_to_judge_reads_it_at_once(ana: Browser, shared: int) -> None:
    assert "Ben heard a calm call." in ana.read(f"/coaching/evaluations/{shared}")
    assert "68.8%" in ana.read("/coaching")
