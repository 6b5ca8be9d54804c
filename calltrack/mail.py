"""E-mail by the mail server that SMTP_URL names: one message, sent now or refused with one clear error."""

import logging
import re
import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, localtime, make_msgid, parseaddr
from urllib.parse import unquote, urlsplit

from calltrack.config import LOG_MAIL, Settings

SECONDS = 10.0  # that the mail server may take for each answer
LONGEST_ADDRESS = 320
_NOBODY = "calltrack@localhost"
# What a server and a header both take without quoting; an international domain is written as xn--...
_WORD, _LABEL = r"[\w!#$%&'*+/=?^`{|}~-]+", r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_ADDRESS = re.compile(rf"{_WORD}(?:\.{_WORD})*@{_LABEL}(?:\.{_LABEL})*", re.ASCII | re.IGNORECASE)
_log = logging.getLogger(__name__)


class MailUnavailable(Exception):
    """An e-mail that was not sent; `permanent`: trying again cannot help before somebody changes something."""

    def __init__(self, message: str, *, permanent: bool) -> None:
        super().__init__(message)
        self.permanent = permanent


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a message."""

    name: str
    media_type: str
    content: bytes


def is_address(text: str) -> bool:
    """True for one plain e-mail address of ASCII characters."""
    return len(text) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(text) is not None


def can_send(settings: Settings) -> bool:
    """Whether e-mail goes anywhere at all, be it to the log."""
    return bool(settings.smtp_url)


def send(
    settings: Settings,
    *,
    to: Sequence[str],
    subject: str,
    text: str,
    html: str | None = None,
    attachments: Sequence[Attachment] = (),
) -> list[str]:
    """Send one message to all of `to`; returns those whom the mail server refused, while it took the others.

    Raises MailUnavailable when nobody gets it. Whoever calls holds no transaction: a server may take its time.
    """
    if not settings.smtp_url:
        raise MailUnavailable("no mail server is set; see SMTP_URL in the documentation of settings", permanent=True)
    message = _compose(settings, to=to, subject=subject, text=text, html=html, attachments=attachments)
    if settings.smtp_url == LOG_MAIL:
        files = ", ".join(f"{one.name} ({len(one.content):,} bytes)" for one in attachments) or "none"
        _log.warning("e-mail to %s\nSubject: %s\nAttached: %s\n\n%s", ", ".join(to), message["Subject"], files, text)
        return []
    with _errors_in_plain_words(), _connect(settings.smtp_url) as server:
        return sorted(server.send_message(message, to_addrs=list(to)))


def _compose(
    settings: Settings, *, to: Sequence[str], subject: str, text: str, html: str | None,
    attachments: Sequence[Attachment],
) -> EmailMessage:  # fmt: skip
    name, sender = parseaddr(settings.mail_from or _NOBODY)
    for address in (sender, *to):
        if not is_address(address):
            raise MailUnavailable(f"{address!r} is no e-mail address", permanent=True)
    if not to:
        raise MailUnavailable("there is nobody to send it to", permanent=True)
    message = EmailMessage()
    message["From"] = Address(name, addr_spec=sender)
    message["To"] = ", ".join(to)
    message["Subject"] = " ".join(subject.split())  # a campaign's name may hold a line end; a header never does
    message["Date"] = format_datetime(localtime())
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"  # so that nobody's holiday answers
    message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html")
    for one in attachments:
        kind, _, subtype = one.media_type.partition(";")[0].partition("/")
        message.add_attachment(one.content, maintype=kind, subtype=subtype, filename=one.name)
    return message


@contextmanager
def _connect(url: str) -> Iterator[smtplib.SMTP]:
    """A session with the mail server, encrypted and signed in as the address says."""
    at = urlsplit(url)
    host = at.hostname or ""
    context = ssl.create_default_context()
    if at.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, at.port or 465, timeout=SECONDS, context=context)
    else:
        server = smtplib.SMTP(host, at.port or 25, timeout=SECONDS)
    try:
        server.ehlo()
        local = host in ("localhost", "127.0.0.1", "::1")
        if at.scheme == "smtp" and not local and server.has_extn("starttls"):
            server.starttls(context=context)
            server.ehlo()
        elif at.scheme == "smtp" and not local and at.username:
            raise MailUnavailable(
                f"the mail server {host} offers no STARTTLS, and a password is not sent in the clear; try smtps://",
                permanent=True,
            )
        if at.username:
            server.login(unquote(at.username), unquote(at.password or ""))
        yield server
    finally:
        with suppress(smtplib.SMTPException, OSError):  # what was taken is taken, however badly they say goodbye
            server.quit()
        server.close()


@contextmanager
def _errors_in_plain_words() -> Iterator[None]:
    """Whatever goes wrong on the way, as MailUnavailable; the server's own words, but never what we sent it."""
    try:
        yield
    except smtplib.SMTPAuthenticationError as error:
        raise MailUnavailable(
            f"the mail server refused the user name or the password ({error.smtp_code})", permanent=True
        ) from None
    except smtplib.SMTPRecipientsRefused as refused:
        code, words = next(iter(refused.recipients.values()))
        names = ", ".join(refused.recipients)
        raise MailUnavailable(
            f"the mail server refused {names}: {_words(code, words)}",
            permanent=all(code >= 500 for code, _ in refused.recipients.values()),
        ) from None
    except smtplib.SMTPResponseException as error:
        raise MailUnavailable(
            f"the mail server refused the message: {_words(error.smtp_code, error.smtp_error)}",
            permanent=error.smtp_code >= 500,
        ) from None
    except smtplib.SMTPNotSupportedError as error:
        raise MailUnavailable(f"the mail server cannot do what is needed: {error}", permanent=True) from None
    except ssl.SSLCertVerificationError as error:
        raise MailUnavailable(f"the mail server's certificate is not to be trusted: {error.verify_message}",
                              permanent=True) from None  # fmt: skip
    except (smtplib.SMTPException, OSError, UnicodeError) as error:
        raise MailUnavailable(
            f"the mail server could not be reached ({type(error).__name__})", permanent=False
        ) from None


def _words(code: int, said: bytes | str) -> str:
    text = said.decode("ascii", "replace") if isinstance(said, bytes) else said
    return f"{code} {' '.join(text.split())[:200]}"
