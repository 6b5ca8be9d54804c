"""An account's call flows: a draft that somebody works on, versions that were put in force, numbers that have them."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from calltrack.accounts.turn import wait_for_turn
from calltrack.changes import record
from calltrack.models import Account, CallFlow, FlowVersion, Number, Sound
from calltrack.stand_ins import unknown_stand_in
from calltrack.telephony.circles import tracking_number_among
from calltrack.telephony.plan import CAMPAIGN, Plan, Ring, sounds_of
from calltrack.telephony.sounds import same_words

LONGEST_NAME = 75  # characters; the column holds what retire_flow adds as well
PLAIN_NAME = "ring"
"""What the plain flow is called where a flow is named, so that no other flow may be."""


class BadFlow(ValueError):
    """A flow that cannot be, or cannot be changed so; the message says what to do."""


class FlowTaken(BadFlow):
    """Another flow has that name already."""


@dataclass(frozen=True)
class ListedFlow:
    """A flow in a list: the version in force (None: none was ever put in force) and how many numbers have it."""

    flow: CallFlow
    version: FlowVersion | None
    numbers: int


def list_flows(session: Session, *, account: Account) -> list[ListedFlow]:
    """The account's flows by name, without those that are retired."""
    used = (
        select(Number.flow_id, func.count().label("numbers"))
        .where(Number.account_id == account.id, Number.flow_id.is_not(None), Number.released_at.is_(None))
        .group_by(Number.flow_id)
        .subquery()
    )
    rows = session.execute(
        select(CallFlow, FlowVersion, used.c.numbers)
        .outerjoin(FlowVersion, FlowVersion.id == CallFlow.version_id)
        .outerjoin(used, used.c.flow_id == CallFlow.id)
        .where(CallFlow.account_id == account.id, CallFlow.retired_at.is_(None))
    )
    found = [ListedFlow(flow, version, numbers or 0) for flow, version, numbers in rows]
    return sorted(found, key=lambda one: one.flow.name.casefold())


def list_retired(session: Session, *, account: Account) -> list[CallFlow]:
    """The flows that are out of use, the newest first; their versions are kept."""
    own = select(CallFlow).where(CallFlow.account_id == account.id, CallFlow.retired_at.is_not(None))
    return list(session.scalars(own.order_by(CallFlow.retired_at.desc(), CallFlow.id.desc())))


def own_name(flow: CallFlow) -> str:
    """What a flow is, or was, called: without what retiring adds."""
    return flow.name.partition("  (retired ")[0]


def find_flow(session: Session, *, account: Account, flow_id: int) -> CallFlow | None:
    """The account's own flow of that id, be it retired or not."""
    return session.scalar(select(CallFlow).where(CallFlow.account_id == account.id, CallFlow.id == flow_id))


def name_flow(session: Session, *, account: Account, named: str) -> CallFlow | None:
    """The flow that is meant by its name in any case, or by its id as a text; None for PLAIN_NAME, the plain flow.

    Raises BadFlow where there is none.
    """
    wanted = " ".join(named.split()).casefold()
    if wanted == PLAIN_NAME:
        return None
    for one in list_flows(session, account=account):
        if wanted in (one.flow.name.casefold(), str(one.flow.id)):
            return one.flow
    raise BadFlow(f"there is no flow named {named!r}; name one of yours or its id, or {PLAIN_NAME!r} for the plain one")


def create_flow(session: Session, *, account: Account, name: str, plan: Plan, by: str) -> CallFlow:
    """A new flow, whose draft is `plan`; callers hear nothing of it until it is put in force. Raises BadFlow."""
    wait_for_turn(session, account=account)  # Race: two people make flows whose names differ in case only
    _check_plan(session, account_id=account.id, plan=plan)
    name = _free_name(session, account_id=account.id, name=name)
    flow = CallFlow(account_id=account.id, name=name, created_at=datetime.now(UTC))
    _draft(flow, plan=plan, by=by)
    session.add(flow)
    session.flush()
    _record(session, flow=flow, field="name", was=None, now=name, by=by)
    return flow


def rename_flow(session: Session, *, flow: CallFlow, name: str, by: str) -> None:
    """Call it something else. Raises BadFlow."""
    _lock(session, flow=flow)
    was = flow.name
    flow.name = _free_name(session, account_id=flow.account_id, name=name, but=flow.id)
    _record(session, flow=flow, field="name", was=was, now=flow.name, by=by)


