"""Signing in and out at a browser."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from calltrack.db import Database
from calltrack.web.sign_in import local_path
from tests.conftest import make_app
from tests.factories import PASSWORD, Company
from tests.web.conftest import Browser


def test_a_page_asks_a_stranger_to_sign_in_and_then_opens(stranger: Browser, anas: Company) -> None:
    asked = stranger.http.get("/calls?label=lead&tag=a")
    assert asked.status_code == 302
    wanted = stranger.http.get(asked.location)
    assert 'name="next" value="/calls?label=lead&amp;tag=a"' in wanted.text
    opened = stranger.sign_in("ana@example.com", next="/calls?label=lead&tag=a")
    assert (opened.status_code, opened.location) == (302, "/calls?label=lead&tag=a")
    assert "Ana's Heating" in stranger.read(opened.location)


@pytest.mark.parametrize(
    ("email", "password"),
    [("ana@example.com", "a wrong one"), ("nobody@example.com", PASSWORD), ("", ""), ("\x00", "\x00")],
)
def test_whatever_is_wrong_the_message_is_the_same(stranger: Browser, anas: Company, email: str, password: str) -> None:
    answer = stranger.sign_in(email, password)
    assert answer.status_code == 401
    assert "do not belong together" in answer.text
    assert stranger.http.get_cookie("calltrack_sign_in") is None


def test_a_sign_in_endless_in_length_is_refused_at_once(stranger: Browser, anas: Company) -> None:
    assert stranger.sign_in("ana@example.com", "x" * 20_000).status_code == 401


def test_the_address_is_kept_when_the_password_was_wrong(stranger: Browser, anas: Company) -> None:
    assert 'value="ana@example.com"' in stranger.sign_in("ana@example.com", "a wrong one").text


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example", "//evil.example", "/\\evil.example", "\\/evil.example", "/\t/evil.example", "evil", ""],
)
def test_a_sign_in_leads_to_no_other_site(stranger: Browser, anas: Company, elsewhere: str) -> None:
    assert stranger.sign_in("ana@example.com", next=elsewhere).location == "/"


@given(wanted=st.text(alphabet=st.characters(codec="utf-8"), max_size=30).map(lambda text: f"/{text}"))
def test_no_wish_leaves_this_server(wanted: str) -> None:
    app = Flask("somewhere")
    app.add_url_rule("/", "web.home.table")
    with app.test_request_context():
        path = local_path(wanted)
    seen_by_browsers = path.replace("\\", "/").translate({9: None, 10: None, 13: None})
    assert path.startswith("/")
    assert not seen_by_browsers.startswith("//")
    assert not urlsplit(path).netloc


def test_signing_out_forgets_the_browser(ana: Browser) -> None:
    cookie = ana.http.get_cookie("calltrack_sign_in")
    assert cookie
    assert ana.post("/sign-out").location == "/sign-in"
    assert "You are signed out." in ana.read("/sign-in")
    assert ana.http.get("/calls").status_code == 302
    ana.http.set_cookie("calltrack_sign_in", cookie.value)  # a copy of it opens nothing any more
    assert ana.http.get("/calls").status_code == 302


def test_signing_out_by_a_link_does_nothing(ana: Browser) -> None:
    assert ana.http.get("/sign-out").status_code == 405
    assert ana.http.get("/calls").status_code == 200


def test_who_is_signed_in_is_not_asked_again(ana: Browser) -> None:
    assert ana.http.get("/sign-in").location == "/"


def test_a_made_up_cookie_opens_nothing(stranger: Browser, anas: Company) -> None:
    stranger.http.set_cookie("calltrack_sign_in", "made-up")
    assert stranger.http.get("/calls").status_code == 302


def test_the_cookie_is_out_of_reach_for_scripts_and_foreign_sites(stranger: Browser, anas: Company) -> None:
    [cookie] = [one for one in stranger.sign_in("ana@example.com").headers.getlist("Set-Cookie") if "sign_in" in one]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie  # this server's address is http://localhost


def test_behind_https_every_cookie_is_kept_to_it(database: Database, tmp_path: Path, anas: Company) -> None:
    app = make_app(database=database, folder=tmp_path, public_url="https://calls.example.com")
    stranger = Browser(app.test_client())
    # The proxy speaks http to us, and so does this client: it must send its Secure cookies back by hand.
    page = stranger.http.get("/sign-in")
    assert "Secure" in page.headers["Set-Cookie"]
    token = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
    answer = stranger.http.post(
        "/sign-in",
        data={"csrf_token": token, "email": "ana@example.com", "password": PASSWORD},
        headers={"Cookie": page.headers["Set-Cookie"].partition(";")[0]},
    )
    assert answer.status_code == 302
    cookies = answer.headers.getlist("Set-Cookie")
    assert any("calltrack_sign_in" in cookie for cookie in cookies)
    assert all("Secure" in cookie for cookie in cookies)


def test_everybody_starts_at_home(cho: Browser, ana: Browser, rae: Browser) -> None:
    for browser in (cho, ana, rae):
        assert "<title>Home" in browser.see("/")
