"""Real servers for tests: the machine's own programs, each started in a folder and on a port of its own.

Nothing here skips or knows pytest: `find_*` answer None where a program is missing, and conftest.py says so loudly.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from sqlalchemy import NullPool, create_engine, make_url, text

POSTGRES_SETTINGS = {
    "fsync": "off",  # the data live as long as the test run
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "200",
    "listen_addresses": "127.0.0.1",
}


def find_postgres() -> Path | None:
    """The folder of the newest PostgreSQL server's programs; Debian keeps them off the PATH."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    on_path = [Path(program).resolve().parent for program in [shutil.which("initdb")] if program]
    return next((folder for folder in [*reversed(debian), *on_path] if (folder / "initdb").exists()), None)


def find_redis() -> Path | None:
    return _first_on_path("redis-server", "valkey-server")


def find_chromium() -> Path | None:
    return _first_on_path("chromium", "chromium-browser", "google-chrome")


@contextmanager
def postgres_server(*, programs: Path, durable: bool = False) -> Iterator[str]:
    """A new cluster on a free loopback port; yields a URL whose user may create databases.

    `durable`: every commit waits for the disk, as it does for those who rely on it.

    Raises RuntimeError with the server's own log when it does not start.
    """
    owner = unprivileged_user()
    with tempfile.TemporaryDirectory(prefix="calltrack-postgres-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if owner:
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        data, log = folder / "data", folder / "log"
        port = _free_port()
        unsafe = {"fsync", "full_page_writes", "synchronous_commit"} if durable else set()
        chosen = {key: value for key, value in POSTGRES_SETTINGS.items() if key not in unsafe}
        settings = {**chosen, "port": str(port), "unix_socket_directories": str(folder)}
        options = " ".join(f"-c {key}={value}" for key, value in settings.items())

        def call(program: str, *arguments: str) -> None:
            run_as([programs / program, "-D", data, *arguments], folder=folder, owner=owner)

        call("initdb", "--username=calltrack", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
        try:
            call("pg_ctl", "start", "--wait", f"--log={log}", f"--options={options}")
        except RuntimeError as error:
            raise RuntimeError(f"{error}\n{log.read_text() if log.exists() else ''}") from error
        try:
            yield f"postgresql://calltrack@127.0.0.1:{port}/postgres"
        finally:
            call("pg_ctl", "stop", "--wait", "--mode=immediate")


@contextmanager
def postgres_database_of(server_url: str, *, template: str) -> Iterator[str]:
    """A new database copied from `template`; yields its URL and drops it afterwards, whoever is still connected."""
    name = f"calltrack_test_{uuid4().hex}"
    engine = create_engine(server_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    try:
        yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@contextmanager
def redis_server(*, program: Path) -> Iterator[str]:
    """A Redis that keeps nothing on disk, on a free loopback port; yields its URL.

    Raises RuntimeError with the server's own log when it does not start.
    """
    with tempfile.TemporaryDirectory(prefix="calltrack-redis-") as folder:
        port = _free_port()
        settings = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no", "--dir", folder]
        server = subprocess.Popen([program, *settings], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert server.stdout
        try:
            log = ""
            for line in server.stdout:
                log += line
                if "eady to accept connections" in line:
                    break
            else:
                raise RuntimeError(f"{program} did not start:\n{log}")
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            server.kill()
            server.wait()
            server.stdout.close()


def _first_on_path(*names: str) -> Path | None:
    return next((Path(found) for found in map(shutil.which, names) if found), None)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def unprivileged_user() -> pwd.struct_passwd | None:
    """Who PostgreSQL runs as: it refuses root. None: whoever runs the tests."""
    if os.geteuid() != 0:
        return None
    known = {user.pw_name: user for user in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]


def run_as(command: list[str | Path], *, folder: Path, owner: pwd.struct_passwd | None) -> None:
    done = subprocess.run(
        command,
        cwd=folder,  # the user may not enter the folder the tests are run from
        user=owner.pw_uid if owner else None,
        group=owner.pw_gid if owner else None,
        extra_groups=() if owner else None,
        stdin=subprocess.DEVNULL,
        # A pipe would stay open in the server that pg_ctl leaves behind, and reading it would never end.
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed with status {done.returncode}")
