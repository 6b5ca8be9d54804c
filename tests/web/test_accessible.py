"""Every page for everybody: nothing serious that axe finds, in light and dark; it fits a phone, and nothing jumps."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import APIResponse, Page, Response
from playwright.sync_api import Browser as Chromium

from calltrack.ground import Ground
from calltrack.telephony.flow_list import create_flow
from calltrack.web.flow_models import MODELS
from tests.factories import Company, answered_call
from tests.web.conftest import BILLBOARD, Town, Write
from tests.web.routes import address as path_of
from tests.web.routes import rules

HEAVIEST = 300 * 1024  # bytes of a page with all that it loads, before audio
# How far things moved after they were first shown, as browsers score it; below this nobody notices.
MOST_SHIFT = 0.05
SHIFT = """() => new Promise((done) => {
    let sum = 0;
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value;
    }).observe({type: "layout-shift", buffered: true});
    requestAnimationFrame(() => setTimeout(() => done(sum), 0));
})"""
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1440, "height": 900}},
    "dark": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}},
}


@pytest.fixture
def paths(app: Flask, write: Write, anas: Company) -> list[str]:
    """The address of every page, of a company with a page full of calls."""
    with write() as session:
        calls = [answered_call(session, number=BILLBOARD, recorded=True, words="my furnace is out") for _ in range(55)]
        create_flow(session, account=anas.account, name="Office", plan=MODELS["hours"].plan, by="Ana")
    pages = [
        path_of(rule, call=calls[0], company=anas)
        for rule in rules(app)
        if "GET" in (rule.methods or ()) and rule.endpoint not in ("web.assets.file", "web.recordings.audio")
    ]
    return sorted({path for path in pages if not path.endswith(".csv")} | {f"/calls?open={calls[0].call_sid}"})


@pytest.fixture
def adas_page(chromium: object, browser: Chromium, town: Town, address: str, request: Any) -> Iterator[Page]:
    """The administrator's browser, who sees every page."""
    context = browser.new_context(**LOOKS[request.param], reduced_motion="reduce", base_url=address)
    context.add_cookies([{"name": "calltrack_sign_in", "value": town.tokens["Ada"], "url": address}])
    yield context.new_page()
    context.close()


def is_page(answer: APIResponse) -> bool:
    """Whether it is a page of its own: no file, and no part that a page puts into itself."""
    return "text/html" in answer.headers.get("content-type", "") and "<html" in answer.text()


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.timeout(300)
@pytest.mark.enable_socket
@pytest.mark.parametrize("adas_page", LOOKS, indirect=True)
def test_axe_finds_nothing_serious_and_no_page_jumps_is_too_wide_or_too_heavy(
    adas_page: Page, paths: list[str], ground: Ground
) -> None:
    weight = 0
    wrong: dict[str, list[str]] = {}

    def weigh(answer: Response) -> None:
        nonlocal weight
        if answer.status == 200 and "audio" not in answer.headers.get("content-type", ""):
            weight += len(answer.body())

    looked = 0
    for path in paths:
        weight = 0
        if not is_page(adas_page.request.get(path)):
            continue
        adas_page.on("response", weigh)
        adas_page.goto(path)
        adas_page.wait_for_load_state("networkidle")
        adas_page.remove_listener("response", weigh)
        looked += 1
        found = Axe().run(adas_page).response["violations"]
        said = [
            f"{one['id']}: {one['nodes'][0]['html'][:120]} ({len(one['nodes'])})"
            for one in found
            if one["impact"] in ("serious", "critical")
        ]
        width = adas_page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if width > 0:
            said.append(f"{width} px wider than its window")
        shift = adas_page.evaluate(SHIFT)
        hidden = adas_page.locator("nav[aria-label='Main'] [aria-current]").evaluate_all(
            "(all) => all.some((one) => one.getBoundingClientRect().right > innerWidth)"
        )
        if hidden:
            said.append("the menu does not show where one is")
        if shift > MOST_SHIFT:
            said.append(f"jumps by {shift:.3f}")
        if weight > HEAVIEST:
            said.append(f"{weight} bytes")
        if said:
            wrong[path] = said
    assert looked > 30
    assert wrong == {}
