"""The page of one call: what is shown, and what people do there."""

import re

import pytest
import time_machine
from sqlalchemy import select

from calltrack.calls.labels import keep_verdict
from calltrack.jobs.jobs import JobFacts, find_job, put_job
from calltrack.models import Call, JobLink, Label, Reason
from tests.factories import NOON, Company, answered_call, missed_call, running_call
from tests.web.conftest import BILLBOARD, Browser, Write, words_of

WORDS = "hi my furnace is out and I need somebody today"


@pytest.fixture
def call(write: Write, anas: Company) -> Call:
    """A call that the classifier thinks is a lead."""
    with write() as session:
        made = answered_call(session, number=BILLBOARD, words=WORDS)
        keep_verdict(
            session, call=made, value="lead", reason="new job", source="model", confidence=0.62, model="shipped@1",
            review=True, evidence=[{"phrase": "furnace is out", "offset": 6, "start": 9.0, "weight": 1.2}],
        )  # fmt: skip
    return made


@pytest.fixture
def at(call: Call) -> str:
    return f"/calls/{call.call_sid}"


def refusal(browser: Browser, path: str, **fields: str) -> str:
    """What a form is answered that was not taken, with what was typed still in it."""
    answer = browser.post(path, **fields)
    assert answer.status_code == 400, answer.text
    return words_of(answer.text)


def test_the_head_says_who_called_what_and_when_and_whether_it_is_a_lead(ana: Browser, at: str) -> None:
    page = ana.read(at)
    for said in (
        "(312) 555-0111", "Billboard", "(312) 555-0142", "Mon 4 May 2026, 12:00 PM CDT", "1:15", "(312) 555-0190",
        "A lead : 75 s >= 60 s and not excused.", "Times are in America/Chicago",
    ):  # fmt: skip
        assert said in page


def test_a_label_shows_its_reason_source_confidence_model_and_doubt(ana: Browser, at: str) -> None:
    page = ana.read(at)
    assert "Lead new job By the classifier, shipped@1, 62% sure" in page
    assert "please check" in page


def test_the_words_that_decided_are_marked_in_the_transcript(ana: Browser, at: str) -> None:
    html = ana.see(at)
    assert "hi my <mark>furnace is out</mark> and I need" in html


def test_correct_makes_the_label_a_person_s_word(ana: Browser, at: str) -> None:
    assert "Saved: lead, new job" in ana.send(f"{at}/label", confirm="1")
    html = ana.see(at)
    assert "Said by ana@example.com" in html
    assert 'name="confirm"' not in html


def test_a_call_is_labelled_anew_and_the_history_is_kept(ana: Browser, at: str) -> None:
    page = ana.send(f"{at}/label", label="excused", reason="wrong number", note="asked for <a pharmacy>")
    assert "Saved: excused, wrong number" in page
    assert "Not a lead : excused by ana@example.com on" in page
    history = page.partition("Who said what (2)")[2]
    assert history.index("by the classifier") < history.index("ana@example.com: asked for <a pharmacy>")
    assert "<a pharmacy>" not in ana.see(at)


def test_reasons_are_the_account_s_own(write: Write, anas: Company, ana: Browser, at: str) -> None:
    with write() as session:
        session.add(Reason(account_id=anas.account.id, label="lead", name="hot tub"))
    html = ana.see(at)
    lead = html.partition('data-label="lead"')[2].partition("</optgroup>")[0]
    assert "<option>hot tub</option>" in lead
    assert "<option selected>new job</option>" in lead
    assert "wrong number" not in lead


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"label": "maybe"},
        {"label": "lead", "reason": "wrong number"},
        {"label": "lead", "reason": "\x00"},
        {"label": "\x00" * 50, "reason": "x" * 3000},
    ],
)
def test_a_label_that_cannot_be_is_refused_in_words(
    write: Write, ana: Browser, at: str, fields: dict[str, str]
) -> None:
    if fields.get("reason") == "\x00":  # no letter is left of it, so no reason is given
        assert "Saved: lead." in ana.send(f"{at}/label", **fields)
    else:
        assert "The label was not saved" in refusal(ana, f"{at}/label", **fields)
        with write() as session:
            assert len(session.scalars(select(Label)).all()) == 1


def test_a_note_on_a_label_is_kept_whole_or_refused(write: Write, ana: Browser, at: str) -> None:
    page = refusal(ana, f"{at}/label", label="excused", note="x" * 2001)
    assert "The label was not saved: a note has at most 2000 characters." in page
    assert "2000 characters" in refusal(ana, f"{at}/label", confirm="1", note="x" * 2001)
    as_counted_by_the_browser = "x\r\n" * 999 + "yz"
    assert "Saved: excused" in ana.send(f"{at}/label", label="excused", note=as_counted_by_the_browser)
    with write() as session:
        notes = session.scalars(select(Label.note).order_by(Label.id)).all()
    assert notes == [None, "x\n" * 999 + "yz"]


