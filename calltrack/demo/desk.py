"""The demo business's desk, set up through the HTTP API: whose phones ring, and who is to be called back."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from calltrack.demo.api import ApiError, Ask

# phone, whose it is, and who signs in for it, where the account has that person
_AGENTS = (
    ("+16305550181", "Cho Park", "cho@example.com"),
    ("+16305550182", "Dana Ruiz", None),
    ("+16305550183", "Lee Novak", None),
)
_TASKS = (
    ("call-back", timedelta(hours=-3), "Asked for a price; wants to hear it before noon"),
    ("follow-up", timedelta(hours=2), "Was to talk it over at home"),
    ("call-back", timedelta(days=1), None),
)


def name_agents(*, ask: Ask) -> None:
    """Say whose phones ring, unless somebody has said so of any. Raises ApiError."""
    if not ask("GET", "/agents")["items"]:
        for phone, name, email in _AGENTS:
            _name(ask, phone=phone, name=name, email=email)


def ask_for_tasks(*, ask: Ask, now: datetime | None = None) -> None:
    """Have some leads called back, unless there is a task already. Raises ApiError."""
    if any(ask("GET", f"/tasks?state={state}")["items"] for state in ("open", "done")):
        return
    moment = now or datetime.now(UTC)
    calls = ask("GET", "/calls?outcome=unbooked&label=lead&limit=50")["items"]
    older = [call for call in calls if datetime.fromisoformat(call["started_at"]) < moment - timedelta(days=2)]
    for call, (kind, later, note) in zip(older, _TASKS, strict=False):
        _ask_for(ask, call, {"kind": kind, "due_at": (moment + later).isoformat(), "note": note})
    for call in older[len(_TASKS) : len(_TASKS) + 1]:
        task = _ask_for(ask, call, {"kind": "follow-up", "due_at": moment.isoformat()})
        ask("POST", f"/tasks/{task['id']}/done", {"result": "reached: has taken somebody else"})


def _name(ask: Ask, *, phone: str, name: str, email: str | None) -> None:
    agent = {"name": name, "email": email}
    try:
        ask("PUT", f"/agents/{quote(phone)}", agent)
    except ApiError as refusal:
        if refusal.status != 422:
            raise
        ask("PUT", f"/agents/{quote(phone)}", agent | {"email": None})  # another account, without that person


def _ask_for(ask: Ask, call: dict[str, Any], task: dict[str, Any]) -> Any:
    return ask("POST", f"/calls/{quote(call['call_sid'], safe='')}/tasks", task)
