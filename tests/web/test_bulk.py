"""Many calls at once from the list: tagged, labelled, taken back, and who may."""

import re

import pytest
from werkzeug.test import TestResponse

from calltrack.calls.labels import label_call
from calltrack.calls.tags import tags_of
from calltrack.ground import Ground
from calltrack.models import Call
from tests.factories import Company
from tests.web.conftest import Browser, Write
from tests.web.listed import four_calls


@pytest.fixture
def calls(write: Write, anas: Company) -> dict[str, Call]:
    with write() as session:
        return four_calls(session, company=anas)


def pick(call: Call) -> str:
    return f"{call.label_id or 0}:{call.call_sid}"


def bulk(browser: Browser, *calls: Call, **fields: str) -> TestResponse:
    form = {"csrf_token": browser.token(), "pick": [pick(call) for call in calls], **fields}
    return browser.http.post("/calls/bulk", data=form)


def tags(ground: Ground, *calls: Call) -> list[list[str]]:
    with ground.database.read() as session:
        return [tags_of(session, call_id=call.id) for call in calls]


def fields_of(page: str, form: str) -> dict[str, str]:
    """The hidden fields of the form that goes to that address."""
    [found] = re.findall(rf'<form[^>]*action="{form}".*?</form>', page, re.DOTALL)
    return dict(re.findall(r'name="(deed|batch|tag)" value="([^"]*)"', found))


def test_many_calls_are_tagged_at_once_and_undone_as_one(calls: dict[str, Call], cho: Browser, ground: Ground) -> None:
    long, short = calls["long"], calls["short"]
    answer = bulk(cho, long, short, deed="tag", tag=" Spanish", query="outcome=missed&page=x")
    assert answer.status_code == 303
    assert "outcome=missed" in answer.location
    assert tags(ground, long, short) == [["spanish"], ["spanish"]]
    page = cho.see(answer.location)
    assert "1 call tagged: spanish." in page
    assert "1 call had the tag already." in page
    assert "1 call untagged again: spanish." in cho.send("/calls/bulk/undo", **fields_of(page, "/calls/bulk/undo"))
    assert tags(ground, long, short) == [["spanish"], []]


def test_a_tag_is_taken_off_many_and_hung_again(calls: dict[str, Call], cho: Browser, ground: Ground) -> None:
    long, short = calls["long"], calls["short"]
    page = cho.see(bulk(cho, long, short, deed="untag", tag="spanish").location)
    assert "1 call no longer tagged: spanish." in page
    assert tags(ground, long) == [[]]
    cho.send("/calls/bulk/undo", **fields_of(page, "/calls/bulk/undo"))
    assert tags(ground, long, short) == [["spanish"], []]


def test_many_calls_are_labelled_and_undone_and_those_that_cannot_be_are_named(
    calls: dict[str, Call], ana: Browser, ground: Ground
) -> None:
    long, short, missed = calls["long"], calls["short"], calls["missed"]
    page = ana.see(bulk(ana, long, short, deed="excused:vendor").location)
    assert "2 calls labelled excused." in page
    assert "taken back" in ana.send("/calls/bulk/undo", **fields_of(page, "/calls/bulk/undo"))
    page = ana.see(bulk(ana, short, missed, deed="confirm").location)
    assert "1 call confirmed." in page
    assert f"The call {missed.call_sid} was skipped: there is no label to confirm yet" in page


def test_what_somebody_else_said_meanwhile_is_not_overruled_unseen(
    calls: dict[str, Call], ana: Browser, write: Write
) -> None:
    with write() as session:
        call = session.get_one(Call, calls["long"].id)
        label_call(session, call=call, value="excused", reason="vendor", note=None, said_by="ben")
    page = ana.see(bulk(ana, calls["long"], deed="lead").location)
    assert "meanwhile ben said excused" in page


def test_by_htmx_the_bar_alone_is_sent_and_the_list_is_told(calls: dict[str, Call], ana: Browser) -> None:
    form = {"csrf_token": ana.token(), "pick": [pick(calls["short"])], "deed": "tag", "tag": "vip"}
    answer = ana.http.post("/calls/bulk", data=form, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Trigger"]) == (200, '{"call-changed": {}}')
    assert "1 call tagged: vip." in answer.text
    assert "<html" not in answer.text


def test_who_may_tag_and_not_label_does_only_that(calls: dict[str, Call], cho: Browser, rae: Browser) -> None:
    assert bulk(cho, calls["long"], deed="lead").status_code == 403
    assert bulk(rae, calls["long"], deed="tag", tag="vip").status_code == 403
    assert 'name="deed" value="lead"' not in cho.see("/calls")
    assert 'id="bulk"' not in rae.see("/calls")


def test_another_company_changes_none_of_our_calls(calls: dict[str, Call], dee: Browser, ground: Ground) -> None:
    page = dee.see(bulk(dee, calls["long"], deed="tag", tag="vip").location)
    assert f"There is no call {calls['long'].call_sid}." in page
    assert tags(ground, calls["long"]) == [["spanish"]]


@pytest.mark.parametrize(
    "fields",
    [{}, {"deed": "nonsense", "pick": "0:x"}, {"deed": "tag", "pick": "\x00:\x00", "tag": "a"},
     {"deed": "tag", "pick": "0:x", "tag": ""}, {"deed": "tag", "pick": "0:x", "tag": "x" * 61},
     {"deed": "lead", "pick": f"{10**30}:x"}, {"deed": "excused:no such", "pick": "0:x"}, {"deed": "lead"},
     {"deed": "untag", "pick": "\u0663", "tag": "\x00", "query": "&&=%00&outcome=\x00"}],
)  # fmt: skip
def test_a_form_of_nonsense_changes_nothing(
    calls: dict[str, Call], ana: Browser, ground: Ground, fields: dict[str, str]
) -> None:
    answer = ana.post("/calls/bulk", **fields)
    assert answer.status_code == 303
    assert ana.http.get(answer.location).status_code in (200, 400)
    assert tags(ground, *calls.values()) == [["spanish"], [], [], []]


@pytest.mark.parametrize("deed", ["tag", "untag", "lead", "nonsense", ""])
@pytest.mark.parametrize("batch", ["", "1", "1.1", f"{10**30}.1", "\x00", "1-99999999", f"1.{10**18 * 9}"])
def test_undoing_nonsense_changes_nothing(
    calls: dict[str, Call], ana: Browser, ground: Ground, deed: str, batch: str
) -> None:
    assert ana.post("/calls/bulk/undo", deed=deed, batch=batch, tag="spanish").status_code == 303
    assert tags(ground, calls["long"]) == [["spanish"]]


def test_two_hundred_at_once_and_not_one_more(ana: Browser) -> None:
    form = {"csrf_token": ana.token(), "deed": "tag", "tag": "vip", "pick": [f"0:CA{one}" for one in range(201)]}
    answer = ana.http.post("/calls/bulk", data=form)
    assert "change at most 200 at once" in ana.read(answer.location)
