"""Who may do what."""

import pytest

from calltrack.accounts.roles import ACTIONS, MAY_LIMITED, ROLES, may


def test_an_admin_may_do_everything() -> None:
    assert all(may("admin", action) for action in ACTIONS)


def test_a_reader_changes_nothing_hears_no_caller_and_reads_nobodys_coaching() -> None:
    assert {action for action in ACTIONS if may("read-only", action)} == {
        action for action in ACTIONS if action.endswith(".read")
    } - {"coaching.read", "privacy.read", "audit.read"} | {"own.write"}


@pytest.mark.parametrize(
    ("action", "roles"),
    [
        ("calls.label", {"admin", "manager", "coach"}),
        ("recordings.play", {"admin", "manager", "coach", "csr", "sales"}),
        ("jobs.write", {"admin", "manager", "csr", "sales"}),
        ("campaigns.write", {"admin", "manager"}),
        ("numbers.write", {"admin"}),
        ("calls.unclaimed", {"admin"}),
        ("scorecards.read", {"admin", "manager", "coach", "read-only"}),
    ],
)
def test_some_things_are_for_some_only(action: str, roles: set[str]) -> None:
    assert {role for role in ROLES if may(role, action)} == roles


@pytest.mark.parametrize("role", ["", "owner", "Admin", "admin "])
def test_who_has_no_role_of_ours_may_nothing(role: str) -> None:
    assert not any(may(role, action) for action in ACTIONS)


def test_an_action_that_nobody_thought_of_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        may("admin", "calls.erase")


def test_who_is_limited_to_some_campaigns_reads_them_and_says_what_their_calls_were_and_no_more() -> None:
    assert MAY_LIMITED < ACTIONS
    assert {action for action in MAY_LIMITED if action.endswith(".write")} == {"own.write"}
    for role in ROLES:
        limited = {action for action in ACTIONS if may(role, action, limited=True)}
        assert limited == {action for action in MAY_LIMITED if may(role, action)}
