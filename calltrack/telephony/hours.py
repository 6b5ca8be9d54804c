"""Opening hours: the clock on the wall of an account's office, holidays and daylight saving days included."""

from datetime import datetime
from zoneinfo import ZoneInfo

from calltrack.telephony.plan import DAYS, Hours


def is_open(hours: Hours, *, now: datetime, zone: str) -> bool:
    """Whether the clock in `zone` stands within the hours at an aware moment; to 17:00 means that 17:00 is closed.
    An hour that the clock shows twice is open both times, one that it skips never comes."""
    local = now.astimezone(ZoneInfo(zone))
    holiday = next((one for one in hours.holidays if one.date == local.date()), None)
    today = DAYS[local.weekday()]
    weekly = next((spans for day, spans in hours.weekly.items() if day == today), ())
    spans = holiday.hours if holiday else weekly
    clock = f"{local:%H:%M}"
    return any(begin <= clock < end for begin, end in spans)
