"""Plans and flows for tests."""

from typing import Any

from sqlalchemy.orm import Session

from calltrack.models import Account, CallFlow
from calltrack.telephony.flow_list import create_flow, put_in_force
from calltrack.telephony.plan import Hangup, Plan, Prompt

ANA = "ana@example.com"
EVENING: dict[str, Any] = {
    "start": "menu",
    "steps": {
        "menu": {
            "kind": "menu", "prompt": {"text": "Press 1 for an emergency."}, "otherwise": "message",
            "choices": [{"key": "1", "words": ["emergency"], "next": "tech"}],
        },
        "tech": {"kind": "ring", "phones": [{"phone": "+13125550190"}], "otherwise": "message"},
        "message": {"kind": "voicemail", "greeting": {"text": "Please leave a message."}},
    },
}  # fmt: skip
"""A plan as programs write it: a menu, a phone, a voicemail."""


def says(text: str, *, audio: str | None = None) -> Plan:
    """A plan that says one thing and ends."""
    return Plan(start="bye", steps={"bye": Hangup(prompt=Prompt(text=text, audio=audio))})


def rings(*phones: str) -> Plan:
    """A plan that rings these phones, then takes a message."""
    return Plan.model_validate(
        {
            "start": "office",
            "steps": {
                "office": {"kind": "ring", "phones": [{"phone": one} for one in phones], "otherwise": "message"},
                "message": {"kind": "voicemail", "greeting": {"text": "Please leave a message."}},
            },
        }
    )


def a_flow(session: Session, *, account: Account, name: str = "Evenings", plan: Plan | None = None) -> CallFlow:
    """A flow with one version in force."""
    flow = create_flow(session, account=account, name=name, plan=plan or says("Hello."), by=ANA)
    put_in_force(session, flow=flow, by=ANA)
    return flow
