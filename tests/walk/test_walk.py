"""Every route, as every role of every company, against the ids of one's own and of another company.

A route that is new is walked without anybody asking for it; one whose address names something that is not known here,
or whose door is not, fails.
"""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from calltrack import queue
from calltrack.accounts.keys import create_key
from calltrack.accounts.roles import ACTIONS, may
from calltrack.accounts.sign_in import sign_in
from calltrack.db import Database
from calltrack.models import Account, AuditEntry, Membership
from calltrack.web.cookies import SIGN_IN
from tests.api.test_door import body_of
from tests.conftest import make_app
from tests.factories import Company
from tests.walk.house import ROLES, SECRET, furnish, one_of, people_of, rows_of, second_campaign

ANAS_NUMBER, DEES_NUMBER = "+13125550142", "+13125550177"
LIMITED = "limited"  # a manager who is to see one campaign alone: the one that no call ever came to

# What the name of an argument stands for: a column of the company's first row of a table.
_IDS = {
    "call_sid": ("calls", "call_sid"),
    "external_id": ("jobs", "external_id"),
    "campaign_id": ("campaigns", "id"),
    "step_id": ("steps", "id"),
    "number_id": ("numbers", "id"),
    "reason_id": ("reasons", "id"),
    "customer_id": ("customers", "id"),
    "report_id": ("reports", "id"),
    "rule_id": ("alert_rules", "id"),
    "check_id": ("blind_checks", "id"),
    "task_id": ("tasks", "id"),
    "view_id": ("saved_views", "id"),
    "clip_id": ("clips", "id"),
    "rubric_id": ("rubrics", "id"),
    "evaluation_id": ("evaluations", "id"),
    "remark_id": ("remarks", "id"),
    "assignment_id": ("assignments", "id"),
    "example_id": ("examples", "id"),
    "flow_id": ("flows", "id"),
    "sound_id": ("sounds", "id"),
    "block_id": ("blocked_callers", "id"),
    "person_id": ("memberships", "user_id"),
    "invitation_id": ("mail_links", "id"),
    "key_id": ("api_keys", "id"),
    "account_id": ("accounts", "id"),
    "request_id": ("privacy_requests", "id"),
}
# Of the API's plain `id`, by the list that it is of.
_PLAIN = {
    "blocked-callers": ("blocked_callers", "id"),
    "customers": ("customers", "id"),
    "flows": ("flows", "id"),
    "numbers": ("numbers", "id"),
    "reasons": ("reasons", "id"),
    "sounds": ("sounds", "id"),
    "tasks": ("tasks", "id"),
    "people": ("memberships", "user_id"),
    "invitations": ("mail_links", "id"),
    "keys": ("api_keys", "id"),
}
# Words that name nothing by themselves, or something of one's own in every company.
_WORDS = {
    "wanted": "csv", "deed": "done", "step": "office", "kind": "voice", "carrier": "twilio", "token": "unknown",
    "version": 1,
    "name": "own", "tag": "own", "phone": "+13125550199", "agent": "+13125550199",
}  # fmt: skip
# Where an id that is unknown makes a new row of one's own.
_MAKES = {"api.put_whole_job", "api.put_whole_customer"}
# Where somebody else may have removed it a moment ago: the page says so and shows what there is.
_SAYS_SO = {"web.views.change"}
# Pages that ask nobody who they are: signing in, links that were sent to somebody, what pages bring along.
PUBLIC = {
    "web.assets.file", "web.sign_in.form", "web.sign_in.enter", "web.sign_in.leave",
    "web.clips.show", "web.clips.audio",
    "web.joining.show", "web.joining.accept", "web.joining.accept_by_provider",
    "web.company_sign_in.choose", "web.company_sign_in.come_back",
    "web.resets.ask", "web.resets.send_link", "web.resets.choose", "web.resets.keep",
    "web.second_factor.ask", "web.second_factor.show", "web.second_factor.begin", "web.second_factor.begin_with",
}  # fmt: skip
_FIELDS = {
    "confirm": "1", "tag": "spanish", "note": "a note", "external_id": "J-1", "customer_name": "Ruth",
    "job_type": "HVAC", "every": "day", "hour": "7", "recipients": "ana@example.com",
}  # fmt: skip
# Doors that ask nobody who they are, and what a stranger gets there: the carrier shows a signature, sounds have
# addresses that nobody can guess, the rest holds nothing of any company.
_OPEN = {
    "webhooks.speak": {403}, "webhooks.listen": {403}, "webhooks.message": {403}, "sounds.play": {404},
    "api_docs.show_openapi": {200}, "api_docs.show_style": {200}, "api_docs.show_docs": {200},
    "health.healthz": {200}, "health.readyz": {200, 503}, "health.metrics": {200, 403},
}  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """One route, asked in one way."""

    method: str
    rule: Rule
    action: str

    @property
    def is_api(self) -> bool:
        return bool(self.rule.endpoint.startswith("api."))

    @property
    def names_a_row(self) -> bool:
        """Whether the address names a row of some company, by an id that is nobody else's."""
        named: set[str] = self.rule.arguments - _WORDS.keys()
        return bool(named)


