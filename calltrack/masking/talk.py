"""What a number is by the words around it: a walk through what was said that keeps in mind what is talked about."""

from collections.abc import Sequence
from dataclasses import dataclass

from calltrack.masking import cues, words
from calltrack.masking.behind import ends_by_key, named_behind, offer_behind
from calltrack.masking.cues import Kind, Topic
from calltrack.masking.runs import Run, ends_sentence, is_counted, is_date, is_round, month_before
from calltrack.masking.shapes import is_expiry, is_phone, is_year
from calltrack.masking.spoken import Item

MASKS: dict[Kind, str] = {
    "card": "[card number]",
    "code": "[code]",
    "ssn": "[social security number]",
    "account": "[account number]",
}
"""What stands in a number's place."""


def name_by_topic(items: Sequence[Item], runs: Sequence[Run], *, sizes: Sequence[int], kinds: dict[int, Kind]) -> None:
    """What each number is by the words before and behind it; those of `kinds` are known by their shape.

    `sizes`: how many digits each has together with those that it is handed over with.
    """
    talk = Talk()
    at = word = place = 0
    last_cue: tuple[int, int] | None = None
    while at < len(items):
        if place < len(runs) and at == runs[place].first:
            run = runs[place]
            if kinds.get(place) == "card":
                talk.open(cues.AFTER_CARD, word=word, ends=run.after)
            elif kind := _judge(items, run, talk, size=sizes[place]):
                kinds[place] = kind
                _go_on(talk, run)
            else:
                talk.claimed = run.after
            at, place = run.after, place + 1
            continue
        if items[at].bracketed:
            _pass_mask(items[at], talk, word=word, at=at)
        elif cue := cues.find_cue(items, at):
            topic, ends = cue
            if topic is not cues.NEUTRAL and not (last_cue and _qualifies(items, last_cue[1], at, topic, talk)):
                talk.open(topic, word=word + ends - at, ends=ends)
                last_cue = (at, ends)
            word += ends - at
            at = ends
            continue
        word += 1
        at += 1


@dataclass(slots=True)
class Talk:
    """What is being talked about: the topic that asks for a number, and the one that says it is another kind."""

    asks: Topic | None = None
    asked_at: int = 0
    other: Topic | None = None
    other_at: int = 0
    heard: int = 0  # digits of `asks` so far
    last_item: int = -1  # where the last cue or number of it ended
    claimed: int = -1  # where the last number that was left alone ended
    bare: bool = False  # `asks` was opened by the word code alone
    offer_at: int = -99  # where things were spoken of that have codes of another kind

    def open(self, topic: Topic, *, word: int, ends: int) -> None:
        meant = self._meant(topic, word)
        if meant is None:
            return
        self.bare, topic = topic is cues.BARE_CODE, meant
        if topic is cues.EXPIRY and self.asks is cues.LICENCE and word - self.asked_at < 25:
            topic = cues.TIME
        self.last_item = ends
        self.claimed = -1
        if topic is cues.NONE:
            self.asks, self.other = None, None
        elif topic.kind is None:
            self.other, self.other_at = topic, word
        else:
            if topic is cues.CARD and self.asks in (cues.CARD_NUMBER, cues.AFTER_CARD) and word - self.asked_at < 12:
                topic = self.asks or topic
            elif topic is cues.BANK and self.asks in (cues.ACCOUNT, cues.BANK) and word - self.asked_at < 20:
                topic = cues.ACCOUNT
            elif topic is not self.asks:
                self.heard = 0
            self.asks, self.asked_at = topic, word
            if self.other and self.other_at <= word:
                self.other = None

    def _meant(self, topic: Topic, word: int) -> Topic | None:
        """What a topic that has several meanings means here; None for one that changes nothing yet."""
        if topic is cues.OFFER:
            self.offer_at = word
            near = 8 if self.bare and self.asks is cues.CODE else 4 if self.asks is cues.SECURITY_CODE else 0
            if self.heard or word - self.asked_at >= near:
                return None
            self.asks = None
            return cues.PAPER
        if topic is cues.DATE:
            after_card = self.asks in (cues.CARD_NUMBER, cues.AFTER_CARD) and word - self.asked_at < 14
            return cues.EXPIRY if after_card else cues.TIME
        if topic is cues.BARE_CODE:
            return self.code(word)
        if topic.kind == "code":
            self.offer_at = -99
        return topic

    def code(self, word: int) -> Topic:
        """What the word code means here: one that opens, or one of an offer, a fault or the law."""
        return cues.PAPER if word - self.offer_at <= cues.OFFER.reach else cues.CODE


