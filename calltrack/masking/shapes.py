"""What digits are by their shape alone: a card's beginning and check digit, a phone's or social
security number's parts.

Card numbers: ISO/IEC 7812-1 (the check digit) and the ranges that Visa, Mastercard, American Express, Discover, Diners
Club, JCB and UnionPay issue. Phone numbers: the North American Numbering Plan.
"""

import re
from collections.abc import Sequence

LONGEST_CARD = 19
_PHONE = re.compile(r"1?[2-9]\d{2}[2-9]\d{6}")
_PHONE_PARTS = re.compile(r"(?:0+ )?(?:1 )?(?:[2-9]\d{2} [2-9]\d{2} ?\d{2} ?\d{2}|[2-9]\d{2} [2-9]\d{6}|[2-9]\d{9})")
_YEAR = re.compile(r"19[3-9]\d|20[0-4]\d")
_ISSUED = re.compile(
    r"4\d{12}(?:\d{3})?(?:\d{3})?|(?:5[1-5]\d{2}|222[1-9]|22[3-9]\d|2[3-6]\d{2}|27[01]\d|2720)\d{12}|3[47]\d{13}"
    r"|(?:6011|64[4-9]\d|65\d{2})\d{12}|3(?:0[0-5]|[68]\d)\d{11}|35(?:2[89]|[3-8]\d)\d{12}|62\d{14,17}"
)


def check_digit_fits(digits: str) -> bool:
    """Whether the last digit is the check digit (Luhn) of those before it."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def is_card(digits: str) -> bool:
    """A number that an issuer gives out, with its check digit."""
    return bool(_ISSUED.fullmatch(digits)) and check_digit_fits(digits)


def holds_card(digits: str) -> bool:
    """Whether they are a card number, perhaps after an `oh` that was none, or with more behind it."""
    return is_card(digits) or is_card(digits.lstrip("0")) or any(is_card(digits[:size]) for size in (16, 15))


def begins_like_card(digits: str) -> bool:
    """As the numbers of the large issuers begin."""
    return digits[0] in "3456" or "2221" <= digits[:4] <= "2720"


def is_like_card(digits: str, groups: Sequence[str]) -> bool:
    """A card number that was misheard, or broken off, or lacks a digit or has one too many."""
    if len(groups) == 2 and len(groups[1]) <= 5 and len(groups[0]) == 10 and _PHONE.fullmatch(groups[0]):
        return False  # a phone number and a house
    if 9 <= len(digits) <= 17 and digits[0] in "3456" and [len(group) for group in groups[:2]] == [4, 4]:
        return not has_phone(groups)
    if not 14 <= len(digits) <= 17 or not begins_like_card(digits) or has_phone(groups):
        return False
    half = len(digits) // 2
    return len(digits) % 2 == 1 or digits[:half] != digits[half:]


def is_phone(digits: str, groups: Sequence[str], *, strictly: bool) -> bool:
    """A phone number, perhaps said twice; `strictly`: only one whose parts were set apart as a phone's are."""
    if _PHONE_PARTS.fullmatch(" ".join(groups)):
        return not strictly or len(groups) > 1
    if len(groups) > 1 and has_phone(groups):
        return True
    if not strictly and len(groups) > 1 and len(groups[0]) == 10 and _PHONE.fullmatch(groups[0]):
        return True
    return not strictly and bool(_PHONE.fullmatch(digits.removeprefix("0")))


def is_ssn(groups: Sequence[str]) -> bool:
    """Three, two and four digits, as nothing else is written."""
    return [len(group) for group in groups] == [3, 2, 4]


def is_year(digits: str) -> bool:
    """A year that people speak of."""
    return bool(_YEAR.fullmatch(digits))


def is_expiry(digits: str) -> bool:
    """A month and a year to come: 427, 0427, 42027, 042027; with a day between them, too."""
    if 3 <= len(digits) <= 6:
        for size in (1, 2):
            month, year = digits[:size], digits[size:]
            if 1 <= int(month) <= 12 and (len(year) == 2 or (len(year) == 4 and year.startswith("20"))):
                return True
    return len(digits) in (7, 8) and digits[-4:-2] == "20" and int(digits[: len(digits) - 6]) <= 12


def has_phone(groups: Sequence[str]) -> bool:
    """Whether some of the groups are set apart as those of a phone number."""
    for begin in range(len(groups) - 1):
        sizes = [len(group) for group in groups[begin : begin + 4]]
        if groups[begin][0] in "01" or groups[begin + 1][0] in "01":
            continue
        if sizes[:3] == [3, 3, 4] or sizes == [3, 3, 2, 2] or sizes[:2] == [3, 7]:
            return True
    return False
