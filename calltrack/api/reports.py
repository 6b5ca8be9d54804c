"""Scheduled reports, alert rules, and the alerts that they raised."""

from flask import Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from calltrack.api.door import REPORTS, bp, give, requires, visitor
from calltrack.api.fields import LARGEST_ID, CostIn, Items, Moment, PageQuery
from calltrack.api.problems import Problem, refusals
from calltrack.ground import ground
from calltrack.models import AlertRule, Report
from calltrack.money import to_text
from calltrack.reports.recipients import MOST, BadReport
from calltrack.reports.rules import Kind, State, create_rule, find_rule, list_alerts, list_rules, remove_rule
from calltrack.reports.schedule import create_report, delete_report, find_report, list_reports
from calltrack.reports.times import Every

_RECIPIENTS = Field(max_length=MOST, description="E-mail addresses", examples=[["ana@example.com"]])


class NewReport(BaseModel):
    """A scorecard by e-mail: each day about yesterday, on Monday about the week, on the first about the month."""

    every: Every
    hour: int = Field(ge=0, le=23, description="A full hour of the account's time zone")
    recipients: list[str] = _RECIPIENTS


class ReportAnswer(BaseModel):
    """A scheduled report; `last_error` says what was wrong the last time, null where nothing was."""

    id: int
    every: Every
    hour: int
    recipients: list[str]
    created_by: str
    created_at: Moment
    due_at: Moment
    sent_at: Moment | None
    last_error: str | None


class NewRule(BaseModel):
    """What to be warned of, for each campaign by itself."""

    kind: Kind
    threshold: CostIn = Field(
        description="calls_stopped: full days without a call; missed_share: percentage points above the four weeks "
        "before; cost_per_lead: an amount of money"
    )
    recipients: list[str] = _RECIPIENTS


class RuleAnswer(BaseModel):
    """An alert rule; `threshold` in whole days or percentage points, or money as text."""

    id: int
    kind: Kind
    threshold: int | str
    recipients: list[str]
    created_by: str
    created_at: Moment
    checked_at: Moment | None


class AlertAnswer(BaseModel):
    """A campaign in trouble; `cleared_at` is null as long as it is, `mailed_at` where nobody was told by e-mail."""

    id: int
    kind: Kind
    campaign_id: int
    campaign: str
    why: str
    raised_at: Moment
    cleared_at: Moment | None
    mailed_at: Moment | None


class AlertQuery(PageQuery):
    """Which alerts."""

    state: State | None = Field(None, description="Those that still hold, or those that are over; left out: all")


class ReportPath(BaseModel):
    """Which report."""

    report_id: int


class RulePath(BaseModel):
    """Which alert rule."""

    rule_id: int


@bp.get("/reports", tags=[REPORTS], responses={200: Items[ReportAnswer]})
@requires("reports.write")
def list_all_reports() -> Response:
    """All scheduled reports."""
    with ground().database.read() as session:
        found = list_reports(session, account=visitor().account)
    return give(Items[ReportAnswer](items=[_report(one) for one in found]))


@bp.post("/reports", tags=[REPORTS], responses={201: ReportAnswer, **refusals(409, 413)})
@requires("reports.write")
def add_report(body: NewReport) -> Response:
    """Have the scorecard sent by e-mail from now on."""
    who = visitor()
    with ground().database.write.begin() as session:
        report = create_report(
            session,
            account=who.account,
            every=body.every,
            hour=body.hour,
            recipients=body.recipients,
            created_by=who.name,
        )
        return give(_report(report), 201)


@bp.delete("/reports/<int:report_id>", tags=[REPORTS], responses={200: ReportAnswer, **refusals(404)})
@requires("reports.write")
def drop_report(path: ReportPath) -> Response:
    """Send this report no more; the answer is what it was."""
    with ground().database.write.begin() as session:
        report = None
        if path.report_id <= LARGEST_ID:
            report = find_report(session, account=visitor().account, report_id=path.report_id)
        if report is None:
            raise Problem(404, f"there is no report {path.report_id}; GET /api/v1/reports lists yours")
        answer = _report(report)
        delete_report(session, report=report)
    return give(answer)


@bp.get("/alert-rules", tags=[REPORTS], responses={200: Items[RuleAnswer]})
@requires("reports.write")
def list_all_rules() -> Response:
    """All alert rules in force."""
    with ground().database.read() as session:
        found = list_rules(session, account=visitor().account)
    return give(Items[RuleAnswer](items=[_rule(one) for one in found]))


@bp.post("/alert-rules", tags=[REPORTS], responses={201: RuleAnswer, **refusals(409, 413)})
@requires("reports.write")
def add_rule(body: NewRule) -> Response:
    """Be warned of this from now on."""
    who = visitor()
    threshold = body.threshold  # an amount with two decimals, as cents
    if body.kind != "cost_per_lead":
        threshold, part = divmod(threshold, 100)
        if part:
            raise BadReport(f"the threshold of {body.kind} is a whole number")
    with ground().database.write.begin() as session:
        rule = create_rule(
            session,
            account=who.account,
            kind=body.kind,
            threshold=threshold,
            recipients=body.recipients,
            created_by=who.name,
        )
        return give(_rule(rule), 201)


@bp.delete("/alert-rules/<int:rule_id>", tags=[REPORTS], responses={200: RuleAnswer, **refusals(404)})
@requires("reports.write")
def drop_rule(path: RulePath) -> Response:
    """Be warned of this no more; its open alerts end. The answer is what it was."""
    with ground().database.write.begin() as session:
        rule = _own_rule(session, path.rule_id)
        answer = _rule(rule)
        remove_rule(session, rule=rule)
    return give(answer)


@bp.get("/alerts", tags=[REPORTS], responses={200: Items[AlertAnswer]})
@requires("scorecards.read")
def list_some_alerts(query: AlertQuery) -> Response:
    """Alerts, newest first."""
    with ground().database.read() as session:
        page = list_alerts(
            session, account=visitor().account, state=query.state, cursor=query.cursor, limit=query.limit
        )
    items = [AlertAnswer.model_validate(vars(one)) for one in page.items]
    return give(Items[AlertAnswer](items=items, next=page.next))


def _own_rule(session: Session, rule_id: int) -> AlertRule:
    rule = find_rule(session, account=visitor().account, rule_id=rule_id) if rule_id <= LARGEST_ID else None
    if rule is None:
        raise Problem(404, f"there is no alert rule {rule_id}; GET /api/v1/alert-rules lists yours")
    return rule


def _report(report: Report) -> ReportAnswer:
    return ReportAnswer.model_validate(report, from_attributes=True)


def _rule(rule: AlertRule) -> RuleAnswer:
    money = rule.kind == "cost_per_lead"
    return RuleAnswer.model_validate(
        {**{name: getattr(rule, name) for name in RuleAnswer.model_fields},
         "threshold": to_text(rule.threshold) if money else rule.threshold}
    )  # fmt: skip
