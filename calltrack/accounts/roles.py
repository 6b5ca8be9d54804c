"""Who may do what: one table, asked by every door."""

from typing import Literal, get_args

Role = Literal["admin", "manager", "coach", "csr", "read-only"]
ROLES: tuple[Role, ...] = get_args(Role)

# action                          who
_MAY: dict[str, frozenset[str]] = {
    "scorecards.read": frozenset({"admin", "manager", "coach", "read-only"}),
    "calls.read": frozenset({"admin", "manager", "coach", "csr", "read-only"}),
    "recordings.play": frozenset({"admin", "manager", "coach", "csr"}),
    "calls.label": frozenset({"admin", "manager", "coach"}),
    "calls.tag": frozenset({"admin", "manager", "coach", "csr"}),
    "calls.retry": frozenset({"admin", "manager"}),
    "calls.unclaimed": frozenset({"admin"}),
    "classifier.write": frozenset({"admin", "manager"}),
    "clips.share": frozenset({"admin", "manager", "coach"}),
    "tasks.write": frozenset({"admin", "manager", "coach", "csr"}),
    "coaching.read": frozenset({"admin", "manager", "coach", "csr"}),
    "coaching.write": frozenset({"admin", "manager", "coach"}),
    "rubrics.write": frozenset({"admin", "manager", "coach"}),
    "jobs.read": frozenset({"admin", "manager", "coach", "csr", "read-only"}),
    "jobs.write": frozenset({"admin", "manager", "csr"}),
    "thresholds.write": frozenset({"admin", "manager"}),
    "campaigns.read": frozenset({"admin", "manager", "coach", "csr", "read-only"}),
    "campaigns.write": frozenset({"admin", "manager"}),
    "numbers.write": frozenset({"admin"}),
    "flows.write": frozenset({"admin", "manager"}),
    "callers.block": frozenset({"admin", "manager"}),
    "settings.write": frozenset({"admin", "manager"}),
    "reports.write": frozenset({"admin", "manager"}),
    "imports.write": frozenset({"admin", "manager"}),
}

ACTIONS = frozenset(_MAY)


def may(role: str, action: str) -> bool:
    """True when `role` may do `action`; an action that the table does not know is a mistake and raises KeyError."""
    return role in _MAY[action]
