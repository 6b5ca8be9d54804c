"""The sentence that says why a call is or is not a lead."""

from datetime import UTC, datetime
from typing import Any

import pytest

from calltrack.calls.why import Said, why_lead

# Late on 3 May in Chicago, when it is 4 May already in Greenwich.
LATE_ON_3_MAY = datetime(2026, 5, 4, 3, 0, tzinfo=UTC)


def said(value: str, source: str, *, reason: str | None = None, by: str | None = None) -> Said:
    return Said(
        value=value, reason=reason, source=source, confidence=0.9, model=None, review=False, by=by, at=LATE_ON_3_MAY
    )


def why(**facts: Any) -> tuple[bool, str]:
    answered: dict[str, Any] = {
        "jobs": [], "missed": False, "missed_reason": None, "running": False, "duration": 75, "lead_seconds": 60,
        "label": None, "zone": "America/Chicago",
    }  # fmt: skip
    return why_lead(**{**answered, **facts})


HUMAN_LEAD = said("lead", "human", reason="quote request", by="ana@example.com")
HUMAN_EXCUSED = said("excused", "human", reason="wrong number", by="ana@example.com")
MACHINE_EXCUSED = said("excused", "model", reason="solicitor")


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"jobs": ["J-1042"], "missed": True}, "booked: job J-1042"),
        ({"jobs": ["J-1", "J-2"], "label": HUMAN_EXCUSED}, "booked: jobs J-1, J-2"),
        ({"label": HUMAN_LEAD, "duration": 9}, "labelled lead by ana@example.com on 3 May: quote request"),
        ({"label": said("lead", "human")}, "labelled lead by a person on 3 May"),
        ({"label": said("lead", "model", reason="new job")}, "75 s >= 60 s and not excused"),
        ({"duration": 60}, "60 s >= 60 s and not excused"),
    ],
)
def test_a_lead_says_by_which_rule(facts: dict[str, Any], sentence: str) -> None:
    assert why(**facts) == (True, sentence)


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"duration": 42}, "42 s < 60 s"),
        ({"duration": 80, "lead_seconds": 90}, "80 s < 90 s"),
        ({"label": HUMAN_EXCUSED}, "excused by ana@example.com on 3 May: wrong number"),
        ({"label": HUMAN_EXCUSED, "duration": 42}, "excused by ana@example.com on 3 May: wrong number"),
        ({"label": MACHINE_EXCUSED}, "excused by the classifier: solicitor"),
        ({"label": MACHINE_EXCUSED, "duration": 42}, "42 s < 60 s"),
        ({"label": said("excused", "rule", reason="too short")}, "excused by a rule: too short"),
        ({"running": True, "duration": None}, "the call is still running"),
        ({"duration": None}, "its length is not known"),
        ({"missed": True, "missed_reason": "abandoned"}, "missed: the caller hung up before anyone answered"),
        (
            {"missed": True, "missed_reason": "not_bridged"},
            "missed: a phone picked up, but nobody of ours took the call",
        ),
        ({"missed": True, "missed_reason": "no_answer"}, "missed: nobody answered"),
        ({"missed": True, "missed_reason": None}, "missed: nobody of ours spoke to the caller"),
        ({"missed": True, "missed_reason": "busy", "label": HUMAN_LEAD}, "missed: the line was busy"),
    ],
)
def test_a_call_that_is_no_lead_says_what_stands_against_it(facts: dict[str, Any], sentence: str) -> None:
    assert why(**facts) == (False, sentence)
