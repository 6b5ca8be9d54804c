"""Alert rules are checked: what goes wrong is raised once, mailed once, and cleared when it is over."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from calltrack.campaigns.campaigns import list_campaigns
from calltrack.config import Settings
from calltrack.db import Database, upsert
from calltrack.mail import MailUnavailable, can_send, send
from calltrack.models import Account, Alert, AlertRule, Campaign
from calltrack.reports.conditions import CONDITIONS, Found

CHECKED_EVERY = timedelta(minutes=15)
NEWS = timedelta(days=1)  # an alert that could not be mailed for so long is on the page only
_log = logging.getLogger(__name__)


def check_due(database: Database, settings: Settings, now: datetime) -> int:
    """Check every rule that was not checked for a quarter of an hour; returns how many alerts were raised."""
    with database.read() as session:
        rule_ids = session.scalars(select(AlertRule.id).where(_is_due(now)).order_by(AlertRule.id)).all()
    raised = 0
    for rule_id in rule_ids:
        try:
            raised += _check(database, settings, rule_id=rule_id, now=now)
        except Exception:  # noqa: BLE001 - one company's rule must not keep the others' from being checked
            _log.exception("alert rule %s could not be checked", rule_id)
    return raised


def _is_due(now: datetime) -> ColumnElement[bool]:
    late = or_(AlertRule.checked_at.is_(None), AlertRule.checked_at <= now - CHECKED_EVERY)
    return and_(late, AlertRule.removed_at.is_(None))


def _check(database: Database, settings: Settings, *, rule_id: int, now: datetime) -> int:
    with database.write.begin() as session:  # race: of several workers the one that moves `checked_at` on checks
        claim = update(AlertRule).where(AlertRule.id == rule_id, _is_due(now)).values(checked_at=now)
        claimed = session.execute(claim.returning(AlertRule.id).execution_options(synchronize_session=False)).first()
    if claimed is None:
        return 0
    with database.read() as session:  # counting holds no lock that a caller would wait for
        rule = session.get_one(AlertRule, rule_id)
        account = session.get_one(Account, rule.account_id)
        campaigns = [one for one in list_campaigns(session, account=account) if one.archived_at is None]
        found = CONDITIONS[rule.kind](session, account=account, campaigns=campaigns, threshold=rule.threshold, now=now)
    with database.write.begin() as session:
        raised = _keep(session, rule=rule, campaigns=campaigns, found=found, now=now)
    if can_send(settings):
        _mail(database, settings, rule=rule, account=account, now=now)
    return raised


def _keep(session: Session, *, rule: AlertRule, campaigns: Sequence[Campaign], found: Found, now: datetime) -> int:
    """Clear what is over, raise what is new; returns how many were raised."""
    if session.get_one(AlertRule, rule.id, with_for_update=True).removed_at is not None:
        return 0
    as_it_was = {campaign.id for campaign in campaigns} - found.keys()
    trouble = {campaign_id: why for campaign_id, why in found.items() if why is not None}
    session.execute(
        update(Alert)
        .where(
            Alert.rule_id == rule.id,
            Alert.cleared_at.is_(None),
            Alert.campaign_id.not_in(as_it_was | trouble.keys()),
        )
        .values(cleared_at=now)
        .execution_options(synchronize_session=False)
    )
    raised = 0
    for campaign_id, why in trouble.items():
        # Race: a slow check meets the next one; the unique key of open alerts lets one of them raise it.
        new = upsert(session, Alert).values(
            account_id=rule.account_id, rule_id=rule.id, campaign_id=campaign_id, why=why, raised_at=now
        )
        new = new.on_conflict_do_nothing(
            index_elements=["rule_id", "campaign_id"], index_where=Alert.cleared_at.is_(None)
        )
        raised += session.execute(new.returning(Alert.id)).first() is not None
    return raised


def _mail(database: Database, settings: Settings, *, rule: AlertRule, account: Account, now: datetime) -> None:
    """One e-mail with the rule's alerts that nobody was told of. They are claimed first, so none is told twice."""
    with database.write.begin() as session:
        claim = (
            update(Alert)
            .where(
                Alert.rule_id == rule.id,
                Alert.cleared_at.is_(None),
                Alert.mailed_at.is_(None),
                Alert.raised_at > now - NEWS,
            )
            .values(mailed_at=now)
        )
        ids = session.scalars(claim.returning(Alert.id).execution_options(synchronize_session=False)).all()
        news = session.execute(
            select(Campaign.name, Alert.why)
            .join(Campaign, Campaign.id == Alert.campaign_id)
            .where(Alert.id.in_(ids))
            .order_by(Campaign.name)
        ).all()
    if not news:
        return
    what = news[0][0] if len(news) == 1 else f"{len(news)} campaigns"
    lines = "\n\n".join(f"{campaign}: {why}." for campaign, why in news)
    text = f"{lines}\n\nOpen alerts, and what to be warned of: {settings.base_url}/reports\n"
    try:
        send(settings, to=rule.recipients, subject=f"{account.name}: {what} may need a look", text=text)
    except MailUnavailable as error:
        _log.warning("alerts of rule %s were not mailed: %s", rule.id, error)
        with database.write.begin() as session:
            session.execute(update(Alert).where(Alert.id.in_(ids)).values(mailed_at=None))
