"""Scheduled reports, alert rules and alerts over the API."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from calltrack.campaigns.costs import state_costs
from calltrack.ground import Ground
from calltrack.reports.alerts import check_due
from tests.api.conftest import Program
from tests.factories import Company

REPORT = {"every": "week", "hour": 7, "recipients": ["ana@example.com"]}
RULE = {"kind": "cost_per_lead", "threshold": "50.00", "recipients": ["ana@example.com"]}
Write = Callable[[], AbstractContextManager[Session]]


def test_a_report_is_added_listed_and_removed(ana: Program) -> None:
    made = ana.ask("POST", "/reports", REPORT)
    assert made.status_code == 201
    report = made.get_json()
    assert {name: report[name] for name in REPORT} == REPORT
    assert report["created_by"].startswith("key ")
    assert datetime.fromisoformat(report["due_at"]) > datetime.now(UTC)
    assert (report["sent_at"], report["last_error"]) == (None, None)
    assert ana.get("/reports")["items"] == [report]
    assert ana.delete(f"/reports/{report['id']}") == report
    assert ana.get("/reports")["items"] == []
    ana.refused(404, "DELETE", f"/reports/{report['id']}")


@pytest.mark.parametrize(
    "change",
    [{"every": "year"}, {"hour": 24}, {"hour": 7.5}, {"recipients": []}, {"recipients": ["ana"]}, {"recipients": None},
     {"recipients": ["a@example.com\r\nBcc: b@example.com"]}, {"recipients": ["a@example.com"] * 21}],
)  # fmt: skip
def test_a_report_that_cannot_be_is_refused(ana: Program, change: dict[str, object]) -> None:
    ana.refused(422, "POST", "/reports", {**REPORT, **change})
    assert ana.get("/reports")["items"] == []


@pytest.mark.parametrize(
    ("kind", "threshold", "kept"),
    [
        ("calls_stopped", 3, 3),
        ("missed_share", "10", 10),
        ("cost_per_lead", 50, "50.00"),
        ("cost_per_lead", "0.01", "0.01"),
    ],
)
def test_a_rules_threshold_is_whole_or_an_amount(ana: Program, kind: str, threshold: object, kept: object) -> None:
    rule = ana.post("/alert-rules", {**RULE, "kind": kind, "threshold": threshold})
    assert (rule["kind"], rule["threshold"], rule["checked_at"]) == (kind, kept, None)
    assert ana.get("/alert-rules")["items"] == [rule]
    assert ana.delete(f"/alert-rules/{rule['id']}") == rule
    assert ana.get("/alert-rules")["items"] == []
    ana.refused(404, "DELETE", f"/alert-rules/{rule['id']}")


@pytest.mark.parametrize(
    "change",
    [{"kind": "sales"}, {"threshold": 0}, {"threshold": -1}, {"threshold": "1.005"}, {"threshold": 10**10},
     {"kind": "calls_stopped", "threshold": "2.5"}, {"kind": "missed_share", "threshold": 101}, {"recipients": ["x"]}],
)  # fmt: skip
def test_a_rule_that_cannot_be_is_refused(ana: Program, change: dict[str, object]) -> None:
    ana.refused(422, "POST", "/alert-rules", {**RULE, **change})
    assert ana.get("/alert-rules")["items"] == []


def test_alerts_say_what_is_wrong_since_when(
    rae: Program, ana: Program, anas: Company, ground: Ground, write: Write
) -> None:
    now = datetime.now(UTC)
    with write() as session:
        costs = [(date(2026, 1, 1), 100), (now.date() - timedelta(days=60), 100)]
        state_costs(session, campaign=anas.campaign, costs=costs, stated_by="a test")
    rule = ana.post("/alert-rules", RULE)
    assert check_due(ground.database, ground.settings, now=now) == 1
    [alert] = rae.get("/alerts?state=open")["items"]
    assert (alert["kind"], alert["campaign"], alert["campaign_id"]) == ("cost_per_lead", "Billboard", anas.campaign.id)
    assert "not one lead" in alert["why"]
    assert (alert["raised_at"], alert["cleared_at"], alert["mailed_at"]) == (now.isoformat(), None, None)
    assert rae.get("/alerts?state=past")["items"] == []
    ana.delete(f"/alert-rules/{rule['id']}")
    assert rae.get("/alerts?state=open")["items"] == []
    assert [one["id"] for one in rae.get("/alerts")["items"]] == [alert["id"]]
    rae.refused(422, "GET", "/alerts?cursor=x")
    rae.refused(422, "GET", "/alerts?state=closed")


def test_another_companys_reports_and_rules_are_unknown(ada: Program, dee: Program) -> None:
    report, rule = dee.post("/reports", REPORT)["id"], dee.post("/alert-rules", RULE)["id"]
    for number, path in ((report, "/reports"), (rule, "/alert-rules")):
        unknown = ada.refused(404, "DELETE", f"{path}/987")
        assert ada.refused(404, "DELETE", f"{path}/{number}") == unknown.replace("987", str(number))
        ada.refused(404, "DELETE", f"{path}/{2**70}")
    assert len(dee.get("/reports")["items"]) == len(dee.get("/alert-rules")["items"]) == 1
