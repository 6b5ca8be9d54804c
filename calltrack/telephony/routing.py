"""What callers of a number get: from the database, and from a snapshot on disk when the database is away."""

import json
import logging
import os
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlalchemy import ColumnElement, Select, Text, bindparam, case, cast, exists, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from calltrack.models import Account, Agent, BlockedCaller, CallFlow, Campaign, FlowVersion, Number, NumberAssignment
from calltrack.telephony.plan import PLAIN, Plan, Prompt
from calltrack.telephony.recording_law import STRICTEST, Policy
from calltrack.telephony.route import Route

_log = logging.getLogger(__name__)
_LONGEST_CALL = timedelta(hours=4)
_BETWEEN = "\n"  # stands between blocked patterns; no pattern holds one
_ONCE_UNSAID: dict[str, Any] = {
    **dict.fromkeys(("account", "audio", "campaign", "flow", "version", "state")), "zone": "UTC", "parked": False,
    "recording": STRICTEST.mode, "record": True,
}  # fmt: skip


def find_route(
    session: Session, *, phone_number: str | None, now: datetime, transcribe: bool, version_id: int | None = None
) -> Route | None:
    """The route of a tracking number; None for one that nobody owns. One select.

    `version_id`: the version of the flow that a call is being led by already, as its place names it (0 is the plain
    flow); None, and one that is not of the account's flows, give the version in force.
    """
    if not phone_number:
        return None
    row = (
        session.connection()
        .execute(_ROUTE, {"number": phone_number, "now": now, "led_by": version_id})
        .mappings()
        .first()
    )
    if row is None:
        return None
    version = row["version"] if version_id != 0 else None
    return _route(
        dict(row),
        version_id=version,
        plan=row["plan"],
        blocked=_split(row["blocked"]),
        unrecorded=_split(row["unrecorded"]),
        transcribe=transcribe,
    )


def assigned_campaign(*, number_id: Any, moment: Any) -> Select[int]:
    """The campaign of a number at a moment: of the assignments in force by then, the last word on the latest."""
    return (
        select(NumberAssignment.campaign_id)
        .where(NumberAssignment.number_id == number_id, NumberAssignment.starts_at <= moment)
        .order_by(NumberAssignment.starts_at.desc(), NumberAssignment.id.desc())
        .limit(1)
    )


def save_snapshot(session: Session, *, path: Path) -> None:
    """Write every number's routing to `path` if it changed, whole or not at all."""
    now = datetime.now(UTC)
    rows = session.execute(_routes(), {"now": now, "led_by": None}).mappings()
    plans = session.execute(_plans(since=now - _LONGEST_CALL)).all()
    lists = session.execute(select(Account.id, _blocked(), _unrecorded())).all()
    told = {
        "routes": {row["number"]: {name: row[name] for name in row if name != "number"} for row in rows},
        "plans": {str(version): plan for version, _, plan in plans},
        "flows": {str(version): flow for version, flow, _ in plans},
        "blocked": {str(account): sorted(_split(patterns)) for account, patterns, _ in lists if patterns},
        "unrecorded": {str(account): sorted(_split(phones)) for account, _, phones in lists if phones},
    }
    snapshot = json.dumps(told, sort_keys=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.read_bytes() == snapshot.encode():
        return
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=path.name, delete=False, encoding="utf-8") as file:
        file.write(snapshot)
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).replace(path)


def recall_route(
    *, path: Path, phone_number: str | None, transcribe: bool, version_id: int | None = None
) -> Route | None:
    """The route as the snapshot knows it; None when it does not. `version_id` as for `find_route`."""
    try:
        told = _read_snapshot(path, _stamp(path))
        # Before there were flows, the numbers themselves stood at the top, and said little.
        row = {**_ONCE_UNSAID, "number": phone_number, **told.get("routes", told)[phone_number or ""]}
        plans = told.get("plans", {})
        version = version_id if version_id == 0 or str(version_id) in plans else row["version"]
        row["flow"] = told.get("flows", {}).get(str(version), row["flow"])
        return _route(
            row,
            version_id=version or None,
            plan=plans.get(str(version)),
            blocked=tuple(told.get("blocked", {}).get(str(row["account"]), ())),
            unrecorded=tuple(told.get("unrecorded", {}).get(str(row["account"]), ())),
            transcribe=transcribe,
        )
    except (OSError, ValueError, LookupError, TypeError, AttributeError):  # whatever is wrong with it, it does not know
        return None


