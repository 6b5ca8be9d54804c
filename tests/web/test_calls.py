"""The list of calls: filters in the address bar, pages, a reason in every row."""

import re
from datetime import timedelta

import pytest

from calltrack.accounts.accounts import create_account
from calltrack.calls.labels import label_call
from calltrack.calls.tags import tag_call
from calltrack.campaigns.campaigns import create_campaign
from calltrack.models import Call
from tests.accounts.entering import enter
from tests.factories import NOON, PASSWORD, Company, answered_call, missed_call, person, running_call, tracking_number
from tests.web.conftest import BILLBOARD, Browser, Write

RADIO = "+13125550143"


@pytest.fixture
def calls(write: Write, anas: Company) -> dict[str, Call]:
    with write() as session:
        radio = create_campaign(session, account=anas.account, name="Radio")
        tracking_number(session, account=anas.account, campaign=radio, phone_number=RADIO)
        made = {
            "long": answered_call(session, number=BILLBOARD, caller="+13125550101", words="my furnace is out"),
            "short": answered_call(
                session, number=BILLBOARD, caller="+13125550102", seconds=20, started_at=NOON + timedelta(days=1)
            ),
            "missed": missed_call(
                session, number=RADIO, caller="+13125550103", started_at=NOON + timedelta(days=2)
            ),
            "running": running_call(session, number=RADIO, started_at=NOON + timedelta(days=3)),
        }  # fmt: skip
        label_call(session, call=made["short"], value="excused", reason="wrong number", note=None, said_by="ana")
        tag_call(session, call=made["long"], tag="spanish", tagged_by="ana")
    return made


def listed(page: str, calls: dict[str, Call]) -> list[str]:
    """Which of the calls the page lists, in its order."""
    names = {call.call_sid: name for name, call in calls.items()}
    return [names[sid] for sid in re.findall(r'<a href="/calls/(CA\w+)"', page)]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("", ["running", "missed", "short", "long"]),
        ("from=2026-05-05&to=2026-05-06", ["missed", "short"]),
        ("to=2026-05-04", ["long"]),
        ("label=excused", ["short"]),
        ("label=none", ["running", "missed", "long"]),
        ("outcome=missed", ["missed"]),
        ("outcome=unbooked", ["long"]),
        ("reviewed=yes", ["short"]),
        ("reviewed=no&outcome=missed", ["missed"]),
        ("tag=Spanish", ["long"]),
        ("q=furnace", ["long"]),
        ("q=(312)+555-0103", ["missed"]),
        ("q=", ["running", "missed", "short", "long"]),
    ],
)
def test_filters_stand_in_the_address_bar(
    calls: dict[str, Call], ana: Browser, asked: str, expected: list[str]
) -> None:
    assert listed(ana.see(f"/calls?{asked}"), calls) == expected


def test_a_campaign_is_chosen_by_name(calls: dict[str, Call], ana: Browser) -> None:
    found = re.search(r'<option value="(\d+)">Radio<', ana.see("/calls"))
    assert found
    page = ana.see(f"/calls?campaign={found[1]}")
    assert listed(page, calls) == ["running", "missed"]
    assert f'<option value="{found[1]}" selected>' in page


def test_every_row_says_why(calls: dict[str, Call], ana: Browser) -> None:
    page = ana.read("/calls")
    assert "Lead : 75 s >= 60 s and not excused" in page
    assert "Not a lead : excused by ana on" in page
    assert "Not a lead : missed: nobody answered" in page
    assert "Not a lead : the call is still running" in page


def test_the_form_keeps_what_was_asked(calls: dict[str, Call], ana: Browser) -> None:
    page = ana.see('/calls?q=fur"nace&from=2026-05-01&outcome=missed')
    assert 'value="fur&#34;nace"' in page
    assert 'value="2026-05-01"' in page
    assert '<option value="missed" selected>' in page


@pytest.mark.parametrize(
    "junk",
    [
        "from=2026-99-99", "to=%00x", "from=0001-01-01", "campaign=x", "campaign=999", f"campaign={'9' * 50}",
        "label=maybe", "outcome=%00x", "reviewed=perhaps", "cursor=nothing", "cursor=%00", "cursor=MS4tMQ",
        f"q={'x' * 5000}", f"tag={'x' * 5000}",
    ],
)  # fmt: skip
def test_junk_is_named_and_left_out(calls: dict[str, Call], ana: Browser, junk: str) -> None:
    page = ana.see(f"/calls?{junk}", 400)
    assert 'class="notice problem"' in page


def test_a_range_that_ends_before_it_starts_is_named_and_left_out(calls: dict[str, Call], ana: Browser) -> None:
    page = ana.see("/calls?from=2026-05-05&to=2026-05-01", 400)
    assert "The range ends before it starts." in page
    assert listed(page, calls) == listed(ana.see("/calls"), calls)


@pytest.mark.parametrize("junk", ["q=%00", "tag=%00", "q=%25", "q=%F0%9F%93%9E", "q=%ff%fe", "limit=x", "nothing=1"])
def test_odd_letters_are_searched_for_without_an_error(calls: dict[str, Call], ana: Browser, junk: str) -> None:
    ana.see(f"/calls?{junk}")


def test_pages_follow_each_other_without_a_gap(write: Write, ana: Browser) -> None:
    with write() as session:
        made = {
            str(minute): missed_call(session, number=BILLBOARD, started_at=NOON + timedelta(minutes=minute))
            for minute in range(60)
        }
    seen: list[str] = []
    address = "/calls?outcome=missed"
    while address:
        page = ana.see(address)
        seen += listed(page, made)
        older = re.search(r'rel="next" href="([^"]+)"', page)
        address = older[1].replace("&amp;", "&") if older else ""
        assert not address or "outcome=missed" in address
    assert seen == [str(minute) for minute in reversed(range(60))]


def test_nothing_found_is_told_from_nothing_there(write: Write, ana: Browser, stranger: Browser) -> None:
    assert "No call fits" in ana.read("/calls?q=xyz")
    with write() as session:
        eve = create_account(session, name="Eve's Roofing", time_zone="America/Denver")
        token = enter(session, email=person(session, account=eve, name="Eve", role="csr"), password=PASSWORD)
    stranger.http.set_cookie("calltrack_sign_in", token or "")
    assert "No call yet" in stranger.read("/calls")


def test_another_company_s_calls_are_not_listed(calls: dict[str, Call], dee: Browser) -> None:
    assert listed(dee.see("/calls"), calls) == []
