"""Numbers at the carrier: for sale, bought, and those that are ours there but attached to no campaign."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Response
from pydantic import BaseModel, Field

from calltrack.api.campaigns import own_campaign
from calltrack.api.door import CAMPAIGNS, bp, give, requires, visitor
from calltrack.api.fields import Id, Items, Moment
from calltrack.api.problems import Problem, refusals
from calltrack.campaigns.shopping import buy_number, list_unattached
from calltrack.ground import ground
from calltrack.models import Number
from calltrack.telephony.carrier import CarrierError
from calltrack.telephony.numbers import NotForSale, reach, search_numbers
from calltrack.telephony.searching import BadSearch, read_wanted
from calltrack.telephony.twilio_rest import Sort


class NumberSearch(BaseModel):
    """What the number is to be like; what is left out does not matter."""

    sort: Sort = "local"
    area_code: str = Field("", max_length=3, description="Three digits, like 312")
    contains: str = Field("", max_length=20, description="2 to 10 digits that it holds, * for any one, like 55*7")
    locality: str = Field("", max_length=60, description="A city, like Naperville")
    region: str = Field("", max_length=2, description="A state as two letters, like IL")
    postal_code: str = Field("", max_length=5, description="A ZIP code")
    near: str = Field("", max_length=30, description="A phone number that it is to be near to")
    miles: str = Field("", max_length=3, description="How far from that at most, 1 to 500; 25 if left out")


class NumberForSale(BaseModel):
    """A number that can be bought. `texts`: it takes text messages; `needs_address`: the law asks for an address."""

    phone_number: str
    locality: str
    region: str
    postal_code: str
    texts: bool
    needs_address: bool


class NumberToBuy(BaseModel):
    """A number for sale, and what it is to be used for. Buying it costs money from now on."""

    phone_number: str = Field(max_length=20, description="E.164, as it was found", examples=["+13315550100"])
    campaign_id: Id
    forward_to: list[str] = Field(description="1 to 50 phones to ring, E.164", examples=[["+13125550199"]])
    whisper: str | None = Field(None, max_length=500, description="Spoken to whoever answers, before the caller")


class NumberState(BaseModel):
    """A tracking number. `parked_at`: since when it is out of use; `released_at`: when it was given back."""

    id: int
    phone_number: str
    created_at: Moment
    parked_at: Moment | None
    released_at: Moment | None


class UnattachedNumber(BaseModel):
    """A number of yours at the carrier that belongs to no campaign. `overrides`: what its calls go to instead of
    `voice_url`, in the carrier's words."""

    phone_number: str
    name: str
    voice_url: str
    overrides: dict[str, str]


@contextmanager
def at_the_carrier(told: str = "") -> Iterator[None]:
    """What goes wrong at the carrier is a problem of its own: 409, 422, or 503 where asking again may help."""
    try:
        yield
    except NotForSale as error:
        raise Problem(409, str(error)) from None
    except CarrierError as error:
        if error.permanent:
            raise Problem(422, f"{told}{error}") from None
        raise Problem(503, f"{told}{error}", Retry_After=str(error.retry_after or 5)) from None


def state_of(number: Number) -> NumberState:
    """A number as the routes that change it answer."""
    return NumberState.model_validate({name: getattr(number, name) for name in NumberState.model_fields})


@bp.get("/numbers/available", tags=[CAMPAIGNS], responses={200: Items[NumberForSale]})
@requires("numbers.write")
def search_for_numbers(query: NumberSearch) -> Response:
    """Numbers for sale at the carrier, at most 30; looking costs nothing."""
    try:
        wanted = read_wanted(query.model_dump())
    except BadSearch as wrong:
        raise Problem(422, str(wrong)) from None
    with at_the_carrier(), reach(ground().settings, carrier=visitor().account.carrier) as rest:
        found = search_numbers(rest, wanted=wanted)
    items = [
        NumberForSale(
            phone_number=one.phone_number, locality=one.locality, region=one.region, postal_code=one.postal_code,
            texts=one.texts, needs_address=one.address,
        )
        for one in found
    ]  # fmt: skip
    return give(Items[NumberForSale](items=items))


@bp.post("/numbers/buy", tags=[CAMPAIGNS], responses={201: NumberState, **refusals(404, 409, 413)})
@requires("numbers.write")
def buy(body: NumberToBuy) -> Response:
    """Buy a number, have its calls come here, and attach it to a campaign. It costs money from now on.

    409: somebody else was faster, or it is yours already. After a 503 the carrier may have sold it all the same:
    `GET /numbers/unattached` says so.
    """
    who = visitor()
    with ground().database.read() as session:
        campaign = own_campaign(session, body.campaign_id)
    with at_the_carrier():
        number = buy_number(
            ground().database,
            ground().settings,
            account=who.account,
            campaign=campaign,
            phone_number=body.phone_number,
            forward_to=body.forward_to,
            whisper=body.whisper,
            by=who.name,
        )
    return give(state_of(number), 201)


@bp.get("/numbers/unattached", tags=[CAMPAIGNS], responses={200: Items[UnattachedNumber]})
@requires("numbers.write")
def list_numbers_without_use() -> Response:
    """Numbers that you have at the carrier and that no campaign uses: you pay for them."""
    with at_the_carrier():
        there = list_unattached(ground().database, ground().settings, account=visitor().account)
    items = [
        UnattachedNumber(
            phone_number=one.phone_number, name=one.name, voice_url=one.addresses["VoiceUrl"],
            overrides=dict(one.overrides),
        )
        for one in there
    ]  # fmt: skip
    return give(Items[UnattachedNumber](items=items))
