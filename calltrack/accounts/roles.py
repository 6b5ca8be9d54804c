"""Who may do what: one table, asked by every door."""

from typing import Literal, get_args

Role = Literal["admin", "manager", "coach", "csr", "sales", "read-only"]
ROLES: tuple[Role, ...] = get_args(Role)

# action                          who
_MAY: dict[str, frozenset[str]] = {
    "scorecards.read": frozenset({"admin", "manager", "coach", "read-only"}),
    "calls.read": frozenset({"admin", "manager", "coach", "csr", "sales", "read-only"}),
    "recordings.play": frozenset({"admin", "manager", "coach", "csr", "sales"}),
    "calls.label": frozenset({"admin", "manager", "coach"}),
    "calls.tag": frozenset({"admin", "manager", "coach", "csr", "sales"}),
    "calls.retry": frozenset({"admin", "manager"}),
    "calls.unclaimed": frozenset({"admin"}),
    "classifier.write": frozenset({"admin", "manager"}),
    "clips.share": frozenset({"admin", "manager", "coach"}),
    "tasks.write": frozenset({"admin", "manager", "coach", "csr", "sales"}),
    "coaching.read": frozenset({"admin", "manager", "coach", "csr", "sales"}),
    "coaching.write": frozenset({"admin", "manager", "coach"}),
    "rubrics.write": frozenset({"admin", "manager", "coach"}),
    "jobs.read": frozenset({"admin", "manager", "coach", "csr", "sales", "read-only"}),
    "jobs.write": frozenset({"admin", "manager", "csr", "sales"}),
    "thresholds.write": frozenset({"admin", "manager"}),
    "campaigns.read": frozenset({"admin", "manager", "coach", "csr", "sales", "read-only"}),
    "company.read": frozenset({"admin", "manager", "coach", "csr", "sales", "read-only"}),
    "campaigns.write": frozenset({"admin", "manager"}),
    "numbers.write": frozenset({"admin"}),
    "flows.write": frozenset({"admin", "manager"}),
    "callers.block": frozenset({"admin", "manager"}),
    "settings.write": frozenset({"admin", "manager"}),
    "reports.write": frozenset({"admin", "manager"}),
    "imports.write": frozenset({"admin", "manager"}),
    "recordings.pause": frozenset({"admin", "manager", "csr", "sales"}),
    "recordings.unseal": frozenset({"admin"}),
    "privacy.read": frozenset({"admin", "manager"}),
    "privacy.write": frozenset({"admin"}),
    "audit.read": frozenset({"admin"}),
    "people.write": frozenset({"admin"}),
    "keys.write": frozenset({"admin"}),
    "own.write": frozenset(ROLES),
}

ACTIONS = frozenset(_MAY)


# What whoever is limited to some campaigns may do, if their role may: an agency's client sees its own and no more. All
# other actions are about the company as a whole.
MAY_LIMITED = frozenset(
    {"scorecards.read", "calls.read", "recordings.play", "calls.label", "calls.tag", "campaigns.read", "own.write"}
)


def may(role: str, action: str, *, limited: bool = False) -> bool:
    """True when `role`, `limited` to some campaigns or not, may do `action`; an action that the table does not know is
    a mistake and raises KeyError."""
    return role in _MAY[action] and (not limited or action in MAY_LIMITED)
