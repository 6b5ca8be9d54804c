"""Signing in at a company's own provider: there and back, by whom, and into which company."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select
from werkzeug.wrappers import Response

from calltrack.accounts.accounts import create_user
from calltrack.db import Database
from calltrack.models import Account, AuditEntry, Identity, IdentityProvider, MailLink, User
from tests.accounts.issuing import CLIENT, SECRET, Issuer, issuer
from tests.factories import PASSWORD
from tests.web.conftest import Browser, Town, Write, words_of
from tests.web.second_factors import app_of, recovery_codes
from tests.web.test_people import link_in

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def provider() -> Iterator[Issuer]:
    with issuer() as made:
        yield made


def set_up(browser: Browser, provider: Issuer, **more: str) -> str:
    """The words of the page after the provider's settings were saved."""
    fields = {"issuer": provider.url, "client_id": CLIENT, "client_secret": SECRET, "domains": "example.com", **more}
    answer = browser.post("/settings/identity-provider", **fields)
    return words_of(answer.text) if answer.status_code == 400 else browser.read(answer.location)


def leave_for_it(browser: Browser, path: str = "/sign-in/company", **fields: str) -> str:
    """The address at the provider that a form leads to."""
    page = browser.post(path, **fields)
    assert page.status_code == 200, page.text
    [address] = re.findall(r'<a class="button primary" href="([^"]+)">Go on', page.text)
    assert f'content="0; url={address}"' in page.text
    return str(address).replace("&amp;", "&")


def come_back(browser: Browser, provider: Issuer, address: str) -> str:
    """The words of the page that follows once somebody has signed in there."""
    back = browser.http.get(f"/sign-in/callback?{provider.approve(address)}", follow_redirects=True)
    assert back.status_code == 200, back.text
    return words_of(back.text)


def test_one_of_the_people_comes_in_and_a_second_time_by_the_subject(
    app: Flask, ada: Browser, provider: Issuer, database: Database, town: Town
) -> None:
    assert "Try it out, before you require it" in set_up(ada, provider)
    for email in ("ana@example.com", "new.name@example.com"):
        browser = Browser(app.test_client())
        assert "Sign in with your company's account" in browser.read("/sign-in")
        address = leave_for_it(browser, email="ana@example.com", next="/jobs")
        assert "login_hint=ana%40example.com" in address
        provider.claims = {"email": email}
        assert "ana@example.com, manager" in come_back(browser, provider, address)
    with database.read() as session:
        assert session.scalars(select(Identity.subject)).all() == ["subject 1"]
        kept = session.get_one(IdentityProvider, town.anas.account.id)
        assert SECRET not in kept.client_secret
    assert SECRET not in ada.see("/settings/identity-provider")


def test_an_answer_is_taken_once_and_in_the_browser_that_asked(app: Flask, ada: Browser, provider: Issuer) -> None:
    set_up(ada, provider)
    browser, other = Browser(app.test_client()), Browser(app.test_client())
    address = leave_for_it(browser, email="ana@example.com")
    query = provider.approve(address)
    back = f"/sign-in/callback?{query}"
    assert "begun elsewhere" in words_of(other.http.get(back, follow_redirects=True).text)
    forged = browser.http.get(re.sub(r"state=[^&]+", "state=made-up", back), follow_redirects=True)
    assert "begun elsewhere" in words_of(forged.text)
    assert "begun elsewhere" in words_of(browser.http.get(back, follow_redirects=True).text)  # the state is spent
    again = f"/sign-in/callback?{provider.approve(leave_for_it(browser, email='ana@example.com'))}"
    assert browser.http.get(again).status_code == 302
    replayed = Browser(app.test_client())
    assert "begun elsewhere" in words_of(replayed.http.get(again, follow_redirects=True).text)
    assert replayed.http.get("/calls").status_code == 302
    for odd in ("", "?state=", "?state=%00&code=%00", "?error=access_denied", "?state=%ed%a0%80"):
        assert replayed.http.get(f"/sign-in/callback{odd}").status_code == 303


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"email": "nobody@example.com"}, "ask an administrator for an invitation"),
        ({"email": "dee@example.com", "sub": "2"}, "ask an administrator for an invitation"),  # of another company
        ({"email": "ana@elsewhere.example"}, "none of the domains"),
        ({"email_verified": False}, "was verified"),
        ({"aud": "another client"}, "not to be trusted"),
        ({"nonce": "another"}, "not to be trusted"),
    ],
)
def test_nobody_else_is_let_in(
    app: Flask, ada: Browser, provider: Issuer, claims: dict[str, object], why: str, database: Database
) -> None:
    set_up(ada, provider)
    browser = Browser(app.test_client())
    address = leave_for_it(browser, email="ana@example.com")
    provider.claims = dict(claims)
    assert why in come_back(browser, provider, address)
    assert browser.http.get("/calls").status_code == 302
    with database.read() as session:
        assert session.scalars(select(Identity)).all() == []


