"""Changes to a plan, each from a whole plan to a whole plan. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from calltrack.telephony.plan import Hangup, Hours, Menu, Plan, Ring, Say, Step, Voicemail, name_step, ways_out

_WAYS = ("next", "open", "closed", "otherwise")
KINDS: dict[str, type[Say | Hours | Menu | Ring | Voicemail | Hangup]] = {
    "ring": Ring, "hours": Hours, "menu": Menu, "say": Say, "voicemail": Voicemail, "hangup": Hangup,
}  # fmt: skip


class BadEdit(ValueError):
    """A change that would leave no whole plan; the message says what to do first."""


def title(name: str) -> str:
    """A step's name as a heading: `after-hours` is After hours."""
    return name.replace("-", " ").capitalize()


def leading_to(plan: Plan, *, name: str) -> list[str]:
    """The steps that lead to a step, in the plan's own order; that calls begin there does not count."""
    return [one for one, step in plan.steps.items() if name in ways_out(step)]


def free_name(wanted: str, *, taken: Iterable[str]) -> str:
    """`wanted` as a step's name that no other step has: message, message-2 ..."""
    base, used, count = name_step(wanted) or "step", set(taken), 1
    name = base
    while name in used:
        count += 1
        name = f"{base[:36]}-{count}"
    return name


def put_step(
    plan: Plan, *, name: str, step: Step, was: str | None, more: Mapping[str, Step], before: str | None = None
) -> Plan:
    """The plan with `step` under `name`, in place of the one called `was`, and with the `more` steps it leads to.

    `before`: whatever led to that step leads to the new one. Raises BadEdit, and pydantic's ValidationError.
    """
    if name != was and name in plan.steps:
        raise BadEdit(f"there is a step {title(name)!r} already; choose another name")
    written = _written(plan)
    own = step.model_dump(mode="json")
    if was is not None and was != name:
        _point(written, was=was, now=name)
        written["steps"] = {name if one == was else one: it for one, it in written["steps"].items()}
    if before is not None:
        _point(written, was=before, now=name)
    written["steps"][name] = own
    written["steps"] |= {one: it.model_dump(mode="json") for one, it in more.items()}
    return Plan.model_validate(written)


def remove_step(plan: Plan, *, name: str) -> tuple[Plan, str | None]:
    """The plan without a step, and where those who led there lead now: to its own way on. Raises BadEdit where it has
    none and somebody leads there.
    """
    step = plan.steps[name]
    before = leading_to(plan, name=name)
    begins = plan.start == name
    onward: str | None = None
    if before or begins:
        match step:
            case Say():
                onward = step.next
            case Ring():
                onward = step.otherwise
            case Hours():
                onward = step.open
            case _:
                who = [title(one) for one in before] + (["the beginning of the call"] if begins else [])
                verb = "leads" if len(who) == 1 else "lead"
                raise BadEdit(
                    f"{_listed(who)} {verb} there; let {'it' if len(who) == 1 else 'them'} lead elsewhere first"
                )
    written = _written(plan)
    del written["steps"][name]
    if onward is not None:
        _point(written, was=name, now=onward)
    return Plan.model_validate(written), onward


def begin_with(plan: Plan, *, name: str) -> Plan:
    """The plan whose calls begin at that step. Raises BadEdit where there is none."""
    if name not in plan.steps:
        raise BadEdit("choose the step that calls begin with")
    return plan.model_copy(update={"start": name})


def say_changes(old: Plan | None, new: Plan) -> str:
    """What is different in a later plan, in a few words."""
    if old is None:
        return "the first version"
    said = [
        (word, [title(name) for name in names])
        for word, names in (
            ("new", [name for name in new.steps if name not in old.steps]),
            ("changed", [name for name, step in new.steps.items() if name in old.steps and old.steps[name] != step]),
            ("removed", [name for name in old.steps if name not in new.steps]),
        )
    ]
    parts = [f"{word}: {', '.join(names)}" for word, names in said if names]
    if old.start != new.start:
        parts.append(f"calls begin with {title(new.start)}")
    if old.turn_away != new.turn_away:
        parts.append("other callers are turned away")
    return "; ".join(parts) or "nothing is different"


def _written(plan: Plan) -> dict[str, Any]:
    return plan.model_dump(mode="json")


def _point(written: dict[str, Any], *, was: str, now: str) -> None:
    """Let everything that leads to one step lead to another."""
    if written["start"] == was:
        written["start"] = now
    for step in written["steps"].values():
        for way in _WAYS:
            if step.get(way) == was:
                step[way] = now
        for choice in step.get("choices", ()):
            if choice["next"] == was:
                choice["next"] = now


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
