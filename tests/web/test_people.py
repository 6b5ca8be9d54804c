"""People, invitations and keys on their pages, and going from one company to another."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from calltrack.accounts.accounts import create_user, find_user
from calltrack.accounts.keys import find_key
from calltrack.accounts.sign_in import sign_in
from calltrack.campaigns.campaigns import list_campaigns
from calltrack.db import Database
from calltrack.ground import Ground
from calltrack.models import ApiKey, AuditEntry, MailLink, Membership, Reason, User
from tests.accounts.test_keys import now
from tests.factories import Company
from tests.postbox import Postbox, postbox
from tests.web.conftest import Browser, Town, Write

NEW_PASSWORD = "seven wet umbrellas"


@pytest.fixture
def box(ground: Ground) -> Iterator[Postbox]:
    with postbox() as made:
        vars(ground.settings).update(smtp_url=made.url, mail_from="calltrack@example.com")
        yield made


def link_in(text: str) -> str:
    [path] = set(re.findall(r"http://localhost(/invitation/[\w-]+)", text))
    return str(path)


def user_id(database: Database, name: str) -> int:
    with database.read() as session:
        user = find_user(session, email=f"{name}@example.com")
    assert user is not None
    return user.id


@pytest.mark.enable_socket
def test_an_invitation_goes_by_e_mail_and_lets_a_newcomer_in(
    app: Flask, ada: Browser, box: Postbox, database: Database
) -> None:
    page = ada.send("/settings/people/invitations", email="Mia@example.com", name="Mia", role="csr", sees="all")
    assert "mia@example.com was sent a link" in page
    [(recipients, message)] = box.delivered
    assert recipients == ["mia@example.com"]
    link = link_in(message.get_content())
    mia = Browser(app.test_client())
    assert "Ana's Heating invites you" in mia.read(link)
    short = mia.post(link, name="Mia", password="short")
    assert short.status_code == 400
    assert "at least 12 characters" in short.text
    assert mia.post(link, name="Mia Hart", password=NEW_PASSWORD).status_code == 302
    assert "mia@example.com, csr" in mia.read("/calls")
    with database.read() as session:
        assert session.scalars(select(User.name).where(User.email == "mia@example.com")).one() == "Mia Hart"
        assert session.scalars(select(MailLink.token_hash)).one() not in link
    assert "Ask whoever sent it for another" in Browser(app.test_client()).read(link, 404)
    assert Browser(app.test_client()).sign_in("mia@example.com", NEW_PASSWORD).status_code == 302


def test_without_a_mail_server_the_link_is_shown_once(ada: Browser) -> None:
    answer = ada.post("/settings/people/invitations", email="mia@example.com", role="csr", sees="all")
    link = link_in(answer.text)
    assert "no mail server" in answer.text
    assert link not in ada.see("/settings/people")
    again = link_in(ada.post("/settings/people/invitations/1/again").text)
    assert ada.http.get(link).status_code == 404
    assert "mia@example.com was taken back" not in ada.read("/settings/people")
    assert "its link opens nothing" in ada.send("/settings/people/invitations/1/take-back")
    assert ada.http.get(again).status_code == 404
    assert ada.post("/settings/people/invitations/1/again").status_code == 404


def test_who_is_known_accepts_as_themselves_and_goes_over(app: Flask, ada: Browser, dee: Browser, town: Town) -> None:
    answer = ada.post("/settings/people/invitations", email="dee@example.com", role="coach", sees="all")
    link = link_in(answer.text)
    stranger = Browser(app.test_client())
    assert "You have a sign-in here already" in stranger.read(link)
    assert stranger.post(link, name="Evil", password=NEW_PASSWORD).location == link
    assert "You are signed in as ada@example.com" in ada.read(link)
    assert ada.post(link).status_code == 400
    assert "You belong to Ana's Heating now" in dee.send(link)
    assert "Ana's Heating" in dee.read("/calls").partition("Sign out")[0]
    assert dee.post(f"/account/switch/{town.anas.account.id}").status_code == 303
    assert "dee@example.com, coach" in dee.read("/calls")
    assert Browser(app.test_client()).sign_in("dee@example.com", NEW_PASSWORD).status_code == 401


def test_fields_that_cannot_be_used_are_shown_again_with_a_sentence(ada: Browser) -> None:
    for fields, why in (
        ({"email": "", "role": "csr"}, "Enter an e-mail address"),
        ({"email": "mia", "role": "csr"}, "no e-mail address"),
        ({"email": "ana@example.com", "role": "csr"}, "people already"),
        ({"email": "mia@example.com", "role": "owner"}, "Choose a role"),
        ({"email": "mia@example.com", "role": "csr", "sees": "some"}, "at least one"),
        ({"email": "mia@example.com", "role": "csr", "sees": "some", "campaign": "999"}, "no campaign 999"),
        ({"email": "mia@example.com", "role": "csr", "sees": "some", "campaign": "9" * 30}, "of the list"),
        ({"email": "mia\x00\ud800@example.com".encode("utf-8", "surrogatepass").decode("utf-8", "replace"),
          "role": "csr", "name": "x" * 300}, "no e-mail address"),
    ):  # fmt: skip
        answer = ada.post("/settings/people/invitations", **fields)
        assert answer.status_code == 400, fields
        assert why in answer.text
        assert "Nobody was invited" in answer.text


def test_a_person_is_given_another_role_and_limits(ada: Browser, cho: Browser, database: Database) -> None:
    with database.read() as session:
        campaign = list_campaigns(session, account=session.scalars(select(Membership)).all()[0].account)[0].id
    choose = {"role": "coach", "sees": "some", "campaign": str(campaign)}
    assert "Saved" in ada.send(f"/settings/people/{user_id(database, 'cho')}", **choose)
    assert "cho@example.com, coach" in cho.read("/calls")
    assert cho.http.get("/jobs").status_code == 403
    assert "Billboard" in ada.read("/settings/people")
    last = ada.post(f"/settings/people/{user_id(database, 'ada')}", role="coach", sees="all")
    assert (last.status_code, "only administrator" in last.text) == (400, True)
    assert ada.post(f"/settings/people/{user_id(database, 'dee')}", role="coach", sees="all").status_code == 404


def test_who_is_removed_is_out_with_their_next_request(ada: Browser, cho: Browser, database: Database) -> None:
    assert "was signed out of it" in ada.send(f"/settings/people/{user_id(database, 'cho')}/remove")
    assert cho.http.get("/calls").status_code == 302
    own = f"/settings/people/{user_id(database, 'ada')}"
    assert "Tick that you mean yourself" in ada.post(f"{own}/remove").text
    assert "only administrator" in ada.post(f"{own}/remove", me="yes").text
    ada.send(f"/settings/people/{user_id(database, 'ana')}", role="admin", sees="all")
    assert ada.post(f"{own}/remove", me="yes").status_code == 303
    assert ada.http.get("/calls").status_code == 302


def test_a_lost_second_factor_is_reset_but_not_that_of_another_companys_person_too(
    ada: Browser, write: Write, database: Database, dees: Company
) -> None:
    ana = user_id(database, "ana")
    with write() as session:
        session.get_one(User, ana).totp_secret = "sealed"
        session.get_one(User, ana).totp_confirmed_at = now()
    with write() as session:
        create_user(session, account=dees.account, email="ana@example.com", name="", password="", role="csr")
    assert "belongs to another company too" in ada.send(f"/settings/people/{ana}/second-factor")
    with write() as session:
        session.delete(session.get_one(Membership, (ana, dees.account.id)))
    assert "signs in with the password alone" in ada.send(f"/settings/people/{ana}/second-factor")
    with database.read() as session:
        assert session.get_one(User, ana).totp_secret is None


def test_a_key_is_shown_once_used_and_revoked(app: Flask, ada: Browser, database: Database) -> None:
    made = ada.post("/settings/keys", name="Dispatch board", role="read-only", sees="all", lives="90")
    assert made.status_code == 201
    [key] = set(re.findall(r"ct_[\w-]{20,}", made.text))
    assert key not in ada.see("/settings/keys")
    assert "Never" in ada.read("/settings/keys")
    asked = app.test_client().get("/api/v1/calls", headers={"Authorization": f"Bearer {key}"})
    assert asked.status_code == 200
    with database.read() as session:
        row = find_key(session, key=key, now=now())
        assert row is not None
        assert row.used_at is not None
        assert row.created_by == "ada@example.com"
        entries = session.scalars(select(AuditEntry.detail).where(AuditEntry.action == "keys.write")).all()
    assert key not in str(entries)
    assert "Never" not in ada.read("/settings/keys")
    assert "is revoked" in ada.send(f"/settings/keys/{row.id}/revoke")
    assert app.test_client().get("/api/v1/calls", headers={"Authorization": f"Bearer {key}"}).status_code == 401
    for fields in ({"name": ""}, {"role": "owner"}, {"lives": "7000"}, {"name": "x" * 101}, {"sees": "some"}):
        wrong = {"name": "x", "role": "csr", "sees": "all", "lives": "0", **fields}
        assert ada.post("/settings/keys", **wrong).status_code == 400, fields
    with database.read() as session:
        assert len(session.scalars(select(ApiKey)).all()) == 1


@pytest.fixture
def both(app: Flask, write: Write, dees: Company) -> Browser:
    """Ana, whom Dee's company has too."""
    with write() as session:
        create_user(session, account=dees.account, email="ana@example.com", name="", password="", role="manager")
        user = find_user(session, email="ana@example.com")
        assert user is not None
        token = sign_in(session, user=user)
    client = app.test_client()
    client.set_cookie("calltrack_sign_in", token or "")
    return Browser(client)