def test_it_is_required_only_after_an_administrator_came_back_from_it(
    app: Flask, ada: Browser, provider: Issuer
) -> None:
    assert "try it out first" in set_up(ada, provider, required="yes")
    set_up(ada, provider)
    provider.claims = {"email": "ana@example.com"}
    tried = come_back(ada, provider, leave_for_it(ada, "/settings/identity-provider/try"))
    assert "Try it as one person" in tried
    provider.claims = {"email": "ada@example.com"}
    assert "It works" in come_back(ada, provider, leave_for_it(ada, "/settings/identity-provider/try"))
    ada.post(
        "/settings/identity-provider", issuer=provider.url, client_id=CLIENT, domains="example.com", required="yes"
    )
    assert ada.http.get("/calls").status_code == 302  # she had come in with her password
    stranger = Browser(app.test_client())
    for name in ("ada", "ana"):
        answer = stranger.sign_in(f"{name}@example.com", PASSWORD)
        assert answer.status_code in (401, 403)
    provider.claims = {"email": "ada@example.com"}
    assert "ada@example.com, admin" in come_back(stranger, provider, leave_for_it(stranger, email="ada@example.com"))


def test_an_invitation_is_accepted_by_coming_in(app: Flask, ada: Browser, provider: Issuer, database: Database) -> None:
    set_up(ada, provider)
    answer = ada.post("/settings/people/invitations", email="mia@example.com", role="csr", sees="all")
    browser = Browser(app.test_client())
    link = link_in(answer.text)
    provider.claims = {"email": "mia@example.com", "name": "Mia Hart"}
    assert "mia@example.com, csr" in come_back(browser, provider, leave_for_it(browser, f"{link}/company"))
    with database.read() as session:
        assert session.scalars(select(User.name).where(User.email == "mia@example.com")).one() == "Mia Hart"
        assert session.scalars(select(MailLink.ended_at)).one() is not None


def test_who_came_in_by_one_company_shows_the_other_company_another_proof(
    app: Flask, ada: Browser, dee: Browser, provider: Issuer, write: Write, town: Town
) -> None:
    with write() as session:
        create_user(session, account=town.dees.account, email="ana@example.com", name="", password="", role="csr")
    with issuer() as dees_own:
        set_up(dee, dees_own)
        browser = Browser(app.test_client())
        page = browser.post("/sign-in/company", email="ana@example.com")
        assert "Go on" in page.text
        address = leave_for_it(browser, email="ana@example.com")
        assert "ana@example.com, csr" in come_back(browser, dees_own, address)
        gone = browser.post(f"/account/switch/{town.anas.account.id}")
        assert urlsplit(gone.location).path == "/sign-in"
        assert "opens that company alone" in browser.read("/sign-in")
        assert browser.http.get("/calls").status_code == 302


def test_of_several_companies_one_is_chosen(
    app: Flask, ada: Browser, dee: Browser, provider: Issuer, write: Write, town: Town
) -> None:
    with write() as session:
        create_user(session, account=town.dees.account, email="ana@example.com", name="", password="", role="csr")
    set_up(ada, provider)
    set_up(dee, provider)
    browser = Browser(app.test_client())
    page = words_of(browser.post("/sign-in/company", email="ana@example.com").text)
    assert "Which company?" in page
    address = leave_for_it(browser, email="ana@example.com", company=str(town.dees.account.id))
    assert "ana@example.com, csr" in come_back(browser, provider, address)
    for company in ("99", "x", "9" * 40):
        assert "Which company?" in browser.post("/sign-in/company", email="ana@example.com", company=company).text


def test_a_provider_that_is_away_is_said_and_a_domain_without_one_too(
    app: Flask, ada: Browser, provider: Issuer
) -> None:
    set_up(ada, provider)
    provider.answers["/.well-known/openid-configuration"] = Response(status=500)
    stranger = Browser(app.test_client())
    assert "did not answer as an identity provider does" in stranger.send("/sign-in/company", email="ana@example.com")
    assert "Sign in with your password" in stranger.send("/sign-in/company", email="ana@elsewhere.example")
    assert "Enter your e-mail address" in stranger.send("/sign-in/company", email="")


