"""The worker process: sweeps the table every two seconds, and at once when the queue wakes it; beside that, what is
done from time to time."""

import logging
import signal
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from redis import Redis
from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.timeouts import TimerDeathPenalty

from calltrack import pipeline, queue
from calltrack.calls.pauses import resume_forgotten
from calltrack.calls.reconciliations import reconcile_due
from calltrack.calls.texts import send_due as send_texts
from calltrack.campaigns.cells import refresh_all
from calltrack.config import Settings
from calltrack.db import Database
from calltrack.jobs.matching import match_all
from calltrack.learning.learn import learn_due
from calltrack.learning.sampling import draw_due
from calltrack.logs import keep_quiet_about
from calltrack.privacy.retention import erase_due
from calltrack.reports.alerts import check_due
from calltrack.reports.sending import send_due
from calltrack.storage import open_storage
from calltrack.telephony.turns import forget_turns

SWEEP_SECONDS = 2.0
# What is done again and again: the seconds between, and what. Several workers may do the same at once.
Work = Callable[[Database, Settings, datetime], object]


def count_marked_days(database: Database, _settings: Settings, _now: datetime) -> int:
    """Bring the scorecards up to date, so that nobody who looks at one has to wait for it."""
    return refresh_all(database)


def match_jobs(database: Database, _settings: Settings, _now: datetime) -> int:
    """Have jobs look for their calls again where an account changed how far back they look."""
    return match_all(database)


PERIODIC: Sequence[tuple[float, Work]] = [
    (SWEEP_SECONDS, count_marked_days),
    (SWEEP_SECONDS, match_jobs),
    (SWEEP_SECONDS, send_texts),
    (15.0, resume_forgotten),
    (60.0, send_due),
    (60.0, check_due),
    (30.0, learn_due),
    (60.0, draw_due),
    (3600.0, forget_turns),
    (60.0, reconcile_due),
    (600.0, erase_due),
]
_log = logging.getLogger(__name__)


class _Worker(SimpleWorker):
    """RQ's worker in a thread: without signals of its own."""

    death_penalty_class = TimerDeathPenalty

    def _install_signal_handlers(self) -> None:
        return


def work(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT; the step under way is finished first."""
    keep_quiet_about(settings)
    stop = threading.Event()
    workshop = pipeline.Workshop(Database(settings.database), settings, open_storage(settings.recordings_url))
    pipeline.open_workshop(workshop)
    queue.attach(url=settings.queue_url)
    sweeper = threading.Thread(target=_sweep, args=(stop,), name="sweeper")
    clocks = [
        threading.Thread(target=repeat, args=(seconds, work, workshop, stop), name=f"clock-{place}")
        for place, (seconds, work) in enumerate(PERIODIC)
    ]
    listener = threading.Thread(target=_listen, args=(settings, stop), name="listener", daemon=True)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    for thread in (sweeper, listener, *clocks):
        thread.start()
    _log.info("worker: sweeping every %.0f s", SWEEP_SECONDS)
    stop.wait()
    pipeline.close_workshop()
    for thread in (sweeper, *clocks):
        thread.join()
    workshop.database.dispose()


def _sweep(stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            pipeline.sweep()
        except Exception:  # noqa: BLE001 - the database may be away for a while; the sweep goes on until it is back
            _log.exception("the sweep stumbled")
        stop.wait(SWEEP_SECONDS)


def repeat(seconds: float, work: Work, workshop: pipeline.Workshop, stop: threading.Event) -> None:
    """Do `work` at once and then every so many seconds, in a thread of its own: a mail server that is slow holds up
    no call. Whatever goes wrong is logged and done again at the next turn."""
    while not stop.is_set():
        try:
            work(workshop.database, workshop.settings, datetime.now(UTC))
        except Exception:  # noqa: BLE001 - as above: nothing ends a clock but the stop
            _log.exception("%s stumbled", work.__name__)
        stop.wait(seconds)


def _listen(settings: Settings, stop: threading.Event) -> None:
    """Let RQ wake the sweep; while the queue is away the worker lives by its own clock."""
    while not stop.is_set():
        try:
            connection = Redis.from_url(settings.queue_url)
            worker = _Worker(
                [queue.open_queue(connection)],
                connection=connection,
                maintenance_interval=60,
                serializer=queue.WakeUps,
            )
            worker.work(logging_level="CRITICAL")  # a queue that is away is said once, by us
        except (RedisError, OSError) as error:
            _log.info("the queue is away (%s)", type(error).__name__)
        stop.wait(SWEEP_SECONDS)
