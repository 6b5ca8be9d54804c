"""A new password by e-mail."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from calltrack.accounts.accounts import check_password, create_account, create_user
from calltrack.accounts.passwords import hash_choice
from calltrack.accounts.resets import find_reset, mail_changed, mail_reset, use_reset
from calltrack.accounts.sign_in import sign_in, who_is
from calltrack.config import Settings
from calltrack.db import Database
from calltrack.models import AuditEntry, MailLink
from tests.postbox import Postbox, postbox

EMAIL, NEW = "ana@example.com", "four words in a row"
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def ana(on_sqlite: Database) -> str:
    with on_sqlite.write.begin() as session:
        account = create_account(session, name="Ana's Heating", time_zone="UTC")
        user = create_user(session, account=account, email=EMAIL, name="Ana", password="correct horse", role="admin")
        return sign_in(session, user=user) or ""


def ask(database: Database, folder: Path, box: Postbox, *, email: str = EMAIL, now: datetime = NOW) -> str:
    """The token that was mailed; empty where nothing was."""
    settings = Settings(_env_file=None, var=folder, smtp_url=box.url, mail_from="calltrack@example.com")
    sent = mail_reset(database, settings, email=email, where="https://calls.example.com/new/{token}", now=now)
    if not sent:
        return ""
    to, message = box.delivered[-1]
    assert to == [EMAIL]
    found = re.search(r"https://calls.example.com/new/(\S+)", message.get_content())
    assert found
    return found[1]


@pytest.mark.enable_socket
def test_a_mailed_link_opens_once_and_ends_every_sign_in(on_sqlite: Database, tmp_path: Path, ana: str) -> None:
    with postbox() as box:
        token = ask(on_sqlite, tmp_path, box, email=" ANA@example.com ")
    soon = NOW + timedelta(minutes=59)
    with on_sqlite.write.begin() as session:
        assert token not in session.scalars(select(MailLink.token_hash)).one()
        assert find_reset(session, token=token, now=soon)
        assert find_reset(session, token=token[:-1], now=soon) is None
        hashed = hash_choice(NEW, email=EMAIL)
        assert use_reset(session, token=token, password_hash=hashed, now=soon)
        assert use_reset(session, token=token, password_hash=hashed, now=soon) is None
        assert check_password(session, email=EMAIL, password=NEW)
        assert who_is(session, token=ana) is None
        session.flush()
        [entry] = session.scalars(select(AuditEntry))
        assert (entry.who, entry.deed, entry.noun) == (EMAIL, "changed", "person")


@pytest.mark.enable_socket
def test_a_link_opens_for_an_hour_and_until_the_next_is_sent(on_sqlite: Database, tmp_path: Path) -> None:
    with postbox() as box:
        first, second = ask(on_sqlite, tmp_path, box), ask(on_sqlite, tmp_path, box)
    with on_sqlite.read() as session:
        assert find_reset(session, token=first, now=NOW) is None
        assert find_reset(session, token=second, now=NOW + timedelta(minutes=60)) is None
        assert find_reset(session, token=second, now=NOW + timedelta(minutes=59))


@pytest.mark.enable_socket
def test_nobody_else_is_written_to_and_a_mail_server_that_refuses_breaks_nothing(
    on_sqlite: Database, tmp_path: Path
) -> None:
    with postbox() as box:
        assert ask(on_sqlite, tmp_path, box, email="nobody@example.com") == ""
        assert box.delivered == []
        box.refuse["RCPT"] = "550 no"
        assert ask(on_sqlite, tmp_path, box) == ""


@pytest.mark.enable_socket
def test_whoever_has_a_new_password_is_told(tmp_path: Path) -> None:
    with postbox() as box:
        settings = Settings(_env_file=None, var=tmp_path, smtp_url=box.url, mail_from="calltrack@example.com")
        assert mail_changed(settings, email=EMAIL, name="Ana", now=NOW)
    [(to, message)] = box.delivered
    assert to == [EMAIL]
    assert "04 May 2026 at 12:00 UTC" in message.get_content()
