"""An account's identity provider: where its people sign in, and whether they still may with a password."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from calltrack.accounts.accounts import BadAccount
from calltrack.accounts.invitations import invited_into
from calltrack.accounts.issuer import LONGEST_URL, ProviderError, check_url
from calltrack.accounts.openid import Client
from calltrack.changes import record
from calltrack.config import Settings
from calltrack.models import Account, Identity, IdentityProvider, Membership, SignIn, User
from calltrack.scope import WHOLE_HOUSE
from calltrack.sealing import SealBroken, seal, unseal

LONGEST_CLIENT, MOST_DOMAINS = 300, 20
_PURPOSE = "identity provider"
_DOMAIN = re.compile(r"(?=.{1,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True)
class Found:
    """A provider to which somebody is sent, and the company whose it is."""

    account_id: int
    company: str


def save_provider(
    session: Session, *, settings: Settings, account: Account, issuer: str, client_id: str, client_secret: str,
    domains: Iterable[str], required: bool, by: str, now: datetime,
) -> IdentityProvider:  # fmt: skip
    """Set, or change, where the account's people sign in; an empty secret keeps the one there is. Raises BadAccount.

    `required` signs out whoever came in with a password, and is taken only once somebody of the account has come in by
    this issuer, or tried it out: else a wrong setting would shut everybody out.
    """
    try:
        issuer = check_url(settings, issuer.strip())
    except ProviderError as error:
        raise BadAccount(str(error)) from None
    if len(issuer) > LONGEST_URL or "?" in issuer or "#" in issuer:
        raise BadAccount(f"an issuer is an address of at most {LONGEST_URL} characters, without ? and #")
    client_id, named = client_id.strip(), _clean_domains(domains)
    if not 0 < len(client_id) <= LONGEST_CLIENT or len(client_secret) > LONGEST_CLIENT:
        raise BadAccount(f"the client's id and secret have 1 to {LONGEST_CLIENT} characters")
    session.get_one(Account, account.id, with_for_update={"key_share": True})
    before = provider_of(session, account_id=account.id)
    if not client_secret and (before is None or before.issuer != issuer):
        raise BadAccount("enter the client's secret; none was entered for this issuer")
    if required and not _was_tried(session, account_id=account.id, issuer=issuer):
        raise BadAccount("try it out first: nobody of the company has come in by this provider yet")
    fields: dict[str, tuple[object, object]] = {
        "issuer": (before and before.issuer, issuer),
        "client_id": (before and before.client_id, client_id),
        "domains": (before and ", ".join(before.domains), ", ".join(named)),
        "required": ("yes" if before and before.required else None, "yes" if required else None),
        "client_secret": (None, "a new one" if client_secret else None),
    }
    provider = before or IdentityProvider(account_id=account.id)
    if client_secret:
        provider.client_secret = seal(settings, client_secret.encode(), purpose=_PURPOSE).decode("ascii")
    provider.issuer, provider.client_id, provider.domains, provider.required = issuer, client_id, named, required
    provider.changed_at, provider.changed_by = now, by
    session.add(provider)
    _record(session, account_id=account.id, fields=fields, by=by)
    session.flush()
    if required:
        _end_password_sign_ins(session, provider=provider)
    return provider


def remove_provider(session: Session, *, account_id: int, by: str) -> None:
    """Have the account's people sign in with passwords alone again; who came in by it is signed out."""
    provider = provider_of(session, account_id=account_id)
    if provider is not None:
        _record(session, account_id=account_id, fields={"issuer": (provider.issuer, None)}, by=by)
        session.delete(provider)
        came = delete(SignIn).where(SignIn.account_id == account_id, SignIn.way == "provider")
        session.execute(came.execution_options(synchronize_session=False))
        session.flush()


def allow_passwords(session: Session, *, account_id: int, by: str) -> bool:
    """Let the account's people sign in with passwords beside the provider; False where they may already."""
    provider = provider_of(session, account_id=account_id)
    if provider is None or not provider.required:
        return False
    provider.required = False
    _record(session, account_id=account_id, fields={"required": ("yes", None)}, by=by)
    session.flush()
    return True


