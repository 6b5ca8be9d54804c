"""The second factor as people meet it."""

from collections.abc import Callable
from html import unescape
from urllib.parse import unquote

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from calltrack.accounts.sign_in import sign_in
from calltrack.models import Account, AuditEntry, User
from tests.factories import PASSWORD, Company
from tests.web.conftest import PEOPLE, Browser, Write
from tests.web.second_factors import App, app_of, recovery_codes

CHO = "cho@example.com"


def set_up(browser: Browser, path: str = "/account/second-factor") -> tuple[App, list[str]]:
    app = app_of(browser.see(path))
    answer = browser.post(path, code=app.code())
    assert answer.status_code == 200, answer.text
    return app, recovery_codes(answer.text)


def test_who_sets_it_up_is_asked_for_a_code_from_then_on(cho: Browser, stranger: Browser, write: Write) -> None:
    with write() as session:
        cho_row = session.scalars(select(User).where(User.email == CHO)).one()
        elsewhere = sign_in(session, user=cho_row)
    app, codes = set_up(cho)
    assert len(codes) == 10
    assert "On since" in cho.read("/account")
    stranger.http.set_cookie("calltrack_sign_in", elsewhere or "")
    assert stranger.http.get("/calls").status_code == 302  # signed out by it
    asked = stranger.sign_in(CHO, next="/tasks")
    assert asked.location == "/sign-in/code"
    assert stranger.http.get("/calls").status_code == 302  # half way is not inside
    assert stranger.http.get("/account/second-factor").status_code == 302
    assert stranger.post("/sign-in/code", code="000000").status_code == 401
    code = app.code()
    assert stranger.post("/sign-in/code", code=code).location == "/tasks"
    assert "Tasks" in stranger.see("/tasks")
    with write() as session:
        found = session.execute(select(AuditEntry.deed, AuditEntry.detail).where(AuditEntry.who == CHO)).all()
    deeds = [tuple(row) for row in found]
    for deed in (("changed", "second factor set up"), ("failed", "wrong code"), ("entered", "password and code")):
        assert deed in deeds
    stranger.post("/sign-out")
    stranger.sign_in(CHO)
    assert stranger.post("/sign-in/code", code=code).status_code == 401  # once is once


def test_a_wrong_first_code_leaves_it_off_and_the_secret_as_it_was(cho: Browser) -> None:
    first = app_of(cho.see("/account/second-factor"))
    refused = cho.post("/account/second-factor", code="123")
    assert refused.status_code == 400
    assert app_of(refused.text).secret == first.secret
    assert "Off." in cho.read("/account")


def test_the_square_holds_what_the_app_needs(cho: Browser) -> None:
    page = cho.see("/account/second-factor")
    assert 'class="square" src="data:image/svg+xml' in page
    assert "<svg" in unquote(unescape(page.partition('class="square" src="')[2].partition('"')[0]))


def test_a_recovery_code_stands_in_for_a_lost_phone_once(cho: Browser, stranger: Browser) -> None:
    _, codes = set_up(cho)
    for expected in (302, 401):
        stranger.sign_in(CHO)
        answer = stranger.post("/sign-in/code", recovery=codes[4].upper())
        assert answer.status_code == expected
        if expected == 302:
            assert "9 are left" in stranger.read("/")
            stranger.post("/sign-out")


def test_new_recovery_codes_and_turning_it_off_ask_for_a_code(cho: Browser, stranger: Browser) -> None:
    app, codes = set_up(cho)
    assert "not the right one" in cho.send("/account/second-factor/codes", code="000000")
    fresh = cho.post("/account/second-factor/codes", code=app.code())
    assert not set(recovery_codes(fresh.text)) & set(codes)
    off = "/account/second-factor/off"
    assert "not your password" in cho.send(off, password="wrong", code="000000")
    assert "not the right one" in cho.send(off, password=PASSWORD, code="000000")
    assert "is off" in cho.send(off, password=PASSWORD, recovery=recovery_codes(fresh.text)[0])
    assert stranger.sign_in(CHO).location == "/"


