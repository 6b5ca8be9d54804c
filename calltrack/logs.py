"""The log: set up in one place, which keeps secrets and phone numbers out of every line, tracebacks included."""

import logging
import re
import sys
import threading
from collections.abc import Iterator
from types import TracebackType
from urllib.parse import quote, unquote, urlsplit

from calltrack.config import Settings

SECRET = "[secret]"  # noqa: S105 - what stands in a secret's place
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
# E-mail that is printed instead of sent (SMTP_URL=log:) is for whoever reads this log: the links in it have to work.
_PRINTED_MAIL = "calltrack.mail"
_SHORTEST = 6  # characters; a shorter secret would take ordinary words out of the log

_HEADERS = re.compile(
    r"(?i)\b((?:proxy-)?authorization|(?:set-)?cookie|x-(?:twilio|signalwire)-signature)(\\?[\"']?\s*[:=,]\s*\\?[\"']?)"
    r"[^\r\n\"']+"
)
_CREDENTIALS = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}")
_IN_ADDRESS = re.compile(r"(://[^\s/:@]*):[^\s/@]+@")
_NAMED = re.compile(
    r"(?i)((?:\b|_)(?:password|secret|token|api_?key)|[?&](?:code|state))(\\?[\"']?\s*[=:]\s*\\?[\"']?)"
    r"(?!None\b|null\b|True\b|False\b)[^\s\"'&,;)\]}]{4,}"
)
_OUR_KEY = re.compile(r"\bct_[A-Za-z0-9_-]{8,}")
_TOKEN_IN_PATH = re.compile(r"/[A-Za-z0-9_-]{40,}(?![A-Za-z0-9_.-])")
_PHONE = re.compile(
    r"(?:(?<![\w+])\+|%2[bB])[1-9][0-9]{4,12}([0-9]{2})(?![0-9])"  # +13125550142, and as it stands in an address
    r"|(?<![\w.-])\(?[2-9][0-9]{2}\)?[ .-][2-9][0-9]{2}[ .-][0-9]{2}([0-9]{2})(?![\w-])"  # (312) 555-0142
)
# PostgreSQL quotes the row that it refuses: a caller's name, what was said.
_QUOTED_ROW = re.compile(
    r"(?s)\b(DETAIL|CONTEXT):.*?(?=\n(?:HINT|CONTEXT|\[SQL|\(Background|Traceback|The above)|\n\n|\Z)"
)
_known: set[str] = set()


def set_up(*, verbose: bool = False) -> None:
    """Log to standard error from now on; what nobody caught is logged too, and like all else without secrets."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Discreet(_FORMAT))
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, handlers=[handler])
    logging.captureWarnings(capture=True)
    # Libraries that would tell of each address they ask, or of a queue that is away, which is said once, by us.
    logging.getLogger("urllib3").setLevel(logging.WARNING)
    logging.getLogger("rq.worker").setLevel(logging.CRITICAL)
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_uncaught_in_thread


def keep_quiet_about(settings: Settings) -> None:
    """Whatever these settings hold that is secret is in no line from now on."""
    for secret in _secrets_of(settings):
        if len(secret) >= _SHORTEST:
            _known.update({secret, quote(secret, safe=""), unquote(secret), repr(secret)[1:-1]})


def discreet(text: str, *, links: bool = False) -> str:
    """`text` without secrets, and of phone numbers the last two digits only. `links`: tokens in addresses stay."""
    for secret in sorted(_known, key=len, reverse=True):
        text = text.replace(secret, SECRET)
    text = _QUOTED_ROW.sub(r"\1: [left out]", text)
    text = _HEADERS.sub(rf"\1\2{SECRET}", text)
    text = _CREDENTIALS.sub(rf"\1 {SECRET}", text)
    text = _IN_ADDRESS.sub(rf"\1:{SECRET}@", text)
    text = _OUR_KEY.sub(f"ct_{SECRET}", text)
    if not links:
        text = _NAMED.sub(rf"\1\2{SECRET}", text)
        text = _TOKEN_IN_PATH.sub("/[token]", text)
    return _PHONE.sub(lambda found: f"...{found[1] or found[2]}", text)


class Discreet(logging.Formatter):
    """A line of the log; what it quotes can begin no line that looks like another entry."""

    def format(self, record: logging.LogRecord) -> str:
        """The whole entry, made discreet when all of it is there: message, arguments and traceback."""
        said = discreet(super().format(record), links=record.name == _PRINTED_MAIL)
        return said.replace("\r", "\\r").replace("\n", "\n  ")


def _secrets_of(settings: Settings) -> Iterator[str]:
    yield from (settings.secret_key, settings.signalwire_api_token, settings.session_secret)
    yield from (*settings.twilio_auth_token, *settings.signalwire_signing_key)
    for url in (settings.database, settings.redis_url, settings.smtp_url):
        yield urlsplit(url).password or ""


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        logging.getLogger("calltrack").critical("nobody caught this", exc_info=(kind, error, trace))


def _log_uncaught_in_thread(uncaught: threading.ExceptHookArgs) -> None:
    if uncaught.exc_value is not None and not issubclass(uncaught.exc_type, SystemExit):
        where = uncaught.thread.name if uncaught.thread else "a thread"
        logging.getLogger("calltrack").critical(
            "nobody caught this in %s", where, exc_info=(uncaught.exc_type, uncaught.exc_value, uncaught.exc_traceback)
        )
