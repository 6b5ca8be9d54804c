"""The settings of missed calls and texts, and where texts are seen: on the caller's timeline and on that page."""

from datetime import timedelta

import pytest

from calltrack.calls.messages import receive_message
from calltrack.calls.opt_outs import keep_word
from calltrack.calls.texts import ask_text, texts_to
from calltrack.models import Account
from calltrack.telephony.carrier import Delivery
from tests.factories import NOON, Company, missed_call
from tests.twilio_wire import CALLER
from tests.web.conftest import BILLBOARD, Browser, Town, Write

PAGE = "/settings/missed-calls"


def account(write: Write, company: Company) -> Account:
    with write() as session:
        return session.get_one(Account, company.account.id)


def test_what_follows_from_a_missed_call_is_said_on_one_page(ana: Browser, anas: Company, write: Write) -> None:
    ana.send(PAGE, call_back_minutes="30", text_back="Sorry, says {business}.", text_help="")
    kept = account(write, anas)
    assert (kept.call_back_minutes, kept.text_back, kept.text_help) == (30, "Sorry, says {business}.", None)
    assert "Call back within (minutes): none → 30" in ana.read("/settings/account")
    ana.send(PAGE, call_back_minutes="", text_back="", text_help="")
    assert (account(write, anas).call_back_minutes, account(write, anas).text_back) == (None, None)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"text_back": "Sorry that we missed you"}, "has to say who it is from"),
        ({"text_back": "{business} " * 50}, "at most 480 characters"),
        ({"call_back_minutes": "soon"}, "whole number"),
        ({"call_back_minutes": "1441"}, "from 0 to 1,440"),
    ],
)
def test_what_cannot_be_is_shown_again_with_the_reason(
    ana: Browser, anas: Company, write: Write, wrong: dict[str, str], words: str
) -> None:
    answer = ana.post(PAGE, **wrong)
    assert answer.status_code == 400
    assert words in answer.text
    assert (account(write, anas).call_back_minutes, account(write, anas).text_back) == (None, None)


def test_a_caller_s_texts_and_ours_stand_in_their_history(ana: Browser, anas: Company, write: Write) -> None:
    with write() as session:
        call = missed_call(session, number=BILLBOARD)
        for about in (call.id, None):
            ask_text(
                session, account_id=anas.account.id, kind="text-back", sender=BILLBOARD, recipient=CALLER,
                text="Sorry, says Ana's", now=NOON, call_id=about,
            )  # fmt: skip
        failed, sent = texts_to(session, account_id=anas.account.id, phone=CALLER, limit=2)
        failed.state, failed.last_error = "failed", "the carrier answered 400"
        sent.state, sent.sent_at = "sent", NOON
        params = {"MessageSid": "SM1", "From": CALLER, "To": BILLBOARD, "Body": "STOP", "NumMedia": "1"}
        receive_message(session, delivery=Delivery("twilio", "AC1", "message", params, NOON + timedelta(minutes=5)))
    page = ana.read(f"/calls/{call.call_sid}")
    assert "Text from us Sorry, says Ana's from (312) 555-0142, sent Mon 4 May 2026, 12:00 PM CDT" in page
    assert "not sent: the carrier answered 400" in page
    assert "with 1 attachment at the carrier; answered: Ana's Heating: you will get no more texts" in page
    assert "Gets no texts from us: this phone said STOP" in page
    assert "not sent: the carrier answered 400" in ana.read(PAGE)


def test_a_stop_to_one_company_is_not_shown_to_another(ana: Browser, town: Town, write: Write) -> None:
    with write() as session:
        keep_word(session, account_id=town.dees.account.id, phone=CALLER, said_at=NOON, stopped=True)
        call = missed_call(session, number=BILLBOARD)
    assert "STOP" not in ana.read(f"/calls/{call.call_sid}")


def test_an_admin_chooses_the_carrier(ada: Browser, ana: Browser, anas: Company, write: Write) -> None:
    assert ana.post("/settings/carrier", carrier="signalwire").status_code == 403
    assert "Our numbers are with" not in ana.read("/settings/account")
    ada.send("/settings/carrier", carrier="signalwire")
    assert account(write, anas).carrier == "signalwire"
    assert "is no carrier" in ada.send("/settings/carrier", carrier="telnyx")
