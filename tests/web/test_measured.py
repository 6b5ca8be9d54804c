"""The page of the measured error: plain words, a drawing that holds its points, and what it says before that."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from calltrack.learning.blind import answer_check
from calltrack.learning.measured import Error, ErrorOf
from calltrack.learning.sampling import draw_week
from calltrack.models import Account, BlindCheck, Label
from calltrack.web.measured import draw_trend, of_hundred, plain_words
from tests.factories import Company
from tests.learning.sample import MONDAY
from tests.web.conftest import Browser, Write
from tests.web.test_review import judged


def drawn(write: Write, company: Company, *, weeks: int = 2) -> None:
    """In each week two leads and two excused calls of the machine; a person calls one of the leads excused."""
    with write() as session:
        account = session.get_one(Account, company.account.id)
        for number in range(weeks):
            start = datetime(2026, 4, 28, 15, 0, tzinfo=UTC) + timedelta(weeks=number)
            for value in ("lead", "lead", "excused", "excused"):
                judged(session, value, 0.87, started_at=start)
            draw_week(session, account=account, week=MONDAY + timedelta(weeks=number))
        for place, check in enumerate(session.scalars(select(BlindCheck).order_by(BlindCheck.id)).all()):
            said = session.get_one(Label, check.machine_label_id).value
            value = "excused" if place % 4 == 0 else said
            answer_check(session, check=check, value=value, reason=None, said_by="ben@example.com")


def test_before_the_first_sample_the_page_says_when_it_is_drawn(ana: Browser, write: Write, anas: Company) -> None:
    words = ana.read("/classifier/error")
    assert "Nothing is measured yet" in words
    assert "The first sample is drawn on" in words
    with write() as session:
        session.get_one(Account, anas.account.id).blind_calls = 0
    assert "The account asks for no blind labels." in ana.read("/classifier/error")


def test_while_the_sample_waits_the_page_leads_to_it(ana: Browser, rae: Browser, write: Write, anas: Company) -> None:
    with write() as session:
        judged(session, started_at=datetime(2026, 4, 28, 15, 0, tzinfo=UTC))
        draw_week(session, account=session.get_one(Account, anas.account.id), week=MONDAY)
    assert "1 call waits for a blind label. Label it" in ana.read("/classifier/error")
    assert "Label it" not in rae.read("/classifier/error")


def test_the_error_is_said_in_plain_words_with_its_matrix_and_its_wrong_calls(
    ana: Browser, write: Write, anas: Company
) -> None:
    drawn(write, anas)
    words = ana.read("/classifier/error")
    assert "Of 100 calls about 25 carry the wrong label (between 8 and 55)." in words
    assert "Of 100 calls that it labels lead, about 50 are no lead (between 15 and 85)." in words
    assert "Of 100 calls that it labels excused, none that we found are leads (between 0 and 49)." in words
    assert "Classifier: lead 2 right 2 wrong" in words
    assert "Classifier: excused 0 wrong 4 right" in words
    assert "From 8 blind checks of 2 weeks" in words
    page = ana.see("/classifier/error")
    assert page.partition("<main")[2].count("<circle") == 2
    assert page.count("87% sure, m@1") == 2


def test_of_one_week_no_line_is_drawn(ana: Browser, write: Write, anas: Company) -> None:
    drawn(write, anas, weeks=1)
    assert "A line is drawn from the second on." in ana.read("/classifier/error")


def test_another_companys_error_is_its_own(dee: Browser, write: Write, anas: Company) -> None:
    drawn(write, anas)
    assert "Nothing is measured yet" in dee.read("/classifier/error")


@pytest.mark.parametrize(
    ("share", "said"), [(0.0, "0"), (0.001, "fewer than 1"), (0.0049, "fewer than 1"), (0.042, "4"), (1.0, "100")]
)
def test_a_share_is_said_of_a_hundred(share: float, said: str) -> None:
    assert of_hundred(share) == said


def test_plain_words_agree_with_their_number() -> None:
    assert plain_words(0.041, 0.02, 0.08) == "about 4 carry the wrong label (between 2 and 8)"
    assert plain_words(0.012, 0.0, 0.05) == "about 1 carries the wrong label (between 0 and 5)"
    assert plain_words(0.0, 0.0, 0.04) == "none that we found carry the wrong label (between 0 and 4)"


errors = (
    st.tuples(*[st.floats(0, 1)] * 3).map(sorted).map(lambda one: Error(10, 1, low=one[0], share=one[1], high=one[2]))
)


@given(found=st.lists(errors, min_size=2, max_size=26))
def test_every_point_lies_in_the_drawing_and_within_its_band(found: list[Error]) -> None:
    weeks = [ErrorOf("a week", date(2026, 1, 5) + timedelta(weeks=place), one) for place, one in enumerate(found)]
    drawing = draw_trend(weeks)
    lefts = [point.left for point in drawing.points]
    assert lefts == sorted(lefts)
    for point in drawing.points:
        assert 0 <= point.high <= point.top <= point.low <= 100
        assert 0 <= point.left <= 100
    assert len(drawing.band.split()) == 2 * len(found)
    assert drawing.lines[0] == (0, 100.0)
    assert drawing.lines[-1][1] == 0