@pytest.fixture
def dees(town: Town) -> Company:
    return town.dees


OF_ANAS = {"label": "lead", "name": "of Ana's"}


def new_reasons(database: Database) -> dict[str, int]:
    with database.read() as session:
        asked = select(Reason.name, Reason.account_id).where(Reason.name.startswith("of "))
        return dict(list(session.execute(asked)))


def test_a_form_of_one_company_writes_nothing_into_the_other(both: Browser, database: Database, dees: Company) -> None:
    old = both.token()
    assert both.post(f"/account/switch/{dees.account.id}").status_code == 303
    refused = both.http.post("/settings/reasons", data={"csrf_token": old, **OF_ANAS})
    assert (refused.status_code, "reload the page" in refused.text) == (400, True)
    assert both.post("/settings/reasons", label="lead", name="of Dee's").status_code == 303
    assert new_reasons(database) == {"of Dee's": dees.account.id}


def test_nor_does_it_where_a_late_answer_brought_the_old_session_back(
    both: Browser, database: Database, dees: Company
) -> None:
    old = both.token()
    session_of_anas = both.http.get_cookie("session")
    assert session_of_anas is not None
    both.post(f"/account/switch/{dees.account.id}")
    for look_between in (False, True):
        both.http.set_cookie("session", session_of_anas.value)
        if look_between:
            both.read("/calls")
        refused = both.http.post("/settings/reasons", data={"csrf_token": old, **OF_ANAS})
        assert (refused.status_code, "reload the page" in refused.text) == (400, True)
    assert new_reasons(database) == {}