def test_there_is_nothing_to_confirm_on_a_call_without_a_label(write: Write, ana: Browser) -> None:
    with write() as session:
        bare = answered_call(session, number=BILLBOARD)
    assert 'name="confirm"' not in ana.see(f"/calls/{bare.call_sid}")
    assert "no label to confirm" in refusal(ana, f"/calls/{bare.call_sid}/label", confirm="1")


def test_tags_are_hung_on_found_again_and_taken_off(cho: Browser, call: Call, at: str) -> None:
    cho.send(f"{at}/tags", tag="  Spanish   Speaker ")
    assert "/calls?tag=spanish+speaker" in cho.see(at)
    assert call.call_sid in cho.see("/calls?tag=spanish+speaker")
    cho.send(f"{at}/tags/remove", tag="spanish speaker")
    assert "No tags." in cho.read(at)


@pytest.mark.parametrize("tag", ["", "\x00", "x" * 61])
def test_a_tag_that_cannot_be_kept_says_why(cho: Browser, at: str, tag: str) -> None:
    assert "The tag was not added: a tag has 1 to 60 characters." in refusal(cho, f"{at}/tags", tag=tag)
    assert "The tag was not removed" in cho.send(f"{at}/tags/remove", tag=tag)


def test_notes_are_kept_with_their_writer(cho: Browser, at: str) -> None:
    assert "rings back at 5 cho@example.com" in cho.send(f"{at}/notes", note="rings back at 5")
    assert "The note was not added" in refusal(cho, f"{at}/notes", note=" \x00 ")


def test_a_job_is_booked_from_the_call(write: Write, anas: Company, cho: Browser, call: Call, at: str) -> None:
    page = cho.send(f"{at}/jobs", external_id="J-7", customer_name="Ruth Decker", job_type="HVAC repair")
    assert "Job J-7 is booked from this call." in page
    assert "J-7 HVAC repair Ruth Decker, scheduled; linked by a person" in page
    assert "A lead : booked: job J-7." in page
    assert "Booked" in page
    with write() as session:
        job = find_job(session, account=anas.account, external_id="J-7")
        assert job
        assert (job.call_id, job.matched_by, job.customer.phone) == (call.id, "person", call.caller)
    assert '<option value="HVAC repair">' in cho.see(at)


def test_a_job_without_a_number_gets_the_next_of_ours(write: Write, cho: Browser, at: str) -> None:
    booked = {"customer_name": "Ruth Decker", "job_type": "HVAC repair"}
    assert "Job C-1 is booked from this call. HVAC repair is a new job type." in cho.send(f"{at}/jobs", **booked)
    assert "Job C-2 is booked from this call." in cho.send(f"{at}/jobs", **booked, external_id=" ")
    cho.send(f"{at}/jobs", **booked, external_id="C-9")
    cho.send(f"{at}/jobs", **booked, external_id="C-77x")
    page = cho.send(f"{at}/jobs", **booked)
    assert "Job C-10 is booked" in page
    assert "new job type" not in page


def test_the_caller_s_customer_has_a_link(cho: Browser, at: str) -> None:
    assert "/customers/" not in cho.see(at).partition("<main")[2]
    cho.send(f"{at}/jobs", customer_name="Ruth Decker", job_type="HVAC")
    assert re.search(r'<h2><a href="/customers/\d+">Ruth Decker</a>', cho.see(at))


def test_booking_never_overwrites_a_job(write: Write, anas: Company, cho: Browser, at: str) -> None:
    with write() as session:
        put_job(
            session,
            account=anas.account,
            facts=JobFacts("J-7", "Tom", None, "Roof", "completed", NOON, NOON),
            by="a test",
        )
    page = refusal(cho, f"{at}/jobs", external_id="J-7", customer_name="Ruth", job_type="HVAC")
    assert "The job was not booked: there is a job J-7 already; link it" in page
    with write() as session:
        job = find_job(session, account=anas.account, external_id="J-7")
        assert job
        assert (job.customer.name, job.call_id) == ("Tom", None)


def test_a_job_is_linked_by_its_number_and_unlinked(write: Write, anas: Company, cho: Browser, at: str) -> None:
    with write() as session:
        put_job(
            session, account=anas.account, facts=JobFacts("J 7/a", "Tom", None, "Roof", "scheduled", NOON), by="a test"
        )
    assert "Job J 7/a is linked to this call." in cho.send(f"{at}/jobs/link", external_id="J 7/a")
    assert "No job is linked" in cho.send(f"{at}/jobs/unlink", external_id="J 7/a")
    with write() as session:
        said = session.execute(select(JobLink.matched_by, JobLink.linked_by).order_by(JobLink.id)).all()
    assert [tuple(one) for one in said] == [("person", "cho@example.com"), (None, "cho@example.com")]