def save_draft(session: Session, *, flow: CallFlow, plan: Plan, by: str) -> None:
    """Keep what is being worked on, in place of any draft before; the version in force stays. Raises BadFlow."""
    _lock(session, flow=flow)
    _check_plan(session, account_id=flow.account_id, plan=plan)
    _draft(flow, plan=plan, by=by)
    session.flush()


def discard_draft(session: Session, *, flow: CallFlow) -> None:
    """Throw away what was being worked on; it does not matter whether there is anything. Raises BadFlow for a flow
    that was never in force: without its draft it is nothing, so retire it."""
    _lock(session, flow=flow)
    if flow.version_id is None:
        raise BadFlow(f"nothing of {flow.name!r} was ever in force, so that its draft is all it has; retire it instead")
    flow.draft = flow.drafted_by = None
    session.flush()


def put_in_force(session: Session, *, flow: CallFlow, by: str) -> FlowVersion:
    """Make the draft the next version, which callers hear from their next call on. Raises BadFlow."""
    _lock(session, flow=flow)  # Race: two people press the button at once; the second finds no draft any more
    if flow.draft is None:
        raise BadFlow(f"{flow.name!r} has no draft to put in force: change something first, or see who just did it")
    version = _enact(session, flow=flow, plan=Plan.model_validate(flow.draft), by=by)
    flow.draft = flow.drafted_by = None
    session.flush()
    return version


def change_plan(session: Session, *, flow: CallFlow, plan: Plan, by: str) -> FlowVersion:
    """Put this plan in force at once, as the next version; a draft that somebody works on stays. Raises BadFlow."""
    _lock(session, flow=flow)
    return _enact(session, flow=flow, plan=plan, by=by)


def restore(session: Session, *, flow: CallFlow, version: FlowVersion, by: str) -> FlowVersion:
    """Put an earlier version's plan in force again, as a new version; a draft stays. Raises BadFlow."""
    _lock(session, flow=flow)
    if version.flow_id != flow.id:
        raise BadFlow("this version is of another flow")
    return _enact(session, flow=flow, plan=read_plan(version), by=by)


def list_versions(session: Session, *, flow: CallFlow) -> list[FlowVersion]:
    """All versions of a flow, the newest first."""
    own = select(FlowVersion).where(FlowVersion.flow_id == flow.id)
    return list(session.scalars(own.order_by(FlowVersion.number.desc())))


def find_version(session: Session, *, flow: CallFlow, number: int) -> FlowVersion | None:
    """The flow's version of that number."""
    return session.scalar(select(FlowVersion).where(FlowVersion.flow_id == flow.id, FlowVersion.number == number))


def name_version(session: Session, *, account_id: int, version_id: int | None) -> tuple[str, int] | None:
    """The flow's name and the version's number, of one of the account's versions."""
    found = session.execute(
        select(CallFlow.name, FlowVersion.number)
        .join(FlowVersion, FlowVersion.flow_id == CallFlow.id)
        .where(CallFlow.account_id == account_id, FlowVersion.id == version_id)
    ).first()
    return (" ".join(found.name.split()), found.number) if found else None


def read_plan(version: FlowVersion) -> Plan:
    """The plan as it was put in force."""
    return Plan.model_validate(version.plan)


def retire_flow(session: Session, *, flow: CallFlow, by: str) -> None:
    """Take it out of use; its versions stay, its name is free again. Raises BadFlow while a number has it."""
    _lock(session, flow=flow)
    used = session.scalars(
        select(Number.phone_number)
        .where(Number.flow_id == flow.id, Number.released_at.is_(None))
        .order_by(Number.phone_number)
    ).all()
    if used:
        raise BadFlow(
            f"{flow.name!r} still answers {', '.join(used[:3])}{' and others' if used[3:] else ''}; "
            "give the numbers another flow first"
        )
    flow.retired_at = datetime.now(UTC)
    _record(session, flow=flow, field="retired", was=None, now="yes", by=by)
    # No name that anybody gives has two blanks in a row, so that this one is free.
    flow.name = f"{flow.name}  (retired {flow.id})"
    session.flush()


