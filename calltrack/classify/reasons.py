"""The default reasons for a label; each belongs to exactly one label. Accounts may edit their own copy."""

from typing import Literal, get_args

Label = Literal["lead", "excused"]
LABELS: tuple[Label, ...] = get_args(Label)

TOO_SHORT = "too short"

LEAD_REASONS = ("new job", "quote request", "service question", "emergency")
EXCUSED_REASONS = (
    "wrong number",
    "solicitor",
    "robocall",
    "vendor",
    "job applicant",
    "existing job",
    "billing",
    "warranty/complaint",
    "out of area",
    "service not offered",
    TOO_SHORT,
    "internal or test call",
)


def label_of(*, reason: str) -> Label:
    """The label a default reason belongs to; ValueError for a reason that is not one of them."""
    if reason in LEAD_REASONS:
        return "lead"
    if reason in EXCUSED_REASONS:
        return "excused"
    raise ValueError(f"unknown reason {reason!r}: one of {', '.join(LEAD_REASONS + EXCUSED_REASONS)}")
