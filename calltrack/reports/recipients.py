"""Who gets an e-mail of ours."""

from collections.abc import Iterable

from calltrack.mail import is_address

MOST = 20


class BadReport(ValueError):
    """A report or an alert rule that cannot be; the message says what to do."""


def clean_recipients(written: Iterable[str]) -> list[str]:
    """The addresses in the order given, each once. Raises BadReport."""
    addresses = {one.strip().lower(): one.strip() for one in written if one.strip()}
    for address in addresses.values():
        if not is_address(address):
            raise BadReport(f"{address[:100]!r} is no e-mail address; write one like ana@example.com")
    if not 1 <= len(addresses) <= MOST:
        raise BadReport(f"name 1 to {MOST} e-mail addresses to send it to")
    return list(addresses.values())
