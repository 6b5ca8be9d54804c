"""Everything under one parent: the embedded queue, web, worker and, for the demo, a carrier on this desk."""

import logging
import os
import signal
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

import click
from sqlalchemy.orm import Session

from calltrack.accounts.accounts import BadAccount, create_account, create_user, find_account
from calltrack.accounts.keys import create_key, find_key
from calltrack.children import Child, command, do_apart, end, fork, watch
from calltrack.config import LOG_MAIL, BadSetting, Settings, keep_secret, read_settings
from calltrack.db import Database
from calltrack.embedded import queue_answers
from calltrack.parent import LISTENER, PARENT, follow_parent
from calltrack.telephony.routing import save_snapshot

DEMO_ACCOUNT = "demo"
_DEMO_CARRIER_ACCOUNT = "ACdeadbeefdeadbeefdeadbeefdeadbeef"
_DEMO_PEOPLE = (
    ("ana@example.com", "Ana", "manager", "reviews calls, corrects labels, links jobs"),
    ("ben@example.com", "Ben", "coach", "listens, tags, corrects labels"),
    ("cho@example.com", "Cho", "csr", "answers the phone, books jobs"),
    ("owner@example.com", "Olga", "admin", "may do everything"),
    ("guest@example.com", "Gus", "read-only", "looks at figures"),
)
_START_SECONDS = 60.0


def run(settings: Settings, *, demo: bool) -> int:
    """Run until Ctrl-C or SIGTERM; returns the exit code. A child that dies later on is started again."""
    listener = _listen(settings)
    environment = {PARENT: str(os.getpid()), LISTENER: str(listener.fileno())}
    if demo:
        environment |= _demo_environment(settings)
    if code := do_apart(lambda: _prepare(settings, demo=demo)):
        return code
    os.environ.update(environment)  # the web process is forked from this one
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    needs_queue = not settings.redis_url and not queue_answers(settings)
    children = [_command("queue")] if needs_queue else []
    children.append(Child("serve", fork(_web())))
    try:
        for child in children:
            child.start()
        if not _wait_until_served(settings, children, stop):
            return 0 if stop.is_set() else _say_why(children)
        _greet(settings, demo=demo)
        # Only now: pages are there sooner when nobody else wants the processor.
        later = [_command(name) for name in (["worker", "demo"] if demo else ["worker"])]
        children += later
        for child in later:
            child.start()
        watch(children, stop=stop)
        return 0
    finally:
        end(children)


def _prepare(settings: Settings, *, demo: bool) -> None:
    """The database as this version needs it, the snapshot, and for the demo its account and people.

    Done apart: what only this loads would be in the memory of every web process.
    """
    from calltrack.migrations.upgrade import upgrade

    database = Database(settings.database)
    upgrade(database)
    with database.read() as session:
        save_snapshot(session, path=settings.routing_snapshot)
    if demo:
        _prepare_demo(database, settings)


def _command(name: str) -> Child:
    return Child(name, command(name, environment=os.environ))


def _web() -> Callable[[], None]:
    """The web process, loaded here once and for all: one that dies is followed by another in a tenth of a second."""
    from calltrack.serve import load, serve

    settings = read_settings()
    app = load(settings)

    def work() -> None:
        follow_parent()
        serve(settings, app=app)

    return work


def play_carrier(settings: Settings, *, pace: float) -> None:
    """Be the carrier for a service that runs: seed the demo business and place calls until a signal says stop."""
    from calltrack.demo.coaching import coach_calls
    from calltrack.demo.run import run_demo
    from calltrack.migrations.upgrade import upgrade

    address = urlsplit(settings.twilio_api_url)
    if address.hostname not in ("localhost", "127.0.0.1") or not settings.twilio_auth_token:
        raise BadSetting(
            "the demo carrier plays Twilio at TWILIO_API_URL, which must then be an address of this machine such as "
            "http://127.0.0.1:8001, with TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN set alike for the service and the "
            "demo; `calltrack run --demo` sets all of them"
        )
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    database = Database(settings.database)
    upgrade(database)
    key = _prepare_demo(database, settings)

    def coach() -> None:
        with database.write.begin() as session:
            coach_calls(session, account=find_account(session, name=DEMO_ACCOUNT), now=datetime.now(UTC))

    logging.getLogger("calltrack.demo").setLevel(logging.INFO)
    run_demo(
        public_url=settings.base_url,
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token[0],
        api_key=key,
        listen_host="127.0.0.1",
        listen_port=address.port or 80,
        data_folder=settings.var / "demo",
        stop=stop,
        pace=pace or None,
        coach=coach,
    )
    database.dispose()


