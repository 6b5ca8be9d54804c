"""A row of digits as people say it and speech-to-text writes it: in how many ways, and which way when."""

import random
import re
from collections.abc import Callable, Sequence

ONES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TEENS = ("ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen").split()
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
HEARD_WRONG = {"2": "to", "4": "for", "1": "won", "8": "ate"}
CORRECTIONS = (", no wait, ", ", sorry, ", ". No, I'm sorry, ", ", scratch that, ", ", uh no, ", ", I mean ")
FILLERS = (", uh, ", ", um, ", ", let me see, ", " and then ", ", okay, ", ", then ")
ANSWERS = (". Okay. ", ". Mm-hmm. ", ". Got it. ", ". Yep. ", ". Uh-huh. ", ". Go ahead. ", ", okay, ")

Say = Callable[[Sequence[str], random.Random], str]


def words(digits: str, chance: random.Random) -> str:
    """Digit by digit; whoever says "oh" for zero says it throughout."""
    zero = chance.choice(("zero", "oh"))
    return " ".join(zero if digit == "0" else ONES[int(digit)] for digit in digits)


def doubles(digits: str, chance: random.Random) -> str:
    """Digit by digit, with "double" and "triple" where a digit comes again."""
    said = []
    for run in re.finditer(r"(\d)\1{0,2}", digits):
        how = ("", "double ", "triple ")[len(run.group()) - 1]
        said.append(how + words(run.group(1), chance))
    return " ".join(said)


def two(pair: str, chance: random.Random) -> str:
    """A pair as one number: "forty-one", "eleven", "oh five"."""
    tens, ones = int(pair[0]), int(pair[1])
    if tens == 0:
        return chance.choice(("double zero", "zero zero")) if ones == 0 else f"oh {ONES[ones]}"
    if tens == 1:
        return TEENS[ones]
    return TENS[tens] if ones == 0 else f"{TENS[tens]}-{ONES[ones]}"


def pairs(digits: str, chance: random.Random) -> str:
    """Two digits at a time; a round four is so many hundred; an odd one comes first."""
    if len(digits) == 4 and digits.endswith("00") and not digits.startswith("0"):
        return f"{ONES[int(digits[0])]} thousand" if digits[1] == "0" else f"{two(digits[:2], chance)} hundred"
    odd = len(digits) % 2
    said = [words(digits[:odd], chance)] if odd else []
    return " ".join(said + [two(digits[at : at + 2], chance) for at in range(odd, len(digits), 2)])


def _each(how: Callable[[str, random.Random], str], between: str) -> Say:
    return lambda groups, chance: between.join(how(group, chance) for group in groups)


def _as_is(digits: str, _chance: random.Random) -> str:
    return digits


def _spaced(digits: str, _chance: random.Random) -> str:
    return " ".join(digits)


def _either(digits: str, chance: random.Random) -> str:
    return words(digits, chance) if chance.random() < 0.5 else digits


def _homophones(digits: str, chance: random.Random) -> str:
    """One of the words is written as the other word that sounds alike."""
    said = words(digits, chance).split()
    alike = [at for at, digit in enumerate(digits) if digit in HEARD_WRONG]
    if alike:
        at = chance.choice(alike)
        said[at] = HEARD_WRONG[digits[at]]
    return " ".join(said)


def _uneven(groups: Sequence[str], chance: random.Random) -> str:
    digits, pieces = "".join(groups), []
    while digits:
        length = chance.randint(2, 6)
        pieces.append(digits[:length])
        digits = digits[length:]
    return " ".join(pieces)


def _missing(groups: Sequence[str], chance: random.Random) -> str:
    """One digit was not heard."""
    at = chance.randrange(1, len(groups)) if len(groups) > 1 else 0
    lost = chance.randrange(len(groups[at]))
    short = groups[at][:lost] + groups[at][lost + 1 :]
    return " ".join([*groups[:at], short, *groups[at + 1 :]])


def _corrected(groups: Sequence[str], chance: random.Random) -> str:
    """One group is said wrong and said again."""
    at = chance.randrange(len(groups))
    right = groups[at]
    place = chance.randrange(len(right))
    wrong = right[:place] + str((int(right[place]) + chance.randint(1, 9)) % 10) + right[place + 1 :]
    say = chance.choice((_as_is, words))
    said = [say(group, chance) for group in groups]
    said[at] = say(wrong, chance) + chance.choice(CORRECTIONS) + said[at]
    return " ".join(said)


def _between(choices: Sequence[str]) -> Say:
    """Groups with something else said between them."""

    def say(groups: Sequence[str], chance: random.Random) -> str:
        how = chance.choice((_as_is, words, _spaced))
        said = [how(group, chance) for group in groups]
        return said[0] + "".join(chance.choice(choices) + one for one in said[1:])

    return say


WAYS: dict[str, Say] = {
    "groups": _each(_as_is, " "),
    "run": _each(_as_is, ""),
    "dashes": _each(_as_is, "-"),
    "commas": _each(_as_is, ", "),
    "sentences": _each(_as_is, ". "),
    "words": _each(words, " "),
    "word_groups": _each(words, ", "),
    "spaced": _each(_spaced, " "),
    "listed": lambda groups, _chance: ", ".join("".join(groups)),
    "hyphened": lambda groups, _chance: "-".join("".join(groups)),
    "mixed": _each(_either, " "),
    "doubles": _each(doubles, " "),
    "pairs": _each(pairs, " "),
    "hundreds": _each(pairs, ", "),
    "homophones": _each(_homophones, " "),
    "thousands": lambda groups, _chance: f"{int(''.join(groups)):,}",
    "uneven": _uneven,
    "missing": _missing,
    "corrected": _corrected,
    "fillers": _between(FILLERS),
    "dictated": _between(ANSWERS),
}
"""A name for each way, and what it makes of groups of digits."""


def joined(groups: Sequence[str], between: str, chance: random.Random, *, spoken: bool) -> str:
    """The groups with these words between them."""
    return between.join(words(group, chance) if spoken else group for group in groups)