def _qualifies(items: Sequence[Item], before: int, at: int, topic: Topic, talk: Talk) -> bool:
    """`zip code for the card`: the later cue only says what the earlier one belongs to."""
    between = [item.word for item in items[before:at]]
    if not 1 <= len(between) <= 4 or any("\n" in item.gap or "." in item.gap for item in items[before : at + 1]):
        return False
    if any(item.digits for item in items[before:at]):
        return False
    belongs = between[0] in {"on", "for", "of", "from", "to", "with", "off", "associated", "attached", "in"}
    said = {"the", "my", "your", "that", "this", "a", "our", "his", "her", "on", "for", "of", "from", "to", "with",
            "off", "associated", "attached", "in", "that's", "goes", "front", "side"}  # fmt: skip
    codes = (cues.CODE, cues.BARE_CODE, cues.SECURITY_CODE)
    firmer = topic in (cues.SSN, cues.CARD_NUMBER, cues.ACCOUNT, *codes, cues.EXPIRY)
    earlier = talk.other if talk.other and talk.other_at >= talk.asked_at else talk.asks
    if topic is cues.OFFER:
        return False
    if earlier in (None, cues.ENTRY, cues.MONEY, cues.TIME, cues.SIZE) and firmer:
        return False
    return belongs and all(one in said for one in between)


def _pass_mask(item: Item, talk: Talk, *, word: int, at: int) -> None:
    """A number that was masked before opens what its digits would have."""
    for kind, mask in MASKS.items():
        if item.word == mask:
            if kind == "card":
                talk.open(cues.AFTER_CARD, word=word + 1, ends=at + 1)
            elif talk.asks and talk.asks.kind == kind:
                talk.asked_at, talk.last_item = word + 1, at + 1


def _judge(items: Sequence[Item], run: Run, talk: Talk, *, size: int) -> Kind | None:
    named = named_behind(items, run)
    if named is cues.BARE_CODE:
        named = talk.code(run.word)
    if named is not None and named.kind is None:
        return None
    if named is cues.CARD_NUMBER and size < 8:  # `39 95 to the Visa`
        named = None
    before = _topic_before(items, run, talk)
    topic = before if named is cues.ENTRY and before in (cues.PLACE, cues.MONEY, cues.PAPER) else named or before
    if topic is None or topic.kind is None or (talk.bare and topic is cues.CODE and offer_behind(items, run)):
        return None
    if is_counted(items, run) and len(run.digits) < 9:
        return None
    if named is None and not _stands_for(items, run, topic, talk):
        return None
    if topic is cues.EXPIRY:
        return "card" if _says_when(items, run, talk) else None
    going_on = named is None and talk.heard > 0 and topic is talk.asks
    if not _fits(items, run, topic, size=size, fewest=1 if going_on and topic.kind != "code" else topic.fewest):
        return None
    if topic is cues.AFTER_CARD and is_expiry(run.digits) and len(run.digits) > 3:
        return "card"
    return topic.kind


def _fits(items: Sequence[Item], run: Run, topic: Topic, *, size: int, fewest: int) -> bool:
    """Whether a number has as many digits as what is talked about, and looks like nothing else."""
    if (len(run.digits) if topic in (cues.ENTRY, cues.SENT) else size) < fewest or len(run.digits) > topic.most:
        return False
    letters = sum(one.isalpha() for one in items[run.first].word) if run.mixed else 0
    if topic.kind == "code" and (letters > 1 or (letters == 1 and len(run.digits) < 4)):
        return False  # `SPRING25`, `E110`
    if is_round(items, run) and topic not in (cues.CODE, cues.SECURITY_CODE, cues.EXPIRY, cues.CARD_NUMBER):
        return False
    if topic is cues.LICENCE and len(run.groups) == 2 and len(run.groups[0]) == 4 and is_year(run.groups[0]):
        return False  # of a trade: 2026-048213
    if run.mixed and topic not in (cues.LICENCE, cues.ACCOUNT, cues.CODE, cues.SECURITY_CODE):
        return False
    if topic is cues.AFTER_CARD:
        zip_code = len(run.digits) == 5 and len(run.groups) == 1 and not is_expiry(run.digits)
        return not zip_code and not is_phone(run.digits, run.groups, strictly=False)
    if is_date(items, run) or (topic.kind == "code" and month_before(items, run)):
        return False
    return not is_phone(run.digits, run.groups, strictly=topic.phones)