@dataclass(frozen=True)
class Street:
    """Ana's and Dee's companies, next door to each other on one server."""

    app: Flask
    database: Database
    anas: Company
    dees: Company
    addresses: dict[tuple[str, int], str]

    @classmethod
    def build(cls, app: Flask, database: Database, anas: Company, dees: Company) -> "Street":
        """With every address written down beforehand: on the way some of what they name is removed."""
        with database.read() as session:
            addresses = {
                (rule.rule, company.account.id): _address(session, rule, company.account)
                for rule in (cell.rule for cell in cells(app))
                for company in (anas, dees)
            }
        return cls(app, database, anas, dees, addresses)

    def ask(self, cell: Cell, *, who: str | None, company: Company, whose: Company) -> TestResponse:
        """Ask as somebody of `company`, who has come in just now (None: as nobody), for what is `whose`."""
        client, path = self.app.test_client(), self.addresses[cell.rule.rule, whose.account.id]
        with self.database.write.begin() as session:
            headers = self._let_in(session, client, cell, who, company) if who else {}
            campaign_id = one_of(session, account=whose.account, table="campaigns")
        if cell.is_api:
            body = body_of(cell.method, _in_braces(cell.rule), campaign_id=campaign_id)
            query = {"kpi": "calls"} if path.endswith("/rows") else None
            return client.open(path, method=cell.method, json=body, headers=headers, query_string=query)
        return client.open(path, method=cell.method, data=_FIELDS if cell.method == "POST" else None)

    def _let_in(self, session: Session, client: FlaskClient, cell: Cell, who: str, company: Company) -> dict[str, str]:
        limits = [second_campaign(session, account=company.account)] if who == LIMITED else None
        role = "manager" if who == LIMITED else who
        if cell.is_api:
            key = create_key(session, account=company.account, role=role, campaign_ids=limits)
            return {"Authorization": f"Bearer {key}"}
        user = people_of(session, account=company.account)[role]
        session.get_one(Membership, (user.id, company.account.id)).campaign_ids = limits
        client.set_cookie(SIGN_IN, sign_in(session, user=user) or "")
        return {}


def _in_braces(rule: Rule) -> str:
    """The path as the bodies of requests know it."""
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule).removeprefix("/api/v1")


def _told(answer: TestResponse) -> str:
    """What the answer says, but for what its own address said before."""
    asked = unquote(answer.request.path).strip("/").split("/")
    said: str = answer.text
    for word in asked:
        said = said.replace(word, "")
    return said


def _address(session: Session, rule: Rule, account: Account) -> str:
    """The route's address with the company's own ids in it."""
    known: dict[str, Any] = {}
    for name in rule.arguments:
        table, column = _PLAIN[rule.rule.split("/")[3]] if name == "id" else _IDS.get(name, ("", ""))
        if name == "version" and "flows" in rule.rule:
            table, column = "flow_versions", "number"
        if name == "assignment_id" and "numbers" in rule.rule:
            table, column = "number_assignments", "id"
        known[name] = one_of(session, account=account, table=table, column=column) if table else _WORDS[name]
    built = rule.build(known)
    assert built
    return str(built[1])


def cells(app: Flask) -> Iterator[Cell]:
    """Every route that somebody has to be let in for, once a method."""
    rules = sorted(app.url_map.iter_rules(), key=lambda rule: rule.endpoint in _MAKES)  # those last: they take ids
    for rule in rules:
        view = vars(app.view_functions[rule.endpoint])
        if rule.endpoint.startswith(("web.", "api.")) and "action" in view:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield Cell(method, rule, view["action"])


