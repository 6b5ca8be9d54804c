"""Calls that people labelled, and versions that were learnt, for tests of an account's own classifier."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from calltrack.classify.conversations import CORPUS, Conversation, read_conversations
from calltrack.classify.learning import Trial
from calltrack.classify.model import shipped_model
from calltrack.classify.rules import rule_on
from calltrack.learning.versions import OWN, keep_trial, promote
from calltrack.models import Account, Call, Classifier, Transcript
from tests.campaigns.story import MORNING, Story

FIGURES: dict[str, Any] = {
    "n": 40, "macro_f1": 0.94, "excused_f1": 0.93, "accuracy": 0.95, "pr_auc": 0.97, "ece": 0.03,
    "confusion": {"lead": {"lead": 19, "excused": 1}, "excused": {"lead": 1, "excused": 19}},
}  # fmt: skip
WORSE = FIGURES | {
    "accuracy": 0.8, "macro_f1": 0.79, "ece": 0.09,
    "confusion": {"lead": {"lead": 16, "excused": 4}, "excused": {"lead": 4, "excused": 16}},
}  # fmt: skip


def heard_call(story: Story, *, text: str, moment: datetime = MORNING, **more: Any) -> Call:
    """A call with a transcript, known since it began."""
    call = story.call(moment, **{"known_since": moment, **more})
    turns = [{"speaker": "caller", "start": float(at), "text": line} for at, line in enumerate(text.split("\n"))]
    story.session.add(
        Transcript(call_id=call.id, source="carrier", text=text, turns=turns, complete=True, updated_at=moment)
    )
    story.session.flush()
    return call


def labelled_call(
    story: Story, *, text: str, value: str, reason: str | None = None, source: str = "human", **more: Any
) -> Call:
    """A call with a transcript on which a person had the last word."""
    call = heard_call(story, text=text, **more)
    story.say(call, value, source, reason=reason)
    return call


def teaches(conversation: Conversation) -> bool:
    """Calls that a rule decides, or that no model understands, teach nothing."""
    facts = conversation.facts()
    return rule_on(facts=facts) is None and shipped_model().understands(text=facts.text)


def lessons(*, of_each: int) -> list[Conversation]:
    """So many leads and as many excused conversations, spread over the corpus."""
    found = [one for one in read_conversations(corpus=CORPUS) if teaches(one)]
    chosen = []
    for label in ("lead", "excused"):
        these = [one for one in found if one.label == label]
        chosen += these[:: max(1, len(these) // of_each)][:of_each]
    return chosen


def teach(story: Story, *, of_each: int, upside_down: bool = False) -> list[Call]:
    """Calls of an account whose people label them as the corpus does, or the very opposite."""
    other = {"lead": "excused", "excused": "lead"}
    return [
        labelled_call(
            story, text=one.facts().text, value=other[one.label] if upside_down else one.label,
            reason=None if upside_down else one.reason, moment=MORNING + timedelta(hours=place),
            caller=f"+1312555{place:04}",
        )
        for place, one in enumerate(lessons(of_each=of_each))
    ]  # fmt: skip


def a_trial(*, version: int, better: bool = True) -> Trial:
    """A version that is the shipped model in all but its name."""
    model = replace(shipped_model(), name=OWN, version=version)
    why = "it fixes 9 calls and breaks 3" if better else "the difference may be chance"
    return Trial(model=model, card=a_card(version=version), better=better, why=why)


def a_card(*, version: int) -> dict[str, Any]:
    """A card as it is kept with a version."""
    return {
        "model": f"{OWN}@{version}", "base": "shipped@1", "examples": {"lead": 20, "excused": 20 + version},
        "data_sha256": "d" * 64, "settings_sha256": "5" * 64, "scikit_learn": "1.7.2", "champion": WORSE,
        "challenger": FIGURES, "paired": {"fixed": 9, "broken": 3, "p": 0.033},
        "shipped": WORSE, "examples_sha256": f"{version:064}", "shipped_model": "shipped@1",
    }  # fmt: skip


def a_version(
    session: Session, *, account: Account, version: int, promoted: bool = True, at: datetime = MORNING
) -> Classifier:
    """A version of the account's, put in force where `promoted`."""
    kept = keep_trial(
        session, account_id=account.id, trial=a_trial(version=version, better=promoted), card=a_card(version=version),
        made_at=at + timedelta(days=version), made_by="ana@example.com",
    )  # fmt: skip
    if promoted:
        chosen = session.get_one(Account, account.id, populate_existing=True).classifier_id
        assert promote(session, kept=kept, instead_of=chosen, by="ana@example.com")
    return kept
