"""Alert rules: what an account wants to be warned of; and the alerts that they raised."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from calltrack.models import Account, Alert, AlertRule, Campaign
from calltrack.paging import Page, clamp, older_than, read_cursor, write_cursor
from calltrack.reports.recipients import BadReport, clean_recipients

Kind = Literal["calls_stopped", "missed_share", "cost_per_lead"]
KINDS: tuple[Kind, ...] = get_args(Kind)
State = Literal["open", "past"]
STATES: tuple[State, ...] = get_args(State)
MOST_RULES = 50
# The largest threshold of each kind: local days, percentage points, cents.
LARGEST: dict[str, int] = {"calls_stopped": 60, "missed_share": 100, "cost_per_lead": 100_000_000}
_UNITS = {"calls_stopped": "days", "missed_share": "percentage points", "cost_per_lead": "cents"}


@dataclass(frozen=True)
class ListedAlert:
    """An alert with what it is about; `cleared_at` null: it is still so."""

    id: int
    kind: str
    campaign_id: int
    campaign: str
    why: str
    raised_at: datetime
    cleared_at: datetime | None
    mailed_at: datetime | None


def create_rule(
    session: Session, *, account: Account, kind: str, threshold: int, recipients: Iterable[str], created_by: str
) -> AlertRule:
    """Warn these people of such a thing in any campaign; `threshold` in days, points or cents. Raises BadReport."""
    if kind not in KINDS:
        raise BadReport(f"an alert is one of: {', '.join(KINDS)}")
    if not 1 <= threshold <= LARGEST[kind]:
        raise BadReport(f"the threshold of {kind} is 1 to {LARGEST[kind]:,} {_UNITS[kind]}")
    addresses = clean_recipients(recipients)
    if len(list_rules(session, account=account)) >= MOST_RULES:
        raise BadReport(f"there are {MOST_RULES} alert rules already; remove one first")
    rule = AlertRule(
        account_id=account.id,
        kind=kind,
        threshold=threshold,
        recipients=addresses,
        created_by=created_by,
        created_at=datetime.now(UTC),
    )
    session.add(rule)
    session.flush()
    return rule


def list_rules(session: Session, *, account: Account) -> list[AlertRule]:
    """The account's rules in force, oldest first."""
    rules = select(AlertRule).where(AlertRule.account_id == account.id, AlertRule.removed_at.is_(None))
    return list(session.scalars(rules.order_by(AlertRule.id)))


def find_rule(session: Session, *, account: Account, rule_id: int) -> AlertRule | None:
    """The account's own rule of that id, unless it was removed."""
    return session.scalar(
        select(AlertRule).where(
            AlertRule.account_id == account.id, AlertRule.id == rule_id, AlertRule.removed_at.is_(None)
        )
    )


def remove_rule(session: Session, *, rule: AlertRule) -> None:
    """It is no longer checked; its open alerts end, and all of them stay to be read."""
    rule.removed_at = datetime.now(UTC)
    session.execute(
        update(Alert)
        .where(Alert.rule_id == rule.id, Alert.cleared_at.is_(None))
        .values(cleared_at=rule.removed_at)
        .execution_options(synchronize_session=False)
    )
    session.flush()


def list_alerts(
    session: Session, *, account: Account, state: State | None = None, cursor: str | None = None, limit: int = 50
) -> Page[ListedAlert]:
    """The account's alerts, newest first: those that still hold, those that are over, or (None) all. Raises BadCursor.

    `limit` is kept within 1 to 200.
    """
    alerts = (
        select(
            Alert.id, AlertRule.kind, Alert.campaign_id, Campaign.name, Alert.why, Alert.raised_at, Alert.cleared_at,
            Alert.mailed_at,
        )
        .join(AlertRule, AlertRule.id == Alert.rule_id)
        .join(Campaign, Campaign.id == Alert.campaign_id)
        .where(Alert.account_id == account.id)
    )  # fmt: skip
    if state is not None:
        alerts = alerts.where(Alert.cleared_at.is_(None) if state == "open" else Alert.cleared_at.is_not(None))
    if cursor is not None:
        alerts = alerts.where(older_than(read_cursor(cursor), moment=Alert.raised_at, row_id=Alert.id))
    limit = clamp(limit)
    newest = alerts.order_by(Alert.raised_at.desc(), Alert.id.desc()).limit(limit + 1)
    found = [ListedAlert(*row) for row in session.execute(newest)]
    page = found[:limit]
    return Page(page, write_cursor(page[-1].raised_at, page[-1].id) if len(found) > limit else None)
