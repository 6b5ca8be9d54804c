"""How values look on a page: money, percentages, times of the account's zone, durations, phone numbers."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from flask import Flask, g

from calltrack.accounts.agents import agent_names
from calltrack.calls.messages import attached
from calltrack.db import AWAY
from calltrack.ground import ground
from calltrack.phone import display
from calltrack.web.assets import asset_url, has_asset

DASH = "\N{EN DASH}"


def init_app(app: Flask) -> None:
    """Give every template these filters, and the addresses of assets."""
    app.jinja_env.filters.update(
        cents=cents, whole=whole, percent=percent, signed=signed, moment=moment, short_moment=short_moment, day=day,
        duration=duration, phone=display, agent=agent, zone_name=zone_name, clock=clock, attached=attached,
    )  # fmt: skip
    app.jinja_env.globals |= {"asset_url": asset_url, "has_asset": has_asset}


def cents(amount: int | None) -> str:
    """125000 -> $1,250.00."""
    return DASH if amount is None else dollars(Decimal(amount) / 100)


def dollars(amount: Decimal | None) -> str:
    """1250 -> $1,250.00."""
    if amount is None:
        return DASH
    sign = "\N{MINUS SIGN}" if amount < 0 else ""
    return f"{sign}${abs(amount):,.2f}"


def percent(value: Decimal | None) -> str:
    """42.5 -> 42.5%."""
    return DASH if value is None else f"{value}%"


def times(value: Decimal | None) -> str:
    """A ratio: 3.40 -> 3.40x."""
    return DASH if value is None else f"{value:,}\N{MULTIPLICATION SIGN}"


def signed(value: Decimal) -> str:
    """A difference: +4.2, or with a real minus sign."""
    return f"+{value:,}" if value >= 0 else f"\N{MINUS SIGN}{-value:,}"


def whole(value: int) -> str:
    """1250 -> 1,250."""
    return f"{value:,}"


def moment(at: datetime, zone: str) -> str:
    """Sat 3 May 2025, 2:05 PM CDT."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%a} {day(local)}, {_clock(local)} {local:%Z}"


def short_moment(at: datetime, zone: str) -> str:
    """Sat 3 May, 2:05 PM: in a list that names the zone and the range above it."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%a} {short_day(local)}, {_clock(local)}"


def day(date_: date) -> str:
    """3 May 2025."""
    return f"{short_day(date_)} {date_.year}"


def short_day(date_: date) -> str:
    """3 May."""
    return f"{date_.day} {date_:%b}"


def duration(seconds: float | None) -> str:
    """63 -> 1:03; 3723 -> 1:02:03."""
    if seconds is None:
        return DASH
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def agent(phone: str | None) -> str:
    """The name of the visitor's agent whose phone it is, else the phone; names are read once a request."""
    return _names().get(phone or "") or display(phone)


def clock(at: datetime, zone: str) -> str:
    """2:05 PM: on a page that says of which day."""
    return _clock(at.astimezone(ZoneInfo(zone)))


def zone_name(zone: str) -> str:
    """America/New_York -> America/New York."""
    return zone.replace("_", " ")


def _names() -> dict[str, str]:
    known = g.get("visitor")
    if known is None:
        return {}
    if "agent_names" not in g:
        try:
            with ground().database.read() as session:
                g.agent_names = agent_names(session, account_id=known.account.id)
        except AWAY:  # a phone is a name, too
            g.agent_names = {}
    names: dict[str, str] = g.agent_names
    return names


def _clock(local: datetime) -> str:
    return f"{local.hour % 12 or 12}:{local:%M} {'AM' if local.hour < 12 else 'PM'}"