def test_linking_a_job_of_another_call_says_that_it_moved(write: Write, cho: Browser, at: str) -> None:
    with write() as session:
        other = answered_call(session, number=BILLBOARD)
    cho.send(f"/calls/{other.call_sid}/jobs", external_id="J-7", customer_name="Ruth", job_type="HVAC")
    assert "no longer to another" in cho.send(f"{at}/jobs/link", external_id="J-7")
    assert "No job is linked" in cho.read(f"/calls/{other.call_sid}")
    cho.send(f"/calls/{other.call_sid}/jobs/unlink", external_id="J-7")  # from a page that is out of date
    assert "J-7" in cho.read(at)


@pytest.mark.parametrize(
    ("action", "fields", "says"),
    [
        ("link", {"external_id": "nothing"}, "There is no job nothing"),
        ("link", {"external_id": "\x00"}, "Enter the job's number."),
        ("unlink", {"external_id": "nothing"}, "There is no job nothing"),
        ("", {"external_id": "x" * 101, "customer_name": "a", "job_type": "b"}, "at most 100 characters"),
        ("", {"external_id": "J", "customer_name": "", "job_type": "b"}, "Enter the customer's name."),
        ("", {"external_id": "J", "customer_name": "x" * 201, "job_type": "b"}, "at most 200 characters"),
        ("", {"external_id": "J", "customer_name": "a", "job_type": " "}, "Enter the job type."),
        ("", {}, "Enter the customer's name."),
    ],
)
def test_a_job_form_that_is_not_filled_says_what_to_enter(
    cho: Browser, at: str, action: str, fields: dict[str, str], says: str
) -> None:
    path = f"{at}/jobs/{action}".rstrip("/")
    assert says in (cho.send(path, **fields) if action == "unlink" else refusal(cho, path, **fields))


def test_a_known_customer_s_name_is_filled_in(write: Write, cho: Browser, call: Call, at: str) -> None:
    cho.send(f"{at}/jobs", external_id="J-7", customer_name="Ruth Decker", job_type="HVAC")
    with write() as session:
        again = answered_call(session, number=BILLBOARD)
    assert 'name="customer_name" maxlength="200" value="Ruth Decker"' in cho.see(f"/calls/{again.call_sid}")


def test_a_caller_who_hides_the_number_can_be_booked_too(write: Write, cho: Browser) -> None:
    with write() as session:
        hidden = answered_call(session, number=BILLBOARD, caller="anonymous")
    page = cho.send(f"/calls/{hidden.call_sid}/jobs", external_id="J-8", customer_name="Ruth", job_type="HVAC")
    assert "is booked" in page


@pytest.mark.parametrize(
    ("name", "absent"),
    [
        ("Rae", ["/label", "/tags", "/notes", "/jobs", "<audio"]),
        ("Ben", ["/jobs", "/retry"]),
        ("Cho", ["/label", "/retry"]),
        ("Ana", []),
    ],
)
def test_what_a_role_may_not_do_it_is_not_offered(browser_of: object, at: str, name: str, absent: list[str]) -> None:
    assert callable(browser_of)
    actions = re.findall(r'action="([^"]+)"|(<audio)', browser_of(name).see(at))
    offered = {part.removeprefix(at) for pair in actions for part in pair if part}
    for path in absent:
        assert not any(one.startswith(path) for one in offered), offered
    assert "/sign-out" in offered


def test_a_running_and_a_missed_call_have_pages_too(write: Write, ana: Browser) -> None:
    with write() as session:
        running = running_call(session, number=BILLBOARD)
        missed = missed_call(session, number=BILLBOARD)
    with time_machine.travel(NOON):
        page = ana.read(f"/calls/{running.call_sid}")
    assert "The call is still running; it is judged after it ends." in page
    page = ana.read(f"/calls/{missed.call_sid}")
    assert "Not a lead : missed: nobody answered." in page
    assert "A missed call without a voicemail gets no label" in page


@pytest.mark.parametrize("sid", ["CA404", "%00", "x" * 3000, "a/b/c", "%F0%9F%93%9E", "%ff"])
def test_an_unknown_call_is_not_found(ana: Browser, sid: str) -> None:
    assert "Not found" in ana.read(f"/calls/{sid}", 404)
    assert ana.post(f"/calls/{sid}/tags", tag="a").status_code == 404


def test_a_call_id_with_odd_letters_still_has_its_page(write: Write, ana: Browser) -> None:
    with write() as session:
        answered_call(session, number=BILLBOARD, sid="legacy/2019 #7?x=y")
    where = "/calls/legacy/2019%20%237%3Fx%3Dy"
    assert "legacy/2019 #7?x=y" in ana.read(where)
    assert "legacy/2019 #7?x=y" in ana.see(f"{where}/panel")
