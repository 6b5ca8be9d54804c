"""What is known of a call beside its words, as features that accompany them and never stand alone."""

from collections.abc import Iterator

from calltrack.classify.verdict import CallFacts

CIRCUMSTANCES = (
    "known customer", "open job", "rang before", "number withheld", "number attested", "number not attested",
    "at night", "in office hours", "in the evening", "under a minute", "over five minutes", "caller talks most",
    "agent talks most", "mostly silence",
)  # fmt: skip
"""Every name that `find_circumstances` may give."""

OFFICE_HOURS = range(8, 18)
EVENING = range(18, 22)


def find_circumstances(*, facts: CallFacts) -> Iterator[str]:
    """The names of what is known to be so; what is not known is not named."""
    if facts.known_customer:
        yield "known customer"
    if facts.open_job:
        yield "open job"
    if facts.repeat_caller:
        yield "rang before"
    if facts.blocked:
        yield "number withheld"
    if facts.stir is not None:  # STIR: A is the carrier's word that the caller may use the number
        yield "number attested" if facts.stir == "A" else "number not attested"
    if facts.hour is not None:
        in_office, in_evening = facts.hour in OFFICE_HOURS, facts.hour in EVENING
        yield "in office hours" if in_office else "in the evening" if in_evening else "at night"
    if facts.duration is not None and facts.duration < 60:
        yield "under a minute"
    if facts.duration is not None and facts.duration > 300:
        yield "over five minutes"
    yield from _talk(facts)


def _talk(facts: CallFacts) -> Iterator[str]:
    """Who says most, in words; and silence, where a second of talk holds less than half a word."""
    words = {"caller": 0, "agent": 0, "unknown": 0}
    for turn in facts.turns:
        words[turn.speaker] += len(turn.text.split())
    if words["caller"] > 2 * words["agent"] > 0:
        yield "caller talks most"
    if words["agent"] > 2 * words["caller"] > 0:
        yield "agent talks most"
    if facts.talk_seconds and sum(words.values()) < facts.talk_seconds / 2:
        yield "mostly silence"
