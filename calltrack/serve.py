"""The web process: gunicorn with threads; in the background it replays its spool and renews the routing snapshot."""

import gc
import logging
import os
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from calltrack.config import Settings
from calltrack.db import AWAY
from calltrack.ground import Ground
from calltrack.logs import keep_quiet_about
from calltrack.parent import LISTENER

# Every so often what is spooled is looked for; numbers, flows and sounds are copied when they change, and anyway.
TEND_SECONDS, COPY_SECONDS = 2.0, 30.0
_log = logging.getLogger(__name__)


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn, configured by us instead of by a file."""

    def __init__(self, make_app: Callable[[], Flask], options: Mapping[str, Any]) -> None:
        self._make_app, self._options = make_app, options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._make_app()


class WebServerLog(Logger):  # type: ignore[misc]  # as above
    """gunicorn's log in ours, discreet as that is. It lists no requests: who asked for what is personal."""

    def setup(self, cfg: Any) -> None:
        """Let what gunicorn says come by our handler."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


def _start_tending(worker: Any) -> None:
    threading.Thread(target=_tend, args=(worker.wsgi,), name="tend", daemon=True).start()


def load(settings: Settings) -> Flask:
    """Load the application, before those who serve it are forked: no connection is open yet."""
    keep_quiet_about(settings)
    folder = _metrics_folder(settings)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)  # read once, when prometheus_client is imported
    from calltrack import create_app

    return create_app(settings)


def serve(settings: Settings, *, app: Flask | None = None, processes: int = 2, threads: int = 8) -> None:
    """Serve until a signal ends it. Any Host is answered, over plain HTTP: TLS is the proxy's."""
    Server(lambda: app or load(settings), options(settings, processes=processes, threads=threads)).run()


def options(settings: Settings, *, processes: int, threads: int, tended: bool = True) -> dict[str, Any]:
    """How gunicorn serves an application; `tended`: one of ours, whose spool and snapshot are looked after."""
    chosen: dict[str, Any] = {
        "bind": _address(settings),
        "workers": processes,
        "worker_class": "gthread",
        "threads": threads,
        "timeout": 60,
        "graceful_timeout": 10,
        "keepalive": 5,
        "loglevel": "warning",
        "logger_class": WebServerLog,
        "preload_app": True,  # loaded once, before forking; no connection is open yet
        "when_ready": _freeze,
        "proc_name": "calltrack",
    }
    return chosen | {"post_worker_init": _start_tending} if tended else chosen


def _address(settings: Settings) -> str:
    """The socket that a parent holds for us, else a port of our own. (gunicorn itself knows systemd's sockets.)"""
    held = os.environ.get(LISTENER)
    return f"fd://{held}" if held else f"0.0.0.0:{settings.port}"


def _freeze(_server: Any) -> None:
    """What is loaded before forking stays: looking through it for garbage took 150 ms out of every fortieth request."""
    gc.collect()
    gc.freeze()


def _metrics_folder(settings: Settings) -> Path:
    """Where this server's processes add up their counters; those of servers that are gone are removed."""
    root = settings.var.resolve() / "metrics"
    for other in root.glob("[0-9]*"):
        if not Path(f"/proc/{other.name}").exists():
            shutil.rmtree(other, ignore_errors=True)
    folder = root / str(os.getpid())
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _tend(app: Flask) -> None:
    """Be ready for the database's next absence, and make good the last one as soon as it is back."""
    from calltrack.telephony.changed import changed
    from calltrack.telephony.routing import save_snapshot
    from calltrack.telephony.sounds import keep_copies
    from calltrack.webhooks.replay import replay_spool

    house: Ground = app.extensions["calltrack"]
    copies_due = 0.0
    while True:
        try:
            replay_spool(house)
            if changed.is_set() or time.monotonic() >= copies_due:
                changed.clear()
                copies_due = 0.0  # until it is done
                with house.database.read() as session:
                    save_snapshot(session, path=house.settings.routing_snapshot)
                    keep_copies(session, storage=house.storage, folder=house.settings.sounds)
                copies_due = time.monotonic() + COPY_SECONDS
        except AWAY:
            _log.warning("the database is away; deliveries wait in the spool")
        except Exception:  # noqa: BLE001 - whatever it is, the next round tries again
            _log.exception("the spool could not be replayed, or the routing not be saved")
        changed.wait(TEND_SECONDS)