def _topic_before(items: Sequence[Item], run: Run, talk: Talk) -> Topic | None:
    begins_by_key = run.first and items[run.first - 1].word in words.KEYS and 3 <= len(run.digits) <= 8
    if begins_by_key or ends_by_key(items, run):
        return cues.CODE
    # `for invoice 48213. 4421.`: it has had its number.
    satisfied = talk.claimed >= 0 and any(ends_sentence(item.gap) for item in items[talk.claimed : run.first + 1])
    if talk.other in (cues.PLACE, cues.SIZE) and talk.asks and run.after < len(items) and items[run.after].digits:
        satisfied = True  # `gate code, house number? It's 4421, 572 Maple Terrace`: the house is the second
    if talk.other and not satisfied and run.word - talk.other_at <= talk.other.reach:
        return talk.other
    if talk.asks and run.word - talk.asked_at <= talk.asks.reach:
        return talk.asks
    return None


def _stands_for(items: Sequence[Item], run: Run, topic: Topic, talk: Talk) -> bool:
    """Whether a number that a topic reaches is what it asks for, and no year, hour or house."""
    between = [item.word for item in items[talk.last_item : run.first]] if talk.last_item >= 0 else []
    linked = all(
        word in words.LINKS or (topic is cues.AFTER_CARD and (word in words.MONTHS or word == "of")) for word in between
    )
    before = items[run.first - 1].word if run.first else ""
    if topic is cues.AFTER_CARD or (topic in (cues.CODE, cues.SECURITY_CODE, cues.ENTRY) and talk.heard):
        return linked and not (before in words.WHEN_OR_WHERE and before not in ("in", "of", "on"))
    behind = items[run.after] if run.after < len(items) else None
    if topic is cues.ENTRY and behind and behind.gap == " " and behind.word not in words.BEHIND_ENTRY:
        return cues.find_cue(items, run.after) is not None
    set_to = before == "to" and not {"changed", "change", "set", "reset", "switched"}.isdisjoint(between)
    where = before in words.WHEN_OR_WHERE | {"to"} and not set_to and len(run.digits) <= 5
    if where and topic in (cues.ENTRY, cues.ACCOUNT):
        return False
    says_when = before == "in" or (topic is cues.ENTRY and not linked and "#" not in items[run.first].gap)
    if says_when and is_year(run.digits) and topic is not cues.EXPIRY:
        return False
    if topic in (cues.CARD, cues.CARD_NUMBER) and before == "the" and len(run.digits) <= 5:
        return False
    if not between or topic in (cues.SSN, cues.ACCOUNT, cues.LICENCE, cues.EXPIRY):
        return True
    if before in words.WHEN_OR_WHERE and len(run.digits) <= 5 and topic is not cues.SECURITY_CODE:
        return linked and topic is not cues.ENTRY and before in ("in", "of", "by") and not is_year(run.digits)
    if is_year(run.digits) and before in ("a", "the", "year", "in"):
        return False
    if topic is cues.CARD_NUMBER and len(run.digits) < 8 and talk.heard == 0:
        return linked or len(between) <= 14
    return True


def _says_when(items: Sequence[Item], run: Run, talk: Talk) -> bool:
    if 3 <= len(run.digits) <= 6 and all(item.word in words.LINKS for item in items[talk.last_item : run.first]):
        return True  # perhaps misheard
    month = month_before(items, run)
    return is_expiry(run.digits) or (month and len(run.digits) in (2, 3, 4, 6)) or is_year(run.digits)


def _go_on(talk: Talk, run: Run) -> None:
    """What is talked about after a number was heard: more of it, or what follows a card."""
    topic = talk.asks
    talk.other = None
    if topic is None:
        return
    talk.heard += len(run.digits)
    talk.asked_at, talk.last_item = run.word, run.after
    if topic is cues.EXPIRY or (topic in (cues.CARD, cues.CARD_NUMBER) and talk.heard >= 13):
        talk.asks, talk.heard = cues.AFTER_CARD, 0
    elif topic in (cues.SSN, cues.ACCOUNT) and talk.heard >= 9:
        talk.asks, talk.heard = (cues.BANK if topic is cues.ACCOUNT else topic), 0
