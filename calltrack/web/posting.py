"""Letters that go out beside a page: how long a mail server takes, and whether there was anybody to write to, must not
show in how long the page takes."""

import logging
import threading
from collections.abc import Callable

_log = logging.getLogger(__name__)
NAME = "post"


def post(work: Callable[[], object]) -> None:
    """Do `work` in a thread of its own; what goes wrong is logged. Whoever asks sees to it that it is not too often."""
    threading.Thread(target=_do, args=(work,), name=NAME).start()


def _do(work: Callable[[], object]) -> None:
    try:
        work()
    except Exception:  # noqa: BLE001 - nobody waits for it who could be told
        _log.exception("a letter was not written")
