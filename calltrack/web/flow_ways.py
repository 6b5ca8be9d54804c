"""Where a step of a form leads to: a step that is there, or one that is to be made with it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from calltrack.telephony.plan import LEAVE_A_MESSAGE, Hangup, Plan, Prompt, Ring, Say, Step, Voicemail
from calltrack.web.flow_edits import free_name
from calltrack.web.forms import BadField, text_field

NEW = "new:"
OFFERED = {"voicemail": "a voicemail", "ring": "phones that ring", "say": "an announcement", "hangup": "a goodbye"}
"""Kinds of which a step can be made by leading to it."""

GOODBYE = "Thank you for calling. Goodbye."

Within = Callable[[str], AbstractContextManager[None]]


@dataclass
class Ways:
    """Reads where a field leads to, and keeps the steps that are to be made for it."""

    plan: Plan
    name: str
    more: dict[str, Step]
    within: Within

    def read(self, field_name: str, *, called: str) -> str:
        """The step that a field chooses; raises BadField."""
        chosen = text_field(field_name)
        made = chosen.removeprefix(NEW)
        if chosen.startswith(NEW) and made in OFFERED:
            return self._make(made)
        if chosen not in self.plan.steps:
            raise BadField(f"Choose where {called} leads to.")
        return chosen

    def _make(self, kind: str) -> str:
        name = self._free({"voicemail": "message", "say": "announcement", "hangup": "goodbye"}.get(kind, kind))
        match kind:
            case "voicemail":
                step: Step = Voicemail(greeting=Prompt(text=LEAVE_A_MESSAGE))
            case "hangup":
                step = Hangup(prompt=Prompt(text=GOODBYE))
            case "ring":
                step = Ring(otherwise=self._end())
            case _:
                step = Say(prompt=Prompt(text="Please hold the line."), next=self._end())
        self.more[name] = step
        return name

    def _end(self) -> str:
        """A voicemail that a new step may lead to: one that is there, else one more."""
        there = voicemail_of(self.plan)
        return there if there and there != self.name else self._make("voicemail")

    def _free(self, wanted: str) -> str:
        return free_name(wanted, taken={*self.plan.steps, *self.more, self.name})


def voicemail_of(plan: Plan) -> str | None:
    """The first step of a plan that takes a message."""
    return next((name for name, step in plan.steps.items() if isinstance(step, Voicemail)), None)
