"""E.164 numbers: the only place that parses one, and how a number looks in a log."""

import hmac
import re

import phonenumbers

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def is_e164(number: str) -> bool:
    """True for a plus sign and 7 to 15 digits, whether or not any carrier has given that number out."""
    return _E164.fullmatch(number) is not None


def normalise(raw: str, *, region: str = "US") -> str:
    """`raw` as E.164 where it can be read as a number of `region`, else unchanged (`anonymous`, `client:ana`)."""
    if is_e164(raw):
        return raw
    try:
        number = phonenumbers.parse(raw, region)
    except phonenumbers.NumberParseException:
        return raw
    if raw.lower().startswith(("client:", "sip:")) or (
        phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE
    ):
        return raw
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return written if is_e164(written) else raw


def mask(number: str | None) -> str:
    """A number as logs may show it: the last two digits only."""
    return f"...{number[-2:]}" if number else "unknown"


def mask_middle(number: str) -> str:
    """A number as a list of requests shows it: enough to tell which is meant, not enough to ring it."""
    return f"{number[:5]}{'*' * max(len(number) - 7, 0)}{number[-2:]}"


def mask_numbers(text: str) -> str:
    """Every E.164 number in a text as `mask_middle` shows it."""
    return _E164.sub(lambda found: mask_middle(found[0]), text)


def keyed_hash(number: str, *, secret: str, purpose: str) -> str:
    """64 hexadecimal digits by which the same number is known again by whoever has the secret, and by nobody else."""
    return hmac.new(secret.encode(), f"{purpose}:{number}".encode(), "sha256").hexdigest()


def display(number: str | None) -> str:
    """A number as people of its own country write it; anything else as it is."""
    if not number or not is_e164(number):
        return number or "unknown"
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:  # shaped like a number, of a country that does not exist
        return number
    style = (
        phonenumbers.PhoneNumberFormat.NATIONAL
        if parsed.country_code == 1
        else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    )
    return phonenumbers.format_number(parsed, style)
