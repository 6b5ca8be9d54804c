"""A new password by e-mail: a link that opens once, within an hour, for whoever reads the person's mail."""

import logging
import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import Select, delete, select, update
from sqlalchemy.orm import Session

from calltrack.accounts.accounts import find_user, hash_secret, keep_password
from calltrack.accounts.trail import note_everywhere
from calltrack.config import Settings
from calltrack.db import Database
from calltrack.mail import MailUnavailable, send
from calltrack.models import MailLink, SignIn, User

OPENS_FOR = timedelta(hours=1)
_log = logging.getLogger(__name__)


def mail_reset(database: Database, settings: Settings, *, email: str, where: str, now: datetime) -> bool:
    """Mail a link to whoever is known by that address; False where nobody is, or the mail did not go out.

    `where` is the link's address with {token} in it. What it does takes as long as the mail server does, and tells by
    that who is known: whoever asked must have been answered before.
    """
    with database.write.begin() as session:
        user = find_user(session, email=email)
        if user is None:
            return False
        token = _make_link(session, email=user.email, now=now)
        to, name = user.email, user.name
    text = (
        f"Hello {name},\n\nsomebody, you we hope, asked for a new password for calltrack. Set it here within an hour; "
        f"the link opens once:\n\n{where.format(token=token)}\n\nIf it was not you, you need not do anything: your "
        "password stays as it is.\n"
    )
    return _mail(settings, to=to, subject="A new password for calltrack", text=text)


def find_reset(session: Session, *, token: str, now: datetime) -> User | None:
    """The person whose link that is, as long as it opens."""
    link = session.scalar(_open_link(token=token, now=now))
    return find_user(session, email=link.email) if link else None


def use_reset(session: Session, *, token: str, password_hash: str, now: datetime) -> User | None:
    """Keep the new password, sign the person out everywhere, and have no link of theirs open again; None where the
    link opens no more."""
    # Race: the same link twice at once; the second finds it ended.
    link = session.scalar(_open_link(token=token, now=now).with_for_update())
    user = find_user(session, email=link.email) if link else None
    if user is None:
        return None
    _end_links(session, email=user.email, now=now)
    keep_password(session, user_id=user.id, password_hash=password_hash)
    session.execute(delete(SignIn).where(SignIn.user_id == user.id).execution_options(synchronize_session=False))
    note_everywhere(session, user_id=user.id, who=user.email, deed="changed", route="password", detail="reset by mail")
    return user


def mail_changed(settings: Settings, *, email: str, name: str, now: datetime) -> bool:
    """Tell the person that their password was changed: they alone know whether it was them. Takes its time."""
    text = (
        f"Hello {name},\n\nyour password for calltrack was changed on {now.astimezone(UTC):%d %B %Y at %H:%M} UTC, "
        "and you were signed out everywhere else.\n\nIf it was not you, ask for a new password on the sign-in page at "
        "once, and tell an administrator of your company.\n"
    )
    return _mail(settings, to=email, subject="Your password for calltrack was changed", text=text)


def _make_link(session: Session, *, email: str, now: datetime) -> str:
    """A new link; those that were sent before open no more."""
    _end_links(session, email=email, now=now)
    token = secrets.token_urlsafe(32)
    session.add(
        MailLink(token_hash=hash_secret(token), purpose="reset", email=email, made_at=now, expires_at=now + OPENS_FOR)
    )
    return token


def _end_links(session: Session, *, email: str, now: datetime) -> None:
    session.execute(
        update(MailLink)
        .where(MailLink.purpose == "reset", MailLink.email == email, MailLink.ended_at.is_(None))
        .values(ended_at=now)
        .execution_options(synchronize_session=False)
    )


def _open_link(*, token: str, now: datetime) -> Select[MailLink]:
    return select(MailLink).where(
        MailLink.purpose == "reset",
        MailLink.token_hash == hash_secret(token),
        MailLink.ended_at.is_(None),
        MailLink.expires_at > now,
    )


def _mail(settings: Settings, *, to: str, subject: str, text: str) -> bool:
    try:
        return not send(settings, to=[to], subject=subject, text=text)
    except MailUnavailable as error:
        _log.warning("%s was not mailed: %s", subject, error)
        return False
