"""What a worker does from time to time."""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

import pytest

from calltrack.pipeline import Workshop
from calltrack.reports.alerts import check_due
from calltrack.reports.sending import send_due
from calltrack.worker import PERIODIC, repeat


def test_reports_and_alerts_are_looked_at_every_minute() -> None:
    assert {(60.0, send_due), (60.0, check_due)} <= {*PERIODIC}


def test_work_that_stumbles_is_done_again_until_the_stop(caplog: pytest.LogCaptureFixture) -> None:
    stop = threading.Event()
    moments: list[datetime] = []

    def stumble(_database: Any, _settings: Any, now: datetime) -> None:
        moments.append(now)
        if len(moments) == 3:
            stop.set()
        raise RuntimeError("a stone")

    work = cast("Callable[..., object]", stumble)
    repeat(0.0, work, Workshop(*cast("tuple[Any, Any, Any]", (None, None, None))), stop)
    assert len(moments) == 3
    assert moments == sorted(moments)
    assert caplog.text.count("stumble stumbled") == 3
