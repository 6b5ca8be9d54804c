"""Coaching on the pages: what agents read of their own, what coaches start with, and what is given to whom."""

from calltrack.accounts.agents import name_agent
from calltrack.coaching.assignments import assign, open_for
from calltrack.coaching.evaluations import find_evaluation
from calltrack.ground import Ground
from calltrack.models import Call, Rubric
from tests.factories import Company
from tests.twilio_wire import CHO
from tests.web import test_coaching
from tests.web.coaching import user_id
from tests.web.conftest import Browser, Write
from tests.web.test_coaching import by_htmx, here

call, rubric, questions = test_coaching.call, test_coaching.rubric, test_coaching.questions  # fixtures
ben, shared = test_coaching.ben, test_coaching.shared


# What an agent sees


def test_an_agent_reads_plays_and_answers_their_own_feedback(
    cho: Browser, ben: Browser, call: Call, shared: int, ground: Ground
) -> None:
    page = cho.read("/coaching")
    assert "Your call from (312) 555-0111 new" in page
    assert "68.8%" in page
    page = cho.see(f"/coaching/evaluations/{shared}")
    assert 'data-pin-at="12.5"' in page
    assert "Here you let them finish." in page
    with ground.database.read() as session:
        seen = find_evaluation(session, account_id=call.account_id or 0, evaluation_id=shared)
        assert seen
        assert seen.seen_at
    assert " new " not in cho.read("/coaching").split("Calls you answered")[0]
    assert "Your reply is with your coach." in cho.send(f"/coaching/evaluations/{shared}/reply", reply="I will try")
    assert "I will try" in ben.read(f"/coaching/evaluations/{shared}")
    assert "replied" in ben.read("/coaching")
    assert "68.8%" in cho.read(here(call))


def test_an_agent_sees_nobody_elses(
    cho: Browser, write: Write, anas: Company, call: Call, shared: int, rubric: Rubric
) -> None:
    with write() as session:
        name_agent(session, account_id=anas.account.id, phone=CHO, name="Somebody else", user_id=None)
    cho.see(f"/coaching/evaluations/{shared}", 404)
    assert cho.post(f"/coaching/evaluations/{shared}/reply", reply="x").status_code == 404
    assert "Which phone is yours?" in cho.read("/coaching")
    assert "68.8" not in cho.read(here(call))
    cho.see(f"/coaching/agents/{CHO}", 404)


def test_an_agent_sees_no_draft(cho: Browser, ben: Browser, call: Call, rubric: Rubric) -> None:
    by_htmx(ben, f"{here(call)}/remarks", rubric=str(rubric.id), text="Not yet said")
    cho.see("/coaching/evaluations/1", 404)
    assert "Not yet said" not in cho.read(here(call))
    assert "Nobody has shared feedback on this call with you." in cho.read(here(call))


def test_an_agent_has_their_own_trend_and_nothing_to_fill_in(cho: Browser, call: Call, shared: int) -> None:
    page = cho.read(f"/coaching/agents/{CHO}")
    assert "Mean 68.8% , standing on 1 evaluation" in page
    assert page.index("Handled the price") < page.index("Greeted by name")
    assert "Evaluate" not in cho.read(here(call)).replace("Evaluations", "")
    for path in ("/coaching/agents", "/coaching/calibration", "/coaching/rubrics"):
        cho.see(path, 403)


# Home, agents, assignments


def test_a_coach_starts_with_what_is_to_do_and_what_is_worth_hearing(
    ben: Browser, write: Write, anas: Company, call: Call, rubric: Rubric
) -> None:
    with write() as session:
        assign(
            session, account=anas.account, call=call, people=[user_id(session, "Ben")], rubric=rubric, due_on=None,
            note="For Friday", by="ana@example.com",
        )  # fmt: skip
    page = ben.read("/coaching")
    assert "Assigned to you (312) 555-0111" in page
    assert "Evaluate by Phone:" in page.replace("Phone :", "Phone:")
    assert "For Friday" in page
    assert "Worth hearing next" in page
    assert page.count("(312) 555-0111") == 2
    by_htmx(ben, f"{here(call)}/remarks", rubric=str(rubric.id), text="Begun")
    page = ben.read("/coaching")
    assert "Your drafts (312) 555-0111" in page
    assert "None: every such call has been evaluated." in page


def test_a_call_is_given_to_people_who_do_it(
    ana: Browser, cho: Browser, write: Write, call: Call, rubric: Rubric, anas: Company, ground: Ground
) -> None:
    with write() as session:
        chos_id = str(user_id(session, "Cho"))
    page = ana.send(f"{here(call)}/assignments", person=chos_id, due="", note="Hear the end")
    assert "Assigned to Cho." in page
    assert "Take back" in page
    assert "For you to hear" in cho.read("/coaching")
    assert "Listen to this call , asks ana@example.com: Hear the end" in cho.read(here(call))
    assert ana.post("/coaching/assignments/1/done").status_code == 404  # it is Cho's
    assert "Done: it is off your list." in cho.send("/coaching/assignments/1/done")
    assert "done already" in ana.send("/coaching/assignments/1/remove", at="call")
    with ground.database.read() as session:
        assert open_for(session, account_id=anas.account.id, user_id=int(chos_id)) == []


def test_an_agents_page_shows_the_trend_what_to_work_on_and_the_evaluations(
    ben: Browser, call: Call, shared: int
) -> None:
    for weeks in ("", "?weeks=26", "?weeks=junk"):
        page = ben.read(f"/coaching/agents/{CHO}{weeks}")
        assert "Cho Park (312) 555-0190" in page
        assert "Mean 68.8% , standing on 1 evaluation" in page
        assert "Handled the price 50.0% 1 answer" in page
    assert "Cho Park 68.8% on 1 evaluation" in ben.read("/coaching/agents")
    ben.see("/coaching/agents/+13125550000", 404)
    ben.see("/coaching/agents/%00", 404)
