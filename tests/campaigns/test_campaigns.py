"""Campaigns and their numbers: whose a number is, from which moment on, and which phones it rings."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from calltrack.calls.intake import campaign_at
from calltrack.campaigns.campaigns import (
    LONGEST_CALL,
    BadCampaign,
    Taken,
    assign_number,
    create_campaign,
    find_campaign,
    list_campaigns,
)
from calltrack.campaigns.numbers import list_numbers
from calltrack.models import Campaign, Number
from tests.campaigns.story import MORNING, Story

NUMBER, CHO = "+13125550142", "+13125550190"


def assign(
    session: Session,
    story: Story,
    campaign: Campaign,
    *,
    number: str = NUMBER,
    to: list[str] | None = None,
    starts_at: datetime | None = MORNING,
    whisper: str | None = None,
) -> Number:
    return assign_number(
        session, account=story.account, phone_number=number, campaign=campaign, forward_to=[CHO] if to is None else to,
        assigned_by="ana", whisper=whisper, starts_at=starts_at,
    )  # fmt: skip


def test_a_campaigns_name_is_its_own_within_the_account(session: Session, story: Story) -> None:
    radio = create_campaign(session, account=story.account, name=" Radio ", category="ads", lead_seconds=30)
    assert (radio.name, radio.category, radio.lead_seconds) == ("Radio", "ads", 30)
    with pytest.raises(Taken, match="already"):
        create_campaign(session, account=story.account, name="Radio")
    with pytest.raises(BadCampaign, match="name"):
        create_campaign(session, account=story.account, name="  ")
    create_campaign(session, account=Story(session).account, name="Radio")


def test_campaigns_are_listed_by_name_and_found_in_their_account_only(session: Session, story: Story) -> None:
    van, radio, other = story.campaign("Van"), story.campaign("Radio"), Story(session).campaign("Mail")
    assert list_campaigns(session, account=story.account) == [radio, van]
    assert find_campaign(session, account=story.account, campaign_id=van.id) is van
    assert find_campaign(session, account=story.account, campaign_id=other.id) is None


def test_a_number_is_the_campaigns_from_a_moment_on_and_was_nobodys_before(session: Session, story: Story) -> None:
    radio = story.campaign()
    number = assign(session, story, radio)
    found = [campaign_at(session, number_id=number.id, moment=MORNING + timedelta(seconds=s)) for s in (-1, 0, 1)]
    assert found == [None, radio.id, radio.id]


def test_a_number_moves_to_another_campaign_from_a_moment_on(session: Session, story: Story) -> None:
    radio, van = story.campaign("Radio"), story.campaign("Van")
    number = assign(session, story, radio)
    moved = assign(session, story, van, starts_at=MORNING + timedelta(days=1), to=["+13125550191"], whisper="Van")
    assert moved is number
    assert (number.forward_to, number.whisper) == (["+13125550191"], "Van")
    hours = {h: campaign_at(session, number_id=number.id, moment=MORNING + timedelta(hours=h)) for h in (0, 23, 24, 99)}
    assert hours == {0: radio.id, 23: radio.id, 24: van.id, 99: van.id}


def test_of_two_words_on_the_same_moment_the_last_counts(session: Session, story: Story) -> None:
    radio, van = story.campaign("Radio"), story.campaign("Van")
    number = assign(session, story, radio)
    assign(session, story, van)
    assert campaign_at(session, number_id=number.id, moment=MORNING) == van.id


def test_a_word_on_an_earlier_moment_leaves_the_later_one_in_force(session: Session, story: Story) -> None:
    radio, van = story.campaign("Radio"), story.campaign("Van")
    number = assign(session, story, radio)
    assign(session, story, van, starts_at=MORNING - timedelta(days=1))
    assert campaign_at(session, number_id=number.id, moment=MORNING) == radio.id
    assert campaign_at(session, number_id=number.id, moment=MORNING - timedelta(hours=1)) == van.id


def test_without_a_moment_a_number_moves_now_and_a_new_one_has_the_calls_under_way(
    session: Session, story: Story
) -> None:
    radio, yelp = story.campaign("Radio"), story.campaign("Yelp")
    number = assign(session, story, radio, starts_at=None)
    before = datetime.now(UTC).replace(microsecond=0)
    assign(session, story, yelp, starts_at=None)
    assert campaign_at(session, number_id=number.id, moment=before - LONGEST_CALL - timedelta(seconds=5)) is None
    assert campaign_at(session, number_id=number.id, moment=before - timedelta(seconds=1)) == radio.id
    assert campaign_at(session, number_id=number.id, moment=datetime.now(UTC)) == yelp.id


def test_a_moment_without_a_zone_is_refused(session: Session, story: Story) -> None:
    with pytest.raises(StatementError, match="time zone"):
        assign(session, story, story.campaign(), starts_at=datetime(2026, 5, 4))  # noqa: DTZ001 - that is the point


def test_another_accounts_number_is_refused(session: Session, story: Story) -> None:
    assign(session, story, story.campaign())
    dee = Story(session)
    with pytest.raises(Taken, match="another account"):
        assign(session, dee, dee.campaign())
    assert list_numbers(session, account=dee.account) == []


@pytest.mark.parametrize(
    ("number", "to", "complaint"),
    [
        (NUMBER, [], "1 to 10"),
        (NUMBER, [f"+1312555{n:04}" for n in range(11)], "1 to 10"),
        (NUMBER, ["312-555-0190"], "is not a phone number"),
        (NUMBER, [CHO, "sip:cho@example.com"], "is not a phone number"),
        (NUMBER, [CHO, NUMBER], "itself"),
        ("3125550142", [CHO], "is not a phone number"),
        ("", [CHO], "is not a phone number"),
    ],
)
def test_a_number_that_could_not_ring_is_refused(
    session: Session, story: Story, number: str, to: list[str], complaint: str
) -> None:
    with pytest.raises(BadCampaign, match=complaint):
        assign(session, story, story.campaign(), number=number, to=to)
    assert list_numbers(session, account=story.account) == []


def test_ten_phones_may_ring_and_the_same_phone_rings_once(session: Session, story: Story) -> None:
    ten = [f"+1312555{n:04}" for n in range(10)]
    assert assign(session, story, story.campaign(), to=ten).forward_to == ten
    assert assign(session, story, story.campaign("Van"), to=[CHO, ten[0], CHO]).forward_to == [CHO, ten[0]]


@pytest.mark.parametrize(("whisper", "kept"), [(" Radio call ", "Radio call"), ("  ", None), ("", None), (None, None)])
def test_an_empty_whisper_is_none(session: Session, story: Story, whisper: str | None, kept: str | None) -> None:
    assert assign(session, story, story.campaign(), whisper=whisper).whisper == kept


def test_an_accounts_numbers_are_listed_with_their_history(session: Session, story: Story) -> None:
    radio, van = story.campaign("Radio"), story.campaign("Van")
    assign(session, story, radio, number="+13125550149")
    assign(session, story, van, starts_at=MORNING + timedelta(days=2))
    assign(session, story, radio)
    listed = list_numbers(session, account=story.account, now=MORNING + timedelta(days=1))
    assert [(one.number.phone_number, one.campaign_id) for one in listed] == [
        (NUMBER, radio.id),
        ("+13125550149", radio.id),
    ]
    assert [one.campaign_id for one in listed[0].assignments] == [radio.id, van.id]
    before = list_numbers(session, account=story.account, now=MORNING - timedelta(days=1))
    assert [one.campaign_id for one in before] == [None, None]
