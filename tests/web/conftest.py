"""People at their browsers: Ana manages, Ben coaches, Cho answers the phone, Sal sells, Rae only reads, Ada
administers; Dee is another company."""

import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from calltrack import queue
from calltrack.db import Database
from calltrack.ground import Ground
from tests.accounts.entering import enter
from tests.conftest import make_app
from tests.factories import PASSWORD, Company, company, person
from tests.web.listening import Quiet

BILLBOARD, DEES_NUMBER, NOBODYS_NUMBER = "+13125550142", "+13125550177", "+13125550199"
PEOPLE = {"Ada": "admin", "Ana": "manager", "Ben": "coach", "Cho": "csr", "Sal": "sales", "Rae": "read-only"}
Write = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True)
class Browser:
    """Somebody's browser."""

    http: FlaskClient

    def see(self, path: str, status: int = 200) -> str:
        """A page as it was sent."""
        answer = self.http.get(path)
        assert answer.status_code == status, answer.text
        return answer.text

    def read(self, path: str, status: int = 200) -> str:
        """A page's words, a blank between any two."""
        return words_of(self.see(path, status))

    def post(self, path: str, **fields: str) -> TestResponse:
        """What a form sends; the token is that of any page, for it belongs to the browser's session."""
        return self.http.post(path, data={"csrf_token": self.token(), **fields})

    def send(self, path: str, **fields: str) -> str:
        """Send a form, and read the page that follows."""
        answer = self.post(path, **fields)
        assert answer.status_code == 303, answer.text
        return self.read(answer.location)

    def token(self) -> str:
        """The token of this browser's forms; any page outside tells it."""
        page = self.http.get("/calls", follow_redirects=True).text
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert found
        return found[1]

    def sign_in(self, email: str, password: str = PASSWORD, **fields: str) -> TestResponse:
        """Fill the sign-in form and send it."""
        return self.post("/sign-in", email=email, password=password, **fields)


def words_of(page: str) -> str:
    """What a page says, without its head and its marks."""
    body = page.partition("<body>")[2]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


@dataclass(frozen=True)
class Town:
    """Both companies and what their people's browsers hold, in an SQLite file that every test gets a copy of."""

    path: Path
    anas: Company
    dees: Company
    tokens: dict[str, str]


@pytest.fixture(scope="session")
def town(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Town:
    """Made once, because a password is slow to hash on purpose."""
    path = tmp_path_factory.mktemp("town") / "calltrack.db"
    shutil.copy(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    with database.write.begin() as session:
        anas = company(session, name="Ana's Heating", number=BILLBOARD, roles=())
        dees = company(session, name="Dee's Plumbing", number=DEES_NUMBER, roles=())
        tokens = {}
        for name, role, account in [*((*one, anas.account) for one in PEOPLE.items()), ("Dee", "admin", dees.account)]:
            email = person(session, account=account, name=name, role=role)
            tokens[name] = enter(session, email=email, password=PASSWORD) or ""
    database.dispose()
    return Town(path, anas, dees, tokens)


@pytest.fixture
def database(town: Town, tmp_path: Path) -> Iterator[Database]:
    """Pages are the same on every database."""
    path = tmp_path / "calltrack.db"
    shutil.copy(town.path, path)
    opened = Database(f"sqlite:///{path}")
    yield opened
    opened.dispose()


@pytest.fixture
def app(database: Database, tmp_path: Path) -> Flask:
    made = make_app(database=database, folder=tmp_path, public_url="http://localhost")
    queue.attach(url="")
    return made


@pytest.fixture
def ground(app: Flask) -> Ground:
    found = app.extensions["calltrack"]
    assert isinstance(found, Ground)
    return found


@pytest.fixture
def write(ground: Ground) -> Write:
    return ground.database.write.begin


@pytest.fixture
def anas(town: Town) -> Company:
    return town.anas


@pytest.fixture
def stranger(app: Flask) -> Browser:
    return Browser(app.test_client())


@pytest.fixture
def browser_of(app: Flask, town: Town) -> Callable[[str], Browser]:
    """The browser of somebody who is signed in."""

    def signed_in(name: str) -> Browser:
        client = app.test_client()
        client.set_cookie("calltrack_sign_in", town.tokens[name])
        return Browser(client)

    return signed_in


@pytest.fixture
def ada(browser_of: Callable[[str], Browser]) -> Browser:
    return browser_of("Ada")


@pytest.fixture
def ana(browser_of: Callable[[str], Browser]) -> Browser:
    return browser_of("Ana")


@pytest.fixture
def cho(browser_of: Callable[[str], Browser]) -> Browser:
    return browser_of("Cho")


@pytest.fixture
def rae(browser_of: Callable[[str], Browser]) -> Browser:
    return browser_of("Rae")


@pytest.fixture
def dee(browser_of: Callable[[str], Browser]) -> Browser:
    return browser_of("Dee")


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """The application on a port of this machine."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
