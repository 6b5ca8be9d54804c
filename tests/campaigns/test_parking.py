"""Numbers out of use: parked, taken back, given back to the carrier, and ours again."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from calltrack.campaigns.campaigns import BadCampaign, assign_number
from calltrack.campaigns.parking import check_release, mark_released, park_number, recent_calls, unpark_number
from calltrack.changes import changes_of
from calltrack.models import Number
from tests.factories import Company, answered_call, company

NUMBER = "+13125550166"


@pytest.fixture
def anas(session: Session) -> Company:
    return company(session, name="Ana's Roofing", number=NUMBER, roles=())


def fields(session: Session, number: Number) -> list[tuple[str, str | None, str | None]]:
    changed = changes_of(session, account_id=number.account_id, noun="number", noun_id=number.id)
    return [(one.field, one.was, one.now) for one in changed]


def test_a_number_is_parked_and_taken_back_once_however_often_it_is_asked(session: Session, anas: Company) -> None:
    number = anas.number
    for _ in range(2):
        park_number(session, number=number, by="ana")
    assert number.parked_at
    for _ in range(2):
        unpark_number(session, number=number, by="ana")
    assert not number.parked_at
    assert fields(session, number) == [("parked", None, "yes"), ("parked", "yes", None)]


def test_only_a_parked_number_is_given_back(session: Session, anas: Company) -> None:
    with pytest.raises(BadCampaign, match="park the number first"):
        check_release(anas.number)
    park_number(session, number=anas.number, by="ana")
    check_release(anas.number)


def test_a_number_that_was_given_back_is_neither_parked_nor_taken_back(session: Session, anas: Company) -> None:
    park_number(session, number=anas.number, by="ana")
    mark_released(session, number=anas.number, by="ana")
    for verb in (park_number, unpark_number):
        with pytest.raises(BadCampaign, match="given back"):
            verb(session, number=anas.number, by="ana")


def test_a_number_that_is_attached_anew_is_in_use_again(session: Session, anas: Company) -> None:
    number = anas.number
    park_number(session, number=number, by="ana")
    mark_released(session, number=number, by="ana")
    again = assign_number(
        session, account=anas.account, phone_number=NUMBER, campaign=anas.campaign, forward_to=["+13125550190"],
        assigned_by="ana",
    )  # fmt: skip
    assert (again.id, again.parked_at, again.released_at) == (number.id, None, None)


def test_a_parked_number_that_moves_stays_parked(session: Session, anas: Company) -> None:
    park_number(session, number=anas.number, by="ana")
    assign_number(
        session, account=anas.account, phone_number=NUMBER, campaign=anas.campaign, forward_to=["+13125550190"],
        assigned_by="ana",
    )  # fmt: skip
    assert anas.number.parked_at is not None


def test_it_is_said_how_much_a_number_is_still_called(session: Session, anas: Company) -> None:
    now = datetime.now(UTC)
    assert recent_calls(session, number=anas.number, now=now).last_at is None
    for days in (2, 3, 40):
        answered_call(session, number=NUMBER, started_at=now - timedelta(days=days))
    found = recent_calls(session, number=anas.number, now=now)
    assert found.calls == 2
    assert found.last_at is not None
    assert timedelta(days=1) < now - found.last_at < timedelta(days=3)
    later = recent_calls(session, number=anas.number, now=now + timedelta(days=60))
    assert (later.calls, later.last_at) == (0, found.last_at)
