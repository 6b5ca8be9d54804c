"""The commands about companies, their people and their programs' keys.

Each is given `write` by the command line: it does one thing in a transaction and answers what that returns; a
ValueError ends the command with its sentence.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

Write = Callable[[Callable[["Session"], Any]], Any]
BY = "the command line"
_ROLES = "admin, manager, coach, csr, sales or read-only."
_account_option = click.option("--account", "account_name", help="The account's name; needed when there are several.")


@click.group()
def account() -> None:
    """Companies."""


@account.command("create")
@click.argument("name")
@click.option("--timezone", "time_zone", required=True, help="Its time zone, such as America/Chicago.")
@click.option("--carrier", default="twilio", show_default=True, help="Where its numbers are: twilio or signalwire.")
@click.pass_obj
def account_create(write: Write, *, name: str, time_zone: str, carrier: str) -> None:
    """Create a company."""
    from calltrack.accounts.accounts import create_account

    write(lambda session: create_account(session, name=name, time_zone=time_zone, carrier=carrier))
    click.echo(f"Account {name!r} is there.", err=True)


@account.command("allow-passwords")
@click.argument("name")
@click.pass_obj
def account_allow_passwords(write: Write, *, name: str) -> None:
    """Let a company's people sign in with passwords again, when its identity provider shuts everybody out."""
    from calltrack.accounts.accounts import find_account
    from calltrack.accounts.providers import allow_passwords

    def allow(session: "Session") -> bool:
        return allow_passwords(session, account_id=find_account(session, name=name).id, by=BY)

    changed = write(allow)
    click.echo("Passwords sign in again." if changed else "Passwords were never shut out.", err=True)


@click.group()
def user() -> None:
    """People."""


@user.command("create")
@click.argument("email")
@_account_option
@click.option("--role", required=True, help=_ROLES)
@click.option("--name", default="", help="How they are called.")
@click.option("--password", help="Asked for when left out; who is known already keeps theirs.")
@click.pass_obj
def user_create(
    write: Write, *, email: str, account_name: str | None, role: str, name: str, password: str | None
) -> None:
    """Create a person, or give one who is known a role in another account."""
    from calltrack.accounts.accounts import create_user, find_account, find_user

    def create(session: "Session") -> None:
        account = find_account(session, name=account_name)
        known = find_user(session, email=email)
        if known and password:
            raise ValueError(f"{email} is known already; `calltrack user password` changes their password")
        secret = "" if known else password or _ask_password()
        create_user(session, account=account, email=email, name=name, password=secret, role=role)

    write(create)
    click.echo(f"{email} may sign in.", err=True)


@user.command("list")
@_account_option
@click.pass_obj
def user_list(write: Write, *, account_name: str | None) -> None:
    """Print an account's people, a line each: address, role, name, limits, second factor, last seen."""
    from calltrack.accounts.accounts import find_account
    from calltrack.accounts.limits import limits_words
    from calltrack.accounts.people import list_members

    def read(session: "Session") -> Any:
        return list_members(session, account_id=find_account(session, name=account_name).id)

    for one in write(read):
        factor = "second factor" if one.second_factor else "no second factor"
        seen = f"seen {_moment(one.seen_at)}" if one.seen_at else "not signed in"
        click.echo("\t".join((one.email, one.role, one.name, limits_words(one.campaign_ids), factor, seen)))


@user.command("remove")
@click.argument("email")
@_account_option
@click.pass_obj
def user_remove(write: Write, *, email: str, account_name: str | None) -> None:
    """Take a person out of an account, and end their sign-ins there; the last administrator stays."""
    from calltrack.accounts.accounts import find_account, find_user
    from calltrack.accounts.people import remove_member

    def remove(session: "Session") -> None:
        account = find_account(session, name=account_name)
        known = find_user(session, email=email)
        if known is None or not remove_member(session, account=account, user_id=known.id, by=BY):
            raise ValueError(f"{account.name} has nobody with the address {email}")

    write(remove)
    click.echo(f"{email} was removed.", err=True)


@user.command("password")
@click.argument("email")
@click.option("--password", help="Asked for when left out.")
@click.pass_obj
def user_password(write: Write, *, email: str, password: str | None) -> None:
    """Give a person a new password, and end their sign-ins everywhere."""
    from calltrack.accounts.accounts import set_password

    secret = password or _ask_password()
    write(lambda session: set_password(session, email=email, password=secret))
    click.echo(f"{email} has a new password.", err=True)


@user.command("reset-factor")
@click.argument("email")
@click.pass_obj
def user_reset_factor(write: Write, *, email: str) -> None:
    """Take a person's second factor away, when the phone and the recovery codes are lost."""
    from calltrack.accounts.accounts import find_user
    from calltrack.accounts.second_factor import reset

    def take_away(session: "Session") -> None:
        known = find_user(session, email=email)
        if known is None:
            raise ValueError(f"nobody is known as {email}")
        reset(session, user_id=known.id)

    write(take_away)
    click.echo(f"{email} signs in with the password alone, and was signed out everywhere.", err=True)


@click.group()
def key() -> None:
    """API keys for programs."""


@key.command("create")
@_account_option
@click.option("--role", required=True, help=_ROLES)
@click.option("--name", default="", help="What it is for.")
@click.option("--expires-days", type=click.IntRange(1, 3650), help="After how many days it opens nothing any more.")
@click.pass_obj
def key_create(write: Write, *, account_name: str | None, role: str, name: str, expires_days: int | None) -> None:
    """Create an API key and print it: this is the only time that it is shown."""
    from calltrack.accounts.accounts import find_account
    from calltrack.accounts.keys import create_key

    expires_at = datetime.now(UTC) + timedelta(days=expires_days) if expires_days else None

    def create(session: "Session") -> str:
        account = find_account(session, name=account_name)
        return create_key(session, account=account, role=role, name=name, by=BY, expires_at=expires_at)

    click.echo(write(create))


@key.command("list")
@_account_option
@click.pass_obj
def key_list(write: Write, *, account_name: str | None) -> None:
    """Print an account's keys, a line each: id, beginning, role, name, last used, expires."""
    from calltrack.accounts.accounts import find_account
    from calltrack.accounts.keys import list_keys

    def read(session: "Session") -> Any:
        return list_keys(session, account_id=find_account(session, name=account_name).id)

    for one in write(read):
        used = f"used {_moment(one.used_at)}" if one.used_at else "never used"
        ends = f"expires {_moment(one.expires_at)}" if one.expires_at else "does not expire"
        click.echo("\t".join((str(one.id), one.begins, one.role, one.name, used, ends)))


@key.command("revoke")
@click.argument("key_id", metavar="ID", type=click.IntRange(1, 2**31 - 1))
@_account_option
@click.pass_obj
def key_revoke(write: Write, *, key_id: int, account_name: str | None) -> None:
    """Let a key open nothing from here on; `key list` tells its id."""
    from calltrack.accounts.accounts import find_account
    from calltrack.accounts.keys import key_of, revoke_key

    def revoke(session: "Session") -> None:
        account = find_account(session, name=account_name)
        found = key_of(session, account_id=account.id, key_id=key_id)
        if found is None:
            raise ValueError(f"{account.name} has no key {key_id}")
        revoke_key(session, key=found, by=BY, now=datetime.now(UTC))

    write(revoke)
    click.echo(f"Key {key_id} is revoked.", err=True)


def _ask_password() -> str:
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="minutes")
