"""The panel of a call, as the page's own scripts ask for it: forms answered in place, pins, tags, the caller's past."""

import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from calltrack.calls.tags import tag_call
from calltrack.models import Call, CallNote, Message, Tag
from tests.factories import NOON, Company, answered_call, missed_call
from tests.web import test_call
from tests.web.conftest import BILLBOARD, Browser, Write
from tests.web.test_call import refusal

call, at = test_call.call, test_call.at  # fixtures


def by_htmx(browser: Browser, path: str, **fields: str) -> TestResponse:
    """What the page's own scripts send and are answered."""
    form = {"csrf_token": browser.token(), **fields}
    return browser.http.post(path, data=form, headers={"HX-Request": "true"})


def test_the_panel_is_the_page_without_the_page(ana: Browser, dee: Browser, at: str) -> None:
    panel = ana.see(f"{at}/panel")
    assert panel.lstrip().startswith("<article")
    assert "<html" not in panel
    assert "hi my <mark>furnace is out</mark>" in panel
    dee.see(f"{at}/panel", 404)


def test_a_form_by_htmx_is_answered_with_the_panel_and_tells_the_list(ana: Browser, call: Call, at: str) -> None:
    answer = by_htmx(ana, f"{at}/label", deed="excused:wrong number")
    assert (answer.status_code, answer.text.lstrip()[:8]) == (200, "<article")
    assert json.loads(answer.headers["HX-Trigger"]) == {"call-changed": {"sid": call.call_sid}}
    news = answer.text.partition("data-told")[2]
    assert "Saved: excused, wrong number." in news
    assert 'data-key="u"' in news
    assert "Saved:" not in ana.read(at)  # it was said already


def test_a_label_just_given_is_taken_back_from_its_notice(ana: Browser, at: str) -> None:
    news = by_htmx(ana, f"{at}/label", deed="lead").text.partition("data-told")[2]
    [label_id] = re.findall(r'name="label_id" value="(\d+)"', news)
    answer = by_htmx(ana, f"{at}/label/undo", label_id=label_id)
    assert "The label was taken back." in answer.text
    assert "By the classifier" in answer.text


def test_ones_own_word_is_undone_on_the_page_later_too(ana: Browser, browser_of: object, at: str) -> None:
    ana.send(f"{at}/label", confirm="1")
    assert 'data-key="u"' in ana.see(at)
    assert callable(browser_of)
    bens = browser_of("Ben").see(at)
    assert 'data-key="u"' not in bens
    assert "Take back" in bens


@pytest.mark.parametrize(
    ("path", "fields", "kept"),
    [
        (
            "jobs",
            {"external_id": "J-7", "customer_name": "Ruth <Decker>", "job_type": " "},
            ["J-7", "Ruth &lt;Decker&gt;"],
        ),
        ("jobs/link", {"external_id": "no such job"}, ["no such job"]),
        ("tags", {"tag": "x" * 61}, ["x" * 61]),
        ("notes", {"note": "kept", "pinned": "soon"}, [">kept</textarea>"]),
        ("label", {"label": "excused", "reason": "new job", "note": "asked for a pharmacy"}, ["asked for a pharmacy"]),
    ],
)
@pytest.mark.parametrize("htmx", [False, True])
def test_what_was_typed_stands_in_the_form_that_was_refused(
    ada: Browser, at: str, path: str, fields: dict[str, str], kept: list[str], htmx: bool
) -> None:
    answer = by_htmx(ada, f"{at}/{path}", **fields) if htmx else ada.post(f"{at}/{path}", **fields)
    assert answer.status_code == (200 if htmx else 400)
    assert 'class="notice problem"' in answer.text
    for one in kept:
        assert one in answer.text
    assert ("<html" in answer.text) is not htmx


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("label", {"confirm": "1"}), ("label/undo", {"label_id": "1"}), ("tags", {"tag": "a"}),
        ("tags/remove", {"tag": "a"}), ("notes", {"note": "a"}), ("jobs", {"customer_name": "R", "job_type": "H"}),
        ("jobs/link", {"external_id": "1"}), ("jobs/unlink", {"external_id": "1"}),
    ],
)  # fmt: skip
def test_every_form_of_the_panel_is_answered_by_htmx_and_by_a_page(
    ada: Browser, dee: Browser, at: str, path: str, fields: dict[str, str]
) -> None:
    assert by_htmx(ada, f"{at}/{path}", **fields).text.lstrip().startswith("<article")
    assert ada.post(f"{at}/{path}", **fields).status_code in (303, 400)
    assert by_htmx(dee, f"{at}/{path}", **fields).status_code == 404


