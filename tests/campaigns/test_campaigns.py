"""Campaigns and their numbers: whose a number is, from which moment on, and which phones it rings."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from calltrack.calls.intake import campaign_at
from calltrack.campaigns.campaigns import (
    LONGEST_CALL,
    BadCampaign,
    Taken,
    archive_campaign,
    assign_number,
    change_ringing,
    create_campaign,
    edit_campaign,
    find_campaign,
    list_campaigns,
    list_categories,
    restore_campaign,
)
from calltrack.campaigns.costs import (
    cost_on,
    costs_in_force,
    drop_cost,
    end_costs,
    goes_on,
    list_statements,
    state_costs,
    total_cost,
)
from calltrack.campaigns.numbers import find_number, list_numbers
from calltrack.changes import Noun, changes_of
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
        (NUMBER, [], "1 to 50"),
        (NUMBER, [f"+1312555{n:04}" for n in range(51)], "1 to 50"),
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


def changes(session: Session, story: Story, noun: Noun, noun_id: int) -> list[tuple[str, str | None, str | None]]:
    found = changes_of(session, account_id=story.account.id, noun=noun, noun_id=noun_id)
    return [(one.field, one.was, one.now) for one in found]


def edit(session: Session, campaign: Campaign, **changed: Any) -> None:
    known = {"name": campaign.name, "category": campaign.category, "lead_seconds": campaign.lead_seconds}
    edit_campaign(session, campaign=campaign, by="ana", **{**known, **changed})


def test_a_campaign_is_edited_and_what_it_was_is_kept(session: Session, story: Story) -> None:
    radio = create_campaign(session, account=story.account, name="Radio", category="audio", lead_seconds=30)
    edit(session, radio, name=" Radio FM ", category=" ", lead_seconds=None)
    assert (radio.name, radio.category, radio.lead_seconds) == ("Radio FM", None, None)
    was = [("name", "Radio", "Radio FM"), ("category", "audio", None), ("lead_seconds", "30", None)]
    assert changes(session, story, "campaign", radio.id) == was
    edit(session, radio)
    assert len(changes(session, story, "campaign", radio.id)) == 3


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [({"name": ""}, "name"), ({"name": "x" * 201}, "200"), ({"name": "Van"}, "already"),
     ({"category": "x" * 101}, "100"), ({"lead_seconds": -1}, "86,400"), ({"lead_seconds": 86_401}, "86,400")],
)  # fmt: skip
def test_an_edit_that_cannot_be_is_refused(
    session: Session, story: Story, wrong: dict[str, Any], complaint: str
) -> None:
    radio, _ = story.campaign("Radio"), story.campaign("Van")
    with pytest.raises(BadCampaign, match=complaint):
        edit(session, radio, **wrong)
    assert changes(session, story, "campaign", radio.id) == []


def test_an_archived_campaign_keeps_its_history_and_takes_no_number(session: Session, story: Story) -> None:
    radio, van = story.campaign("Radio"), story.campaign("Van")
    number = assign(session, story, radio)
    archive_campaign(session, campaign=radio, by="ana")
    assert list_campaigns(session, account=story.account, archived=False) == [van]
    assert list_campaigns(session, account=story.account, archived=True) == [radio]
    assert list_campaigns(session, account=story.account) == [radio, van]
    assert campaign_at(session, number_id=number.id, moment=MORNING) == radio.id
    with pytest.raises(BadCampaign, match="archived; restore it"):
        assign(session, story, radio)
    restore_campaign(session, campaign=radio, by="ana")
    assign(session, story, radio)
    assert changes(session, story, "campaign", radio.id) == [("archived", None, "yes"), ("archived", "yes", None)]


def test_categories_in_use_are_listed_once(session: Session, story: Story) -> None:
    for name, category in (("A", "print"), ("B", "audio"), ("C", "print"), ("D", None)):
        create_campaign(session, account=story.account, name=name, category=category)
    create_campaign(session, account=Story(session).account, name="A", category="search")
    assert list_categories(session, account=story.account) == ["audio", "print"]


def test_who_is_rung_changes_at_once_and_what_it_was_is_kept(session: Session, story: Story) -> None:
    number = assign(session, story, story.campaign(), whisper="Radio call")
    change_ringing(session, number=number, forward_to=["+13125550191", CHO], whisper=None, by="ada")
    assert (number.forward_to, number.whisper) == (["+13125550191", CHO], None)
    was = [("forward_to", CHO, f"+13125550191, {CHO}"), ("whisper", "Radio call", None)]
    assert changes(session, story, "number", number.id) == was
    with pytest.raises(BadCampaign, match="itself"):
        change_ringing(session, number=number, forward_to=[NUMBER], whisper=None, by="ada")
    with pytest.raises(BadCampaign, match="500"):
        change_ringing(session, number=number, forward_to=[CHO], whisper="x" * 501, by="ada")


def test_a_number_tells_what_is_in_force_and_what_is_to_come(session: Session, story: Story) -> None:
    radio, van = story.campaign("Radio"), story.campaign("Van")
    number = assign(session, story, radio)
    for campaign, days in ((van, 2), (van, 4), (radio, 4)):
        assign(session, story, campaign, starts_at=MORNING + timedelta(days=days))
    found = find_number(session, account=story.account, number_id=number.id, now=MORNING + timedelta(days=3))
    assert found
    assert found.in_force
    assert (found.in_force.starts_at, found.campaign_id) == (MORNING + timedelta(days=2), van.id)
    assert [one.campaign_id for one in found.planned] == [radio.id]  # of two words on one moment the last counts
    assert find_number(session, account=Story(session).account, number_id=number.id) is None


MAY = date(2026, 5, 1)


def costs(session: Session, campaign: Campaign) -> list[tuple[date, int]]:
    return costs_in_force(session, campaign_ids=[campaign.id])[campaign.id]


def test_a_cost_is_removed_and_ended_and_every_statement_is_kept(session: Session, story: Story) -> None:
    radio = story.campaign()
    rows = [(MAY, 100), (MAY.replace(day=10), 200), (MAY.replace(month=7), 300)]
    state_costs(session, campaign=radio, costs=rows, stated_by="ana")
    assert drop_cost(session, campaign=radio, starts_on=MAY, stated_by="ben")
    assert not drop_cost(session, campaign=radio, starts_on=MAY, stated_by="ben")
    assert costs(session, radio) == rows[1:]
    end_costs(session, campaign=radio, last=MAY.replace(day=20), stated_by="cho")
    assert costs(session, radio) == [(MAY.replace(day=10), 200), (MAY.replace(day=21), 0)]
    stated = list_statements(session, campaign=radio, limit=2)
    assert [(one.stated_by, len(one.costs)) for one in stated] == [("cho", 2), ("ben", 2)]
    assert [len(one.costs) for one in list_statements(session, campaign=radio, limit=9)] == [2, 2, 3]


@given(
    history=st.dictionaries(st.dates(MAY, MAY.replace(day=31)), st.integers(0, 3), max_size=5),
    day=st.dates(MAY, MAY.replace(day=31)),
)
def test_a_history_goes_on_when_a_later_day_costs_something(history: dict[date, int], day: date) -> None:
    rows = sorted(history.items())
    later = [day + timedelta(days=days) for days in range(1, 40)]
    assert goes_on(rows, day=day) == any(cost_on(rows, day=one) for one in later)
    for one in later:
        assert total_cost(rows, first=one, last=one, today=one) == (cost_on(rows, day=one) or 0)
