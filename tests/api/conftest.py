"""The cast: Ana manages, Ben coaches, Cho answers the phone, Rae reads, Ada administers; Dee is another company."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from calltrack import queue
from calltrack.db import Database
from calltrack.demo.carrier import DemoCarrier
from calltrack.demo.media import create_carrier_app, start_server
from calltrack.ground import Ground
from tests.conftest import make_app
from tests.factories import Company, company
from tests.twilio_wire import ACCOUNT, BASE, TOKEN

BILLBOARD, DEES_NUMBER = "+13125550142", "+13125550177"
ROLES = ("admin", "manager", "coach", "csr", "sales", "read-only")


@dataclass(frozen=True)
class Program:
    """Somebody's program with a key of their role."""

    http: FlaskClient
    key: str

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> TestResponse:
        more.setdefault("headers", {})["Authorization"] = f"Bearer {self.key}"
        if body is not None:
            more["json"] = body
        return self.http.open(f"/api/v1{path}", method=method, buffered=True, **more)

    def get(self, path: str, **more: Any) -> Any:
        return _good(self.ask("GET", path, **more))

    def put(self, path: str, body: Any = None) -> Any:
        return _good(self.ask("PUT", path, body))

    def post(self, path: str, body: Any = None) -> Any:
        return _good(self.ask("POST", path, body))

    def delete(self, path: str) -> Any:
        return _good(self.ask("DELETE", path))

    def refused(self, status: int, method: str, path: str, body: Any = None) -> str:
        """The sentence of a refusal with that status."""
        answer = self.ask(method, path, body)
        assert (answer.status_code, answer.content_type) == (status, "application/problem+json"), answer.text
        problem: dict[str, Any] = answer.get_json(force=True)
        assert set(problem) == {"type", "title", "status", "detail"}
        assert problem["status"] == status
        detail: str = problem["detail"]
        return detail


def _good(answer: TestResponse) -> Any:
    assert answer.status_code in (200, 201), answer.text
    return answer.json


@pytest.fixture
def database(on_sqlite: Database) -> Database:
    """The API's own rules are the same on every database; what could differ asks for both by itself."""
    return on_sqlite


@pytest.fixture
def app(database: Database, tmp_path: Path) -> Flask:
    made = make_app(database=database, folder=tmp_path, twilio_auth_token=())
    queue.attach(url="")
    return made


@pytest.fixture
def carrier(ground: Ground) -> Iterator[DemoCarrier]:
    """The demo carrier's REST server on this machine, which the company then reaches; a test marks `enable_socket`."""
    made = DemoCarrier(public_url=BASE, account_sid=ACCOUNT, auth_token=TOKEN, api_url="http://127.0.0.1")
    app = create_carrier_app(ledger=made.ledger, account_sid=ACCOUNT, auth_token=TOKEN)
    server = start_server(app=app, host="127.0.0.1", port=0)
    reach_carrier(ground, url=f"http://127.0.0.1:{server.server_port}")
    yield made
    server.shutdown()
    server.server_close()
    made.ledger.close()


def reach_carrier(ground: Ground, *, url: str) -> None:
    """Let the settings name the carrier's address and token: without them no test asks it anything."""
    vars(ground.settings).update(twilio_api_url=url, twilio_auth_token=(TOKEN,))


@pytest.fixture
def ground(app: Flask) -> Ground:
    found = app.extensions["calltrack"]
    assert isinstance(found, Ground)
    return found


@pytest.fixture
def write(ground: Ground) -> Callable[[], AbstractContextManager[Session]]:
    return ground.database.write.begin


@pytest.fixture
def anas(write: Callable[[], AbstractContextManager[Session]]) -> Company:
    with write() as session:
        return company(session, name="Ana's Heating", number=BILLBOARD, roles=ROLES)


@pytest.fixture
def dees(write: Callable[[], AbstractContextManager[Session]]) -> Company:
    with write() as session:
        return company(session, name="Dee's Plumbing", number=DEES_NUMBER)


@pytest.fixture
def ada(app: Flask, anas: Company) -> Program:
    return Program(app.test_client(), anas.keys["admin"])


@pytest.fixture
def ana(app: Flask, anas: Company) -> Program:
    return Program(app.test_client(), anas.keys["manager"])


@pytest.fixture
def ben(app: Flask, anas: Company) -> Program:
    return Program(app.test_client(), anas.keys["coach"])


@pytest.fixture
def cho(app: Flask, anas: Company) -> Program:
    return Program(app.test_client(), anas.keys["csr"])


@pytest.fixture
def rae(app: Flask, anas: Company) -> Program:
    return Program(app.test_client(), anas.keys["read-only"])


@pytest.fixture
def dee(app: Flask, dees: Company) -> Program:
    return Program(app.test_client(), dees.keys["admin"])
