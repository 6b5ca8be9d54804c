"""Exact amounts: whole cents in the database, decimal strings outside, never a float."""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

# PostgreSQL's and SQLite's 64-bit integers hold sums of these without overflow.
LARGEST = Decimal(10**12)


class BadAmount(ValueError):
    """Not an amount of money; the message says what to write instead."""


def to_cents(amount: Decimal | str | int) -> int:
    """`amount` in units (1 = one dollar) as whole cents; more than two decimals are refused, not rounded."""
    try:
        value = Decimal(amount)
    except (InvalidOperation, TypeError, ValueError):
        raise BadAmount(f"{amount!r} is not an amount; write it like 1250.00") from None
    if not value.is_finite() or abs(value) > LARGEST:
        raise BadAmount(f"{amount!r} is not an amount that can be kept")
    exact = value.quantize(Decimal("0.01"))
    if exact != value:
        raise BadAmount(f"{amount!r} has more than two decimals")
    return int(exact * 100)


def to_text(cents: int) -> str:
    """Cents as a decimal string of units: 125000 -> '1250.00'."""
    return str((Decimal(cents) / 100).quantize(Decimal("0.01")))


def per(cents: int, count: int) -> Decimal | None:
    """Units of money for each of `count`, rounded half up to the cent; None where there is nothing to divide by."""
    return None if count == 0 else _rounded(Decimal(cents) / 100 / count, "0.01")


def ratio(part: int, whole: int) -> Decimal | None:
    """`part` / `whole`, rounded half up to two decimals; None for a zero `whole`."""
    return None if whole == 0 else _rounded(Decimal(part) / whole, "0.01")


def percentage(part: int, whole: int) -> Decimal | None:
    """100 x `part` / `whole`, rounded half up to one decimal; None for a zero `whole`."""
    return None if whole == 0 else _rounded(Decimal(100 * part) / whole, "0.1")


def _rounded(exact: Decimal, step: str) -> Decimal:
    return exact.quantize(Decimal(step), ROUND_HALF_UP) + 0  # a Decimal knows a -0.00, which no reader wants to see
