"""The moment that a scorecard is asked for as known on, as the address bar names it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask import request


@dataclass(frozen=True)
class Known:
    """`as_of`: the moment, None for now. `written`: what fills the field again. `problem`: why it could not be read."""

    as_of: datetime | None
    written: str
    problem: str | None = None


def read_known(*, zone: str) -> Known:
    """`as_of` of the address bar: a local date and time in `zone`."""
    written = request.args.get("as_of", "").strip()
    if not written:
        return Known(None, "")
    try:
        moment = datetime.fromisoformat(written)
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
    except (ValueError, OverflowError):
        return Known(None, "", "Write the moment like 2025-05-03T09:30. Until then the figures of now are shown.")
    if moment >= datetime.now(UTC):
        return Known(None, "", "That moment has not come yet. These are the figures of now.")
    return Known(moment, f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M:%S}")
