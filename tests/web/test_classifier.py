"""The page of the account's classifier: what is in force, how it learns, its versions, and who may do what."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from calltrack.learning.versions import KEPT_WHOLE
from calltrack.models import Account, Classifier
from calltrack.web.classifier import per_hundred
from tests.campaigns.story import Story
from tests.factories import Company
from tests.learning.school import FIGURES, a_version, labelled_call
from tests.web.conftest import Browser, Write, words_of


def make(write: Write, company: Company, *numbers: int, promoted: bool = True) -> None:
    with write() as session:
        for number in numbers:
            a_version(session, account=company.account, version=number, promoted=promoted)


def teach(write: Write, company: Company, *, leads: int, excused: int) -> None:
    with write() as session:
        story = Story(session)
        story.account = session.get_one(Account, company.account.id)
        for value, count in (("lead", leads), ("excused", excused)):
            for number in range(count):
                labelled_call(story, text=f"{value} {number}", value=value)


def test_a_new_account_reads_what_judges_its_calls_and_what_is_needed(ana: Browser) -> None:
    page = ana.read("/classifier")
    assert "In force: the model that comes with calltrack" in page
    assert "Nobody labelled a call yet" in page
    assert "It needs at least 20 labels, 5 leads and 5 excused calls among them. Label calls" in page
    assert "None yet. The first is made once there are enough labels." in page
    assert re.search(r'<button class="primary" disabled>Learn now', ana.see("/classifier"))
    assert "comes with calltrack</button>" not in ana.see("/classifier")


def test_an_owner_reads_in_plain_words_how_well_it_does(ana: Browser, anas: Company, write: Write) -> None:
    make(write, anas, 1, 2)
    page = ana.read("/classifier")
    assert "In force: version 2" in page
    assert "Of 100 calls it labels 95 right; the model that comes with calltrack, 80 ." in page
    assert "It learnt from 42 calls that your people labelled: 20 leads and 22 excused calls." in page
    assert "by ana@example.com. It judges the calls that come in; labels that are there stay" in page
    assert "Excused calls found Of 100 excused calls, how many it calls excused 95.0 better 80.0" in page
    assert "Calibration error By how many points it is wrong, on average, about how sure it is: 0 is perfect" in page


def test_every_version_is_listed_with_what_became_of_it(ana: Browser, anas: Company, write: Write) -> None:
    make(write, anas, 1, 2)
    make(write, anas, 3, promoted=False)
    page = ana.read("/classifier").partition("Versions")[2]
    assert re.search(r"Version 3 .*? labels 43 right 80 → 95 fixed, broken 9, 3 Kept back the difference may", page)
    assert re.search(r"Version 2 .*? In force it fixes 9 calls and breaks 3 Version 1 .*? Was in force", page)
    assert page.count("Use this version") == 2, "not of the one in force"


def test_a_version_is_put_in_force_and_taken_back(ana: Browser, anas: Company, write: Write) -> None:
    make(write, anas, 1, 2)
    page = ana.send("/classifier/in-force", version="1")
    assert "Version 1 judges new calls from now on. Labels that are there stay as they are." in page
    assert "In force: version 1" in page
    page = ana.send("/classifier/in-force", version="shipped")
    assert "In force: the model that comes with calltrack" in page
    assert "by ana@example.com" in page


@pytest.mark.parametrize("version", ["3", "0", "-1", "", "x", "٣", "1.0", "9" * 5000, "1\x00", str(2**31)])
def test_a_version_that_is_not_there_changes_nothing(ana: Browser, anas: Company, write: Write, version: str) -> None:
    make(write, anas, 1)
    page = ana.send("/classifier/in-force", version=version)
    if version == "1\x00":
        assert "Version 1 judges new calls" in page
    else:
        assert "Nothing was changed: there is no version" in page
    assert "In force: version 1" in page


def test_a_version_of_which_only_the_card_is_kept_is_not_offered(ana: Browser, anas: Company, write: Write) -> None:
    make(write, anas, *range(1, KEPT_WHOLE + 2), promoted=False)
    assert "only its card is kept" in ana.read("/classifier")
    assert "it cannot be put in force again" in ana.read("/classifier/versions/1")
    assert "Use this version" not in ana.read("/classifier/versions/1")
    assert "only the card is kept" in ana.send("/classifier/in-force", version="1")


def test_the_page_of_a_version_is_its_card_beside_another(ana: Browser, anas: Company, write: Write) -> None:
    make(write, anas, 1, 2)
    with write() as session:
        first = session.scalars(select(Classifier).where(Classifier.version == 1)).one()
        first.card = {**first.card, "challenger": FIGURES | {"accuracy": 0.9}}
    page = ana.read("/classifier/versions/2")
    assert "20 leads and 22 excused calls that your people labelled" in page
    assert "80 → 95 of 100 right, 9 calls fixed, 3 broken; so much by chance alone: p = 0.033" in page
    assert "Of 100 Version 2 Comes with calltrack Calls labelled right" in page
    page = ana.read("/classifier/versions/2?with=1")
    assert "Of 100 Version 2 Version 1 Calls labelled right" in page
    assert "how many get the label that your people gave 95.0 better 90.0" in page
    assert "on the labels that there were when it was made" in page
    assert '<option value="1" selected>' in ana.see("/classifier/versions/2?with=1")


@pytest.mark.parametrize(
    "path",
    ["2", "0", str(2**31), "1?with=7", "1?with=x", "1?with=" + "9" * 5000, "1?with=%00"],
)
def test_a_page_of_no_version_is_not_found(ana: Browser, anas: Company, write: Write, path: str) -> None:
    make(write, anas, 1)
    ana.see(f"/classifier/versions/{path}", 404)


def test_a_page_of_the_list_that_is_not_known_is_the_first(ana: Browser, anas: Company, write: Write) -> None:
    make(write, anas, 1)
    assert "That page of the list is not known" in ana.read("/classifier?cursor=x", 400)


def test_another_company_sees_none_of_it(dee: Browser, anas: Company, write: Write) -> None:
    make(write, anas, 1)
    assert "None yet." in dee.read("/classifier")
    dee.see("/classifier/versions/1", 404)
    assert "there is no version 1" in dee.send("/classifier/in-force", version="1")


def test_learning_is_asked_for_once_and_the_page_says_how_far_it_is(ana: Browser, anas: Company, write: Write) -> None:
    teach(write, anas, leads=14, excused=6)
    assert "Your people labelled 20 calls that it can learn from: 14 leads and 6 excused calls." in ana.read(
        "/classifier"
    )
    assert '<button class="primary">Learn now' in ana.see("/classifier")
    for _ in range(2):
        page = ana.send("/classifier/learn")
        assert "Asked by ana@example.com" in page
        assert "A worker begins within half a minute." in page
    assert '<button class="primary" disabled>Learn now' in ana.see("/classifier")
    now = datetime.now(UTC)
    with write() as session:
        session.execute(update(Account).values(learnt_at=now))
    assert re.search(r"Learning since \w+ \d+ .*? Look again in a minute", ana.read("/classifier"))
    with write() as session:
        done = {"learn_ended_at": now + timedelta(seconds=40), "learn_outcome": "version 1 is in force: it fixes 9"}
        session.execute(update(Account).where(Account.id == anas.account.id).values(**done))
    page = ana.read("/classifier")
    assert re.search(r"Last time, \w+ .*?: version 1 is in force: it fixes 9\.", page)
    assert "Asked" not in page


@pytest.mark.parametrize("name", ["Ben", "Cho", "Rae"])
def test_who_may_not_change_it_sees_it_all_the_same(
    browser_of: Callable[[str], Browser], anas: Company, write: Write, name: str
) -> None:
    make(write, anas, 1, 2)
    browser = browser_of(name)
    for path in ("/classifier", "/classifier/versions/1"):
        page = words_of(browser.see(path))
        assert "ersion 2" in page
        assert "Learn now" not in page
        assert "Use this version" not in page
        assert "Go back to" not in page
    assert browser.post("/classifier/learn").status_code == 403
    assert browser.post("/classifier/in-force", version="1").status_code == 403


def test_the_two_pages_on_the_classifier_lead_to_each_other(ana: Browser) -> None:
    page = ana.see("/classifier")
    assert '<a href="/classifier" aria-current="page">Classifier</a>' in page
    assert '<a href="/classifier/error">Measured error</a>' in page


def test_a_share_just_below_all_is_not_all() -> None:
    assert [per_hundred(share) for share in (None, 0.0, 0.954, 0.955, 0.996, 0.9999, 1.0)] == [
        "\N{EN DASH}", "0", "95", "96", "99.6", "99.9", "100",
    ]  # fmt: skip
