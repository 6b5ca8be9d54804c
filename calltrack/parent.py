"""Children do not outlive the `calltrack run` that started them."""

import os
import signal
import threading
import time

PARENT = "CALLTRACK_PARENT"
LISTENER = "CALLTRACK_LISTENER"
"""The number of the open socket on which the web process is to answer, where its parent holds the port."""


def follow_parent() -> None:
    """End this process when the one that started it is gone, however that ended."""
    parent = os.environ.get(PARENT, "")

    def follow() -> None:
        while str(os.getppid()) == parent:
            time.sleep(1)
        os.kill(os.getpid(), signal.SIGTERM)

    if parent:
        threading.Thread(target=follow, name="follow-parent", daemon=True).start()