def give_flow(session: Session, *, number: Number, flow: CallFlow | None, by: str) -> None:
    """Have the number's callers hear this flow from their next call on; None: the plain one. Raises BadFlow."""
    if flow is not None:
        _lock(session, flow=flow)
        if flow.account_id != number.account_id:
            raise BadFlow("this flow is of another account")
        if flow.version_id is None:
            raise BadFlow(f"nothing of {flow.name!r} is in force yet: put its draft in force first")
    was = session.get_one(CallFlow, number.flow_id).name if number.flow_id else None
    number.flow_id = flow.id if flow else None
    names = {"flow": (was, flow.name if flow else None)}
    record(session, account_id=number.account_id, noun="number", noun_id=number.id, fields=names, by=by)
    session.flush()


def _lock(session: Session, *, flow: CallFlow) -> None:
    """See the flow as the writer before us left it, and let no other write the account's flows and sounds until we
    commit.

    Race: a sound is removed, a flow is retired, while a plan or number is given it.
    """
    wait_for_turn(session, account=session.get_one(Account, flow.account_id))
    session.refresh(flow)
    if flow.retired_at is not None:
        raise BadFlow(f"{' '.join(flow.name.split())!r} is out of use; make a new flow, or change another one")


def _draft(flow: CallFlow, *, plan: Plan, by: str) -> None:
    flow.draft, flow.drafted_by = plan.model_dump(mode="json"), by


def _enact(session: Session, *, flow: CallFlow, plan: Plan, by: str) -> FlowVersion:
    _check_plan(session, account_id=flow.account_id, plan=plan)
    newest = session.scalar(select(func.max(FlowVersion.number)).where(FlowVersion.flow_id == flow.id)) or 0
    version = FlowVersion(
        flow_id=flow.id, number=newest + 1, plan=plan.model_dump(mode="json"), made_at=datetime.now(UTC), made_by=by
    )
    session.add(version)
    session.flush()
    flow.version_id = version.id
    _record(session, flow=flow, field="version", was=newest or None, now=version.number, by=by)
    return version


def _check_plan(session: Session, *, account_id: int, plan: Plan) -> None:
    """Refuse what a plan alone cannot know of: phones that are tracking numbers, sounds that nobody uploaded, words
    that are not a sound's own."""
    rung = {one.phone: name for name, step in plan.steps.items() if isinstance(step, Ring) for one in step.phones}
    if phone := tracking_number_among(session, account_id=account_id, phones=rung):
        raise BadFlow(
            f"steps.{rung[phone]}.phones: {phone} is a tracking number of yours, so that callers would go in a circle; "
            "name the phone that somebody answers"
        )
    own = select(Sound).where(Sound.account_id == account_id, Sound.sha256.in_(sounds_of(plan)))
    sounds = {one.sha256: one for one in session.scalars(own)}
    for name, step in plan.steps.items():
        if isinstance(step, Ring) and (odd := unknown_stand_in(step.whisper, known=[CAMPAIGN])):
            raise BadFlow(f"steps.{name}.whisper: {odd} stands for nothing; {CAMPAIGN} stands for the campaign's name")
        for field in ("prompt", "greeting"):
            prompt = getattr(step, field, None)
            if prompt is None or prompt.audio is None:
                continue
            sound = sounds.get(prompt.audio)
            if sound is None:
                raise BadFlow(
                    f"steps.{name}.{field}.audio: {prompt.audio[:12]}... is no sound of yours; upload it first"
                )
            if not same_words(prompt.text, sound.says):
                raise BadFlow(
                    f"steps.{name}.{field}.text: the sound {sound.name!r} says other words than these; "
                    "give its own, or upload it anew with the right ones"
                )


def _free_name(session: Session, *, account_id: int, name: str, but: int | None = None) -> str:
    clean = " ".join(name.split())
    if not 0 < len(clean) <= LONGEST_NAME:
        raise BadFlow(f"a flow needs a name, of at most {LONGEST_NAME} characters")
    if clean.casefold() == PLAIN_NAME or clean.isdecimal():
        raise BadFlow(f"a flow cannot be called {clean!r}: that means the plain flow, or a flow by its id")
    others = session.execute(
        select(CallFlow.id, CallFlow.name).where(CallFlow.account_id == account_id, CallFlow.retired_at.is_(None))
    )
    if any(other.name.casefold() == clean.casefold() and other.id != but for other in others):
        raise FlowTaken(f"there is a flow named {clean!r} already; choose another name")
    return clean


def _record(session: Session, *, flow: CallFlow, field: str, was: object, now: object, by: str) -> None:
    fields = {field: (was, now)}
    record(session, account_id=flow.account_id, noun="flow", noun_id=flow.id, fields=fields, by=by)
    session.flush()
