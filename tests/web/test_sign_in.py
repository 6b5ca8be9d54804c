"""Signing in and out at a browser."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from argon2 import PasswordHasher
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from calltrack.accounts.accounts import create_user
from calltrack.accounts.throttle import failed, name_of
from calltrack.db import Database
from calltrack.models import AuditEntry, SignIn, User
from calltrack.web.sign_in import local_path
from tests.conftest import make_app
from tests.factories import PASSWORD, Company
from tests.web.conftest import Browser, Town, Write


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
    [own] = [cookie for cookie in cookies if "calltrack_sign_in" in cookie]
    assert own.startswith("__Host-")
    assert "Path=/" in own
    assert "Domain" not in own
    assert all("Secure" in cookie for cookie in cookies)


def test_everybody_starts_at_home(cho: Browser, ana: Browser, rae: Browser) -> None:
    for browser in (cho, ana, rae):
        assert "<title>Home" in browser.see("/")


def test_guessing_gets_slower_and_slower_for_known_and_unknown_people_alike(stranger: Browser, anas: Company) -> None:
    for email in ("ana@example.com", "nobody@example.com"):
        assert [stranger.sign_in(email, "wrong").status_code for _ in range(5)] == [401] * 5
        waiting = stranger.sign_in(email, PASSWORD)  # not even the right one is looked at
        assert waiting.status_code == 429
        assert f"Try again in {waiting.headers['Retry-After']} seconds." in waiting.text
        assert stranger.http.get_cookie("calltrack_sign_in") is None


def test_a_browser_that_was_inside_before_gets_in_while_others_guess(
    app: Flask, stranger: Browser, anas: Company
) -> None:
    mine = Browser(app.test_client())
    mine.sign_in("ana@example.com")
    mine.post("/sign-out")
    for _ in range(6):
        stranger.sign_in("ana@example.com", "wrong")
    assert stranger.sign_in("ana@example.com").status_code == 429
    assert mine.sign_in("ana@example.com").status_code == 302
    mine.post("/sign-out")
    for _ in range(5):  # the browser alone says nothing: guesses there are counted too
        assert mine.sign_in("ana@example.com", "wrong").status_code == 401
    assert mine.sign_in("ana@example.com").status_code == 429
    assert mine.sign_in("cho@example.com").status_code == 302  # it is known for Ana only


def test_many_guesses_at_many_people_slow_down_their_network_address(
    stranger: Browser, anas: Company, write: Write
) -> None:
    with write() as session:
        for _ in range(29):
            failed(session, name=name_of("address", "127.0.0.1"), now=datetime.now(UTC))
    assert [stranger.sign_in(f"nobody{one}@example.com", "wrong").status_code for one in range(2)] == [401, 429]


def test_a_browser_that_was_inside_before_counts_on_its_network_address_too(ana: Browser, write: Write) -> None:
    ana.post("/sign-out")
    ana.sign_in("ana@example.com")
    ana.post("/sign-out")
    with write() as session:
        for _ in range(31):
            failed(session, name=name_of("address", "127.0.0.1"), now=datetime.now(UTC))
    assert ana.sign_in("ana@example.com").status_code == 429


def test_a_forwarded_address_is_believed_of_as_many_proxies_as_there_are(
    database: Database, tmp_path: Path, anas: Company
) -> None:
    kept = {}
    for proxies in (0, 1):
        app = make_app(database=database, folder=tmp_path, public_url="http://localhost", trusted_proxies=proxies)
        browser = Browser(app.test_client())
        forwarded = {"X-Forwarded-For": "198.51.100.1, 203.0.113.9"}
        fields = {"csrf_token": browser.token(), "email": "ana@example.com", "password": PASSWORD}
        browser.http.post("/sign-in", data=fields, headers=forwarded)
        with database.write.begin() as session:
            kept[proxies] = session.scalars(select(SignIn.address).where(SignIn.address.is_not(None))).one()
            session.execute(delete(SignIn))
    assert kept == {0: "127.0.0.1", 1: "203.0.113.9"}


def test_what_comes_of_a_sign_in_is_in_the_trail_of_every_company_of_the_person(
    stranger: Browser, anas: Company, town: Town, write: Write
) -> None:
    with write() as session:
        create_user(session, account=town.dees.account, email="ana@example.com", name="", password="", role="csr")
    stranger.sign_in("ana@example.com", "wrong")
    stranger.sign_in("ana@example.com")
    stranger.post("/sign-out")
    with write() as session:
        rows = session.execute(
            select(AuditEntry.account_id, AuditEntry.deed, AuditEntry.address).order_by(AuditEntry.id)
        )
        found = [tuple(row) for row in rows]
    both = (anas.account.id, town.dees.account.id)
    assert found == [(one, deed, "127.0.0.1") for deed in ("failed", "entered", "left") for one in both]


def test_a_weaker_hash_is_replaced_at_the_next_sign_in(stranger: Browser, anas: Company, write: Write) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=1024).hash(PASSWORD)
    with write() as session:
        session.execute(update(User).where(User.email == "ana@example.com").values(password_hash=weak))
    assert stranger.sign_in("ana@example.com").status_code == 302
    with write() as session:
        kept = session.scalars(select(User.password_hash).where(User.email == "ana@example.com")).one()
    assert not PasswordHasher().check_needs_rehash(kept)
    stranger.post("/sign-out")
    assert stranger.sign_in("ana@example.com").status_code == 302


def test_a_visit_keeps_a_sign_in_alive_and_a_week_without_ends_it(ana: Browser, write: Write) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=6)
    with write() as session:
        session.execute(update(SignIn).values(seen_at=long_ago))
    assert ana.http.get("/calls").status_code == 200
    with write() as session:
        times = session.scalars(select(SignIn.seen_at).order_by(SignIn.seen_at.desc())).all()
        assert (times[0] or long_ago) > long_ago == times[1]
        session.execute(update(SignIn).values(seen_at=long_ago - timedelta(days=1)))
    assert ana.http.get("/calls").status_code == 302
