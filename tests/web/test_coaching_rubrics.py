"""The form of a rubric: each of its buttons sends it whole, so that it works without scripts."""

import re
from html import unescape

import pytest

from calltrack.coaching.rubrics import STARTER, list_rubrics, questions_of
from calltrack.ground import Ground
from calltrack.models import Rubric
from tests.factories import Company
from tests.web.coaching import phone_rubric
from tests.web.conftest import Browser, Write


@pytest.fixture
def rubric(write: Write, anas: Company) -> Rubric:
    with write() as session:
        return phone_rubric(session, account=anas.account)


def row(place: int, text: str, *, kind: str = "yes-no", weight: str = "1", must: str = "") -> dict[str, str]:
    fields = {f"text-{place}": text, f"kind-{place}": kind, f"weight-{place}": weight}
    return fields | ({f"must-{place}": must} if must else {})


def filled(page: str) -> dict[str, str]:
    """What a browser would send of the form as it stands."""
    fields = dict(re.findall(r'<input name="([\w-]+)"[^>]*? value="([^"]*)"', page))
    fields |= dict(re.findall(r'<input type="number" name="([\w-]+)"[^>]*? value="([^"]*)"', page))
    fields |= dict.fromkeys(re.findall(r'<input type="checkbox" name="([\w-]+)"[^>]*? checked', page), "1")
    for name, options in re.findall(r'<select name="([\w-]+)"[^>]*>(.*?)</select>', page):
        fields[name] = re.findall(r'value="([\w-]+)" selected', options)[0]
    return {name: unescape(value) for name, value in fields.items()}


def asks(ground: Ground, company: Company, name: str) -> list[tuple[str, str, int, bool]]:
    with ground.database.read() as session:
        listed = list_rubrics(session, account_id=company.account.id)
        [found] = [one.rubric for one in listed if one.rubric.name == name]
        questions = questions_of(session, rubric_ids=[found.id])[found.id]
        return [(one.text, one.kind, one.weight, one.must_pass) for one in questions]


def test_the_starter_is_kept_as_it_stands_in_the_form(ana: Browser, ground: Ground, anas: Company) -> None:
    assert "No rubric yet" in ana.read("/coaching/rubrics")
    form = filled(ana.see("/coaching/rubrics/new?starter=1"))
    assert "is on offer on every call" in ana.send("/coaching/rubrics/new", do="save", **form)
    wanted = [(one.text, one.kind, one.weight, one.must_pass) for one in STARTER]
    assert asks(ground, anas, "Home service call") == wanted


def test_questions_are_added_moved_and_removed_and_nothing_is_kept_before_it_is_saved(
    ana: Browser, ground: Ground, anas: Company, rubric: Rubric
) -> None:
    path = f"/coaching/rubrics/{rubric.id}"
    page = ana.see(path)
    for button in ("down-0", "add", "remove-2"):
        page = ana.post(path, **filled(page), do=button).text
    form = filled(page)
    assert [form[f"text-{place}"] for place in range(3)] == ["Asked for the address", "Greeted by name", ""]
    assert "must-0" in form
    assert len(asks(ground, anas, "Phone")) == 3
    form |= row(2, "Asked what is wrong", kind="scale", weight="4")
    page = ana.send(path, do="save", **form)
    assert "Phone, version 2, is on offer; what was evaluated before keeps its version." in page
    assert asks(ground, anas, "Phone") == [
        ("Asked for the address", "yes-no", 2, True), ("Greeted by name", "yes-no", 1, False),
        ("Asked what is wrong", "scale", 4, False),
    ]  # fmt: skip
    kept = ana.read(path)
    assert "no longer on offer" in kept
    assert "Handled the price" in kept


def test_the_preview_says_what_a_bad_answer_costs(ana: Browser) -> None:
    form = {
        "name": "New",
        **row(0, "One", weight="1"),
        **row(1, "Two", weight="3", must="1"),
        **row(2, "Three", weight="x"),
    }
    page = ana.post("/coaching/rubrics/new", do="preview", **form).text
    words = " ".join(re.sub("<[^>]*>", " ", page).split())
    assert "One: 25.0 points" in words
    assert "Two: all of them, the score is 0%" in words
    assert "Three: give it a weight of 1 to 10" in words


@pytest.mark.parametrize(("fields", "says"), [
    ({"name": "", **row(0, "One")}, "Write a name for the rubric."),
    ({"name": "Phone", **row(0, "One")}, "There is a rubric named 'Phone' already"),
    ({"name": "New"}, "A rubric has 1 to 30 questions."),
    ({"name": "New", **row(0, "One", weight="many")}, "Give question 1 a weight of 1 to 10."),
    ({"name": "New", **row(0, "One", weight="\u0663")}, "Give question 1 a weight of 1 to 10."),
    ({"name": "New", **row(0, "One", kind="essay")}, "Choose how question 1 is answered"),
    ({"name": "New", **row(0, "x" * 301)}, "Shorten what question 1 asks"),
])  # fmt: skip
def test_what_cannot_be_kept_is_said_and_what_was_typed_stays(
    ana: Browser, rubric: Rubric, fields: dict[str, str], says: str
) -> None:
    answer = ana.post("/coaching/rubrics/new", do="save", **fields)
    assert answer.status_code == 400
    assert says in answer.text.replace("&#39;", "'")
    assert f'value="{fields["name"]}"' in answer.text


@pytest.mark.parametrize("button", ["up-0", "down-2", "remove-9", "up-", "up-\u0661", "remove-99999999999"])
def test_a_button_that_cannot_do_anything_does_nothing(ana: Browser, rubric: Rubric, button: str) -> None:
    page = ana.see(f"/coaching/rubrics/{rubric.id}")
    after = ana.post(f"/coaching/rubrics/{rubric.id}", **filled(page), do=button)
    assert after.status_code == 200
    assert filled(after.text) == filled(page)


def test_two_who_change_the_same_version_do_not_overwrite_each_other(ana: Browser, rubric: Rubric) -> None:
    path = f"/coaching/rubrics/{rubric.id}"
    form = filled(ana.see(path))
    ana.send(path, do="save", **{**form, "text-0": "Greeted"})
    answer = ana.post(path, do="save", **{**form, "text-0": "Said hello"})
    assert answer.status_code == 400
    assert "no longer on offer" in answer.text


def test_a_rubric_is_retired_and_restored(ana: Browser, rubric: Rubric) -> None:
    assert "Phone is retired" in ana.send(f"/coaching/rubrics/{rubric.id}/retire")
    assert "Offer it again" in ana.read(f"/coaching/rubrics/{rubric.id}")
    assert "on offer again" in ana.send(f"/coaching/rubrics/{rubric.id}/restore")
    assert "Save as version 2" in ana.read(f"/coaching/rubrics/{rubric.id}")