def _routes() -> Select[Any]:
    """One row a number: what stands in `_route` and in the snapshot, by the same names. Asks for `now` (whose campaign
    the number is then) and `led_by` (a version that stands before the one in force, or null)."""
    campaign = assigned_campaign(number_id=Number.id, moment=bindparam("now")).scalar_subquery()
    led_by = (
        select(FlowVersion.id)
        .join(CallFlow, CallFlow.id == FlowVersion.flow_id)
        .where(FlowVersion.id == bindparam("led_by"), CallFlow.account_id == Number.account_id)
        .correlate(Number)
        .scalar_subquery()
    )
    own_words = Campaign.announcement.is_not(None)
    return (
        select(
            Number.phone_number.label("number"),
            Number.account_id.label("account"),
            Number.forward_to.label("to"),
            Number.whisper,
            (Number.parked_at.is_not(None) | Number.released_at.is_not(None)).label("parked"),
            case((own_words, Campaign.announcement), else_=Account.announcement).label("announcement"),
            case((own_words, Campaign.announcement_audio), else_=Account.announcement_audio).label("audio"),
            Account.time_zone.label("zone"),
            Account.state,
            Account.recording,
            func.coalesce(Campaign.record, true()).label("record"),
            Campaign.name.label("campaign"),
            FlowVersion.flow_id.label("flow"),
            FlowVersion.id.label("version"),
        )
        .join(Account, Account.id == Number.account_id)
        .outerjoin(Campaign, Campaign.id == campaign)
        .outerjoin(CallFlow, CallFlow.id == Number.flow_id)
        .outerjoin(FlowVersion, FlowVersion.id == func.coalesce(led_by, CallFlow.version_id))
    )


def _plans(*, since: datetime) -> Select[int, int, str]:
    """Version, flow and plan of whatever was in force at any time since then: a call under way goes on in its own."""
    later = aliased(FlowVersion)
    before = (later.flow_id == FlowVersion.flow_id, later.number > FlowVersion.number, later.made_at <= since)
    return (
        select(FlowVersion.id, FlowVersion.flow_id, cast(FlowVersion.plan, Text))
        .join(CallFlow, CallFlow.id == FlowVersion.flow_id)
        .where(or_(CallFlow.retired_at.is_(None), CallFlow.retired_at > since))
        .where(~exists().where(*before))
    )


def _blocked() -> ColumnElement[str | None]:
    """The patterns of the row's account that stand, in one text."""
    return (
        select(func.aggregate_strings(BlockedCaller.pattern, _BETWEEN))
        .where(BlockedCaller.account_id == Account.id, BlockedCaller.lifted_at.is_(None))
        .correlate(Account)
        .scalar_subquery()
    )


def _unrecorded() -> ColumnElement[str | None]:
    """The phones of the row's account on which nothing is to be recorded, in one text."""
    return (
        select(func.aggregate_strings(Agent.phone, _BETWEEN))
        .where(Agent.account_id == Account.id, Agent.record.is_(False))
        .correlate(Account)
        .scalar_subquery()
    )


# Put together once: that takes longer than asking does.
_ROUTE = (
    _routes()
    .add_columns(
        cast(FlowVersion.plan, Text).label("plan"), _blocked().label("blocked"), _unrecorded().label("unrecorded")
    )
    .where(Number.phone_number == bindparam("number"))
)


def _split(patterns: str | None) -> tuple[str, ...]:
    return tuple(patterns.split(_BETWEEN)) if patterns else ()


def _route(
    row: Mapping[str, Any],
    *,
    version_id: int | None,
    plan: str | None,
    blocked: tuple[str, ...],
    unrecorded: tuple[str, ...],
    transcribe: bool,
) -> Route:
    led = version_id is not None and plan is not None
    return Route(
        number=row["number"],
        forward_to=tuple(row["to"]),
        whisper=row["whisper"],
        # Not checked again: words that were taken once are said.
        announcement=Prompt.model_construct(text=row["announcement"], audio=row["audio"]),
        campaign=row["campaign"],
        zone=row["zone"],
        plan=_read_plan(plan) if led and plan else PLAIN,
        flow_id=row["flow"] if led else None,
        version_id=version_id if led else None,
        blocked=blocked,
        transcribe=transcribe,
        parked=bool(row["parked"]),
        policy=Policy(
            mode=row["recording"], state=row["state"], campaign=bool(row["record"]), unrecorded=frozenset(unrecorded)
        ),
    )


@lru_cache(maxsize=512)
def _read_plan(written: str) -> Plan:
    """The plan that a text holds; whatever is wrong with it, the number's own phones ring."""
    try:
        return Plan.model_validate_json(written)
    except ValidationError:
        _log.exception("a flow's plan cannot be read; its numbers ring their own phones")
        return PLAIN


def _stamp(path: Path) -> tuple[int, int, int]:
    """What is another one whenever the file is."""
    found = path.stat()
    return (found.st_ino, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=2)
def _read_snapshot(path: Path, _stamp: tuple[int, int, int]) -> dict[str, Any]:
    told = json.loads(path.read_bytes())
    if not isinstance(told, dict):
        raise TypeError("the snapshot is no table")
    return told
