"""Text messages to tracking numbers: kept once, sent on once, and the words that a phone may say about texts."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from calltrack.calls.messages import BadPhone, attached, messages_from, receive_message, set_text_to
from calltrack.calls.opt_outs import keep_word, stopped_at, word_of
from calltrack.changes import changes_of
from calltrack.models import Message, OptOut, OutgoingText
from calltrack.telephony.carrier import Delivery
from calltrack.telephony.texting import LONGEST_TEXT
from tests.factories import Company, company

NOW = datetime(2026, 5, 6, 20, 0, tzinfo=UTC)
MIA, OWNER, NUMBER = "+13125550111", "+13125550199", "+13125550142"
_sids = count(1)


@pytest.fixture
def anas(session: Session) -> Company:
    return company(session, name=f"Ana's Heating {next(_sids)}", number=NUMBER)


def written(text: str, *, sid: str | None = None, at: datetime = NOW, **more: str) -> Delivery:
    params = {"MessageSid": sid or f"SM{next(_sids):032x}", "From": MIA, "To": NUMBER, "Body": text, **more}
    return Delivery("twilio", "AC1", "message", params, at)


def hear(session: Session, text: str, **more: Any) -> str | None:
    return receive_message(session, delivery=written(text, **more))


def sent_on(session: Session) -> list[OutgoingText]:
    return list(session.scalars(select(OutgoingText).order_by(OutgoingText.id)))


def is_stopped(session: Session, anas: Company, phone: str = MIA) -> bool:
    return stopped_at(session, account_id=anas.account.id, phone=phone) is not None


@pytest.mark.parametrize(
    ("text", "word"),
    [
        *((word, "stop") for word in ("STOP", "stopall", " Stop ", "Stop all", "opt out", "QUIT", "End.", "revoke")),
        *((word, "stop") for word in ("Cancel", "unsubscribe")),
        *((word, "start") for word in ("start", "UN STOP")),
        *((word, "help") for word in ("Help", "INFO", "help!")),
        *((word, None) for word in ("please stop by at noon", "yes", "", "stopp", "Help, my furnace is out")),
    ],
)
def test_a_word_counts_as_a_whole_message_whatever_its_case_and_blanks(text: str, word: str | None) -> None:
    assert word_of(text, stopped=False) == word


def test_stop_is_confirmed_once_and_start_takes_it_back(session: Session, anas: Company) -> None:
    name = anas.account.name
    assert hear(session, "Stop") == f"{name}: you will get no more texts from us. Reply START to get them again."
    assert hear(session, "STOP", at=NOW + timedelta(minutes=1)) is None
    assert is_stopped(session, anas)
    assert hear(session, "start", at=NOW + timedelta(minutes=2)) == (
        f"{name}: you will get our texts again. Reply STOP to opt out."
    )
    assert not is_stopped(session, anas)


def test_yes_takes_a_stop_back_and_is_an_answer_to_somebody_otherwise(session: Session, anas: Company) -> None:
    assert hear(session, "YES") is None
    hear(session, "STOP", at=NOW + timedelta(minutes=1))
    assert "again" in (hear(session, "yes", at=NOW + timedelta(minutes=2)) or "")
    assert not is_stopped(session, anas)


def test_help_is_answered_with_the_company_s_own_words_or_its_name(session: Session, anas: Company) -> None:
    assert hear(session, "HELP") == f"{anas.account.name}: reply STOP to opt out."
    anas.account.text_help = "{business}, (312) 555-0100. Reply STOP to opt out."
    assert hear(session, "info") == f"{anas.account.name}, (312) 555-0100. Reply STOP to opt out."


def test_what_the_carrier_has_answered_is_kept_and_not_answered_again(session: Session, anas: Company) -> None:
    assert hear(session, "STOP", OptOutType="STOP") is None
    assert is_stopped(session, anas)


def test_the_same_message_again_is_answered_the_same_and_changes_nothing(session: Session, anas: Company) -> None:
    anas.number.text_to = OWNER
    first = hear(session, "STOP", sid="SM1")
    hear(session, "START", sid="SM2", at=NOW + timedelta(minutes=1))
    assert first is not None
    assert hear(session, "STOP", sid="SM1", at=NOW + timedelta(minutes=2)) == first
    assert not is_stopped(session, anas)
    assert len(sent_on(session)) == session.scalar(select(func.count()).select_from(Message)) == 2


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=6))
def test_the_latest_word_holds_in_whatever_order_they_come(session: Session, words: list[tuple[int, bool]]) -> None:
    with session.begin_nested() as undo:
        anas = company(session, name=f"Of words {next(_sids)}", number=f"+1312556{next(_sids):04d}")
        for minute, stopped in words:
            at = NOW + timedelta(minutes=minute)
            keep_word(session, account_id=anas.account.id, phone=MIA, said_at=at, stopped=stopped)
        last = max(minute for minute, _ in words)
        assert is_stopped(session, anas) == any(stopped for minute, stopped in words if minute == last)
        undo.rollback()


def test_a_message_is_sent_on_with_who_wrote_it_and_which_campaign(session: Session, anas: Company) -> None:
    anas.number.text_to = OWNER
    hear(session, "My furnace is out", NumMedia="2", MediaUrl0="https://api.twilio.com/1")
    [text] = sent_on(session)
    assert text.text == f"{MIA}, Billboard: My furnace is out [2 attachments]"
    assert (text.kind, text.sender, text.recipient, text.state) == ("forward", NUMBER, OWNER, "due")
    [message] = messages_from(session, account_id=anas.account.id, sender=MIA, limit=5)
    assert attached(message) == 2


def test_a_long_message_is_cut_to_what_carriers_take(session: Session, anas: Company) -> None:
    anas.number.text_to = OWNER
    hear(session, "x" * 1600)
    [text] = sent_on(session)
    assert (len(text.text), text.text[-6:]) == (LONGEST_TEXT, " [...]")


def test_the_phone_that_messages_go_to_does_not_get_its_own(session: Session, anas: Company) -> None:
    anas.number.text_to = MIA
    hear(session, "Testing")
    assert sent_on(session) == []


@pytest.mark.parametrize("phone", ["555-0199", "anonymous", NUMBER])
def test_messages_go_to_a_phone_that_is_no_tracking_number(session: Session, anas: Company, phone: str) -> None:
    with pytest.raises(BadPhone):
        set_text_to(session, number=anas.number, phone=phone, by="ana")


def test_who_said_where_messages_go_is_kept(session: Session, anas: Company) -> None:
    set_text_to(session, number=anas.number, phone=OWNER, by="ana")
    set_text_to(session, number=anas.number, phone=None, by="ben")
    changes = changes_of(session, account_id=anas.account.id, noun="number", noun_id=anas.number.id)
    assert [(one.was, one.now, one.changed_by) for one in changes] == [(None, OWNER, "ana"), (OWNER, None, "ben")]


@pytest.mark.parametrize("more", [{"From": "anonymous"}, {"To": "+13125550177"}, {"From": "73322"}])
def test_a_word_of_nobody_or_to_nobody_is_kept_without_an_answer(
    session: Session, anas: Company, more: dict[str, str]
) -> None:
    assert hear(session, "STOP", **more) is None
    assert session.scalar(select(OptOut.id).where(OptOut.account_id == anas.account.id)) is None
