"""A report as an e-mail: the figures of some days beside those of the days before, as text, HTML, PDF and XLSX."""

import re
import textwrap
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from markupsafe import Markup
from sqlalchemy.orm import Session

from calltrack.campaigns.scorecard import Kpis, Scorecards, scorecards
from calltrack.mail import Attachment
from calltrack.models import Account
from calltrack.paper.words import written
from calltrack.paper.write import Format, write
from calltrack.period import Period
from calltrack.reports.tables import COLUMNS, figure, scorecard_table

# What a mail shows, under the short names that fit there; the attached files hold every KPI.
FIGURES = {
    "calls": "Calls",
    "leads": "Leads",
    "inbound_booked_pct": "Booked %",
    "sold": "Sold",
    "revenue": "Revenue",
    "total_cost": "Cost",
    "cost_per_lead": "Cost per lead",
    "roi": "ROI",
}
_ATTACHED: tuple[Format, ...] = ("pdf", "xlsx")
_SENT = {"day": "daily", "week": "weekly", "month": "monthly"}
_CELL = "padding:6px 10px;border-bottom:1px solid #dbe0e6;"


@dataclass(frozen=True)
class Letter:
    """An e-mail that waits for an address."""

    subject: str
    text: str
    html: str
    attachments: list[Attachment]


@dataclass(frozen=True)
class _Line:
    """One name and its figures: (key, now, what changed against the days before)."""

    name: str
    figures: list[tuple[str, str, str]]


def write_letter(
    session: Session, *, account: Account, every: str, period: Period, now: datetime, base_url: str
) -> Letter:
    """The scorecard of the period, each figure with its change against the equally long period before."""
    cards = scorecards(session, account=account, period=period, now=now)
    before = scorecards(session, account=account, period=period.before(), now=now)
    earlier = {item.campaign_id: item.kpis for item in before.items}
    total = _line("All campaigns", cards.total, before.total)
    lines = [_line(item.campaign, item.kpis, earlier.get(item.campaign_id)) for item in cards.items]
    days, leads = days_in_words(period), written("whole", cards.total.leads)
    heading = f"{account.name}, {days}"
    compared = f"In brackets: what changed against {days_in_words(period.before())}."
    address = f"{base_url}/scorecards?from={period.first}&to={period.last}"
    about = f"Sent by calltrack as a {_SENT[every]} report; times are in {account.time_zone.replace('_', ' ')}."
    return Letter(
        subject=f"{account.name}: {leads} {'lead' if cards.total.leads == 1 else 'leads'}, {days}",
        text=_text(heading, compared, total, lines, address, about),
        html=_html(heading, compared, total, lines, address, about),
        attachments=_files(cards, account=account, period=period),
    )


def days_in_words(period: Period) -> str:
    """4 May 2026; 27 Apr to 3 May 2026."""
    if period.first == period.last:
        return _day(period.last)
    first = _day(period.first)
    return f"{first if period.first.year != period.last.year else first[:-5]} to {_day(period.last)}"


def _day(day: date) -> str:
    return f"{day.day} {day:%b} {day.year}"


def _line(name: str, now: Kpis, before: Kpis | None) -> _Line:
    figures = []
    for key in FIGURES:
        value, was = figure(now, key), figure(before, key) if before else None
        figures.append((key, written(COLUMNS[key].kind, value), _change(key, value, was)))
    return _Line(name, figures)


def _change(key: str, now: int | Decimal | None, was: int | Decimal | None) -> str:
    """+5, -$12.00, +2.5 points; nothing where nothing changed, or one of the two is not there."""
    if now is None or was is None or now == was:
        return ""
    kind = COLUMNS[key].kind
    difference = now - was if isinstance(now, int) and isinstance(was, int) else Decimal(now) - Decimal(was)
    sign = "+" if difference > 0 else ""
    if kind == "percent":
        return f"{sign}{written('percent', difference).removesuffix('%')} points"
    return f"{sign}{written(kind, difference)}"


def _text(heading: str, compared: str, total: _Line, lines: list[_Line], address: str, about: str) -> str:
    parts = [heading, compared, ""]
    for key, value, change in total.figures:
        parts.append(f"{FIGURES[key]:<14}{value:>14}  {f'({change})' if change else ''}".rstrip())
    parts.append("")
    for line in lines:
        figures = ", ".join(
            f"{FIGURES[key]} {value}{f' ({change})' if change else ''}" for key, value, change in line.figures
        )
        parts += [line.name, textwrap.fill(figures, 76, initial_indent="  ", subsequent_indent="  "), ""]
    return "\n".join([*parts, address, "", about, ""])


def _html(heading: str, compared: str, total: _Line, lines: list[_Line], address: str, about: str) -> str:
    head = Markup("").join(
        Markup('<th style="{}text-align:right;color:#57626f;font-size:12px">{}</th>').format(_CELL, name)
        for name in FIGURES.values()
    )
    return Markup(
        '<!doctype html><html lang="en"><body style="margin:0;padding:16px;color:#17202a;'
        'font-family:system-ui,-apple-system,Segoe UI,Arial,sans-serif;font-size:14px">'
        '<h1 style="font-size:19px;margin:0 0 4px">{heading}</h1>'
        '<p style="margin:0 0 16px;color:#57626f">{compared}</p>'
        '<table style="border-collapse:collapse;font-size:13px"><thead><tr>'
        '<th style="{cell}text-align:left;color:#57626f;font-size:12px">Campaign</th>{head}</tr></thead>'
        '<tbody>{total}{lines}</tbody></table>'
        '<p style="margin:16px 0 0"><a href="{address}" style="color:#0b5a7a">See the rows behind every figure</a></p>'
        '<p style="margin:16px 0 0;color:#57626f;font-size:12px">{about}</p></body></html>'
    ).format(
        heading=heading,
        compared=compared,
        cell=_CELL,
        head=head,
        total=_html_row(total, weight="700"),
        lines=Markup("").join(_html_row(line, weight="400") for line in lines),
        address=address,
        about=about,
    )  # fmt: skip


def _html_row(line: _Line, *, weight: str) -> Markup:
    cells = Markup("").join(
        Markup(
            '<td style="{}text-align:right;white-space:nowrap;font-weight:{}">{}'
            '<br><span style="color:#57626f;font-size:11px;font-weight:400">{}</span></td>'
        ).format(_CELL, weight, value, f"({change})" if change else Markup("&nbsp;"))
        for _, value, change in line.figures
    )
    return Markup('<tr><th style="{}text-align:left;font-weight:600;vertical-align:top">{}</th>{}</tr>').format(
        _CELL, line.name, cells
    )


def _files(cards: Scorecards, *, account: Account, period: Period) -> list[Attachment]:
    zone = account.time_zone.replace("_", " ")
    table = scorecard_table(
        cards, title=f"Scorecards of {account.name}", subtitle=f"{days_in_words(period)}, {zone} time"
    )
    name = re.sub("[^a-z0-9]+", "-", account.name.lower()).strip("-") or "scorecards"
    made = [write(table, one) for one in _ATTACHED]
    return [
        Attachment(f"{name}-{period.first}-to-{period.last}.{extension}", kind, content)
        for content, kind, extension in made
    ]
