"""The call flow of a number, as its page and the list of numbers tell it, and whose phones that rings."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from calltrack.models import Account
from calltrack.telephony.flow_list import list_flows


@dataclass(frozen=True)
class FlowOf:
    """A flow in force; `rings_own`: a step of it rings the phones of the number that was called."""

    flow_id: int
    name: str
    rings_own: bool


def flows_in_force(session: Session, *, account: Account) -> dict[int, FlowOf]:
    """The account's flows that a number may have, by their ids, in the order of their names."""
    return {
        one.flow.id: FlowOf(one.flow.id, one.flow.name, _rings_own(one.version.plan))
        for one in list_flows(session, account=account)
        if one.version is not None
    }


def _rings_own(plan: dict[str, dict[str, dict[str, object]]]) -> bool:
    """Of a plan as it is stored, also of one that today's rules refuse."""
    return any(step.get("kind") == "ring" and not step.get("phones") for step in plan["steps"].values())
