"""Values as people read them, on paper and in e-mail."""

from datetime import date
from decimal import Decimal

from calltrack.paper.table import Cell, Kind, as_text, local, units

DASH, MINUS, TIMES = "\N{EN DASH}", "\N{MINUS SIGN}", "\N{MULTIPLICATION SIGN}"


def written(kind: Kind, cell: Cell) -> str:
    """125000 cents: $1,250.00; 63 seconds: 1:03; a ratio of 3.4: 3.40x. A dash where there is no value."""
    if cell is None:
        return "" if kind == "text" else DASH
    if kind == "text" or isinstance(cell, str):  # a line of totals names itself, whatever stands above it
        return as_text(cell)
    if kind == "moment":
        return f"{local(cell):%Y-%m-%d %H:%M}"
    if kind == "money":
        amount = units(cell)
        return f"{_sign(amount)}${abs(amount):,.2f}"
    if isinstance(cell, date):
        return str(cell)
    number = Decimal(cell)
    if kind == "seconds":
        minutes, seconds = divmod(int(number), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}" if minutes >= 60 else f"{minutes}:{seconds:02}"
    if kind == "percent":
        return f"{_sign(number)}{abs(number):,.1f}%"
    return f"{_sign(number)}{abs(number):,.2f}{TIMES}" if kind == "ratio" else f"{_sign(number)}{abs(number):,}"


def _sign(number: Decimal) -> str:
    return MINUS if number < 0 else ""
