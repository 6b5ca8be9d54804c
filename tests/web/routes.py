"""The addresses of pages, with what there is of a company in them."""

from flask import Flask
from werkzeug.routing import Rule

from calltrack.models import Call
from tests.factories import Company


def rules(app: Flask) -> list[Rule]:
    """Every route of the pages."""
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("web.")]


def address(rule: Rule, *, call: Call, company: Company) -> str:
    """The route's address; what is not named here is the first of its kind."""
    known = {
        "call_sid": call.call_sid,
        "campaign_id": company.campaign.id,
        "number_id": company.number.id,
        "external_id": "J-1",
        "wanted": "csv",
        "deed": "done",
        "token": "unknown",
        "agent": "+13125550190",
        "step": "office",
        "person_id": 99,
        "account_id": 99,
    }
    built = rule.build({name: known.get(name, 1) for name in rule.arguments})
    assert built
    return str(built[1])
