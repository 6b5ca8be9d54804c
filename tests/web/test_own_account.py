"""“Your account”: one's own password, and where one is signed in."""

import re

import pytest
from sqlalchemy import select

from calltrack.accounts.sign_in import sign_in
from calltrack.models import AuditEntry, User
from calltrack.web.browsers import browser_words
from tests.factories import PASSWORD, Company
from tests.web.conftest import Browser, Write

CHO, NEW = "cho@example.com", "a furnace that hums"


def enter_elsewhere(write: Write, stranger: Browser, *, email: str = CHO) -> None:
    with write() as session:
        user = session.scalars(select(User).where(User.email == email)).one()
        token = sign_in(session, user=user, address="203.0.113.9", browser="Mozilla/5.0 (iPhone) Safari/604.1")
    stranger.http.set_cookie("calltrack_sign_in", token or "")


def test_another_password_ends_every_other_sign_in(cho: Browser, stranger: Browser, write: Write) -> None:
    enter_elsewhere(write, stranger)
    assert stranger.http.get("/calls").status_code == 200
    assert "another one now" in cho.send("/account/password", current=PASSWORD, password=NEW, again=NEW)
    assert stranger.http.get("/calls").status_code == 302
    assert stranger.sign_in(CHO).status_code == 401
    assert stranger.sign_in(CHO, NEW).status_code == 302
    with write() as session:
        entries = session.execute(select(AuditEntry.deed, AuditEntry.detail).where(AuditEntry.who == CHO)).all()
    assert ("changed", "password") in [tuple(entry) for entry in entries]
    assert not any(NEW in str(entry) or PASSWORD in str(entry) for entry in entries)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"current": "wrong"}, "present password is another"),
        ({"again": "something else"}, "not the same both times"),
        ({"password": "short", "again": "short"}, "at least 12 characters"),
        ({"password": "Password2024!", "again": "Password2024!"}, "anybody tries"),
        ({"password": "x" * 20_000, "again": "x" * 20_000}, "at most 1,000"),
        ({"current": "\x00", "password": "", "again": ""}, "present password"),
    ],
)  # fmt: skip
def test_a_password_that_cannot_be_is_refused_with_the_reason(cho: Browser, fields: dict[str, str], why: str) -> None:
    answer = cho.post("/account/password", **{"current": PASSWORD, "password": NEW, "again": NEW, **fields})
    assert answer.status_code == 400
    assert why in answer.text
    assert NEW not in answer.text
    assert cho.http.get("/calls").status_code == 200


def test_guessing_the_present_password_is_made_slow(cho: Browser) -> None:
    for _ in range(5):
        cho.post("/account/password", current="wrong", password=NEW, again=NEW)
    assert "Try again in" in cho.post("/account/password", current=PASSWORD, password=NEW, again=NEW).text


def test_each_browser_is_named_and_can_be_signed_out(cho: Browser, stranger: Browser, write: Write) -> None:
    enter_elsewhere(write, stranger)
    page = cho.see("/account")
    assert "Safari on an iPhone" in page
    assert "203.0.113.9" in page
    assert page.count("this browser") == 1
    [elsewhere] = re.findall(r'name="id" value="(\w{64})"', page)
    assert "That browser is signed out." in cho.send("/account/sign-ins/end", id=elsewhere)
    assert stranger.http.get("/calls").status_code == 302
    assert "already" in cho.send("/account/sign-ins/end", id=elsewhere)
    enter_elsewhere(write, stranger)
    assert "One other browser is signed out." in cho.send("/account/sign-ins/end-others")
    assert stranger.http.get("/calls").status_code == 302
    assert "nowhere else" in cho.send("/account/sign-ins/end-others")


def test_nobody_ends_anothers_sign_in(cho: Browser, dee: Browser, stranger: Browser, write: Write) -> None:
    enter_elsewhere(write, stranger)
    [chos] = re.findall(r'name="id" value="(\w{64})"', cho.see("/account"))
    dee.send("/account/sign-ins/end", id=chos)
    dee.send("/account/sign-ins/end-others")
    assert stranger.http.get("/calls").status_code == 200


def test_everybody_gets_there_by_their_name(rae: Browser, anas: Company) -> None:
    assert 'href="/account" aria-label="rae@example.com, read-only: your account"' in rae.see("/calls")
    assert "rae@example.com" in rae.read("/account")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36",
         "Chrome on Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0", "Edge on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1 Version/17.5 Safari/605.1", "Safari on a Mac"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0", "Firefox on Linux"),
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36", "Chrome on Android"),
        ("<script>", "An unknown browser"), (None, "An unknown browser"),
    ],
)  # fmt: skip
def test_a_browser_is_named_in_words(said: str | None, words: str) -> None:
    assert browser_words(said) == words
