"""Numbers between two carriers and two companies: each is set and given back where it is, and attached where it was."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from calltrack.campaigns.campaigns import Taken, assign_number
from calltrack.campaigns.parking import mark_released, park_number
from calltrack.campaigns.shopping import configure_number, find_there, list_unattached, release_number
from calltrack.config import Settings
from calltrack.db import Database
from calltrack.demo.ledger import Ledger
from calltrack.demo.media import create_carrier_app, start_server
from calltrack.demo.numbers import own_number
from calltrack.demo.signalwire import answer_as_signalwire
from calltrack.models import Account, Number
from calltrack.telephony import rest
from calltrack.telephony.carrier import CarrierError
from tests.factories import Company, company
from tests.twilio_wire import ACCOUNT, TOKEN

pytestmark = pytest.mark.enable_socket
NUMBER, OTHER = "+13125550142", "+13125550143"
PROJECT, SECRET = "b08dacad-ab6e-4ea2-9d42-6e4b5b0a4e11", "PT-of-the-tests"


@dataclass
class Market:
    """A company whose number is with Twilio, and that has just chosen SignalWire."""

    database: Database
    settings: Settings
    anas: Company
    twilio: Ledger
    signalwire: Ledger

    def number(self) -> Number:
        with self.database.read() as session:
            return session.get_one(Number, self.anas.number.id)

    def account(self) -> Account:
        with self.database.read() as session:
            return session.get_one(Account, self.anas.account.id)

    def park(self) -> None:
        with self.database.write.begin() as session:
            park_number(session, number=session.get_one(Number, self.anas.number.id), by="ana")

    def release(self) -> Number:
        given: dict[str, Any] = {"account": self.account(), "number_id": self.anas.number.id, "by": "ana"}
        return release_number(self.database, self.settings, **given)

    def configure(self) -> str:
        given: dict[str, Any] = {"account": self.account(), "number": self.number(), "by": "ana"}
        return configure_number(self.database, self.settings, **given)[0]


@pytest.fixture
def market(on_sqlite: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Market]:
    monkeypatch.setattr(rest._PACE, "_between", 0.0)
    ledgers = Ledger(), Ledger()
    apps = (
        create_carrier_app(ledger=ledgers[0], account_sid=ACCOUNT, auth_token=TOKEN),
        answer_as_signalwire(create_carrier_app(ledger=ledgers[1], account_sid=PROJECT, auth_token=SECRET)),
    )
    own_number(ledger=ledgers[0], account_sid=ACCOUNT, phone_number=NUMBER)
    with ExitStack() as stack:
        urls = []
        for app, ledger in zip(apps, ledgers, strict=True):
            server = start_server(app=app, host="127.0.0.1", port=0)
            urls.append(f"http://127.0.0.1:{server.server_port}")
            for undo in (ledger.close, server.server_close, server.shutdown):
                stack.callback(undo)
        given: dict[str, Any] = {
            "twilio_account_sid": ACCOUNT, "twilio_auth_token": (TOKEN,), "twilio_api_url": urls[0],
            "signalwire_project_id": PROJECT, "signalwire_api_token": SECRET, "signalwire_space_url": urls[1],
        }  # fmt: skip
        with on_sqlite.write.begin() as session:
            anas = company(session, name="Ana's Heating", number=NUMBER, roles=())
        with on_sqlite.write.begin() as session:
            session.execute(update(Account).values(carrier="signalwire"))
        yield Market(on_sqlite, Settings(_env_file=None, var=tmp_path, **given), anas, *ledgers)


def test_a_number_is_given_back_at_the_carrier_that_it_is_with(market: Market) -> None:
    market.park()
    assert market.release().released_at is not None
    assert market.twilio.list(kind="number") == []


def test_a_number_that_its_carrier_cannot_be_asked_about_is_not_given_back(market: Market) -> None:
    market.park()
    market.settings = market.settings.model_copy(update={"twilio_auth_token": ()})
    with pytest.raises(CarrierError, match="TWILIO_AUTH_TOKEN"):
        market.release()
    assert market.number().released_at is None


def test_a_number_is_checked_and_set_where_it_is_and_followed_where_it_moved(market: Market) -> None:
    carrier, there = find_there(market.settings, account=market.account(), number=market.number())
    assert (carrier, there is not None) == ("twilio", True)
    assert (market.configure(), market.number().carrier) == ("twilio", "twilio")
    own_number(ledger=market.signalwire, account_sid=PROJECT, phone_number=NUMBER)
    for one in market.twilio.list(kind="number"):
        market.twilio.erase(kind="number", sid=one["sid"])
    assert (market.configure(), market.number().carrier) == ("signalwire", "signalwire")
    market.park()
    market.release()
    assert market.signalwire.list(kind="number") == []


def test_a_number_is_with_the_company_s_carrier_when_it_is_attached(market: Market) -> None:
    def attach(phone_number: str) -> str:
        with market.database.write.begin() as session:
            account = session.get_one(Account, market.anas.account.id)
            number = assign_number(
                session, account=account, phone_number=phone_number, campaign=market.anas.campaign,
                forward_to=["+13125550190"], assigned_by="ana",
            )  # fmt: skip
            return number.carrier

    assert attach(OTHER) == "signalwire"
    assert attach(NUMBER) == "twilio", "which is only moved to another campaign"
    market.park()
    market.release()
    assert attach(NUMBER) == "signalwire"


def test_a_number_of_another_company_s_history_is_neither_offered_nor_attached(market: Market) -> None:
    """Its old assignments would give the new owner's calls to the old one's campaigns."""
    with market.database.write.begin() as session:
        number = session.get_one(Number, market.anas.number.id)
        park_number(session, number=number, by="ana")
        mark_released(session, number=number, by="ana")
        dees = company(session, name="Dee's Plumbing", number=OTHER, roles=())
        with pytest.raises(Taken, match="was another company's here before"):
            assign_number(
                session, account=dees.account, phone_number=NUMBER, campaign=dees.campaign,
                forward_to=["+13125550190"], assigned_by="dee",
            )  # fmt: skip
        dees.account.carrier = "twilio"
        ana = session.get_one(Account, market.anas.account.id)
        ana.carrier = "twilio"
    given: dict[str, Any] = {"database": market.database, "settings": market.settings}
    assert [one.phone_number for one in list_unattached(**given, account=ana)] == [NUMBER]
    assert list_unattached(**given, account=dees.account) == []
