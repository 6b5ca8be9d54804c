"""Setting an account up on pages alone."""

import re
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from calltrack.accounts.accounts import create_account
from calltrack.campaigns.campaigns import create_campaign
from calltrack.campaigns.costs import costs_in_force, list_statements
from calltrack.campaigns.numbers import NumberHistory, list_numbers
from calltrack.models import Account, Campaign
from calltrack.period import today
from tests.accounts.entering import enter
from tests.factories import CHICAGO, PASSWORD, Company, person
from tests.web.conftest import BILLBOARD, Browser, Write, words_of

OWN = {"time_zone": "America/Chicago", "lead_seconds": "60", "match_days": "14"}
NUMBER = {"phone_number": "(312) 555-0188", "forward_to": "(312) 555-0190", "whisper": "", "starts_at": ""}


def kept(browser: Browser, path: str, **fields: str) -> str:
    """A form that is refused: the page that shows it again, as it was sent."""
    answer = browser.post(path, **fields)
    assert answer.status_code == 400, answer.text
    return answer.text


def campaign_named(write: Write, name: str) -> Campaign:
    with write() as session:
        return session.scalars(select(Campaign).where(Campaign.name == name)).one()


def costs_of(write: Write, campaign: Campaign) -> list[tuple[date, int]]:
    with write() as session:
        return costs_in_force(session, campaign_ids=[campaign.id])[campaign.id]


def numbers_of(write: Write, company: Company) -> list[NumberHistory]:
    with write() as session:
        return list_numbers(session, account=company.account)


def test_the_first_page_says_what_is_missing_and_where_everything_stands(ana: Browser, anas: Company) -> None:
    page = ana.read("/settings")
    assert "1 thing to set right 1 campaign has no stated cost" in page
    assert f'href="/settings/campaigns/{anas.campaign.id}">Billboard' in ana.see("/settings")
    for words in ("America/Chicago time. A lead from 60 s on.", "1 in use.", "1 attached.", "16 on offer."):
        assert words in page
    ana.post(f"/settings/campaigns/{anas.campaign.id}/costs", starts_on="2026-01-01", daily_cost="0")
    assert "Nothing is missing" in ana.read("/settings")


def test_the_first_page_shows_under_access_what_the_visitor_may_see(ana: Browser, ada: Browser) -> None:
    links = ("/settings/people", "/settings/sign-in", "/settings/keys", "/settings/privacy", "/settings/audit")
    rooms = [browser.see("/settings").partition('<h2 class="rooms-title">')[2] for browser in (ana, ada)]
    shown = [[link for link in links if f'<h2><a href="{link}">' in room] for room in rooms]
    assert shown == [["/settings/privacy"], list(links)]


def test_an_account_without_a_campaign_is_led_to_its_first(app: Flask, write: Write) -> None:
    with write() as session:
        account = create_account(session, name="Eve's Roofing", time_zone=CHICAGO)
        token = enter(session, email=person(session, account=account, name="Eve", role="admin"), password=PASSWORD)
    client = app.test_client()
    client.set_cookie("calltrack_sign_in", token or "")
    eve = Browser(client)
    assert "Start here" in eve.read("/settings")
    assert "Add a campaign first" in eve.read("/settings/numbers")
    assert "No campaign yet" in eve.read("/settings/campaigns")
    assert "No job type yet" in eve.read("/settings/job-types")


def test_only_those_who_manage_see_the_settings(cho: Browser, rae: Browser) -> None:
    for browser in (cho, rae):
        browser.see("/settings", 403)


def test_the_company_s_settings_are_changed_and_it_is_shown_who_did(ana: Browser, write: Write) -> None:
    ana.send("/settings/account", time_zone="America/New York", lead_seconds="1,000", match_days="30")
    with write() as session:
        account = session.scalars(select(Account).where(Account.name == "Ana's Heating")).one()
    assert (account.time_zone, account.lead_seconds, account.match_days) == ("America/New_York", 1000, 30)
    page = ana.read("/settings/account")
    assert "What was changed (3)" in page
    assert f"Time zone: {CHICAGO} → America/New_York ana@example.com" in page
    assert "Nothing was changed." in ana.send(
        "/settings/account", time_zone="america/new_york", lead_seconds="1000", match_days="30"
    )


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"time_zone": "Chikago"}, "no time zone"), ({"time_zone": ""}, "Enter the time zone"),
     ({"lead_seconds": "86401"}, "from 0 to 86,400"), ({"lead_seconds": "soon"}, "whole number"),
     ({"match_days": "-1"}, "from 0 to 365"), ({"match_days": "\u0663"}, "from 0 to 365")],
)  # fmt: skip
def test_a_setting_that_is_refused_stays_in_its_form(ana: Browser, wrong: dict[str, str], words: str) -> None:
    page = kept(ana, "/settings/account", **{**OWN, **wrong})
    assert words in words_of(page)
    for name, value in {**OWN, **wrong}.items():
        assert re.search(rf'name="{name}"[^>]* value="{value}"', page), name


