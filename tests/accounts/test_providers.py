"""Which provider lets whom in, and into which account: never into another."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from calltrack.accounts.accounts import BadAccount, create_account, create_user, find_user
from calltrack.accounts.identities import NotLetIn, let_in_by_provider, tie
from calltrack.accounts.invitations import invite
from calltrack.accounts.issuer import ProviderError
from calltrack.accounts.openid import Proven
from calltrack.accounts.people import remove_member
from calltrack.accounts.providers import (
    allow_passwords,
    client_of,
    closed_to_passwords,
    find_providers,
    provider_of,
    remove_provider,
    save_provider,
)
from calltrack.accounts.sign_in import sign_in, who_is
from calltrack.accounts.switching import own_accounts, switch_account
from calltrack.config import Settings
from calltrack.models import Account, IdentityProvider, Membership, User
from tests.factories import person

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
ISSUER, BY = "https://login.example.com", "ada@example.com"
SETTINGS = Settings(_env_file=None, secret_key="a secret for tests", var=Path("unused"))


@pytest.fixture
def anas(session: Session) -> Account:
    return create_account(session, name="Ana's Heating", time_zone="UTC")


@pytest.fixture
def dees(session: Session) -> Account:
    return create_account(session, name="Dee's Plumbing", time_zone="UTC")


@pytest.fixture
def ana(session: Session, anas: Account) -> User:
    return somebody(session, anas, "Ana")


def somebody(session: Session, account: Account, name: str, role: str = "admin") -> User:
    user = find_user(session, email=person(session, account=account, name=name, role=role))
    session.flush()
    assert user is not None
    return user


def provider(session: Session, account: Account, **changes: Any) -> IdentityProvider:
    said: dict[str, Any] = {
        "issuer": ISSUER, "client_id": "us", "client_secret": "s3cret", "domains": ["example.com"], "required": False,
        **changes,
    }  # fmt: skip
    return save_provider(session, settings=SETTINGS, account=account, by=BY, now=NOW, **said)


def proven(email: str = "ana@example.com", subject: str = "1", issuer: str = ISSUER) -> Proven:
    return Proven(issuer=issuer, subject=subject, email=email, name="From there")


def test_the_secret_is_kept_sealed_and_stays_when_none_is_entered(session: Session, anas: Account) -> None:
    made = provider(session, anas, domains=["@Example.com", "example.com", "ana.example"])
    assert "s3cret" not in made.client_secret
    assert made.domains == ["ana.example", "example.com"]
    assert client_of(SETTINGS, provider=provider(session, anas, client_secret="")).client_secret == "s3cret"
    with pytest.raises(BadAccount, match="for this issuer"):
        provider(session, anas, client_secret="", issuer="https://evil.example.org")
    other_key = Settings(_env_file=None, secret_key="another", var=Path("unused"))
    with pytest.raises(ProviderError, match="SECRET_KEY"):
        client_of(other_key, provider=made)


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "http://login.example.com"}, {"issuer": ""}, {"issuer": f"{ISSUER}?a=b"}, {"client_id": ""},
        {"client_id": "x" * 301}, {"client_secret": ""}, {"domains": []}, {"domains": ["example"]},
        {"domains": ["*.example.com"]}, {"domains": ["a@example.com"]}, {"required": True},
    ],
)  # fmt: skip
def test_settings_that_cannot_work_are_refused(session: Session, anas: Account, changes: dict[str, Any]) -> None:
    with pytest.raises(BadAccount):
        provider(session, anas, **changes)
    assert provider_of(session, account_id=anas.id) is None


def test_the_subject_is_tied_to_the_member_whom_the_address_names_and_then_counts_alone(
    session: Session, anas: Account, ana: User
) -> None:
    made = provider(session, anas)
    bob = somebody(session, anas, "Bob")
    assert let_in_by_provider(session, provider=made, proven=proven(), now=NOW) == ana
    # She marries, and gets another address; Bob's now comes with her subject, hers with another.
    assert let_in_by_provider(session, provider=made, proven=proven(email=bob.email), now=NOW) == ana
    with pytest.raises(NotLetIn, match="somebody else before"):
        let_in_by_provider(session, provider=made, proven=proven(subject="2"), now=NOW)
    remove_member(session, account=anas, user_id=ana.id, by=BY)
    with pytest.raises(NotLetIn, match="none of the company's people"):
        let_in_by_provider(session, provider=made, proven=proven(), now=NOW)


def test_a_provider_vouches_for_its_own_domains_and_the_accounts_own_people_alone(
    session: Session, anas: Account, dees: Account, ana: User
) -> None:
    """Dee's administrator may enter any issuer and any domain, and still reaches nobody of Ana's."""
    evil = provider(session, dees, issuer="https://evil.example.org")
    for lie in (proven(issuer=evil.issuer), proven(email="nobody@example.com"), proven(email="ana@other.example")):
        with pytest.raises(NotLetIn):
            let_in_by_provider(session, provider=evil, proven=lie, now=NOW)
    invite(session, account=dees, email=ana.email, name="", role="admin", campaign_ids=None, by=BY, now=NOW)
    with pytest.raises(NotLetIn):
        let_in_by_provider(session, provider=evil, proven=proven(issuer=evil.issuer), now=NOW)
    assert session.get(Membership, (ana.id, dees.id)) is None


def test_an_invitation_that_waits_makes_the_person_and_nobody_makes_themselves(session: Session, anas: Account) -> None:
    made = provider(session, anas)
    with pytest.raises(NotLetIn):
        let_in_by_provider(session, provider=made, proven=proven("cho@example.com"), now=NOW)
    invite(session, account=anas, email="cho@example.com", name="", role="csr", campaign_ids=None, by=BY, now=NOW)
    cho = let_in_by_provider(session, provider=made, proven=proven("cho@example.com"), now=NOW)
    assert (cho.name, cho.password_hash) == ("From there", "")
    assert session.get_one(Membership, (cho.id, anas.id)).role == "csr"


def test_once_it_is_required_no_password_of_its_domains_opens_the_account(
    session: Session, anas: Account, dees: Account, ana: User
) -> None:
    contractor = create_user(
        session, account=anas, email="cy@elsewhere.example", name="Cy", password="cy's password", role="csr"
    )
    create_user(session, account=dees, email=ana.email, name="", password="", role="csr")
    session.flush()
    tokens = [sign_in(session, user=one, account_id=anas.id) or "" for one in (ana, contractor)]
    session.flush()
    tie(session, proven=proven(), user_id=ana.id, now=NOW)  # she tried it out
    provider(session, anas, required=True)
    assert [who_is(session, token=one) is not None for one in tokens] == [False, True]
    assert closed_to_passwords(session, user_id=ana.id) == {anas.id}
    assert sign_in(session, user=ana, account_id=anas.id) is None
    elsewhere = who_is(session, token=sign_in(session, user=ana) or "")
    assert elsewhere is not None
    assert elsewhere.account == dees
    assert sign_in(session, user=ana, way="provider", account_id=anas.id) is not None
    assert sign_in(session, user=contractor, account_id=anas.id) is not None
    assert allow_passwords(session, account_id=anas.id, by=BY)
    assert sign_in(session, user=ana, account_id=anas.id) is not None


def test_the_sign_in_page_sends_people_to_companies_that_have_or_invite_them_and_nobody_else(
    session: Session, anas: Account, dees: Account, ana: User
) -> None:
    provider(session, dees)
    provider(session, anas)
    invite(session, account=dees, email="cho@example.com", name="", role="csr", campaign_ids=None, by=BY, now=NOW)
    where = {
        email: [one.company for one in find_providers(session, email=email, now=NOW)]
        for email in (
            ana.email, "ANA@EXAMPLE.COM ", "cho@example.com", "nobody@example.com", "ana@other.example", "", "@"
        )
    }  # fmt: skip
    assert where == {
        ana.email: ["Ana's Heating"], "ANA@EXAMPLE.COM ": ["Ana's Heating"],
        "cho@example.com": ["Dee's Plumbing"], "nobody@example.com": [], "ana@other.example": [], "": [], "@": [],
    }  # fmt: skip


def test_a_person_goes_to_their_own_companies_alone(session: Session, anas: Account, dees: Account, ana: User) -> None:
    third = create_account(session, name="Eve's Roofs", time_zone="UTC")
    create_user(session, account=dees, email=ana.email, name="", password="", role="csr")
    token = sign_in(session, user=ana) or ""
    session.flush()
    assert [one.name for one in own_accounts(session, user_id=ana.id)] == ["Ana's Heating", "Dee's Plumbing"]
    assert switch_account(session, token=token, account_id=third.id) is None
    assert switch_account(session, token=token, account_id=2**31 - 1) is None
    assert switch_account(session, token="unknown", account_id=dees.id) is None
    assert switch_account(session, token=token, account_id=dees.id) == "gone over"
    visitor = who_is(session, token=token)
    assert visitor is not None
    assert (visitor.account, visitor.role) == (dees, "csr")


def test_a_sign_in_by_one_companys_provider_goes_to_no_other(
    session: Session, anas: Account, dees: Account, ana: User
) -> None:
    create_user(session, account=dees, email=ana.email, name="", password="", role="csr")
    evil = provider(session, dees, issuer="https://evil.example.org")
    session.flush()
    user = let_in_by_provider(session, provider=evil, proven=proven(issuer=evil.issuer), now=NOW)
    token = sign_in(session, user=user, way="provider", account_id=dees.id) or ""
    session.flush()
    for other in (anas.id, 2**31 - 1):  # nor does it learn whether the person belongs there
        assert switch_account(session, token=token, account_id=other) == "password"
    visitor = who_is(session, token=token)
    assert visitor is not None
    assert visitor.account == dees
    remove_provider(session, account_id=dees.id, by=BY)
    assert who_is(session, token=token) is None
