"""Which callers are not put through, and why in a few words. What is not clearly said lets the caller in."""

from collections.abc import Iterable

from calltrack.telephony.blocking import matches
from calltrack.telephony.carrier import Event
from calltrack.telephony.plan import TurnAway


def turned_away(*, event: Event, blocked: Iterable[str], rules: TurnAway) -> str | None:
    """Why this caller is turned away, None for one who is let in. `blocked`: the account's patterns."""
    pattern = next((one for one in blocked if matches(one, event.caller)), None)
    if pattern is not None:
        return f"blocked: {pattern}"
    if rules.failed_attestation and event.attestation == "failed":
        return "forged number"
    if rules.spam and event.spam is True:
        return "spam"
    return None
