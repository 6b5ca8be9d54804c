"""The numbers that callers say: what is to be found, with its kind, made up by chance.

Cards begin as the published test ranges do and pass the Luhn check, routing numbers pass their own check, full
telephone numbers lie in the range 555-0100 to 555-0199, which nobody has.
"""

import random
from collections.abc import Callable, Sequence

from tests.privacy.spoken_digits import pairs, words

Chance = random.Random
BRANDS = {
    "visa": ("424242", 16),
    "visa_older": ("411111", 16),
    "visa_debit": ("400005", 16),
    "mastercard": ("555555", 16),
    "mastercard_2": ("222300", 16),
    "mastercard_older": ("510510", 16),
    "discover": ("601111", 16),
    "jcb": ("356600", 16),
    "amex": ("378282", 15),
    "amex_older": ("371449", 15),
    "diners": ("305693", 14),
    "long": ("620500", 19),
    "short": ("422222", 13),
}
USUAL = (
    "visa",
    "visa",
    "mastercard",
    "visa_older",
    "visa_debit",
    "mastercard_2",
    "mastercard_older",
    "discover",
    "jcb",
)
NAMED = {
    "visa": ("visa", "visa_older", "visa_debit"),
    "mastercard": ("mastercard", "mastercard_2", "mastercard_older"),
    "discover": ("discover",),
    "amex": ("amex", "amex_older"),
}
"""Brands as a wording names them."""
GROUPS = {16: (4, 4, 4, 4), 15: (4, 6, 5), 14: (4, 6, 4), 19: (4, 4, 4, 4, 3), 13: (4, 3, 3, 3)}
MONTHS = "January February March April May June July August September October November December".split()
STREET_CITIES = ("Austin", "Round Rock", "Cedar Park", "Pflugerville", "Kyle")
NAMES = ("Dolores Kim", "Ray Fuentes", "Pat Novak", "Tom Whitaker", "Sheila Grant")


def digits(chance: Chance, count: int) -> str:
    """So many digits, the first of them not zero."""
    return str(chance.randint(1, 9)) + "".join(str(chance.randint(0, 9)) for _ in range(count - 1))


def cut(row: str, lengths: Sequence[int]) -> list[str]:
    """A row of digits in groups of these lengths."""
    ends = [sum(lengths[: at + 1]) for at in range(len(lengths))]
    return [row[end - length : end] for end, length in zip(ends, lengths, strict=True)]


def luhn_digit(body: str) -> str:
    """The digit that makes `body` pass the Luhn check."""
    total = 0
    for at, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if at % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def card(chance: Chance, brand: str | None = None, *, round_group: bool = False) -> list[str]:
    """A card number in the groups that are printed on it."""
    begins, length = BRANDS[brand or chance.choice(USUAL)]
    middle = "00" if round_group else "".join(str(chance.randint(0, 9)) for _ in range(2))
    body = begins + middle + "".join(str(chance.randint(0, 9)) for _ in range(length - 9))
    return cut(body + luhn_digit(body), GROUPS[length])


def _routing(chance: Chance) -> list[str]:
    body = chance.choice(("11", "06", "02", "32", "31")) + "".join(str(chance.randint(0, 9)) for _ in range(6))
    weighed = sum(int(digit) * weight for digit, weight in zip(body, (3, 7, 1, 3, 7, 1, 3, 7), strict=True))
    return cut(body + str(-weighed % 10), (3, 3, 3))


def _account(chance: Chance) -> list[str]:
    lengths = chance.choice(((4, 4), (3, 3, 3), (4, 3, 3), (4, 4, 4)))
    return cut(digits(chance, sum(lengths)), lengths)


def _ssn(chance: Chance) -> list[str]:
    area = chance.choice((chance.randint(100, 665), chance.randint(667, 899)))
    return [str(area), f"{chance.randint(1, 99):02}", f"{chance.randint(1, 9999):04}"]


SHORT_WAYS = ("run", "spaced", "words", "listed", "hyphened", "run")
LONG_WAYS = ("run", "spaced", "words", "groups", "word_groups", "commas", "mixed", "hyphened")
CARD_WAYS = "groups words run commas dashes mixed doubles word_groups pairs sentences spaced fillers dictated".split()

FOUND: dict[str, tuple[str, Callable[[Chance], list[str]], Sequence[str]]] = {
    "card": ("card", card, CARD_WAYS),
    "cvv": ("code", lambda chance: [digits(chance, 3)], SHORT_WAYS),
    "cid": ("code", lambda chance: [digits(chance, 4)], (*SHORT_WAYS, "pairs")),
    "otp": ("code", lambda chance: cut(digits(chance, 6), (3, 3)), (*SHORT_WAYS, "groups", "dashes", "pairs")),
    "pin": ("code", lambda chance: [digits(chance, 4)], (*SHORT_WAYS, "pairs")),
    "ssn": ("ssn", _ssn, ("dashes", "words", "groups", "run", "commas", "spaced", "word_groups", "mixed")),
    "ssn4": ("ssn", lambda chance: [digits(chance, 4)], (*SHORT_WAYS, "pairs")),
    "routing": ("account", _routing, LONG_WAYS),
    "account": ("account", _account, LONG_WAYS),
}
"""What is to be found: its kind, its groups of digits, the ways in which it is said."""


def expiry(chance: Chance, *, spoken: bool) -> str:
    """When a card expires, as it is said."""
    month, year = chance.randint(1, 12), chance.randint(27, 32)
    name = MONTHS[month - 1]
    if spoken:
        return chance.choice(
            (f"{pairs(f'{month:02}', chance)} {pairs(str(year), chance)}", f"{words(f'{month:02}{year}', chance)}")
        )
    return chance.choice(
        (
            f"{month:02}/{year}",
            f"{month}/{year}",
            f"{name} 20{year}",
            f"{month:02} {year}",
            f"{month:02}{year}",
            f"{name} of {year}",
            f"{month} slash {year}",
            f"{month}, 20{year}",
            f"{pairs(f'{month:02}', chance)} {pairs(str(year), chance)}",
        )
    )


def gate(chance: Chance) -> str:
    """A code that opens a gate, a door or a box."""
    code = digits(chance, chance.choice((4, 4, 4, 5)))
    return chance.choice(
        (
            code,
            f"#{code}",
            f"star {code}",
            f"{code} pound",
            " ".join(code),
            "-".join(code),
            words(code, chance),
            f"pound {words(code, chance)}",
            f"{pairs(code, chance)}",
            f"{words(code, chance)} star",
            ", ".join(code),
        )
    )


def licence(chance: Chance) -> str:
    """A driver's licence: eight digits, or letters and digits, as the states have them."""
    number = digits(chance, 7)
    letter = chance.choice("ABDFHKS")
    return chance.choice(
        (
            digits(chance, 8),
            letter + number,
            f"{letter} {' '.join(number)}",
            f"RT{number[:6]}",
            f"{letter} as in {'Delta' if letter == 'D' else 'hotel'} {words(number, chance)}",
            f"{letter}{number[:3]}-{number[3:6]}-{digits(chance, 2)}-{digits(chance, 3)}-0",
            words(number + "4", chance),
        )
    )
