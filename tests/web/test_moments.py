"""Moments of a recording, typed and shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calltrack.web.forms import BadField
from calltrack.web.moments import read_moment


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("0", 0), ("83.5", 83.5), ("1:23.5", 83.5), (" 1:23,5 ", 83.5), ("1:02:03", 3723), ("0:00", 0), ("90:00", 5400)],
)
def test_a_moment_is_typed_as_people_type_it(written: str, seconds: float) -> None:
    assert read_moment(written) == seconds


@given(st.text(alphabet="0123456789:.,-+ eEnaif\u0663\u00b2", max_size=12))
def test_whatever_is_typed_is_a_moment_of_a_day_or_refused(written: str) -> None:
    try:
        assert 0 <= read_moment(written) <= 24 * 3600
    except BadField as wrong:
        assert "1:23" in str(wrong)  # noqa: PT017 - the other branch has its own assertion