def test_bad_settings_are_shown_again_and_the_provider_can_be_removed(ada: Browser, provider: Issuer) -> None:
    for fields, why in (
        ({"issuer": "http://login.example.com"}, "https"),
        ({"issuer": ""}, "Enter the issuer"),
        ({"domains": "nonsense"}, "no domain"),
        ({"client_secret": ""}, "secret"),
        ({"client_id": "x" * 400}, "Shorten"),
    ):
        assert why in set_up(ada, provider, **fields), fields
    set_up(ada, provider)
    assert "Removed" in ada.send("/settings/identity-provider/remove")
    assert "Sign in with your company's account" not in Browser(ada.http.application.test_client()).read("/sign-in")


@pytest.mark.browser
def test_a_browser_goes_there_by_itself_for_all_the_strict_headers(
    page: Page, address: str, ada: Browser, provider: Issuer
) -> None:
    """What answers a form may lead nowhere else (form-action), so a page in between leads on."""
    set_up(ada, provider)
    provider.answers["/authorize"] = Response("<h1>The provider</h1>", content_type="text/html")
    page.goto(f"{address}/sign-in")
    page.get_by_label("E-mail address").fill("ana@example.com")
    page.get_by_role("button", name="Sign in with your company's account").click()
    expect(page.get_by_role("heading", name="The provider")).to_be_visible()
    back = provider.approve(page.url)
    page.goto(f"{address}/sign-in/callback?{back}")
    expect(page.get_by_role("link", name="ana@example.com, manager: your account")).to_be_visible()


@pytest.fixture
def eve(app: Flask, dee: Browser, provider: Issuer, write: Write, town: Town) -> Browser:
    """Dee's administrator as Ana, who works for both: Dee's provider says whatever Dee wants."""
    with write() as session:
        create_user(session, account=town.dees.account, email="ana@example.com", name="", password="", role="csr")
    set_up(dee, provider)
    return as_ana(app, provider)


def as_ana(app: Flask, provider: Issuer) -> Browser:
    browser = Browser(app.test_client())
    provider.claims = {"email": "ana@example.com", "sub": "evil"}
    assert "ana@example.com, csr" in come_back(browser, provider, leave_for_it(browser, email="ana@example.com"))
    return browser


def test_a_companys_provider_gives_no_free_guesses_at_a_password(app: Flask, eve: Browser, provider: Issuer) -> None:
    answers = []
    for browser in (eve, as_ana(app, provider)):
        browser.post("/sign-out")
        answers += [browser.sign_in("ana@example.com", "a guess").status_code for _ in range(5)]
    assert answers == [401] * 5 + [429] * 5


def test_a_companys_provider_changes_nothing_that_other_companies_rely_on(
    eve: Browser, ana: Browser, town: Town, database: Database
) -> None:
    page = eve.read("/account")
    assert town.anas.account.name not in page
    assert page.count("this browser") == 1
    app_on_phone = app_of(eve.see("/account/second-factor"))
    for fields in ({}, {"password": "a guess"}):
        refused = eve.post("/account/second-factor", code=app_on_phone.code(), **fields)
        assert "This is not your password" in refused.text
        app_on_phone.shown.clear()
    eve.post("/account/sign-ins/end-others")
    assert ana.http.get("/calls").status_code == 200
    with database.read() as session:
        assert session.scalars(select(User.totp_confirmed_at).where(User.email == "ana@example.com")).one() is None
    kept = eve.post("/account/second-factor", code=app_on_phone.code(), password=PASSWORD)
    assert recovery_codes(kept.text)
    assert "This is not your password" in eve.send("/account/second-factor/codes", code=app_on_phone.code())
    assert "This is not your password" in eve.send("/account/second-factor/off", code=app_on_phone.code())


def test_the_first_time_by_a_provider_is_in_the_trail_also_where_a_second_factor_is_still_to_come(
    app: Flask, ada: Browser, provider: Issuer, write: Write, town: Town
) -> None:
    set_up(ada, provider)
    provider.claims = {"email": "ada@example.com", "sub": "ada"}
    come_back(ada, provider, leave_for_it(ada, "/settings/identity-provider/try"))
    ada.post("/settings/people/invitations", email="mia@example.com", role="csr", sees="all")
    with write() as session:
        session.get_one(Account, town.anas.account.id).second_factor = True
    mia = Browser(app.test_client())
    provider.claims = {"email": "mia@example.com", "sub": "mia"}
    come_back(mia, provider, leave_for_it(mia, email="mia@example.com"))
    assert mia.http.get("/calls").status_code == 302
    with write() as session:
        tied = select(AuditEntry.who).where(AuditEntry.detail == "tied to the identity provider")
        assert session.scalars(tied.order_by(AuditEntry.id)).all() == ["ada@example.com", "mia@example.com"]