def provider_of(session: Session, *, account_id: int) -> IdentityProvider | None:
    """The account's provider."""
    return session.get(IdentityProvider, account_id)


def is_any(session: Session) -> bool:
    """Whether any account has a provider."""
    return session.scalar(select(IdentityProvider.account_id).limit(1)) is not None


def client_of(settings: Settings, *, provider: IdentityProvider) -> Client:
    """Who we are to the provider. Raises ProviderError where the secret cannot be read any more."""
    try:
        secret = unseal(settings, provider.client_secret.encode("ascii"), purpose=_PURPOSE).decode()
    except SealBroken:
        raise ProviderError(
            "SECRET_KEY is another one than when the client's secret was entered; enter it again"
        ) from None
    return Client(issuer=provider.issuer, client_id=provider.client_id, client_secret=secret)


def find_providers(session: Session, *, email: str, now: datetime) -> list[Found]:
    """Where somebody of that address may sign in: with the provider of each company that has or invites them, if it is
    for their domain. Nobody else is sent anywhere: any company may enter any domain."""
    email, domain = email.strip().lower(), domain_of(email)
    rows = session.execute(
        select(IdentityProvider.account_id, Account.name, IdentityProvider.domains)
        .join(Account, Account.id == IdentityProvider.account_id)
        .order_by(IdentityProvider.account_id)
    )
    fitting = [Found(account_id, name) for account_id, name, domains in rows if domain in domains]
    user_id = select(User.id).where(User.email == email).scalar_subquery()
    own = set(session.scalars(select(Membership.account_id).where(Membership.user_id == user_id)))
    own |= invited_into(session, email=email, now=now)
    return [one for one in fitting if one.account_id in own]


def closed_to_passwords(session: Session, *, user_id: int) -> set[int]:
    """The accounts into which a password does not let this person, because each has its own provider for them."""
    rows = session.execute(
        select(IdentityProvider.account_id, IdentityProvider.domains, User.email)
        .join(Membership, Membership.account_id == IdentityProvider.account_id)
        .join(User, User.id == Membership.user_id)
        .where(User.id == user_id, IdentityProvider.required),
        execution_options=WHOLE_HOUSE,
    )
    return {account_id for account_id, domains, email in rows if domain_of(email) in domains}


def domain_of(email: str) -> str:
    """What stands after the @ of an address."""
    return email.strip().lower().rpartition("@")[2]


def _clean_domains(domains: Iterable[str]) -> list[str]:
    named = sorted({one.strip().lower().removeprefix("@") for one in domains} - {""})
    if not 0 < len(named) <= MOST_DOMAINS:
        raise BadAccount(f"enter 1 to {MOST_DOMAINS} e-mail domains, such as example.com")
    for one in named:
        if not _DOMAIN.fullmatch(one):
            raise BadAccount(f"{one[:80]!r} is no domain; write it like example.com")
    return named


def _was_tried(session: Session, *, account_id: int, issuer: str) -> bool:
    came = (
        select(Identity.user_id)
        .join(Membership, Membership.user_id == Identity.user_id)
        .where(Membership.account_id == account_id, Identity.issuer == issuer)
    )
    return session.scalar(came.limit(1)) is not None


def _end_password_sign_ins(session: Session, *, provider: IdentityProvider) -> None:
    people = session.execute(
        select(User.id, User.email)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.account_id == provider.account_id)
    )
    theirs = [user_id for user_id, email in people if domain_of(email) in provider.domains]
    gone = delete(SignIn).where(
        SignIn.account_id == provider.account_id, SignIn.way != "provider", SignIn.user_id.in_(theirs)
    )
    session.execute(gone.execution_options(synchronize_session=False))


def _record(session: Session, *, account_id: int, fields: dict[str, tuple[object, object]], by: str) -> None:
    record(session, account_id=account_id, noun="identity provider", noun_id=account_id, fields=fields, by=by)
