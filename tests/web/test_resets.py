"""A forgotten password, at a browser."""

import logging
import re

import pytest
from sqlalchemy import select

from calltrack.config import LOG_MAIL
from calltrack.ground import Ground
from calltrack.models import MailLink
from tests.factories import PASSWORD, Company
from tests.web.conftest import Browser, Write
from tests.web.second_factors import wait_for_post

CHO, NEW = "cho@example.com", "four words in a row"


@pytest.fixture
def mailing(ground: Ground, caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    vars(ground.settings)["smtp_url"] = LOG_MAIL
    caplog.set_level(logging.WARNING)
    return caplog


def link_in(mailing: pytest.LogCaptureFixture) -> str:
    wait_for_post()
    found = re.findall(r"http://localhost(/sign-in/new-password/\S+)", mailing.text)
    assert found
    return str(found[-1])


def test_a_mailed_link_leads_to_a_new_password(
    cho: Browser, stranger: Browser, mailing: pytest.LogCaptureFixture
) -> None:
    assert "Forgotten your password?" in stranger.read("/sign-in")
    assert "on its way" in stranger.post("/sign-in/forgotten", email=CHO).text
    link = link_in(mailing)
    for _ in range(2):  # looking uses nothing up
        assert CHO in stranger.see(link)
    assert "12 characters" in stranger.post(link, password="short", again="short").text
    assert "both times" in stranger.post(link, password=NEW, again=NEW + "!").text
    assert "Your new password is set" in stranger.send(link, password=NEW, again=NEW)
    wait_for_post()
    assert "Your password for calltrack was changed" in mailing.text
    assert cho.http.get("/calls").status_code == 302
    assert "opens no more" in stranger.send(link, password=NEW, again=NEW)
    assert stranger.http.get(link).location == "/sign-in/forgotten"
    assert stranger.sign_in(CHO, PASSWORD).status_code == 401
    assert stranger.sign_in(CHO, NEW).status_code == 302


def test_the_answer_is_the_same_for_whoever_is_unknown_and_nobody_is_written_to(
    stranger: Browser, anas: Company, mailing: pytest.LogCaptureFixture, write: Write
) -> None:
    pages = {
        email: stranger.post("/sign-in/forgotten", email=email).text.replace(email, "WHO")
        for email in (CHO, "nobody@example.com")
    }
    wait_for_post()
    assert len({re.sub(r'(nonce|csrf_token)" (content|value)="[^"]*"', "", page) for page in pages.values()}) == 1
    assert "nobody@example.com" not in mailing.text
    with write() as session:
        assert session.scalars(select(MailLink.email)).all() == [CHO]


def test_nobody_is_sent_many_letters(stranger: Browser, anas: Company, mailing: pytest.LogCaptureFixture) -> None:
    asked = [stranger.post("/sign-in/forgotten", email=CHO).status_code for _ in range(5)]
    wait_for_post()
    assert asked == [200, 200, 200, 429, 429]
    assert mailing.text.count("Subject: A new password") == 3


def test_without_a_mail_server_the_page_says_who_helps(stranger: Browser, anas: Company) -> None:
    assert "Ask an administrator" in stranger.read("/sign-in/forgotten")
    assert "Ask an administrator" in stranger.post("/sign-in/forgotten", email=CHO).text


@pytest.mark.parametrize("email", ["", "cho", "x" * 400 + "@example.com", "\x00"])
def test_what_is_no_address_is_asked_for_again(
    stranger: Browser, anas: Company, mailing: pytest.LogCaptureFixture, email: str
) -> None:
    assert stranger.post("/sign-in/forgotten", email=email).status_code == 400


@pytest.mark.parametrize("token", ["unknown", "%00", "%ED%A0%80", "x" * 3000])
def test_a_made_up_link_opens_nothing(stranger: Browser, anas: Company, token: str) -> None:
    assert stranger.http.get(f"/sign-in/new-password/{token}").status_code == 303
    assert stranger.post(f"/sign-in/new-password/{token}", password=NEW, again=NEW).status_code == 303