def test_a_campaign_is_added_with_its_cost_from_today_on(ana: Browser, write: Write) -> None:
    fields = {"name": "Radio", "category": "audio", "lead_seconds": "45", "daily_cost": "$1,250.50"}
    page = ana.send("/settings/campaigns", **fields)
    assert "Radio is added. It costs $1,250.50 a day." in page
    radio = campaign_named(write, "Radio")
    assert (radio.category, radio.lead_seconds) == ("audio", 45)
    assert costs_of(write, radio) == [(today(zone=CHICAGO), 125_050)]
    assert "Radio audio $1,250.50 none 45 s" in ana.read("/settings/campaigns")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"name": ""}, "Enter a name"), ({"name": "Billboard"}, "already"), ({"name": "x" * 201}, "at most 200"),
     ({"category": "x" * 101}, "at most 100"), ({"lead_seconds": "x"}, "whole number"),
     ({"daily_cost": "1.005"}, "cents after a point"), ({"daily_cost": "1200,50"}, "cents after a point"),
     ({"daily_cost": "1,20,050"}, "cents after a point"), ({"lead_seconds": "1,5"}, "whole number"),
     ({"daily_cost": "-1"}, "zero or more"),
     ({"daily_cost": "1e5"}, "zero or more"), ({"daily_cost": "9" * 12}, "zero or more")],
)  # fmt: skip
def test_a_campaign_that_is_refused_stays_in_its_form(ana: Browser, wrong: dict[str, str], words: str) -> None:
    fields = {"name": "Radio", "category": "audio", "lead_seconds": "45", "daily_cost": "5", **wrong}
    page = kept(ana, "/settings/campaigns", **fields)
    assert words in words_of(page)
    for name, value in fields.items():
        assert re.search(rf'name="{name}"[^>]* value="{value}"', page), name


def test_all_that_is_wrong_with_a_form_is_said_at_once(ana: Browser) -> None:
    page = kept(ana, "/settings/campaigns", name="", category="audio", lead_seconds="x", daily_cost="1200,50")
    assert page.count('role="alert"') == 1
    for words in ("Enter a name.", "Enter “A call may be a lead from”", "Enter “A day costs”"):
        assert words in words_of(page)
    assert re.findall(r'aria-invalid="true" name="(\w+)"', page) == ["name", "lead_seconds", "daily_cost"]
    assert "aria-invalid" not in ana.see("/settings/campaigns")


def test_a_campaign_is_renamed_and_what_it_was_is_shown(ana: Browser, anas: Company) -> None:
    path = f"/settings/campaigns/{anas.campaign.id}"
    page = ana.send(path, name="Billboard I-90", category="outdoor", lead_seconds="")
    assert "Saved." in page
    assert "Name: Billboard → Billboard I-90 ana@example.com" in page
    assert "Category: none → outdoor" in page
    page = kept(ana, path, name="", category="print", lead_seconds="")
    assert 'value="print"' in page
    assert "<h1>Billboard I-90" in page


def test_costs_are_stated_from_a_day_on_and_for_a_month_to_the_cent(ana: Browser, anas: Company, write: Write) -> None:
    path = f"/settings/campaigns/{anas.campaign.id}"
    ana.send(f"{path}/costs", starts_on="2026-01-01", daily_cost="85")
    ana.send(f"{path}/costs/month", month="2026-02", total="100.00")
    expected = [
        (date(2026, 1, 1), 8500), (date(2026, 2, 1), 358), (date(2026, 2, 5), 357), (date(2026, 3, 1), 8500)
    ]  # fmt: skip
    assert costs_of(write, anas.campaign) == expected
    page = ana.read(path)
    assert "1 Feb 2026 4 Feb 2026 $3.58 Remove 5 Feb 2026 28 Feb 2026 $3.57" in page
    assert "1 Mar 2026 now open $85.00" in page
    assert "Who stated what (2) in force ana@example.com" in page


