"""Calls to numbers that nobody owns."""

import pytest

from calltrack.models import Call
from tests.factories import answered_call
from tests.web.conftest import NOBODYS_NUMBER, Browser, Write


@pytest.fixture
def call(write: Write) -> Call:
    with write() as session:
        return answered_call(session, number=NOBODYS_NUMBER, recorded=True)


def test_an_administrator_sees_who_rang_and_which_number(ada: Browser, call: Call) -> None:
    page = ada.read("/unclaimed")
    assert "(312) 555-0199" in page
    assert "(312) 555-0111" in page
    assert "Mon 4 May, 12:00 PM" in page
    assert f'href="/calls/{call.call_sid}"' in ada.see("/unclaimed")


def test_its_page_says_what_to_do_and_offers_nothing_that_needs_an_owner(ada: Browser, call: Call) -> None:
    page = ada.read(f"/calls/{call.call_sid}")
    assert "Counts for nobody" in page
    assert "attach it to a campaign" in page
    html = ada.see(f"/calls/{call.call_sid}")
    for form in ("/label", "/tags", "/notes", "/jobs"):
        assert f'action="/calls/{call.call_sid}{form}"' not in html
    assert ada.post(f"/calls/{call.call_sid}/label", label="lead").status_code == 404


def test_it_is_hidden_from_everybody_else(ana: Browser, call: Call) -> None:
    ana.see("/unclaimed", 403)
    ana.see(f"/calls/{call.call_sid}", 404)
    assert "/unclaimed" not in ana.see("/calls")


def test_when_there_are_none_the_page_says_what_it_is_for(ada: Browser) -> None:
    assert "Every number that rang here belongs to a campaign." in ada.read("/unclaimed")
