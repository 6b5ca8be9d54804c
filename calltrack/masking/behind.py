"""What the words right behind a number say it is."""

from collections.abc import Sequence

from calltrack.masking import cues, words
from calltrack.masking.cues import Topic
from calltrack.masking.runs import Run
from calltrack.masking.spoken import Item


def named_behind(items: Sequence[Item], run: Run) -> Topic | None:
    """`4421 is the gate code`: what the words right behind say the number is."""
    at = run.after
    while at < len(items) and at - run.after < 8 and "\n" not in items[at].gap:
        if items[at].digits or items[at].bracketed:
            return None
        cue = cues.find_cue(items, at)
        told = at > run.after or (cue and cue[0] is cues.SECURITY_CODE and items[at].word in ("on", "from", "off"))
        if cue and at == run.after and items[at].gap == " " and _is_named_at_once(cue[0], run):
            return cue[0]
        if cue and (cue[0] is cues.OFFER or (cue[0].kind is None and items[run.after].word in words.KEYS)):
            return None
        if cue and "," in items[run.after].gap and (not told or _names_the_next(items, cue[1])):
            return None
        if cue and told and cue[0] not in (cues.TIME, cues.SIZE, cues.CARD, cues.MONEY):
            return cue[0]
        begins = at == run.after and "," not in items[at].gap
        if items[at].word not in (words.NAMING_BEGINS if begins else words.NAMING):
            return None
        at += 1
    return None


def _is_named_at_once(topic: Topic, run: Run) -> bool:
    """`0427 expiration`, `fifty-five hundred refund`."""
    return topic is cues.EXPIRY or (topic is cues.MONEY and len(run.digits) <= 5)


def _names_the_next(items: Sequence[Item], at: int) -> bool:
    """`good through 9/30, the CID is 4417`."""
    return at < len(items) and "\n" not in items[at].gap and (items[at].word == "is" or bool(items[at].digits))


def ends_by_key(items: Sequence[Item], run: Run) -> bool:
    """`4421 pound, the house is vacant`; but `1200 pound safe`."""
    if not 4 <= len(run.digits) <= 8 or run.after >= len(items) or items[run.after].word not in words.KEYS:
        return False
    behind = items[run.after + 1] if run.after + 1 < len(items) else None
    return behind is None or bool(behind.digits) or behind.gap != " " or behind.word in words.BEHIND_ENTRY


def offer_behind(items: Sequence[Item], run: Run) -> bool:
    """`code 4417 at checkout`, `code 1022 mean on a boiler`."""
    behind = items[run.after : run.after + 4]
    if not behind or behind[0].word not in ("at", "on", "mean", "means") or behind[0].gap != " ":
        return False
    cued = (cues.find_cue(items, run.after + place) for place in range(len(behind)))
    return any(cue is not None and cue[0] is cues.OFFER for cue in cued)
