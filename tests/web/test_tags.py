"""The settings of tags: colours that the list shows, names, and taking them out of use."""

import pytest

from calltrack.calls.tags import tag_call, tags_of
from calltrack.ground import Ground
from calltrack.models import Call
from tests.factories import Company, answered_call
from tests.web.conftest import BILLBOARD, Browser, Write

PATHS = ("colour", "rename", "retire", "restore", "delete")


@pytest.fixture
def call(write: Write, anas: Company) -> Call:
    with write() as session:
        made = answered_call(session, number=BILLBOARD)
        for tag in ("vip", "v.i.p."):
            tag_call(session, call=made, tag=tag, tagged_by="ana")
    return made


def tags(ground: Ground, call: Call) -> list[str]:
    with ground.database.read() as session:
        return tags_of(session, call_id=call.id)


def test_a_colour_is_chosen_once_and_shown_on_every_row(ana: Browser, cho: Browser, call: Call) -> None:
    assert "The tag 'vip' is violet now." in ana.send("/settings/tags/colour", name="VIP", colour="violet")
    assert 'class="tag colour-violet">vip<' in cho.see("/calls")
    assert "has no colour now" in ana.send("/settings/tags/colour", name="vip", colour="")
    assert "colour-violet" not in cho.see("/calls")


def test_two_spellings_become_one(ana: Browser, ground: Ground, call: Call) -> None:
    assert "is called 'vip' now" in ana.send("/settings/tags/rename", name="v.i.p.", to="vip")
    assert tags(ground, call) == ["vip"]


def test_a_retired_tag_is_offered_no_more_until_it_is_restored(ana: Browser, call: Call) -> None:
    offer = '<option value="v.i.p."></option>'
    assert offer in ana.see("/calls")
    ana.send("/settings/tags/retire", name="v.i.p.")
    assert offer not in ana.see("/calls")
    assert "Retired (1)" in ana.see("/settings/tags")
    ana.send("/settings/tags/restore", name="v.i.p.")
    assert offer in ana.see("/calls")


def test_deleting_asks_first_and_says_of_how_many_calls(ana: Browser, ground: Ground, call: Call) -> None:
    assert "off 1 call and forget it? This cannot be undone." in ana.read("/settings/tags")
    ana.send("/settings/tags/delete", name="vip")
    assert tags(ground, call) == ["v.i.p."]


def test_an_account_without_tags_is_told_how_one_is_made(ana: Browser) -> None:
    assert "No tag yet" in ana.read("/settings/tags")


@pytest.mark.parametrize("path", PATHS)
def test_another_companys_tag_is_not_there(ground: Ground, dee: Browser, call: Call, path: str) -> None:
    assert "there is no tag" in dee.send(f"/settings/tags/{path}", name="vip", to="x", colour="red")
    assert tags(ground, call) == ["v.i.p.", "vip"]


@pytest.mark.parametrize("path", PATHS)
def test_only_who_may_change_settings_does(ground: Ground, cho: Browser, call: Call, path: str) -> None:
    assert cho.post(f"/settings/tags/{path}", name="vip", to="x").status_code == 403
    cho.see("/settings/tags", 403)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "fields", [{}, {"name": "\x00"}, {"name": "x" * 5000}, {"name": "vip", "to": "x" * 61, "colour": "\x00 plaid"}]
)
def test_junk_is_named(ana: Browser, call: Call, path: str, fields: dict[str, str]) -> None:
    if fields.get("name") == "vip" and path not in ("colour", "rename"):
        return
    assert "Nothing was changed" in ana.send(f"/settings/tags/{path}", **fields)
