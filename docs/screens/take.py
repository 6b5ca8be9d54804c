"""Takes a picture of every page of the demo: light, dark and on a phone. `make screens` runs it; it takes some minutes.

It starts the whole demo in a folder of its own, waits until its calls are labelled, signs in, and visits every address
that the application has a page at. A new page is in the next pictures without anybody asking for it.
"""

import io
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.routing import Rule

from calltrack import create_app
from calltrack.config import Settings
from tests.conftest import CHROMIUM_ARGUMENTS
from tests.servers import find_chromium

HERE = Path(__file__).parent
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1440, "height": 900}},
    "dark": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True},
}
TALLEST = 2400  # pixels of a page that are kept
PORT = 8391
LABELLED_CALLS = 35
PATIENCE = 300.0  # seconds
# What stands for each argument of an address, from the demo's database.
KNOWN = {
    "call_sid": "SELECT c.call_sid FROM calls c JOIN jobs j ON j.call_id = c.id JOIN recordings r ON r.call_id = c.id"
    " WHERE r.status = 'stored' ORDER BY (SELECT count(*) FROM evaluations e WHERE e.call_id = c.id) DESC, c.id",
    "campaign_id": "SELECT id FROM campaigns ORDER BY id",
    "number_id": "SELECT id FROM numbers ORDER BY id",
    "customer_id": "SELECT customer_id FROM jobs ORDER BY id",
    "external_id": "SELECT external_id FROM jobs ORDER BY id",
    "agent_id": "SELECT id FROM agents ORDER BY id",
    "rubric_id": "SELECT id FROM rubrics WHERE retired_at IS NULL ORDER BY id",
    "evaluation_id": "SELECT id FROM evaluations WHERE shared_at IS NOT NULL ORDER BY id",
}
# Pages that are another page for another reader, or in another state.
MORE = (
    ("call-open-over-list", "owner", "/calls?open={call_sid}"),
    ("calls-searched", "owner", "/calls?q=water heater"),
    ("calls-nothing-found", "owner", "/calls?q=zeppelin"),
    ("not-found", "owner", "/nowhere"),
    ("home-manager", "ana", "/"),
    ("home-coach", "ben", "/"),
    ("home-csr", "cho", "/"),
    ("home-read-only", "guest", "/"),
    ("coaching-csr", "cho", "/coaching"),
)


def main() -> None:
    """Take them all; the old pictures go, so that no page lives on in them."""
    only = re.compile(sys.argv[1] if len(sys.argv) > 1 else "")
    chromium = find_chromium()
    if chromium is None:
        sys.exit("screens: Chromium is not on this machine; install it first")
    with _demo() as (address, password, database), sync_playwright() as playwright:
        known = _look_up(database)
        pages = [one for one in _pages(known) if only.search(one[0])]
        browser = playwright.chromium.launch(executable_path=str(chromium), args=CHROMIUM_ARGUMENTS)
        taken = [name for look in LOOKS for name in _take(browser, address, password, pages, look)]
        browser.close()
    if not sys.argv[1:]:
        for old in set(HERE.glob("*.webp")) - {HERE / name for name in taken}:
            old.unlink()


@contextmanager
def _demo() -> Iterator[tuple[str, str, Path]]:
    """The demo in a folder of its own, once its calls are labelled: address, password, database."""
    with tempfile.TemporaryDirectory(prefix="calltrack-screens-") as folder:
        database, log = Path(folder, "calltrack.db"), Path(folder, "log")
        environment = {
            **os.environ,
            "CALLTRACK_VAR": f"{folder}/var", "RECORDINGS_URL": f"{folder}/recordings", "PORT": str(PORT),
            "DATABASE_URL": f"sqlite:///{database}", "PYTHONUNBUFFERED": "1",
        }  # fmt: skip
        with log.open("w") as out:
            server = subprocess.Popen(
                [sys.executable, "-m", "calltrack.cli", "run", "--demo"], env=environment, stdout=out, stderr=out
            )
        try:
            until = time.monotonic() + PATIENCE
            while time.monotonic() < until and _labelled(database) < LABELLED_CALLS:
                if server.poll() is not None:
                    sys.exit(f"screens: the demo ended:\n{log.read_text()}")
                time.sleep(1)
            password = re.search(r"password\s+(\S+)", log.read_text())
            assert password, log.read_text()
            yield f"http://127.0.0.1:{PORT}", password[1], database
        finally:
            server.terminate()
            server.wait()


def _labelled(database: Path) -> int:
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT count(*) FROM calls WHERE label_id IS NOT NULL").fetchone()[0])
    except sqlite3.Error:  # not made yet
        return 0


def _look_up(database: Path) -> dict[str, Any]:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        found = {name: connection.execute(f"{query} LIMIT 1").fetchone() for name, query in KNOWN.items()}
    return {name: row[0] for name, row in found.items() if row}


def _pages(known: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(name, who looks, path) of every page."""
    pages = [("sign-in", "", "/sign-in")]
    for rule in sorted(_application().url_map.iter_rules(), key=lambda rule: rule.rule):
        noun = rule.endpoint.removeprefix("web.")
        if noun == rule.endpoint or noun.startswith(("assets.", "sign_in.")) or "GET" not in (rule.methods or ()):
            continue
        if rule.arguments <= known.keys():
            pages.append((noun.removesuffix(".table").replace(".", "-").replace("_", "-"), "owner", _path(rule, known)))
    return pages + [(name, who, path.format(**known)) for name, who, path in MORE]


def _application() -> Flask:
    with tempfile.TemporaryDirectory() as folder:
        return create_app(Settings(database_url=f"sqlite:///{folder}/none.db", var=Path(folder)))


def _path(rule: Rule, known: dict[str, Any]) -> str:
    built = rule.build({name: known[name] for name in rule.arguments})
    assert built
    return str(built[1])


def _take(browser: Browser, address: str, password: str, pages: list[tuple[str, str, str]], look: str) -> Iterator[str]:
    """Names of the pictures made in one look; each person signs in once."""
    people: dict[str, Page] = {}
    for name, who, path in pages:
        if who not in people:
            people[who] = browser.new_context(**LOOKS[look], reduced_motion="reduce").new_page()
            if who:
                _sign_in(people[who], address, who, password)
        page = people[who]
        answer = page.request.get(f"{address}{path}")
        if answer.status != (404 if name == "not-found" else 200):
            continue  # a part of the demo that it has not, such as a call that waits for review
        if "text/html" not in answer.headers.get("content-type", "") or "<html" not in answer.text():
            continue  # a file, or a part of a page
        page.goto(f"{address}{path}")
        page.wait_for_load_state("networkidle")
        # What lies over a page stands in its window, and would hang in the middle of a picture of all of it.
        yield _keep(page.screenshot(full_page="open=" not in path), f"{name}-{look}.webp")


def _sign_in(page: Page, address: str, who: str, password: str) -> None:
    page.goto(f"{address}/sign-in")
    page.get_by_label("E-mail address").fill(f"{who}@example.com")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Sign out").wait_for()


def _keep(picture: bytes, name: str) -> str:
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image.crop((0, 0, image.width, min(image.height, TALLEST))).save(HERE / name, quality=72, method=6)
    return name


if __name__ == "__main__":
    main()