def _listen(settings: Settings) -> socket.socket:
    """Hold the port for as long as we live: while the web process is started anew, callers wait in its queue of
    connections for a second or two instead of being refused."""
    try:
        return socket.create_server(("", settings.port), backlog=2048)
    except OSError:
        raise BadSetting(
            f"port {settings.port} is taken; set PORT to another one, or stop what listens there"
        ) from None


def _demo_environment(settings: Settings) -> dict[str, str]:
    """Settings that stand in for a Twilio account, where the environment names none."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return {
        "TWILIO_ACCOUNT_SID": settings.twilio_account_sid or _DEMO_CARRIER_ACCOUNT,
        "TWILIO_AUTH_TOKEN": ",".join(settings.twilio_auth_token)
        or keep_secret(path=settings.var / "demo" / "auth_token"),
        "TWILIO_API_URL": os.environ.get("TWILIO_API_URL") or f"http://127.0.0.1:{port}",
        "SMTP_URL": settings.smtp_url or LOG_MAIL,
    }


def _prepare_demo(database: Database, settings: Settings) -> str:
    """The demo account and its people, made once; returns an admin's API key for the demo carrier."""
    password = _demo_password(settings)
    key_file = settings.var / "demo" / "api_key"
    with database.write.begin() as session:
        try:
            account = find_account(session, name=DEMO_ACCOUNT)
        except BadAccount:
            account = create_account(session, name=DEMO_ACCOUNT, time_zone="America/Chicago")
        for email, name, role, _ in _DEMO_PEOPLE:
            create_user(session, account=account, email=email, name=name, password=password, role=role)
        key = key_file.read_text(encoding="ascii") if key_file.exists() else ""
        if not key or not _is_key(session, key):
            key = create_key(session, account=account, role="admin", name="demo carrier")
            key_file.touch(mode=0o600)
            key_file.write_text(key, encoding="ascii")
    return key


def _is_key(session: Session, key: str) -> bool:
    return find_key(session, key=key, now=datetime.now(UTC)) is not None


def _demo_password(settings: Settings) -> str:
    """Not the same on every machine: a demo may well be reachable from outside."""
    return keep_secret(path=settings.var / "demo" / "password")[:10]


def _wait_until_served(settings: Settings, children: list[Child], stop: threading.Event) -> bool:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and all(child.process.poll() is None for child in children):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{settings.port}/healthz", timeout=2):
                if settings.redis_url or queue_answers(settings):
                    return True
        except (urllib.error.URLError, OSError):
            pass
        if stop.wait(0.1):
            return False
    return False


def _greet(settings: Settings, *, demo: bool) -> None:
    click.echo(f"\ncalltrack is at http://localhost:{settings.port}\n")
    if demo:
        click.echo(f"Sign in to the demo account with the password  {_demo_password(settings)}  as")
        for email, _, role, does in _DEMO_PEOPLE:
            click.echo(f"  {email:<18} {role:<10} {does}")
        click.echo("\nCalls arrive by themselves, the first one now. Ctrl-C stops everything; the data stay.\n")


def _say_why(children: list[Child]) -> int:
    """What did not start; it has said why itself."""
    dead = [child for child in children if child.process.poll() is not None]
    what = " and ".join(child.name for child in dead) or "the web process"
    click.echo(f"calltrack could not start: {what} did not come up.", err=True)
    return next((child.process.returncode for child in dead if child.process.returncode), 1)
