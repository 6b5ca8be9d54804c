"""Scheduled reports, what to be warned of, and the alerts that were raised."""

import re

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from calltrack.config import LOG_MAIL
from calltrack.ground import ground
from calltrack.mail import MailUnavailable, can_send
from calltrack.models import Report
from calltrack.paging import BadCursor
from calltrack.reports.recipients import BadReport
from calltrack.reports.rules import LARGEST, create_rule, find_rule, list_alerts, list_rules, remove_rule
from calltrack.reports.schedule import change_report, create_report, delete_report, find_report, list_reports
from calltrack.reports.sending import send_now
from calltrack.web.forms import BadField, text_field
from calltrack.web.settings_fields import Typed, all_fields, money_field, refused, whole_field
from calltrack.web.visitors import requires, visitor, visitor_may

bp = Blueprint("reports", __name__)
EVERY = {"day": "Every day", "week": "Every Monday", "month": "On the first of the month"}
ABOUT = {"day": "about yesterday", "week": "about the past week", "month": "about the past month"}
KINDS = {
    "calls_stopped": "Calls stop",
    "missed_share": "More calls are missed",
    "cost_per_lead": "A lead costs too much",
}
# How the limit of a rule is labelled on the page.
LIMITS = {"calls_stopped": "No call for", "missed_share": "Above the usual by", "cost_per_lead": "More than"}
MOST_OPEN = 200
LARGEST_ID = 2**31 - 1


@bp.get("/reports")
@requires("scorecards.read")
def table() -> ResponseReturnValue:
    """Open alerts first; then, for who may change them, reports and rules; then the alerts that are over."""
    try:
        return _page(Typed())
    except BadCursor as wrong:
        flash(f"{wrong}.".capitalize(), "problem")
        return redirect(url_for("web.reports.table"), 303)


@bp.post("/reports")
@requires("reports.write")
def add() -> ResponseReturnValue:
    """Have the scorecard sent from now on."""
    who = visitor()
    try:
        hour = whole_field("hour", called="“At”", least=0, most=23)
        with ground().database.write.begin() as session:
            create_report(
                session,
                account=who.account,
                every=text_field("every"),
                hour=hour,
                recipients=_recipients(),
                created_by=who.name,
            )
    except (BadField, BadReport) as wrong:
        return _page(refused("report", wrong, not_done="The report was not added")), 400
    flash("The report is added.", "done")
    return _back("mails")


@bp.post("/reports/<int:report_id>")
@requires("reports.write")
def change(report_id: int) -> ResponseReturnValue:
    """Another rhythm, hour or other recipients."""
    try:
        hour = whole_field("hour", called="“At”", least=0, most=23)
        with ground().database.write.begin() as session:
            change_report(
                session,
                account=visitor().account,
                report=_report_at(session, report_id),
                every=text_field("every"),
                hour=hour,
                recipients=_recipients(),
            )
    except (BadField, BadReport) as wrong:
        return _page(refused(f"report-{report_id}", wrong, not_done="The report was not changed")), 400
    flash("The report is changed.", "done")
    return _back("mails")


@bp.post("/reports/<int:report_id>/send")
@requires("reports.write")
def send_one(report_id: int) -> ResponseReturnValue:
    """One to the visitor's own address, at once."""
    who = visitor()
    with ground().database.read() as session:
        report = _report_at(session, report_id)
    try:
        send_now(ground().database, ground().settings, account=who.account, report=report, to=who.name)
    except MailUnavailable as error:
        flash(f"Nothing was sent: {error}.", "problem")
    else:
        written = "This is a trial: the e-mail was written to the log of the web process, not sent."
        flash(written if _is_trial() else f"It is on its way to {who.name}.", "done")
    return _back("mails")


@bp.post("/reports/<int:report_id>/remove")
@requires("reports.write")
def remove(report_id: int) -> ResponseReturnValue:
    """Send it no more."""
    with ground().database.write.begin() as session:
        delete_report(session, report=_report_at(session, report_id))
    flash("The report is removed; nobody gets it any more.", "done")
    return _back("mails")


@bp.post("/alert-rules")
@requires("reports.write")
def add_rule() -> ResponseReturnValue:
    """Be warned of something from now on."""
    who = visitor()
    kind = text_field("kind")
    try:
        with all_fields() as field, field("threshold"):
            if kind == "cost_per_lead":
                threshold = money_field("threshold", called=f"“{LIMITS[kind]}”")
            else:
                threshold = whole_field(
                    "threshold", called=f"“{LIMITS.get(kind, 'Limit')}”", least=1, most=LARGEST.get(kind, 1)
                )
        with ground().database.write.begin() as session:
            create_rule(
                session,
                account=who.account,
                kind=kind,
                threshold=threshold,
                recipients=_recipients(),
                created_by=who.name,
            )
    except (BadField, BadReport) as wrong:
        return _page(refused(f"rule-{kind}", wrong, not_done="The warning was not added")), 400
    flash("The warning is added; it is looked at within a minute.", "done")
    return _back("rules")


@bp.post("/alert-rules/<int:rule_id>/remove")
@requires("reports.write")
def drop_rule(rule_id: int) -> ResponseReturnValue:
    """Be warned of it no more."""
    with ground().database.write.begin() as session:
        rule = find_rule(session, account=visitor().account, rule_id=rule_id) if rule_id <= LARGEST_ID else None
        remove_rule(session, rule=rule or abort(404))
    flash("The warning is removed, and its open alerts with it.", "done")
    return _back("rules")


def _page(typed: Typed) -> str:
    account = visitor().account
    cursor = request.args.get("cursor")
    may_change = visitor_may("reports.write")
    with ground().database.read() as session:
        return render_template(
            "reports/table.html",
            open=list_alerts(session, account=account, state="open", limit=MOST_OPEN).items,
            past=list_alerts(session, account=account, state="past", cursor=cursor, limit=20),
            later=cursor is not None,
            reports=list_reports(session, account=account) if may_change else [],
            rules=list_rules(session, account=account) if may_change else [],
            can_send=can_send(ground().settings),
            trial=_is_trial(),
            every=EVERY,
            about=ABOUT,
            kinds=KINDS,
            limits=LIMITS,
            typed=typed,
        )


def _is_trial() -> bool:
    """Whether e-mail goes to the log, and nobody gets it."""
    return ground().settings.smtp_url == LOG_MAIL


def _report_at(session: Session, report_id: int) -> Report:
    report = find_report(session, account=visitor().account, report_id=report_id) if report_id <= LARGEST_ID else None
    return report or abort(404)


def _recipients() -> list[str]:
    return re.split(r"[\s,;]+", text_field("recipients"))


def _back(part: str) -> ResponseReturnValue:
    return redirect(url_for("web.reports.table", _anchor=part), 303)
