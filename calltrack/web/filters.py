"""Which calls a list shows, as the address bar names them."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, get_args

from flask import request

from calltrack.calls.tags import BadTag, clean_tag
from calltrack.web.ranges import read_day

Label = Literal["lead", "excused", "none"]
Outcome = Literal["booked", "unbooked", "missed", "excused"]
LABELS: tuple[Label, ...] = get_args(Label)
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
REVIEWED = {"yes": True, "no": False}
BOOKED = {"likely": True}
LONGEST_WORDS = 200
NAMES = ("from", "to", "campaign", "label", "outcome", "booked", "reviewed", "answered_by", "tag", "q")


@dataclass(frozen=True)
class Filters:
    """What was asked for: `asked` as written, to fill the form again; `problems` name what could not be used."""

    asked: dict[str, str]
    first: date | None
    last: date | None
    campaign_id: int | None
    label: Label | None
    outcome: Outcome | None
    likely_booked: bool | None
    reviewed: bool | None
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
    for name, understood in (("label", label), ("outcome", outcome), ("booked", booked), ("reviewed", reviewed)):
        if name in asked and understood is None:
            problems.append(f"There is no such {name}.")
    q = asked.get("q")
    if q and len(q) > LONGEST_WORDS:
        q = None
        problems.append(f"Search for at most {LONGEST_WORDS} characters.")
    return Filters(
        asked=asked,
        first=first,
        last=last,
        campaign_id=campaign_id,
        label=label,
        outcome=outcome,
        likely_booked=booked,
        reviewed=reviewed,
        answered_by=asked.get("answered_by"),
        tag=_tag(asked.get("tag", ""), problems),
        q=q,
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
