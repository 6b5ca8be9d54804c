"""Circles: nothing is sent on to a tracking number of the same account, in whichever order it is set up."""

import pytest
from sqlalchemy.orm import Session

from calltrack.calls.messages import BadPhone, set_text_to
from calltrack.campaigns.campaigns import BadCampaign, assign_number, change_ringing
from calltrack.campaigns.parking import mark_released, park_number
from calltrack.models import Number
from calltrack.telephony.circles import tracking_number_among, what_names
from calltrack.telephony.flow_list import discard_draft, retire_flow, save_draft
from tests.factories import Company, company
from tests.telephony.flowing import ANA, a_flow, rings, says

BILLBOARD, VAN, RADIO, CHO = "+13125550142", "+13125550143", "+13125550144", "+13125550190"


@pytest.fixture
def anas(session: Session) -> Company:
    return company(session, name="Ana's Heating", number=BILLBOARD, roles=())


def attach(session: Session, anas: Company, number: str = VAN, *, to: str = CHO) -> Number:
    return assign_number(
        session, account=anas.account, phone_number=number, campaign=anas.campaign, forward_to=[to], assigned_by=ANA
    )


def give_back(session: Session, number: Number) -> None:
    park_number(session, number=number, by=ANA)
    mark_released(session, number=number, by=ANA)


def test_a_number_rings_no_tracking_number_of_the_account(session: Session, anas: Company) -> None:
    with pytest.raises(BadCampaign, match="in a circle"):
        attach(session, anas, to=BILLBOARD)
    van = attach(session, anas)
    park_number(session, number=anas.number, by=ANA)
    with pytest.raises(BadCampaign, match=r"\+13125550142 is a tracking number of yours"):
        change_ringing(session, number=van, forward_to=[CHO, BILLBOARD], whisper=None, by=ANA)
    assert van.forward_to == [CHO]


def test_a_number_that_was_given_back_is_a_phone_like_any_other(session: Session, anas: Company) -> None:
    give_back(session, anas.number)
    assert attach(session, anas, to=BILLBOARD).forward_to == [BILLBOARD]
    set_text_to(session, number=attach(session, anas, RADIO), phone=BILLBOARD, by=ANA)
    with pytest.raises(BadCampaign, match=r"\+13125550143 rings it"):
        attach(session, anas, BILLBOARD)


def test_a_phone_that_calls_or_texts_are_sent_on_to_becomes_no_tracking_number(session: Session, anas: Company) -> None:
    flow = a_flow(session, account=anas.account, plan=rings(CHO, VAN))
    with pytest.raises(BadCampaign, match="the flow 'Evenings' rings it"):
        attach(session, anas)
    save_draft(session, flow=flow, plan=rings(RADIO), by=ANA)
    with pytest.raises(BadCampaign, match="the draft of the flow 'Evenings' rings it"):
        attach(session, anas, RADIO)
    discard_draft(session, flow=flow)
    set_text_to(session, number=anas.number, phone=RADIO, by=ANA)
    with pytest.raises(BadCampaign, match=r"texts to \+13125550142 are sent on to it"):
        attach(session, anas, RADIO)
    set_text_to(session, number=anas.number, phone=None, by=ANA)
    retire_flow(session, flow=flow, by=ANA)
    attach(session, anas, VAN)
    attach(session, anas, RADIO)
    with pytest.raises(BadPhone, match="tracking number itself"):
        set_text_to(session, number=anas.number, phone=RADIO, by=ANA)


def test_what_another_company_sends_on_is_no_circle(session: Session, anas: Company) -> None:
    dees = company(session, name="Dee's Plumbing", number=RADIO, roles=())
    a_flow(session, account=anas.account, plan=says("Hello."))
    change_ringing(session, number=dees.number, forward_to=[VAN], whisper=None, by=ANA)
    assert what_names(session, account_id=anas.account.id, phone=VAN) is None
    assert tracking_number_among(session, account_id=anas.account.id, phones=[CHO, RADIO]) is None
    assert attach(session, anas).phone_number == VAN
