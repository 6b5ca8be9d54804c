"""The list of calls: filters in the address bar and in words, pages, a reason in every row, the call that is open."""

import re
from datetime import timedelta

import pytest

from calltrack.accounts.accounts import create_account
from calltrack.accounts.reasons import add_reason, retire_reason
from calltrack.calls.tags import tag_call
from calltrack.models import Call
from tests.accounts.entering import enter
from tests.factories import NOON, PASSWORD, Company, answered_call, missed_call, person
from tests.web.conftest import BILLBOARD, Browser, Write
from tests.web.listed import four_calls, listed


@pytest.fixture
def calls(write: Write, anas: Company) -> dict[str, Call]:
    with write() as session:
        return four_calls(session, company=anas)


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
    assert "Unbooked 75 s >= 60 s and not excused" in page
    assert "Excused excused by ana on" in page
    assert "Missed missed: nobody answered" in page
    assert "Ringing since" in page


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


@pytest.mark.parametrize("odd", ["q=%00", "tag=%00", "q=x%25", "q=%F0%9F%93%9Ex", "q=%ff%fe", "limit=x", "nothing=1"])
def test_odd_letters_are_searched_for_without_an_error(calls: dict[str, Call], ana: Browser, odd: str) -> None:
    ana.see(f"/calls?{odd}")


@pytest.mark.parametrize("junk", ["q=%25", "q=%F0%9F%93%9E"])
def test_a_search_without_a_word_or_number_is_named_and_left_out(
    calls: dict[str, Call], ana: Browser, junk: str
) -> None:
    assert "Search for a word or a number" in ana.see(f"/calls?{junk}", 400)


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


# The call that is open


def test_the_address_opens_a_call_beside_the_list(calls: dict[str, Call], ana: Browser) -> None:
    sid = calls["long"].call_sid
    page = ana.see(f"/calls?outcome=unbooked&open={sid}")
    assert re.search(rf'<tr [^>]*data-sid="{sid}"[^>]* class="open"', page)
    assert "my furnace is out" in page
    assert f'href="/calls?outcome=unbooked&amp;open={sid}"' in page.replace("&open", "&amp;open")


@pytest.mark.parametrize("sid", ["CA1", "%00", "x" * 3000, "\u0663"])
def test_a_call_that_is_not_there_is_named_and_the_list_is_shown(
    calls: dict[str, Call], ana: Browser, sid: str
) -> None:
    page = ana.see(f"/calls?open={sid}", 400)
    assert "The call that this address opens is not there." in page
    assert listed(page, calls) == ["running", "missed", "short", "long"]


def test_another_company_opens_none_of_ours(calls: dict[str, Call], dee: Browser) -> None:
    assert "is not there" in dee.see(f"/calls?open={calls['long'].call_sid}", 400)


# More, filters in words, and files


def test_by_htmx_only_the_next_rows_are_sent(write: Write, ana: Browser) -> None:
    with write() as session:
        for minute in range(60):
            missed_call(session, number=BILLBOARD, started_at=NOON + timedelta(minutes=minute))
    found = re.search(r'hx-get="([^"]+)"', ana.see("/calls"))
    assert found
    answer = ana.http.get(found[1].replace("&amp;", "&"), headers={"HX-Request": "true"})
    assert answer.text.count("<tr ") == 10
    assert "<html" not in answer.text


def test_filters_that_are_on_are_words_that_can_be_taken_off(calls: dict[str, Call], ana: Browser) -> None:
    page = ana.see("/calls?outcome=missed&from=2026-05-01&q=furnace")
    words = ana.read("/calls?outcome=missed&from=2026-05-01&q=furnace")
    for one in ("From 1 May 2026", "Missed", "\u201cfurnace\u201d"):
        assert f"{one} \u00d7" in words
    assert 'href="/calls?from=2026-05-01&amp;q=furnace" aria-label="Without: Missed"' in page


def test_a_list_of_nothing_says_which_filter_to_drop(calls: dict[str, Call], ana: Browser) -> None:
    page = ana.read("/calls?outcome=booked&tag=spanish")
    assert "Without Booked" in page
    assert "Without Tag: spanish" in page


def test_fifty_rows_with_all_scripts_and_styles_are_below_300_kB(write: Write, ana: Browser) -> None:  # noqa: N802
    with write() as session:
        for minute in range(51):
            call = answered_call(
                session, number=BILLBOARD, started_at=NOON + timedelta(minutes=minute), words="furnace"
            )
            for tag in ("spanish", "after hours"):
                tag_call(session, call=call, tag=tag, tagged_by="ana")
    page = ana.see("/calls")
    assert page.count("data-sid=") == 50
    parts = set(re.findall(r'(?:src|href)="(/assets/[^"]+)"', page))
    assert len(page.encode()) + sum(len(ana.http.get(one).data) for one in parts) < 300_000


def test_who_looks_for_the_name_of_a_tag_is_shown_the_tag(calls: dict[str, Call], ana: Browser) -> None:
    assert "calls tagged spanish" in ana.read("/calls?q=Spanish&outcome=missed")
    assert 'href="/calls?outcome=missed&amp;tag=spanish"' in ana.see("/calls?q=Spanish&outcome=missed")
    assert "There is a tag" not in ana.read("/calls?q=french")


def test_calls_are_found_by_a_reason_that_is_not_on_offer_any_more(write: Write, anas: Company, ana: Browser) -> None:
    with write() as session:
        reason = add_reason(session, account=anas.account, label="excused", name="fax", by="ana")
        retire_reason(session, reason=reason, by="ana")
    assert ">fax</option>" in ana.see("/calls")