def test_nobody_goes_to_a_company_that_is_not_theirs(both: Browser, ada: Browser, dees: Company) -> None:
    assert "Dee's Plumbing" in both.read("/calls").partition("Sign out")[0]
    assert "Dee's Plumbing" not in ada.see("/calls")
    for account_id in (dees.account.id, 99, 2**31 - 1):
        assert ada.post(f"/account/switch/{account_id}").status_code == 404
    assert ada.post(f"/account/switch/{2**31}").status_code == 404
    assert ada.http.get(f"/account/switch/{dees.account.id}").status_code == 405
    assert "ada@example.com, admin" in ada.read("/calls")


def test_whoever_is_limited_is_led_to_no_page_that_is_closed_to_them(
    cho: Browser, ana: Browser, write: Write, anas: Company
) -> None:
    assert "/campaigns?kpi=leads" not in cho.see("/")
    assert "The error that this measures" in ana.read("/review/blind")
    with write() as session:
        for membership in session.scalars(select(Membership).where(Membership.role.in_(("csr", "manager")))):
            membership.campaign_ids = [anas.campaign.id]
    page = cho.see("/")
    assert '<div class="tile"><span class="tile-name">Leads' in page
    assert '<span class="tile-name">Calls' in page
    assert "The error that this measures" not in ana.read("/review/blind")


def test_one_s_own_page_leads_to_where_a_second_factor_is_set_up(ada: Browser, database: Database) -> None:
    assert '<a href="/account">Set one up under Your account</a>' in ada.see(
        f"/settings/people/{user_id(database, 'ada')}"
    )
