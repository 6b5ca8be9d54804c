"""No secret and no phone number reaches a line of the log, whichever way it takes."""

import io
import logging
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from gunicorn.config import Config

from calltrack import logs
from calltrack.config import Settings
from calltrack.logs import Discreet, discreet, keep_quiet_about
from calltrack.serve import WebServerLog, options

SETTINGS = Settings(
    _env_file=None, secret_key="hush-hush-secret", twilio_auth_token=("first-carrier-token", "second-carrier-token"),
    signalwire_api_token="PTspacetoken", signalwire_signing_key=("PSKsigning",),
    database_url="postgresql://ana:p%40ssw%C3%B6rd@db/calltrack", redis_url="redis://:redis-word@queue:6379/0",
    smtp_url="smtp://ana:mail-word@mail:587", mail_from="ana@example.com",
)  # fmt: skip
TOKEN = "Zx9_" * 11
SECRETS = {
    "the key of sessions": ("sealed with hush-hush-secret", "hush-hush"),
    "a carrier's token": ("signed by second-carrier-token!", "second-carrier"),
    "an API key": ("the key ct_abcDEF123456789 is unknown", "abcDEF"),
    "a header": ("Authorization: Bearer abc.def.ghi", "abc.def"),
    "headers as Python shows them": ("{'Authorization': 'Basic QUM6dG9rZW4=', 'Accept': '*/*'}", "QUM6"),
    "a cookie": ("Cookie: calltrack_sign_in=sesame; other=1", "sesame"),
    "a password in an address": ("could not reach https://ana:swordfish@calls.example.com/x", "swordfish"),
    "a database's address": ("postgresql://ana:p%40ssw%C3%B6rd@db/calltrack is away", "p%40ss"),
    "a database's password as it is": ("FATAL: 'p@ssw\u00f6rd' is wrong", "p@ss"),
    "a form": ("password=correct+horse&email=ana%40example.com", "correct"),
    "a JSON body": ('{"client_secret": "s3cr3t-value"}', "s3cr3t"),
    "a link to a new password": (f"GET /sign-in/new-password/{TOKEN} failed", TOKEN),
    "an invitation": (f"POST /invitation/{TOKEN}/company failed", TOKEN),
    "what a provider sends back": ("/sign-in/openid/back?code=4%2F0AfJoh&state=xyzzy12345", "4%2F0"),
    "a row that PostgreSQL refused": ("violates x\nDETAIL:  Failing row contains (7, Mia,\nhi).\n[SQL: x]", "Mia"),
    "a row that was copied": ("no integer\nCONTEXT:  COPY calls, line 2: Mia", "Mia"),
    "a phone number": ("+13125550142 called", "312555"),
    "a number in an address": ("GET /calls?caller=%2B13125550142", "312555"),
    "a number as people write it": ("(312) 555-0142 and 312-555-0142", "555"),
}


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    keep_quiet_about(SETTINGS)
    yield
    logs._known.clear()


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What a handler of ours writes."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Discreet("%(levelname)s %(name)s: %(message)s"))
    logger = logging.getLogger("calltrack.tests.logs")
    logger.addHandler(handler)
    yield stream
    logger.removeHandler(handler)


@pytest.mark.parametrize("what", SECRETS)
def test_a_message_holds_no(what: str) -> None:
    text, secret = SECRETS[what]
    assert secret in text
    assert secret not in discreet(text)


@pytest.mark.parametrize("what", SECRETS)
def test_neither_arguments_nor_a_traceback_hold(what: str, written: io.StringIO) -> None:
    text, secret = SECRETS[what]
    try:
        try:
            raise ValueError(text)
        except ValueError as error:
            raise RuntimeError("it failed") from error
    except RuntimeError:
        logging.getLogger("calltrack.tests.logs").exception("could not do %s", text)
    said = written.getvalue()
    assert secret not in said
    assert "Traceback" in said
    assert "ValueError" in said


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22 12:41:03,123 WARNING 12 deliveries wait",
        "call CA00000000000000000000000000000001 of account 7 took 1234567890 ns",
        "2 of 3 steps done; bucket s3://calls/2026/05",
        "sha256 of models 1.2.3-4",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert discreet(text) == text


def test_the_last_two_digits_of_a_number_stay() -> None:
    assert discreet("+13125550142 called") == "...42 called"


def test_what_is_quoted_begins_no_line_of_its_own(written: io.StringIO) -> None:
    logging.getLogger("calltrack.tests.logs").error("the caller's name: %s", "Mia\nERROR calltrack: the disk is full\r")
    assert [line[:1] for line in written.getvalue().splitlines()] == ["E", " "]


def test_the_links_in_printed_mail_work(written: io.StringIO) -> None:
    record = logging.LogRecord("calltrack.mail", 30, "", 0, "e-mail\n\nhttps://x/invitation/%s", (TOKEN,), None)
    assert TOKEN in Discreet("%(message)s").format(record)


def test_the_web_server_lists_no_requests_and_writes_by_our_handler() -> None:
    chosen = Config()
    for name, value in options(SETTINGS, processes=1, threads=1).items():
        chosen.set(name, value)
    log = WebServerLog(chosen)
    assert chosen.accesslog is None
    assert log.error_log.propagate
    assert log.error_log.handlers == []
    assert log.access_log.handlers == []


@pytest.mark.slow
@pytest.mark.enable_socket
def test_a_service_that_is_asked_with_secrets_logs_none(tmp_path: Path) -> None:
    """A served request that fails, with a key, a cookie and a number in it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ, "CALLTRACK_VAR": str(tmp_path / "var"), "PORT": str(port), "SECRET_KEY": "hush-hush-secret",
        "DATABASE_URL": f"sqlite:///{tmp_path}/no-tables.db", "RECORDINGS_URL": str(tmp_path / "recordings"),
    }  # fmt: skip
    log = tmp_path / "log"
    with log.open("w") as file:
        command = [sys.executable, "-m", "calltrack.cli", "--verbose", "serve", "--processes", "1"]
        served = subprocess.Popen(command, env=environment, stdout=file, stderr=file)
    try:
        failed = ask(port, "/api/v1/calls?caller=%2B13125550142", {"Authorization": "Bearer ct_abcDEF123456789"})
        page = ask(port, "/calls/x?password=sesame99", {"Cookie": f"calltrack_sign_in={TOKEN}"})
    finally:
        served.send_signal(signal.SIGTERM)
        served.wait(30)
    assert (failed, page) >= (500, 500)
    said = log.read_text()
    assert "no such table" in said
    for secret in ("abcDEF", "312555", "sesame99", TOKEN, "hush-hush"):
        assert secret not in said, said


def ask(port: int, path: str, headers: dict[str, str]) -> int:
    """The status of the answer, once somebody answers."""
    for patience in range(600, -1, -1):
        try:
            request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
            with urllib.request.urlopen(request, timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            if not patience:
                raise
            time.sleep(0.1)
    raise AssertionError
