"""Which calls a list shows, as the address bar names them."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, get_args

from flask import request

from calltrack.calls.tags import BadTag, clean_tag
from calltrack.calls.words import read_query
from calltrack.web.ranges import read_day

Label = Literal["lead", "excused", "none"]
Outcome = Literal["booked", "unbooked", "missed", "excused"]
LABELS: tuple[Label, ...] = get_args(Label)
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
REVIEWED = {"yes": True, "no": False}
BOOKED = {"likely": True}
FIRST_TIME = {"yes": True}
LONGEST_WORDS = 200
LONGEST_REASON = 60
LONGEST_CALL = 86_400
"""Seconds; nobody looks for longer ones."""
NAMES = (
    "from", "to", "campaign", "label", "reason", "outcome", "booked", "reviewed", "first_time", "longer", "shorter",
    "answered_by", "tag", "q",
)  # fmt: skip
"""The filters as the address names them, in the order in which the list does."""


@dataclass(frozen=True)
class Filters:
    """What was asked for: `asked` as written, to fill the form again; `problems` name what could not be used."""

    asked: dict[str, str]
    first: date | None
    last: date | None
    campaign_id: int | None
    label: Label | None
    reason: str | None
    outcome: Outcome | None
    likely_booked: bool | None
    reviewed: bool | None
    first_time: bool | None
    min_seconds: int | None
    max_seconds: int | None
    answered_by: str | None
    tag: str | None
    q: str | None
    problems: list[str]

    def as_arguments(self) -> dict[str, Any]:
        """The filters as calls.listing.list_calls takes them."""
        return {name: value for name, value in vars(self).items() if name not in ("asked", "problems")}


def read_filters(*, campaign_ids: set[int], day_back: date) -> Filters:
    """Filters from the address bar; one that cannot be used is left out and named.

    `day_back`: from when on calls that sound booked are looked for where no day is named.
    """
    asked = {name: request.args.get(name, "").replace("\x00", "").strip() for name in NAMES}
    asked = {name: value for name, value in asked.items() if value}
    if asked.get("booked") in BOOKED and not {"from", "to"} & asked.keys():
        asked["from"] = str(day_back)
    problems: list[str] = []
    first, last = (_day(asked.get(name, ""), problems) for name in ("from", "to"))
    if first and last and last < first:
        first = last = None
        problems.append("The range ends before it starts.")
    campaign = asked.get("campaign", "")
    campaign_id = int(campaign) if campaign.isascii() and campaign.isdigit() and len(campaign) < 10 else None
    if campaign and campaign_id not in campaign_ids:
        campaign_id = None
        problems.append("There is no such campaign.")
    label = next((one for one in LABELS if one == asked.get("label")), None)
    outcome = next((one for one in OUTCOMES if one == asked.get("outcome")), None)
    reviewed = REVIEWED.get(asked.get("reviewed", ""))
    booked = BOOKED.get(asked.get("booked", ""))
    first_time = FIRST_TIME.get(asked.get("first_time", ""))
    for name, understood in {
        "label": label, "outcome": outcome, "booked": booked, "reviewed": reviewed, "first_time": first_time,
    }.items():  # fmt: skip
        if name in asked and understood is None:
            problems.append(f"There is no such {name.replace('_', ' ')}.")
    reason = asked.get("reason")
    if reason and len(reason) > LONGEST_REASON:
        reason = None
        problems.append(f"A reason has at most {LONGEST_REASON} characters.")
    longer, shorter = (_seconds(asked.get(name, ""), problems) for name in ("longer", "shorter"))
    if longer is not None and shorter is not None and longer > shorter:
        longer = shorter = None
        problems.append("No call is longer and shorter than that at once.")
    return Filters(
        asked=asked,
        first=first,
        last=last,
        campaign_id=campaign_id,
        label=label,
        reason=reason,
        outcome=outcome,
        likely_booked=booked,
        reviewed=reviewed,
        first_time=first_time,
        min_seconds=longer,
        max_seconds=shorter,
        answered_by=asked.get("answered_by"),
        tag=_tag(asked.get("tag", ""), problems),
        q=_words(asked.get("q", ""), problems),
        problems=problems,
    )


def _day(written: str, problems: list[str]) -> date | None:
    day = read_day(written) if written else None
    if written and day is None:
        problems.append("Write dates like 2025-05-03.")
    return day


def _tag(written: str, problems: list[str]) -> str | None:
    if not written:
        return None
    try:
        return clean_tag(written)
    except BadTag as wrong:
        problems.append(f"That is no tag: {wrong}.")
        return None


def _seconds(written: str, problems: list[str]) -> int | None:
    if not written:
        return None
    if written.isascii() and written.isdigit() and len(written) < 6 and int(written) <= LONGEST_CALL:
        return int(written)
    problems.append(f"Write how long a call was in whole seconds, up to {LONGEST_CALL:,}.")
    return None


def _words(written: str, problems: list[str]) -> str | None:
    if not written:
        return None
    if len(written) > LONGEST_WORDS:
        problems.append(f"Search for at most {LONGEST_WORDS} characters.")
        return None
    if not read_query(written).asks():
        problems.append("Search for a word or a number; there is none in what you wrote.")
        return None
    return written