def test_a_cost_is_removed_and_its_days_cost_what_the_row_before_says(
    ana: Browser, anas: Company, write: Write
) -> None:
    path = f"/settings/campaigns/{anas.campaign.id}"
    for first, cost in (("2026-01-01", "85"), ("2026-02-01", "90")):
        ana.send(f"{path}/costs", starts_on=first, daily_cost=cost)
    page = ana.send(f"{path}/costs/remove", starts_on="2026-02-01")
    assert "The cost from 1 Feb 2026 on is removed. These days now cost $85.00 each." in page
    assert costs_of(write, anas.campaign) == [(date(2026, 1, 1), 8500)]
    assert "removed that cost already" in ana.send(f"{path}/costs/remove", starts_on="2026-02-01")
    with write() as session:
        assert len(list_statements(session, campaign=anas.campaign, limit=9)) == 3


def test_days_before_the_first_cost_are_shown_as_not_stated(ana: Browser, anas: Company) -> None:
    path = f"/settings/campaigns/{anas.campaign.id}"
    page = ana.send(f"{path}/costs", starts_on="2090-01-01", daily_cost="$ 1,200.50")
    assert "It costs $1,200.50 a day from 1 Jan 2090 on." in page
    assert "Before 1 Jan 2090 now not stated 1 Jan 2090 to come open $1,200.50" in page
    page = ana.send(f"{path}/costs/remove", starts_on="2090-01-01")
    assert "These days now count as $0." in page


@pytest.mark.parametrize(
    ("part", "fields"),
    [("costs", {"starts_on": "2026-13-01", "daily_cost": "5"}),
     ("costs", {"starts_on": "1999-01-01", "daily_cost": "5"}),
     ("costs", {"starts_on": "2026-01-01", "daily_cost": ""}), ("costs/month", {"month": "May", "total": "5"}),
     ("costs/month", {"month": "2026-00", "total": "5"}), ("costs/month", {"month": "2026-05", "total": "much"}),
     ("costs/remove", {"starts_on": "then"})],
)  # fmt: skip
def test_a_cost_that_is_refused_stays_in_its_form(
    ana: Browser, anas: Company, write: Write, part: str, fields: dict[str, str]
) -> None:
    page = kept(ana, f"/settings/campaigns/{anas.campaign.id}/{part}", **fields)
    assert page.count('role="alert"') == 1
    if part != "costs/remove":
        for name, value in fields.items():
            assert re.search(rf'name="{name}"[^>]* value="{value}"', page), name
    assert costs_of(write, anas.campaign) == []


def test_an_archived_campaign_is_out_of_the_way_and_costs_nothing_more(
    ana: Browser, ada: Browser, anas: Company, write: Write
) -> None:
    path, now = f"/settings/campaigns/{anas.campaign.id}", today(zone=CHICAGO)
    ana.send(f"{path}/costs", starts_on="2026-01-01", daily_cost="85")
    page = ana.send(f"{path}/archive", end_costs="1")
    assert "Billboard is archived. Its history stays; restore it below." in page
    assert "Its numbers still ring: move them." in page
    assert costs_of(write, anas.campaign) == [(date(2026, 1, 1), 8500), (now + timedelta(days=1), 0)]
    assert "No campaign is in use" in ana.read("/settings/campaigns")
    assert "Add a campaign first" in ada.read("/settings/numbers")
    assert "1 archived campaign still has" in ana.read("/settings")
    ana.send(f"{path}/restore")
    assert "No campaign is in use" not in ana.read("/settings/campaigns")


def test_a_number_is_attached_from_now_on(ada: Browser, anas: Company, write: Write) -> None:
    fields = {
        **NUMBER,
        "campaign_id": str(anas.campaign.id),
        "forward_to": "(312) 555-0190\n312-555-0191",
        "whisper": "Hi",
    }
    assert "(312) 555-0188 is attached." in ada.send("/settings/numbers", **fields)
    found = numbers_of(write, anas)[1]
    assert (found.number.phone_number, found.number.whisper) == ("+13125550188", "Hi")
    assert (found.number.forward_to, found.campaign_id) == (["+13125550190", "+13125550191"], anas.campaign.id)


