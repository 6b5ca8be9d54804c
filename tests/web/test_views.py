"""Saved views as tabs: kept, shared, renamed, deleted; a usual range moves with the calendar."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import select

from calltrack.ground import Ground
from calltrack.models import SavedView
from calltrack.period import today
from tests.factories import CHICAGO
from tests.web.conftest import Browser


@pytest.fixture
def ben(browser_of: Callable[[str], Browser]) -> Browser:
    return browser_of("Ben")


def tabs(browser: Browser, path: str = "/calls") -> dict[str, str]:
    """The address of each view that is offered."""
    [nav] = re.findall(r'<nav class="views".*?</nav>', browser.see(path), re.DOTALL)
    return {
        unescape(name): unescape(address) for address, name in re.findall(r'<a href="([^"]+)"[^>]*>([^<]+)</a>', nav)
    }


def ids(ground: Ground) -> list[int]:
    with ground.database.read() as session:
        return list(session.scalars(select(SavedView.id).order_by(SavedView.id)))


def test_some_views_are_there_from_the_first_day(rae: Browser) -> None:
    offered = tabs(rae)
    assert {"All calls", "To review", "Missed", "Booked", "First-time callers"} <= offered.keys()
    for address in offered.values():
        rae.see(address)
    assert 'aria-current="page">Missed' in rae.see(offered["Missed"])


def test_the_filters_of_the_list_are_kept_under_a_name(ana: Browser, cho: Browser) -> None:
    answer = ana.send("/views", name="Spanish, unbooked", query="tag=spanish&outcome=unbooked&cursor=x&open=y&junk=1")
    assert "The view 'Spanish, unbooked' is saved." in answer
    address = tabs(ana)["Spanish, unbooked"]
    assert sorted(address.partition("?")[2].split("&")) == ["outcome=unbooked", "tag=spanish"]
    assert 'aria-current="page">Spanish, unbooked' in ana.see("/calls?tag=spanish&outcome=unbooked")
    assert "Spanish, unbooked" not in tabs(cho)


def test_a_shared_view_is_everybodys_and_a_managers_to_change(
    cho: Browser, ana: Browser, ben: Browser, dee: Browser, ground: Ground
) -> None:
    cho.send("/views", name="Ours", query="tag=vip", shared="on")
    [view] = ids(ground)
    assert "Ours" in tabs(ben)
    assert "Ours" not in tabs(dee)
    assert f"/views/{view}/delete" not in ben.see("/calls")
    assert "was not changed" in ben.send(f"/views/{view}", name="Mine")
    assert "was not deleted" in ben.send(f"/views/{view}/delete")
    assert dee.post(f"/views/{view}/delete").status_code == 404
    assert "is changed" in ana.send(f"/views/{view}", name="Everybody's", shared="on")
    assert "Everybody's" in tabs(ben)
    assert "is deleted" in ana.send(f"/views/{view}/delete")
    assert ids(ground) == []


def test_the_same_name_gets_the_new_filters(ana: Browser, ground: Ground) -> None:
    for query in ("tag=a", "tag=b"):
        ana.send("/views", name="A", query=query)
    assert tabs(ana)["A"] == "/calls?tag=b"
    assert len(ids(ground)) == 1


def test_a_usual_range_moves_with_the_calendar_and_other_days_stay(ana: Browser, ground: Ground) -> None:
    now = today(zone=CHICAGO)
    ana.send("/views", name="Week", query=f"from={now - timedelta(days=6)}&to={now}&tag=vip")
    ana.send("/views", name="May", query="from=2026-05-01&to=2026-05-10")
    with ground.database.read() as session:
        kept = {view.name: view.query for view in session.scalars(select(SavedView))}
    assert kept == {"Week": "days=Last+7+days&tag=vip", "May": "from=2026-05-01&to=2026-05-10"}
    assert f"from={now - timedelta(days=6)}&to={now}" in tabs(ana)["Week"]


@pytest.mark.parametrize(
    "fields",
    [{}, {"name": ""}, {"name": "x" * 61}, {"name": "\x00"}, {"name": "long", "query": "q=" + "x" * 5000},
     {"name": "odd", "query": "%00=&&==&tag=%00%ff&from=x"}],
)  # fmt: skip
def test_junk_is_no_error(ana: Browser, fields: dict[str, str]) -> None:
    answer = ana.post("/views", **fields)
    assert answer.status_code == 303
    assert ana.http.get(answer.location).status_code in (200, 400)
    for address in tabs(ana).values():
        assert ana.http.get(address).status_code in (200, 400)
    for path in ("/views/999", f"/views/{2**63 - 1}", f"/views/{2**63}", "/views/999/delete", "/views/x"):
        assert ana.post(path, name="x").status_code == 404


def test_who_only_reads_shares_nothing(rae: Browser, ana: Browser) -> None:
    rae.send("/views", name="Rae's", query="q=1", shared="on")
    assert "Rae's" in tabs(rae)
    assert "Rae's" not in tabs(ana)