def test_a_note_is_pinned_to_a_moment(write: Write, cho: Browser, at: str) -> None:
    cho.send(f"{at}/notes", note="the address", pinned="83.25")
    cho.send(f"{at}/notes", note="about the whole call")
    with write() as session:
        assert session.scalars(select(CallNote.at).order_by(CallNote.id)).all() == [83.25, None]
    page = cho.see(at)
    assert 'data-pin-at="83.25"' in page
    assert page.count("data-pin-at") == 1


@pytest.mark.parametrize("pinned", ["on", "-1", "nan", "1e9", "999999", "1:2:3:4", "\u0663"])
def test_a_pin_that_is_no_moment_is_refused(cho: Browser, at: str, pinned: str) -> None:
    assert "The note was not added" in refusal(cho, f"{at}/notes", note="a", pinned=pinned)


def test_tags_of_other_calls_are_offered_and_shown_in_their_colours(
    write: Write, anas: Company, cho: Browser, at: str
) -> None:
    with write() as session:
        other = answered_call(session, number=BILLBOARD)
        for tag in ("spanish", "price shopper", "old word"):
            tag_call(session, call=other, tag=tag, tagged_by="a test")
        session.get_one(Tag, (anas.account.id, "spanish")).colour = "green"
        session.get_one(Tag, (anas.account.id, "old word")).retired_at = NOON
    offered = cho.see(at).partition('<datalist id="tags-of-calls">')[2].partition("</datalist>")[0]
    assert re.findall('value="([^"]+)"', offered) == ["price shopper", "spanish"]
    cho.send(f"{at}/tags", tag="spanish")
    page = cho.see(at)
    assert 'class="tag colour-green"' in page
    assert '<option value="spanish">' not in page


def test_what_else_is_known_of_the_caller_stands_beside_newest_first(
    write: Write, anas: Company, cho: Browser, dee: Browser, call: Call, at: str
) -> None:
    with write() as session:
        answered_call(session, number=BILLBOARD, started_at=NOON + timedelta(days=3), sid="CAlater")
        missed_call(session, number=BILLBOARD, started_at=NOON - timedelta(days=3), sid="CAearlier")
        answered_call(session, number=BILLBOARD, caller="+13125550999", sid="CAsomebodyelse")
        for account, text in ((anas.account.id, "on Saturday?"), (None, "nobody's")):
            session.add(
                Message(
                    carrier="twilio", carrier_account="AC", message_sid=text, account_id=account, sender=call.caller,
                    dialled=BILLBOARD, text=text, received_at=NOON + timedelta(days=1), params={},
                )
            )  # fmt: skip
    cho.send(f"{at}/jobs", external_id="J-7", customer_name="Ruth", job_type="HVAC")
    shown = cho.see(at).partition('id="history"')[2].partition("</section>")[0]
    places = [shown.index(one) for one in ("J-7", "CAlater", "on Saturday?", "this one", "CAearlier")]
    assert places == sorted(places)
    assert "CAsomebodyelse" not in shown
    assert "nobody&#39;s" not in shown
    assert f"/calls?q=%2B{str(call.caller)[1:]}" in shown


def test_nothing_is_known_of_who_hides_the_number(write: Write, cho: Browser) -> None:
    with write() as session:
        hidden = answered_call(session, number=BILLBOARD, caller="anonymous")
        answered_call(session, number=BILLBOARD, caller="anonymous")
    assert 'id="history"' not in cho.see(f"/calls/{hidden.call_sid}")


def test_an_unclaimed_call_offers_nothing_that_a_company_says_of_its_calls(write: Write, ada: Browser) -> None:
    with write() as session:
        nobodys = answered_call(session, number="+13125550199")
    page = ada.see(f"/calls/{nobodys.call_sid}")
    assert "Counts for nobody" in page
    for part in ("tags", "notes", "jobs", "clips", "history", "coaching", "tasks"):
        assert f'id="{part}"' not in page
