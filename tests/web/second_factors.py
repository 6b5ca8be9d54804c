"""Somebody's app for codes, and what the sign-in pages show it."""

import re
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape

import pyotp

from calltrack.web.posting import NAME


@dataclass
class App:
    """An app on a phone; each code that it shows is later than the one before, so that every one of them is taken."""

    secret: str
    shown: list[int] = field(default_factory=list)

    def code(self) -> str:
        """A code that is right now and was not shown before. A clock may be half a minute off, so there are three."""
        now = datetime.now(UTC)
        step = int(now.timestamp()) // 30
        fresh = next(one for one in (step - 1, step, step + 1) if not self.shown or one > self.shown[-1])
        self.shown.append(fresh)
        return pyotp.TOTP(self.secret).at(now + timedelta(seconds=30 * (fresh - step)))


def app_of(page: str) -> App:
    """The app after it has read the page's secret."""
    found = re.search(r'<code class="secret">([^<]+)</code>', page)
    assert found
    return App(found[1].replace(" ", ""))


def recovery_codes(page: str) -> list[str]:
    """The codes that the page shows this once."""
    return [unescape(one) for one in re.findall(r"<li><code>([^<]+)</code></li>", page)]


def wait_for_post() -> None:
    """Until every letter that pages have sent is out."""
    for thread in threading.enumerate():
        if thread.name == NAME:
            thread.join()