def test_guessing_codes_is_made_slow(cho: Browser, stranger: Browser) -> None:
    app, _ = set_up(cho)
    stranger.sign_in(CHO)
    for _ in range(5):
        assert stranger.post("/sign-in/code", code="000000").status_code == 401
    waiting = stranger.post("/sign-in/code", code=app.code())
    assert waiting.status_code == 429
    assert int(waiting.headers["Retry-After"]) >= 1
    assert "Try again in" in waiting.text


def test_half_way_ends_when_the_password_changes(cho: Browser, stranger: Browser) -> None:
    app, _ = set_up(cho)
    stranger.sign_in(CHO)
    cho.send("/account/password", current=PASSWORD, password="another good one", again="another good one")
    assert stranger.post("/sign-in/code", code=app.code()).location == "/sign-in"


def test_nobody_is_half_way_without_a_password(stranger: Browser, anas: Company) -> None:
    for path in ("/sign-in/code", "/sign-in/second-factor"):
        assert stranger.http.get(path).location == "/sign-in"
        assert stranger.post(path, code="123456").location == "/sign-in"


def test_where_everybody_needs_one_it_is_set_up_before_anything_else(
    ada: Browser, cho: Browser, rae: Browser, stranger: Browser, anas: Company
) -> None:
    assert "set up a second factor of your own first" in ada.send("/settings/sign-in", second_factor="yes")
    set_up(ada)
    assert "Everybody needs a second factor now." in ada.send("/settings/sign-in", second_factor="yes")
    assert f"1 of {len(PEOPLE)} people have" in ada.read("/settings/sign-in")
    assert cho.http.get("/calls").status_code == 302
    assert cho.sign_in(CHO, next="/calls").location == "/sign-in/second-factor"
    assert cho.http.get("/calls").status_code == 302
    _, codes = set_up(cho, "/sign-in/second-factor")
    assert len(codes) == 10
    assert cho.http.get("/calls").status_code == 200
    assert rae.http.get("/calls").status_code == 302
    assert "up to each" in ada.send("/settings/sign-in", second_factor="no")
    assert rae.http.get("/calls").status_code == 200


def test_only_an_administrator_says_who_needs_one(browser_of: Callable[[str], Browser]) -> None:
    for name in ("Ana", "Ben", "Cho", "Rae"):
        assert browser_of(name).http.get("/settings/sign-in").status_code == 403
        assert browser_of(name).post("/settings/sign-in", second_factor="yes").status_code == 403


def test_a_lost_secret_key_leaves_the_recovery_codes(app: Flask, cho: Browser, stranger: Browser, write: Write) -> None:
    phone, codes = set_up(cho)
    with write() as session:
        session.execute(update(User).where(User.email == CHO).values(totp_secret="sealed under another key"))
    stranger.sign_in(CHO)
    assert "lost its secret" in stranger.post("/sign-in/code", code=phone.code()).text
    assert stranger.post("/sign-in/code", recovery=codes[0]).status_code == 302


@pytest.mark.slow
def test_in_a_browser_the_square_is_read_a_code_is_typed_and_the_next_sign_in_asks_for_one(
    page: Page, address: str, anas: Company, write: Write
) -> None:
    with write() as session:
        session.get_one(Account, anas.account.id).second_factor = True
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)

    def enter() -> None:
        page.goto(f"{address}/sign-in?next=/tasks")
        page.get_by_label("E-mail address").fill(CHO)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()

    enter()
    square = page.get_by_role("img", name="QR code")
    expect(square).to_be_visible()
    assert square.evaluate("one => one.naturalWidth") > 100
    app = app_of(page.content())
    page.get_by_label("The code that the app shows now").fill(app.code())
    page.get_by_role("button", name="Turn it on").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("heading", name="Tasks")).to_be_visible()
    page.get_by_role("link", name="your account").click()
    expect(page.get_by_text("this browser")).to_be_visible()
    page.get_by_role("button", name="Sign out", exact=True).click()
    enter()
    page.get_by_label("Code", exact=False).first.fill(app.code())
    page.get_by_role("button", name="Continue", exact=True).click()
    expect(page.get_by_role("heading", name="Tasks")).to_be_visible()
    assert wrong == []