def test_a_number_moves_from_a_moment_of_the_account_s_own_clock(ada: Browser, anas: Company, write: Write) -> None:
    with write() as session:
        radio = create_campaign(session, account=anas.account, name="Radio")
    path = f"/settings/numbers/{anas.number.id}"
    page = ada.send(f"{path}/move", campaign_id=str(radio.id), starts_at="2090-12-01T09:00")
    assert "Belongs to Billboard since" in page
    assert "From Fri 1 Dec 2090, 9:00 AM CST it belongs to Radio ." in page
    assert "Radio to come Fri 1 Dec 2090, 9:00 AM CST said by ada@example.com" in page
    assert "from Fri 1 Dec 2090, 9:00 AM CST: Radio" in ada.read("/settings/numbers")
    [found] = numbers_of(write, anas)
    assert found.planned[0].starts_at.isoformat() == "2090-12-01T15:00:00+00:00"
    assert "It belongs to Radio from now on." in ada.send(f"{path}/move", campaign_id=str(radio.id), starts_at="")


def test_who_is_rung_changes_at_once_and_the_page_says_so(ada: Browser, anas: Company, write: Write) -> None:
    path = f"/settings/numbers/{anas.number.id}"
    page = ada.send(path, forward_to="(312) 555-0195; +442079460018", whisper=" Billboard call ")
    assert "the next call rings these phones" in page
    [found] = numbers_of(write, anas)
    assert (found.number.forward_to, found.number.whisper) == (["+13125550195", "+442079460018"], "Billboard call")
    assert "also where a move to another campaign is still to come" in page
    assert "Whisper: none → Billboard call ada@example.com" in page


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"phone_number": "555"}, "is not a phone number"),
     ({"forward_to": ""}, "not attached. Enter 1 to 50 phones to ring, one a line."),
     ({"forward_to": "front desk"}, "is not a phone number"), ({"forward_to": "(312) 555-0188"}, "itself"),
     ({"campaign_id": "999"}, "Choose a campaign"), ({"campaign_id": "9" * 30}, "Choose a campaign"),
     ({"starts_at": "tomorrow"}, "Enter “From”"), ({"starts_at": "9999-01-01T00:00"}, "Enter “From”"),
     ({"phone_number": BILLBOARD}, "yours already"), ({"phone_number": "+13125550177"}, "another account"),
     ({"whisper": "x" * 501}, "500")],
)  # fmt: skip
def test_a_number_that_is_refused_stays_in_its_form(
    ada: Browser, anas: Company, write: Write, wrong: dict[str, str], words: str
) -> None:
    fields = {**NUMBER, "campaign_id": str(anas.campaign.id), **wrong}
    page = kept(ada, "/settings/numbers", **fields)
    assert words in words_of(page)
    assert f'value="{fields["phone_number"]}"' in page
    assert f">{fields['forward_to']}</textarea>" in page
    assert len(numbers_of(write, anas)) == 1


def test_managers_see_numbers_and_administrators_change_them(ana: Browser, ada: Browser, anas: Company) -> None:
    path = f"/settings/numbers/{anas.number.id}"
    assert "<textarea" in ada.see(path)
    assert "<textarea" not in ana.see(path)
    assert "Only administrators" in ana.read(path)
    assert "Only administrators" in ana.read("/settings/numbers")
    assert ana.post(path, forward_to="(312) 555-0195").status_code == 403


def test_a_number_s_page_shows_all_three_addresses_for_the_carrier(ada: Browser, anas: Company) -> None:
    page = ada.see(f"/settings/numbers/{anas.number.id}")
    for ending in ("voice", "status#rc=3&amp;rp=all", "message"):
        assert f"/webhooks/twilio/{ending}</code>" in page


@pytest.mark.parametrize("path", ["/settings/campaigns/{}", "/settings/numbers/{}"])
def test_another_company_s_things_are_not_found(dee: Browser, anas: Company, path: str) -> None:
    own = anas.campaign.id if "campaigns" in path else anas.number.id
    for unknown in (own, 10**6, 10**12):
        dee.see(path.format(unknown), 404)