@pytest.fixture(scope="module")
def furnished(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Company, Company]:
    """Made once, because six passwords each are slow to hash on purpose."""
    path = tmp_path_factory.mktemp("street") / "calltrack.db"
    shutil.copy(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    with database.write.begin() as session:
        anas = furnish(session, name="Ana", number=ANAS_NUMBER)
        dees = furnish(session, name="Dee", number=DEES_NUMBER, word="wombat")
    database.dispose()
    return path, anas, dees


@pytest.fixture
def street(furnished: tuple[Path, Company, Company], tmp_path: Path) -> Iterator[Street]:
    """A copy for each test; forms go without a token here, and nothing reaches a carrier."""
    path, anas, dees = furnished
    shutil.copy(path, tmp_path / "calltrack.db")
    database = Database(f"sqlite:///{tmp_path}/calltrack.db")
    app = make_app(database=database, folder=tmp_path, public_url="http://localhost", twilio_auth_token=())
    app.config["WTF_CSRF_METHODS"] = set()
    queue.attach(url="")
    yield Street.build(app, database, anas, dees)
    database.dispose()


def test_no_route_is_unknown(street: Street) -> None:
    """Each is a cell of the walk, or is named among those that are open to everybody; and so is all that it names."""
    walked = {cell.rule.endpoint for cell in cells(street.app)}
    for rule in street.app.url_map.iter_rules():
        assert rule.endpoint in walked | PUBLIC | _OPEN.keys(), f"nobody says who may ask {rule}"
        assert rule.arguments <= _IDS.keys() | _WORDS.keys() | {"id"}, f"what is named by {rule}?"
    assert {cell.action for cell in cells(street.app)} <= ACTIONS


def test_a_stranger_gets_nothing_anywhere(street: Street) -> None:
    for cell in cells(street.app):
        answer = street.ask(cell, who=None, company=street.dees, whose=street.anas)
        expected = 401 if cell.is_api else 302 if cell.method == "GET" else 403
        assert answer.status_code == expected, cell
        assert SECRET not in _told(answer), cell
    for rule in street.app.url_map.iter_rules():
        if rule.endpoint in _OPEN:
            [method, *_] = sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
            words = _WORDS | ({"kind": "status"} if rule.endpoint == "webhooks.listen" else {})
            built = rule.build({name: words[name] for name in rule.arguments})
            assert built
            with street.app.test_client().open(str(built[1]), method=method) as given:
                assert given.status_code in _OPEN[rule.endpoint], rule


@pytest.mark.parametrize("who", [*ROLES, LIMITED])
def test_in_ones_own_company_a_role_gets_what_the_table_says(street: Street, who: str) -> None:
    for cell in cells(street.app):
        answer = street.ask(cell, who=who, company=street.anas, whose=street.anas)
        role = "manager" if who == LIMITED else who
        allowed = may(role, cell.action, limited=who == LIMITED)
        assert (answer.status_code != 403) == allowed, (cell, answer.status_code, answer.text[:500])
        assert answer.status_code < 500 or answer.status_code in (502, 503), (cell, answer.text[:500])
        if who == LIMITED and cell.names_a_row and cell.rule.endpoint not in _SAYS_SO | {"web.switching.switch"}:
            assert answer.status_code in (403, 404), cell
    # What is refused leaves a trace, too.
    with street.database.read() as session:
        refused = set(session.scalars(select(AuditEntry.action).where(AuditEntry.deed == "refused")))
    assert refused == {cell.action for cell in cells(street.app) if not may(role, cell.action, limited=who == LIMITED)}


@pytest.mark.parametrize("who", [*ROLES, LIMITED])
def test_another_companys_ids_are_as_unknown_as_any_and_nothing_of_it_is_changed_or_shown(
    street: Street, who: str
) -> None:
    with street.database.read() as session:
        before = rows_of(session, account=street.anas.account)
    role = "manager" if who == LIMITED else who
    for cell in cells(street.app):
        answer = street.ask(cell, who=who, company=street.dees, whose=street.anas)
        if not may(role, cell.action, limited=who == LIMITED):
            assert answer.status_code == 403, cell
        elif cell.names_a_row and cell.rule.endpoint not in _MAKES | _SAYS_SO:
            assert answer.status_code == 404, (cell, answer.status_code, answer.text[:500])
        assert SECRET not in _told(answer), cell
    with street.database.read() as session:
        assert rows_of(session, account=street.anas.account) == before
