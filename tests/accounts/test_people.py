"""The people of an account: roles, limits, leaving, and the invitations by which they come."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.accounts.accounts import BadAccount, create_account, create_user, find_user
from calltrack.accounts.agents import list_agents, name_agent
from calltrack.accounts.invitations import (
    LASTS,
    NotInvited,
    accept_as,
    accept_as_newcomer,
    accept_from_provider,
    invite,
    list_open,
    read_invitation,
    renew,
    take_back,
)
from calltrack.accounts.people import (
    KnownPerson,
    LastAdmin,
    add_person,
    change_member,
    list_members,
    list_people,
    remove_member,
)
from calltrack.accounts.recovery import codes_left, make_codes
from calltrack.accounts.second_factor import has_factor
from calltrack.accounts.sign_in import sign_in, who_is
from calltrack.campaigns.campaigns import create_campaign
from calltrack.changes import changes_of
from calltrack.models import Account, MailLink, Membership, User
from tests.factories import PASSWORD, person

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
BY = "ada@example.com"


@pytest.fixture
def anas(session: Session) -> Account:
    return create_account(session, name="Ana's Heating", time_zone="UTC")


@pytest.fixture
def dees(session: Session) -> Account:
    return create_account(session, name="Dee's Plumbing", time_zone="UTC")


def somebody(session: Session, account: Account, name: str, role: str) -> User:
    user = find_user(session, email=person(session, account=account, name=name, role=role))
    session.flush()
    assert user is not None
    return user


def invited(session: Session, account: Account, email: str = "cho@example.com", role: str = "csr") -> str:
    return invite(session, account=account, email=email, name="", role=role, campaign_ids=None, by=BY, now=NOW)[1]


def test_the_last_administrator_is_neither_removed_nor_given_another_role(session: Session, anas: Account) -> None:
    ada, ben = (somebody(session, anas, name, role) for name, role in (("Ada", "admin"), ("Ben", "coach")))
    with pytest.raises(LastAdmin):
        remove_member(session, account=anas, user_id=ada.id, by=BY)
    with pytest.raises(LastAdmin):
        change_member(session, account=anas, user_id=ada.id, role="coach", campaign_ids=None, by=BY)
    change_member(session, account=anas, user_id=ben.id, role="admin", campaign_ids=None, by=BY)
    assert remove_member(session, account=anas, user_id=ada.id, by=BY)
    assert [one.email for one in list_people(session, account_id=anas.id)] == ["ben@example.com"]


def test_who_is_removed_is_signed_out_of_that_company_alone(session: Session, anas: Account, dees: Account) -> None:
    somebody(session, anas, "Ada", "admin")
    ben = somebody(session, anas, "Ben", "coach")
    create_user(session, account=dees, email=ben.email, name="", password="", role="csr")
    name_agent(session, account_id=anas.id, phone="+13125550190", name="Ben", user_id=ben.id)
    session.flush()
    here, there = (sign_in(session, user=ben, account_id=one.id) or "" for one in (anas, dees))
    session.flush()
    assert remove_member(session, account=anas, user_id=ben.id, by=BY)
    assert who_is(session, token=here) is None
    visitor = who_is(session, token=there)
    assert visitor is not None
    assert visitor.account == dees
    assert [one.user_id for one in list_agents(session, account_id=anas.id)] == [None]
    assert not remove_member(session, account=anas, user_id=ben.id, by=BY)
    kept = changes_of(session, account_id=anas.id, noun="person", noun_id=ben.id)
    assert (kept[-1].was, kept[-1].now, kept[-1].changed_by) == ("coach", None, BY)


def test_a_member_is_limited_to_campaigns_of_the_account(session: Session, anas: Account, dees: Account) -> None:
    rae = somebody(session, anas, "Rae", "read-only")
    own = create_campaign(session, account=anas, name="Radio").id
    foreign = create_campaign(session, account=dees, name="Radio").id

    def limit(role: str, campaign_ids: list[int] | None) -> bool:
        return change_member(session, account=anas, user_id=rae.id, role=role, campaign_ids=campaign_ids, by=BY)

    assert limit("coach", [own])
    [member] = list_members(session, account_id=anas.id)
    assert (member.role, member.campaign_ids, member.elsewhere) == ("coach", [own], False)
    for role, campaign_ids in (("coach", []), ("coach", [foreign]), ("admin", [own]), ("owner", None)):
        with pytest.raises(BadAccount):
            limit(role, campaign_ids)
    assert limit("coach", None)
    assert list_members(session, account_id=anas.id)[0].campaign_ids is None


def test_an_administrator_reaches_nobody_of_another_company(session: Session, anas: Account, dees: Account) -> None:
    dee = somebody(session, dees, "Dee", "admin")
    assert list_members(session, account_id=anas.id, user_id=dee.id) == []
    assert not change_member(session, account=anas, user_id=dee.id, role="csr", campaign_ids=None, by=BY)
    assert not remove_member(session, account=anas, user_id=dee.id, by=BY)
    with pytest.raises(KnownPerson):
        add_person(session, account=anas, email="Dee@example.com", name="", role="csr", campaign_ids=None, by=BY)
    assert session.get(Membership, (dee.id, anas.id)) is None


def test_an_invitation_makes_a_newcomer_one_of_the_people_once(session: Session, anas: Account) -> None:
    campaign = create_campaign(session, account=anas, name="Radio").id
    _, token = invite(
        session, account=anas, email=" Cho@Example.com ", name="", role="csr", campaign_ids=[campaign], by=BY, now=NOW
    )  # fmt: skip
    read = read_invitation(session, token=token, now=NOW)
    assert read is not None
    assert (read.account, read.email, read.role, read.known) == (anas, "cho@example.com", "csr", False)
    user = accept_as_newcomer(session, token=token, name="Cho Park", password_hash="a hash", now=NOW)
    assert (user.email, user.name, user.password_hash) == ("cho@example.com", "Cho Park", "a hash")
    own = session.get_one(Membership, (user.id, anas.id))
    assert (own.role, own.campaign_ids) == ("csr", [campaign])
    assert read_invitation(session, token=token, now=NOW) is None
    with pytest.raises(NotInvited):
        accept_as_newcomer(session, token=token, name="Another", password_hash="another hash", now=NOW)
    assert user.password_hash == "a hash"


def test_a_link_opens_nothing_after_a_week_or_once_it_was_taken_back_or_sent_again(
    session: Session, anas: Account
) -> None:
    token = invited(session, anas)
    [link] = list_open(session, account_id=anas.id)
    assert token not in link.token_hash
    assert read_invitation(session, token=token, now=NOW + LASTS - timedelta(seconds=1)) is not None
    assert read_invitation(session, token=token, now=NOW + LASTS) is None
    assert read_invitation(session, token=link.token_hash, now=NOW) is None
    again = renew(session, invitation=link, by=BY, now=NOW + LASTS)
    assert read_invitation(session, token=token, now=NOW) is None
    assert read_invitation(session, token=again, now=NOW + LASTS) is not None
    other = invited(session, anas)  # to the same address
    assert [one.email for one in list_open(session, account_id=anas.id)] == ["cho@example.com"]
    assert read_invitation(session, token=again, now=NOW) is None
    take_back(session, invitation=list_open(session, account_id=anas.id)[0], by=BY, now=NOW)
    assert read_invitation(session, token=other, now=NOW) is None
    with pytest.raises(NotInvited):
        accept_as_newcomer(session, token=other, name="", password_hash="", now=NOW)


def test_whom_any_company_has_accepts_only_as_themselves(session: Session, anas: Account, dees: Account) -> None:
    """Else whoever saw the link could choose the password that opens the other company."""
    dee, eve = (somebody(session, dees, name, "admin") for name in ("Dee", "Eve"))
    before = dee.password_hash
    token = invited(session, anas, email=dee.email)
    read = read_invitation(session, token=token, now=NOW)
    assert read is not None
    assert read.known
    for take in (
        lambda: accept_as_newcomer(session, token=token, name="Evil", password_hash="evil", now=NOW),
        lambda: accept_from_provider(session, account_id=anas.id, email=dee.email, name="Evil", now=NOW),
        lambda: accept_as(session, token=token, user_id=eve.id, now=NOW),
    ):
        with pytest.raises(NotInvited), session.begin_nested():
            take()
    assert (dee.password_hash, session.get(Membership, (dee.id, anas.id))) == (before, None)
    accept_as(session, token=token, user_id=dee.id, now=NOW)
    assert session.get_one(Membership, (dee.id, anas.id)).role == "csr"
    assert list_members(session, account_id=anas.id)[0].elsewhere


def test_who_belongs_nowhere_any_more_comes_back_as_a_newcomer(session: Session, anas: Account) -> None:
    somebody(session, anas, "Ada", "admin")
    ben = somebody(session, anas, "Ben", "coach")
    remove_member(session, account=anas, user_id=ben.id, by=BY)
    user = accept_as_newcomer(
        session, token=invited(session, anas, email=ben.email), name="", password_hash="new", now=NOW
    )
    assert (user.id, user.password_hash) == (ben.id, "new")


def test_who_was_added_without_being_asked_is_still_a_newcomer_elsewhere(
    session: Session, anas: Account, dees: Account
) -> None:
    added = add_person(session, account=dees, email="cho@example.com", name="", role="csr", campaign_ids=None, by=BY)
    token = invited(session, anas)
    read = read_invitation(session, token=token, now=NOW)
    assert read is not None
    assert not read.known
    by_provider = session.begin_nested()
    assert accept_from_provider(session, account_id=anas.id, email=added.email, name="Cho", now=NOW) == added
    assert session.get(Membership, (added.id, dees.id)) is not None  # it opens Ana's alone
    by_provider.rollback()
    assert accept_as_newcomer(session, token=token, name="Cho", password_hash="new", now=NOW) == added
    assert session.get(Membership, (added.id, anas.id)) is not None
    assert session.get(Membership, (added.id, dees.id)) is None  # else the link would open Dee's


def test_a_second_factor_that_somebody_left_behind_is_not_the_newcomers(session: Session, anas: Account) -> None:
    somebody(session, anas, "Ada", "admin")
    ben = somebody(session, anas, "Ben", "coach")
    ben.totp_secret, ben.totp_confirmed_at, ben.totp_step = "planted", NOW, 1
    make_codes(session, user_id=ben.id, now=NOW)
    remove_member(session, account=anas, user_id=ben.id, by=BY)
    token = invited(session, anas, email=ben.email)
    accept_as_newcomer(session, token=token, name="", password_hash="new", now=NOW)
    session.refresh(ben)
    assert not has_factor(ben)
    assert codes_left(session, user_id=ben.id) == 0


def test_a_member_is_not_invited_and_no_address_is_made_up(session: Session, anas: Account) -> None:
    ben = somebody(session, anas, "Ben", "coach")
    with pytest.raises(KnownPerson):
        invited(session, anas, email=ben.email.upper())
    for email in ("", "ben", "ben@", "a@b.c\nBcc: d@e.f", "a b@example.com", "\x00@example.com"):
        with pytest.raises(BadAccount):
            invited(session, anas, email=email)
    assert session.scalars(select(MailLink)).all() == []
    assert PASSWORD not in ben.password_hash
