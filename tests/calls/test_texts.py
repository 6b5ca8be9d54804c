"""Texts that we send, with a carrier that takes them, refuses them for good, or is away for a while."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from calltrack.calls import texts
from calltrack.calls.opt_outs import keep_word, stopped_at
from calltrack.calls.texts import ask_text, send_due
from calltrack.config import Settings
from calltrack.db import Database
from calltrack.demo.ledger import Ledger
from calltrack.demo.media import create_carrier_app, start_server
from calltrack.demo.numbers import own_number
from calltrack.demo.texts import opt_out
from calltrack.models import Account, Number, OptOut, OutgoingText
from calltrack.privacy.forgetting import forget
from calltrack.privacy.person import find_person
from calltrack.telephony.texting import send_text
from tests.factories import Company, answered_call, company, missed_call
from tests.shop import free_port
from tests.twilio_wire import ACCOUNT, TOKEN

pytestmark = pytest.mark.enable_socket
NUMBER, MIA = "+13125550142", "+13125550111"
NOW = datetime(2026, 5, 6, 20, 0, tzinfo=UTC)


@dataclass
class Desk:
    """A company with one number, and the carrier that sends its texts."""

    database: Database
    settings: Settings
    ledger: Ledger
    carrier: Flask
    anas: Company

    def ask(self, *, recipient: str = MIA, text: str = "Sorry", kind: texts.Kind = "text-back") -> None:
        with self.database.write.begin() as session:
            call = missed_call(session, number=NUMBER, started_at=NOW - timedelta(minutes=2))
            ask_text(
                session, account_id=self.anas.account.id, kind=kind, sender=NUMBER, recipient=recipient, text=text,
                now=NOW, call_id=call.id,
            )  # fmt: skip

    def send(self, *, after: timedelta = timedelta(0), **settings: Any) -> int:
        return send_due(self.database, self.settings.model_copy(update=settings), NOW + after)

    def text(self) -> OutgoingText:
        with self.database.read() as session:
            return session.scalars(select(OutgoingText)).one()

    def taken(self) -> list[tuple[str, str, str]]:
        return [(one["from"], one["to"], one["body"]) for one in self.ledger.list(kind="text")]


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Iterator[Desk]:
    ledger, port = Ledger(), free_port()
    own_number(ledger=ledger, account_sid=ACCOUNT, phone_number=NUMBER)
    carrier = create_carrier_app(ledger=ledger, account_sid=ACCOUNT, auth_token=TOKEN)
    server = start_server(app=carrier, host="127.0.0.1", port=port)
    given: dict[str, Any] = {"twilio_account_sid": ACCOUNT, "twilio_auth_token": TOKEN, "var": tmp_path}
    settings = Settings(_env_file=None, twilio_api_url=f"http://127.0.0.1:{port}", **given)
    with database.write.begin() as session:
        anas = company(session, name="Ana's Heating", number=NUMBER)
    yield Desk(database, settings, ledger, carrier, anas)
    server.shutdown()
    server.server_close()
    ledger.close()


def test_a_text_is_sent_and_the_carrier_s_id_is_kept(desk: Desk) -> None:
    desk.ask()
    assert desk.send() == 1
    assert desk.taken() == [(NUMBER, MIA, "Sorry")]
    text = desk.text()
    assert (text.state, text.sent_at, text.lease, text.last_error) == ("sent", NOW, None, None)
    assert text.message_sid == desk.ledger.list(kind="text")[0]["sid"]
    assert desk.send(after=timedelta(days=1)) == 0


def test_a_text_is_asked_for_once_for_each_call(desk: Desk) -> None:
    desk.ask()
    call_id = desk.text().call_id
    with desk.database.write.begin() as session:
        ask_text(
            session, account_id=desk.anas.account.id, kind="text-back", sender=NUMBER, recipient=MIA, text="Again",
            now=NOW, call_id=call_id,
        )  # fmt: skip
    assert desk.text().text == "Sorry"


def test_a_carrier_that_is_away_is_asked_again_ever_more_rarely_until_it_is_too_late(desk: Desk) -> None:
    desk.ask()
    away = {"twilio_api_url": f"http://127.0.0.1:{free_port()}"}
    clock, pauses = timedelta(0), []
    while desk.text().state == "due":
        desk.send(after=clock, **away)
        wait = desk.text().due_at - NOW - clock
        pauses.append(wait.total_seconds())
        clock += wait
    assert pauses[:5] == [5, 10, 20, 40, 80]
    # The call ended a minute and a half before it was asked for.
    assert (desk.text().state, timedelta(minutes=56) < clock < timedelta(minutes=58)) == ("failed", True)
    assert "could not be reached" in (desk.text().last_error or "")
    assert desk.taken() == []


@pytest.mark.parametrize("missing", [{"twilio_auth_token": ()}, {"twilio_auth_token": ("another",)}])
def test_missing_or_refused_credentials_are_no_reason_to_give_up(desk: Desk, missing: dict[str, Any]) -> None:
    desk.ask()
    desk.send(**missing)
    assert desk.text().state == "due"
    desk.send(after=timedelta(seconds=5))
    assert desk.text().state == "sent"


def test_what_the_carrier_will_never_take_is_not_sent_again(desk: Desk) -> None:
    desk.ask(recipient="+1312")
    desk.send()
    assert (desk.text().state, desk.text().last_error) == (
        "failed",
        "the carrier answered 400: Invalid 'To' Phone Number: +1312",
    )


def test_a_phone_that_told_the_carrier_to_stop_is_not_texted_and_we_know_it_too(desk: Desk) -> None:
    opt_out(desk.ledger, sender=NUMBER, recipient=MIA)
    desk.ask()
    desk.send()
    assert desk.text().state == "withheld"
    with desk.database.read() as session:
        assert stopped_at(session, account_id=desk.anas.account.id, phone=MIA) == NOW


def test_a_stop_that_comes_before_the_text_goes_out_withholds_it(desk: Desk) -> None:
    desk.ask()
    with desk.database.write.begin() as session:
        keep_word(session, account_id=desk.anas.account.id, phone=MIA, said_at=NOW, stopped=True)
    desk.send()
    assert (desk.text().state, desk.taken()) == ("withheld", [])


def test_a_text_about_a_missed_call_is_not_sent_when_an_hour_has_gone_by(desk: Desk) -> None:
    """As after a worker that was away."""
    desk.ask()
    assert desk.send(after=timedelta(minutes=59)) == 1
    assert (desk.text().state, desk.text().last_error) == ("failed", "it came to be sent too late")
    assert desk.taken() == []


@pytest.mark.parametrize("column", ["parked_at", "released_at"])
def test_no_text_about_a_missed_call_goes_out_from_a_number_that_was_taken_out_of_use(desk: Desk, column: str) -> None:
    desk.ask()
    with desk.database.write.begin() as session:
        session.execute(update(Number).values({column: NOW}))
    desk.send()
    assert (desk.text().state, desk.text().last_error, desk.taken()) == ("withheld", "the number is out of use", [])
    with desk.database.read() as session:
        assert stopped_at(session, account_id=desk.anas.account.id, phone=MIA) is None


def test_a_caller_who_got_through_before_the_text_went_out_is_not_texted(desk: Desk) -> None:
    desk.ask()
    with desk.database.write.begin() as session:
        answered_call(session, number=NUMBER, started_at=NOW)
    desk.send(after=timedelta(minutes=2))
    assert (desk.text().state, desk.taken()) == ("withheld", [])
    assert desk.text().last_error == "the caller has been spoken with since"


@pytest.mark.parametrize("column", ["due_at", "lease_until"])
def test_a_clock_that_ran_ahead_keeps_no_text_back(desk: Desk, column: str) -> None:
    desk.ask()
    with desk.database.write.begin() as session:
        session.execute(update(OutgoingText).values({column: NOW + timedelta(days=30)}))
    assert desk.send() == 1
    assert desk.text().state == "sent"


def test_a_text_goes_out_through_the_carrier_that_its_number_is_with(desk: Desk) -> None:
    desk.ask()
    with desk.database.write.begin() as session:
        session.get_one(Account, desk.anas.account.id).carrier = "signalwire"
    desk.send()
    assert desk.text().state == "sent"


def test_one_worker_sends_a_text_and_another_takes_over_where_it_died(desk: Desk) -> None:
    desk.ask()
    with desk.database.write.begin() as session:
        assert texts._claim(session, now=NOW) is not None
        assert texts._claim(session, now=NOW) is None
    assert desk.send(after=timedelta(minutes=2)) == 0
    assert desk.send(after=timedelta(minutes=4)) == 1
    assert (desk.text().state, desk.text().attempts) == ("sent", 2)


def test_whoever_lost_the_lease_writes_nothing(desk: Desk) -> None:
    desk.ask()
    with desk.database.write.begin() as session:
        stale = texts._claim(session, now=NOW)
    assert stale is not None
    desk.send(after=timedelta(minutes=4))
    texts._send(desk.database, desk.settings.model_copy(update={"twilio_auth_token": ()}), text=stale, now=NOW)
    assert desk.text().state == "sent"


def test_a_stop_of_a_phone_that_was_erased_while_the_carrier_was_asked_is_kept_without_its_number(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    opt_out(desk.ledger, sender=NUMBER, recipient=MIA)
    desk.ask()
    secret, account = desk.settings.session_secret, desk.anas.account

    def erase_meanwhile(*given: Any, **named: Any) -> str:
        try:
            return send_text(*given, **named)
        finally:
            with desk.database.write.begin() as session:
                person = find_person(session, account=account, phone=MIA)
                forget(session, account=account, person=person, why="asked", by="ana", now=NOW, secret=secret)

    monkeypatch.setattr(texts, "send_text", erase_meanwhile)
    desk.send()
    with desk.database.read() as session:
        assert MIA not in session.scalars(select(OptOut.phone)).all()
        assert stopped_at(session, account_id=account.id, phone=MIA, secret=secret) == NOW
