"""The numbers of a call that are no secret: telephones, addresses, prices, times, equipment, paperwork."""

import random
from collections.abc import Callable

from tests.privacy.number_kinds import MONTHS, digits
from tests.privacy.spoken_digits import TEENS, TENS, doubles, pairs, words

Chance = random.Random
AREAS = ("512", "737", "210", "830", "407", "303", "602", "704", "918")


def phone(chance: Chance) -> str:
    """A telephone number with its area code, in the many ways in which it is said."""
    area, last = chance.choice(AREAS), f"01{chance.randint(0, 99):02}"
    return chance.choice(
        (
            f"{area}-555-{last}",
            f"({area}) 555-{last}",
            f"{area} 555 {last}",
            f"{area}555{last}",
            f"{area}.555.{last}",
            f"+1 {area} 555 {last}",
            f"1-{area}-555-{last}",
            f"{area}, 555, {last}",
            f"{area} 555, {last[:2]} {last[2:]}",
            " ".join(f"{area}555{last}"),
            ", ".join(" ".join(part) for part in (area, "555", last)),
            words(f"{area}555{last}", chance),
            ", ".join(words(part, chance) for part in (area, "555", last)),
            f"{words(area, chance)} triple five {pairs(last, chance)}",
            f"{area} {doubles('555' + last, chance)}",
            f"{pairs(area, chance)}, five fifty-five, {words(last, chance)}",
            f"area code {area}, 555-{last}",
            f"{area}-555, uh, {last}",
            f"{area}. 555. {last}",
            "-".join(f"{area}555{last}"),
        )
    )


def local(chance: Chance) -> str:
    """A telephone number without its area code."""
    last = f"01{chance.randint(0, 99):02}"
    return chance.choice(
        (
            f"555-{last}",
            f"555 {last}",
            words(f"555{last}", chance),
            f"five five five, {pairs(last, chance)}",
            f"triple five {words(last, chance)}",
            " ".join(f"555{last}"),
        )
    )


def tollfree(chance: Chance) -> str:
    """A number that costs the caller nothing."""
    last = f"01{chance.randint(0, 99):02}"
    return chance.choice(
        (
            f"1-800-555-{last}",
            f"800-555-{last}",
            f"one eight hundred, five five five, {words(last, chance)}",
            f"1 888 555 {last}",
            f"eight seven seven, {words('555' + last, chance)}",
        )
    )


def house(chance: Chance) -> str:
    number = digits(chance, chance.choice((3, 4, 4, 5)))
    return chance.choice((number, number, number, pairs(number, chance), words(number, chance), " ".join(number)))


def zip_code(chance: Chance) -> str:
    code = "78" + digits(chance, 3)
    return chance.choice(
        (code, code, " ".join(code), words(code, chance), f"{code}-{digits(chance, 4)}", doubles(code, chance))
    )


def price(chance: Chance) -> str:
    dollars = chance.choice((chance.randint(49, 399), chance.randint(400, 2500), chance.randint(2500, 16000)))
    tens = chance.randint(2, 9)
    return chance.choice(
        (
            f"${dollars:,}",
            f"${dollars:,}",
            f"${dollars:,}.{chance.choice((0, 50, 95, 99)):02}",
            f"{dollars} dollars",
            f"{TENS[tens]}-nine dollars",
            f"{TEENS[chance.randint(1, 9)]} hundred dollars",
            f"{TENS[tens]}-five hundred",
            f"{words(str(chance.randint(1, 9)), chance)} {TENS[tens]}-five",
            f"{chance.randint(2, 16)} grand",
            f"{words(str(chance.randint(2, 9)), chance)} thousand",
            f"{TENS[tens]}-nine ninety-five",
        )
    )


def date(chance: Chance) -> str:
    month, day, year = chance.randint(1, 12), chance.randint(1, 28), chance.randint(2019, 2026)
    name = MONTHS[month - 1]
    ending = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd"}.get(day, "th")
    return chance.choice(
        (
            f"{name} {day}{ending}",
            f"{name} {day}, {year}",
            f"{month}/{day}/{year}",
            f"the {day}{ending}",
            f"{month}/{day}",
            f"{name} {TENS[2]}-{words(str(chance.randint(1, 9)), chance)}",
            f"{name} {day}",
            f"{month}-{day}-{year % 100}",
        )
    )


def birth(chance: Chance) -> str:
    month, day, year = chance.randint(1, 12), chance.randint(1, 28), chance.randint(1938, 2001)
    short = pairs(str(year % 100).zfill(2), chance)
    return chance.choice(
        (
            f"{MONTHS[month - 1]} {day}, {year}",
            f"{month}/{day}/{year}",
            f"{month:02}/{day:02}/{year % 100:02}",
            f"{month} {day} {year}",
            f"{MONTHS[month - 1]} {pairs(str(day).zfill(2), chance)}, nineteen {short}",
        )
    )


def time(chance: Chance) -> str:
    hour, minute = chance.randint(1, 12), chance.choice((0, 15, 30, 45))
    return chance.choice(
        (
            f"{hour}:{minute:02}",
            f"{hour} p.m.",
            f"{hour} o'clock",
            f"{hour}:{minute:02} a.m.",
            f"quarter past {hour}",
            f"{words(str(chance.randint(1, 9)), chance)} thirty",
            f"half past {words(str(chance.randint(1, 9)), chance)}",
        )
    )


