"""The demo business's coaching: a rubric, what two coaches think of some weeks' calls, a calibration, an example."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.accounts.people import list_people
from calltrack.calls.tags import tag_call
from calltrack.coaching.assignments import assign
from calltrack.coaching.evaluations import answer, begin, remark, reply, see, share, summarise
from calltrack.coaching.library import add_example
from calltrack.coaching.rubrics import STARTER, STARTER_NAME, make_rubric, questions_of
from calltrack.coaching.scoring import score
from calltrack.models import Account, Call, Question, Rubric
from calltrack.period import today

COACHES = ("ben@example.com", "ana@example.com")
MOST_EVALUATED = 14
_PRICE = 7  # of the starter's questions, the one on the price objection
SHORTEST = 25  # seconds of a call that there is something to say about
_GOOD = (
    "Good: you asked for the address before anything else.",
    "Here you let them finish. That is why they trusted you.",
    "You named a day and a time, and waited. Well done.",
)
_TRY = (
    "Try to offer the appointment here, instead of waiting to be asked.",
    "They mention the price twice. Say what the visit includes before you say what it costs.",
    "Ask for the number here: the line might drop.",
)
_SUMMARIES = (  # from the worst score up
    "A friendly call, but the caller went without an appointment. Let us listen to it together.",
    "You knew the answer to every question. Next time offer a day and a time by yourself.",
    "Well done: name, address and appointment, and the caller hung up content.",
)


@dataclass(frozen=True)
class _Scene:
    """What the evaluations below have in common."""

    session: Session
    rubric: Rubric
    questions: Sequence[Question]
    coaches: dict[str, int]
    now: datetime


def coach_calls(session: Session, *, account: Account, now: datetime) -> bool:
    """Have the demo's coaches at work on the calls that there are, unless there is a rubric already; False: nothing
    was done, because there is one, the coaches are not there, or too few calls were answered yet."""
    if session.scalar(select(Rubric.id).where(Rubric.account_id == account.id).limit(1)):
        return False
    ids = {one.email: one.id for one in list_people(session, account_id=account.id)}
    answered = (
        select(Call)
        .where(Call.account_id == account.id, Call.answered_by.is_not(None), Call.talk_seconds >= SHORTEST)
        .where(Call.ended_at.is_not(None), Call.started_at < now - timedelta(hours=12))
    )
    newest = session.scalars(answered.order_by(Call.started_at.desc()).limit(MOST_EVALUATED + 3)).all()
    calls = list(reversed(newest))
    if len(calls) < MOST_EVALUATED or not ids.keys() >= set(COACHES):
        return False
    rubric = make_rubric(
        session, account=account, name=STARTER_NAME, questions=STARTER, by=COACHES[1], now=calls[0].started_at
    )
    questions = questions_of(session, rubric_ids=[rubric.id])[rubric.id]
    scene = _Scene(session, rubric, questions, {email: ids[email] for email in COACHES}, now)
    *ordinary, calibrated, waiting, heard = calls
    for place, call in enumerate(ordinary):
        _evaluate(
            scene, call, coach=COACHES[(len(ordinary) - place) % 3 == 0], skill=0.45 + 0.4 * place / len(ordinary)
        )
    _converse(scene, account=account, call=ordinary[-1])
    for email, skill in zip(COACHES, (0.85, 0.55), strict=True):
        _evaluate(scene, calibrated, coach=email, skill=skill)
    both = list(scene.coaches.values())
    _assign(scene, account=account, call=waiting, people=both, note="For our calibration on Friday")
    _keep(scene, account=account, call=heard, listener=ids.get("cho@example.com"))
    return True


def _evaluate(scene: _Scene, call: Call, *, coach: str, skill: float) -> None:
    """One coach's word on one call: the better the agent (`skill`, 0 to 1), the better the answers."""
    chance = random.Random(f"{call.call_sid} {coach}")
    evaluation = begin(
        scene.session, call=call, rubric=scene.rubric, coach_id=scene.coaches[coach], now=call.started_at
    )
    answers: dict[int, int | None] = {}
    for question in scene.questions:
        if question.kind == "scale":
            answers[question.id] = max(1, min(5, round(1.5 + 3.5 * skill + chance.uniform(-1, 1))))
        else:
            answers[question.id] = int(chance.random() < (0.97 if question.must_pass else 0.25 + 0.75 * skill))
    if chance.random() < 0.5:
        answers[scene.questions[_PRICE].id] = None  # nobody objected
    answer(scene.session, evaluation=evaluation, answers=answers)
    earned = score(scene.questions, answers).share or 0
    summarise(scene.session, evaluation=evaluation, summary=_SUMMARIES[(earned > 0.6) + (earned > 0.85)])
    seconds = call.talk_seconds or SHORTEST
    for text, at in ((chance.choice(_GOOD), 0.25), (chance.choice(_TRY), 0.6)):
        remark(scene.session, evaluation=evaluation, text=text, at=round(seconds * at, 1), now=call.started_at)
    moment = min(call.started_at + timedelta(hours=chance.randint(3, 30)), scene.now)
    share(scene.session, evaluation=evaluation, now=moment)
    if call.started_at < scene.now - timedelta(days=3):
        see(scene.session, evaluation=evaluation, now=min(moment + timedelta(hours=5), scene.now))


def _converse(scene: _Scene, *, account: Account, call: Call) -> None:
    """The agent answers what was said of this call, and the other coach is asked for their word on it."""
    coach, other = scene.coaches.values()
    evaluation = begin(scene.session, call=call, rubric=scene.rubric, coach_id=coach)
    text = "Thank you. I had not noticed that I never said the price."
    reply(scene.session, evaluation=evaluation, text=text, now=scene.now)
    tag_call(scene.session, call=call, tag="price", tagged_by=COACHES[0])
    _assign(scene, account=account, call=call, people=[other], note="What do you think of this one?")


def _assign(scene: _Scene, *, account: Account, call: Call, people: list[int], note: str) -> None:
    due = today(zone=account.time_zone, now=scene.now) + timedelta(days=3)
    assign(
        scene.session, account=account, call=call, people=people, rubric=scene.rubric, due_on=due, note=note,
        by="owner@example.com", now=scene.now,
    )  # fmt: skip


def _keep(scene: _Scene, *, account: Account, call: Call, listener: int | None) -> None:
    """An example, which somebody is to hear, of a call that a coach has begun to evaluate."""
    end = float(min(call.talk_seconds or SHORTEST, 20))
    add_example(
        scene.session, call=call, title="How to open a call",
        why="Company, own name, and at once the question what is wrong: twenty seconds, and the caller feels heard.",
        start=0.0, end=end, by=COACHES[0], now=scene.now,
    )  # fmt: skip
    tag_call(scene.session, call=call, tag="good opening", tagged_by=COACHES[0])
    coach = scene.coaches[COACHES[0]]
    draft = begin(scene.session, call=call, rubric=scene.rubric, coach_id=coach, now=scene.now)
    answer(scene.session, evaluation=draft, answers={one.id: 1 for one in scene.questions[:3]})
    if listener is not None:
        assign(
            scene.session, account=account, call=call, people=[listener], rubric=None, due_on=None,
            note="Hear the first twenty seconds", by=COACHES[0], now=scene.now,
        )  # fmt: skip
