"""Blocked callers: who is meant by a pattern, and whom nobody can shut out."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from calltrack.db import Database
from calltrack.telephony import blocking
from calltrack.telephony.blocking import (
    BadBlock,
    block_caller,
    find_block,
    lift_block,
    list_blocked,
    matches,
    read_pattern,
)
from tests.factories import Company, company
from tests.telephony.flowing import ANA, a_flow, rings
from tests.twilio_wire import CHO

_numbers = st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.write() as opened:
        yield opened


@pytest.fixture
def anas(session: Session) -> Company:
    return company(session, name="Ana's Heating", number="+13125550142")


@given(number=_numbers, digits=st.integers(3, 15))
def test_a_prefix_means_every_number_that_begins_so(number: str, digits: int) -> None:
    assert matches(number[: digits + 1] + "*", number)
    assert matches(number, number)
    assert not matches(number[:-1], number)


@pytest.mark.parametrize("caller", [None, "", "anonymous", "Restricted", "+266696687"])
def test_a_caller_without_a_number_is_meant_by_no_number(caller: str | None) -> None:
    assert matches("withheld", caller)
    for pattern in ("+266*", "+266696687", "+1*", "*", ""):
        assert not matches(pattern, caller)
    assert not matches("withheld", "+13125550123")
    assert not matches("+13125550123", "client:ana")


@pytest.mark.parametrize(
    ("written", "kept"),
    [("(312) 555-0123", "+13125550123"), (" +1 900* ", "+1900*"), ("+44 (20) 7*", "+44207*"), ("Withheld", "withheld"),
     ("anonymous", "withheld"), ("+266696687", "withheld")],
)  # fmt: skip
def test_a_pattern_is_read_in_any_usual_spelling(written: str, kept: str) -> None:
    assert read_pattern(written) == kept


@pytest.mark.parametrize(
    "written",
    [
        "",
        "*",
        "+*",
        "+1*",
        "+12*",
        "1900*",
        "+1900**",
        "+19*00*",
        "hello",
        "client:ana",
        "+1234567890123456*",
        "+٣١٢٣*",
    ],
)
def test_what_is_no_pattern_is_refused(written: str) -> None:
    with pytest.raises(BadBlock):
        read_pattern(written)


def test_blocking_twice_is_one_block_and_lifting_keeps_the_row(session: Session, anas: Company) -> None:
    block = block_caller(session, account=anas.account, pattern="312-555-0123", why=" robot ", by=ANA)
    assert (block.pattern, block.why) == ("+13125550123", "robot")
    assert block_caller(session, account=anas.account, pattern="+13125550123", by="ben") is block
    lift_block(session, block=block, by="ben")
    lift_block(session, block=block, by="ana")
    assert (list_blocked(session, account=anas.account), block.lifted_by) == ([], "ben")
    again = block_caller(session, account=anas.account, pattern="+13125550123", by=ANA)
    assert again.id != block.id
    assert list_blocked(session, account=anas.account) == [again]


def test_nobody_blocks_the_phones_of_their_own_people(session: Session, anas: Company) -> None:
    a_flow(session, account=anas.account, plan=rings("+14145550100"))
    for pattern in (CHO, CHO[:5] + "*", "+14145550100", "+141*"):
        with pytest.raises(BadBlock, match="one of your own phones"):
            block_caller(session, account=anas.account, pattern=pattern, by=ANA)
    assert list_blocked(session, account=anas.account) == []


def test_another_company_s_block_is_unknown_and_theirs_alone(session: Session, anas: Company) -> None:
    dees = company(session, name="Dee's Plumbing", number="+13125550177")
    block = block_caller(session, account=dees.account, pattern="withheld", by="dee")
    assert find_block(session, account=anas.account, block_id=block.id) is None
    assert find_block(session, account=dees.account, block_id=block.id) is block
    assert list_blocked(session, account=anas.account) == []


def test_blocks_have_an_end(session: Session, anas: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocking, "MOST_BLOCKS", 2)
    first = block_caller(session, account=anas.account, pattern="+1900*", by=ANA)
    block_caller(session, account=anas.account, pattern="+1901*", by=ANA)
    with pytest.raises(BadBlock, match="no more can be"):
        block_caller(session, account=anas.account, pattern="+1902*", by=ANA)
    assert block_caller(session, account=anas.account, pattern="+1900*", by=ANA) is first
    with pytest.raises(BadBlock, match="at most 500"):
        block_caller(session, account=anas.account, pattern="+1903*", why="x" * 501, by=ANA)