def window(chance: Chance) -> str:
    first = chance.randint(7, 12)
    last = first + chance.choice((2, 4)) - (12 if first > 8 else 0)
    last = last if last > 0 else 12
    return chance.choice(
        (
            f"{first} and {last}",
            f"{first} to {last}",
            f"{first}:00 and {last}:00",
            "eight and twelve",
            f"{first} a.m. and {last}",
        )
    )


def model(chance: Chance) -> str:
    return chance.choice(
        (
            f"GSX{digits(chance, 6)}",
            f"{digits(chance, 2)}ACC{digits(chance, 3)}A003",
            f"TUE1B080A{digits(chance, 4)}A",
            f"ML180UH{digits(chance, 3)}E",
            f"G as in golf S X {' '.join(digits(chance, 6))}",
            f"{digits(chance, 4)}-{digits(chance, 3)}",
            f"XR{digits(chance, 2)}",
            f"58STA {words(digits(chance, 3), chance)} {digits(chance, 5)}",
            f"RP{digits(chance, 10)}",
        )
    )


def serial(chance: Chance) -> str:
    return chance.choice(
        (
            f"{digits(chance, 4)}E{digits(chance, 5)}",
            digits(chance, 10),
            f"{digits(chance, 4)} {digits(chance, 5)}",
            f"W{digits(chance, 9)}",
            " ".join(digits(chance, 10)),
            words(digits(chance, 9), chance),
            f"{digits(chance, 9)}{chance.choice('BFKR')}",
            f"{digits(chance, 2)}-{digits(chance, 4)}-{digits(chance, 4)}",
        )
    )


def reference(chance: Chance) -> str:
    number = digits(chance, chance.choice((4, 5, 6, 7)))
    return chance.choice(
        (
            number,
            number,
            " ".join(number),
            words(number, chance),
            f"{number[:2]}-{number[2:]}",
            pairs(number, chance),
            doubles(number, chance),
            f"W{number}",
            "-".join(number),
        )
    )


def order(chance: Chance) -> str:
    return chance.choice(
        (
            digits(chance, 8),
            digits(chance, 10),
            f"{digits(chance, 3)}-{digits(chance, 7)}-{digits(chance, 7)}",
            f"H{digits(chance, 8)}",
            " ".join(digits(chance, 8)),
            words(digits(chance, 7), chance),
            f"HC-{digits(chance, 6)}",
        )
    )


def tracking(chance: Chance) -> str:
    return chance.choice(
        (
            digits(chance, 12),
            f"1Z{digits(chance, 3)}W{digits(chance, 12)}",
            " ".join(digits(chance, 4) for _ in range(3)),
            f"9400 {digits(chance, 4)} {digits(chance, 4)} {digits(chance, 4)} {digits(chance, 4)} {digits(chance, 2)}",
            words(digits(chance, 12), chance),
        )
    )


def other_words(chance: Chance) -> dict[str, Callable[[], str]]:
    """A slot's name in the wordings, and what fills it."""
    return {
        "phone": lambda: phone(chance),
        "local": lambda: local(chance),
        "tollfree": lambda: tollfree(chance),
        "area": lambda: chance.choice(AREAS),
        "ext": lambda: digits(chance, 3),
        "house": lambda: house(chance),
        "unit": lambda: chance.choice((digits(chance, 3), f"{digits(chance, 1)}B", pairs(digits(chance, 3), chance))),
        "zip": lambda: zip_code(chance),
        "price": lambda: price(chance),
        "date": lambda: date(chance),
        "birth": lambda: birth(chance),
        "time": lambda: time(chance),
        "window": lambda: window(chance),
        "model": lambda: model(chance),
        "serial": lambda: serial(chance),
        "part": lambda: f"{digits(chance, 5)}-{digits(chance, 2)}",
        "ref": lambda: reference(chance),
        "order": lambda: order(chance),
        "tracking": lambda: tracking(chance),
        "permit": lambda: f"{chance.randint(2022, 2026)}-{digits(chance, 6)}",
        "parcel": lambda: f"0{digits(chance, 3)}-{digits(chance, 3)}-{digits(chance, 4)}",
        "coupon": lambda: chance.choice(
            (f"SAVE{digits(chance, 2)}", f"FALL{chance.randint(2024, 2026)}", digits(chance, 4))
        ),
        "check": lambda: digits(chance, 4),
        "meter": lambda: digits(chance, 5),
        "temp": lambda: chance.choice(
            (str(chance.randint(48, 99)), f"{pairs(str(chance.randint(48, 99)), chance)} degrees")
        ),
        "sqft": lambda: chance.choice(
            (f"{digits(chance, 1)},{digits(chance, 1)}00", "twenty-four hundred", digits(chance, 4))
        ),
        "filter": lambda: chance.choice(("16x25x1", "20 by 20 by 1", "twenty by twenty", "14x20x1", "16 by 25 by 4")),
        "age": lambda: chance.choice(
            (f"{chance.randint(71, 93)} years old", pairs(str(chance.randint(71, 93)), chance))
        ),
        "year": lambda: chance.choice((str(chance.randint(1988, 2023)), "nineteen ninety-four", "two thousand eight")),
    }
