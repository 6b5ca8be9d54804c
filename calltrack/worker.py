"""The worker process: sweeps the table every two seconds, and at once when the queue wakes it."""

import logging
import signal
import threading

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.timeouts import TimerDeathPenalty

from calltrack import pipeline, queue
from calltrack.config import Settings
from calltrack.db import Database
from calltrack.storage import open_storage

SWEEP_SECONDS = 2.0
_log = logging.getLogger(__name__)


class _Worker(SimpleWorker):
    """RQ's worker in a thread: without signals of its own."""

    death_penalty_class = TimerDeathPenalty

    def _install_signal_handlers(self) -> None:
        return


def work(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT; the step under way is finished first."""
    stop = threading.Event()
    workshop = pipeline.Workshop(Database(settings.database), settings, open_storage(settings.recordings_url))
    pipeline.open_workshop(workshop)
    queue.attach(url=settings.queue_url)
    sweeper = threading.Thread(target=_sweep, args=(stop,), name="sweeper")
    listener = threading.Thread(target=_listen, args=(settings, stop), name="listener", daemon=True)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    sweeper.start()
    listener.start()
    _log.info("worker: sweeping every %.0f s", SWEEP_SECONDS)
    stop.wait()
    pipeline.close_workshop()
    sweeper.join()
    workshop.database.dispose()


def _sweep(stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            pipeline.sweep()
        except Exception:  # noqa: BLE001 - the database may be away for a while; the sweep goes on until it is back
            _log.exception("the sweep stumbled")
        stop.wait(SWEEP_SECONDS)


def _listen(settings: Settings, stop: threading.Event) -> None:
    """Let RQ wake the sweep; while the queue is away the worker lives by its own clock."""
    while not stop.is_set():
        try:
            connection = Redis.from_url(settings.queue_url)
            worker = _Worker(
                [Queue(queue.QUEUE, connection=connection)], connection=connection, maintenance_interval=60
            )
            worker.work(logging_level="CRITICAL")  # a queue that is away is said once, by us
        except (RedisError, OSError) as error:
            _log.info("the queue is away (%s)", type(error).__name__)
        stop.wait(SWEEP_SECONDS)
