"""What is done with one tracking number: checked and set at the carrier, parked, taken back, given back."""

from flask import Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from calltrack.api.door import CAMPAIGNS, bp, give, requires, visitor
from calltrack.api.fields import LARGEST_ID
from calltrack.api.numbers_for_sale import NumberState, at_the_carrier, state_of
from calltrack.api.problems import Problem, refusals
from calltrack.campaigns.numbers import find_number
from calltrack.campaigns.parking import park_number, unpark_number
from calltrack.campaigns.shopping import configure_number, find_there, release_number
from calltrack.ground import ground
from calltrack.models import Number
from calltrack.telephony.numbers import what_is_wrong


class NumberPath(BaseModel):
    """Which number."""

    id: int


class Confirmation(BaseModel):
    """The number once more, because giving it back cannot be undone."""

    phone_number: str = Field(max_length=20, description="E.164", examples=["+13125550100"])


class NumberCheck(BaseModel):
    """Whether the carrier sends a number's calls and texts here: then nothing is `wrong`. `owned`: it is ours there."""

    phone_number: str
    owned: bool
    wrong: list[str]


@bp.get("/numbers/<int:id>/check", tags=[CAMPAIGNS], responses={200: NumberCheck, **refusals(404)})
@requires("numbers.write")
def check(path: NumberPath) -> Response:
    """Ask the carrier whether the number's calls and texts come here, and what overrides that."""
    settings, number = ground().settings, _own(path.id)
    with at_the_carrier():
        carrier, there = find_there(settings, account=visitor().account, number=number)
    wrong = what_is_wrong(there, base_url=settings.base_url, carrier=carrier) if there else []
    return give(NumberCheck(phone_number=number.phone_number, owned=there is not None, wrong=wrong))


@bp.post("/numbers/<int:id>/configure", tags=[CAMPAIGNS], responses={200: NumberCheck, **refusals(404, 409, 413)})
@requires("numbers.write")
def configure(path: NumberPath) -> Response:
    """Have the carrier send the number's calls and texts here, whatever it did with them before."""
    settings, number, who = ground().settings, _own(path.id), visitor()
    with at_the_carrier():
        carrier, there = configure_number(ground().database, settings, account=who.account, number=number, by=who.name)
    wrong = what_is_wrong(there, base_url=settings.base_url, carrier=carrier)
    return give(NumberCheck(phone_number=number.phone_number, owned=True, wrong=wrong))


@bp.post("/numbers/<int:id>/park", tags=[CAMPAIGNS], responses={200: NumberState, **refusals(404, 409, 413)})
@requires("numbers.write")
def park(path: NumberPath) -> Response:
    """Take the number out of use: whoever calls it hears so. It stays yours, and costs."""
    with ground().database.write.begin() as session:
        number = _find(session, path.id)
        park_number(session, number=number, by=visitor().name)
    return give(state_of(number))


@bp.post("/numbers/<int:id>/unpark", tags=[CAMPAIGNS], responses={200: NumberState, **refusals(404, 409, 413)})
@requires("numbers.write")
def unpark(path: NumberPath) -> Response:
    """Take a parked number into use again."""
    with ground().database.write.begin() as session:
        number = _find(session, path.id)
        unpark_number(session, number=number, by=visitor().name)
    return give(state_of(number))


@bp.post("/numbers/<int:id>/release", tags=[CAMPAIGNS], responses={200: NumberState, **refusals(404, 409, 413)})
@requires("numbers.write")
def release(path: NumberPath, body: Confirmation) -> Response:
    """Give a parked number back to the carrier, for good: it costs nothing more, and others may buy it.

    Its calls and its history stay. After a failure, do it again.
    """
    number = _own(path.id)
    if body.phone_number != number.phone_number:
        raise Problem(422, f"phone_number is not that of number {path.id}; write it to confirm that it is this one")
    with at_the_carrier("the carrier did not take it: "):
        released = release_number(
            ground().database, ground().settings, account=visitor().account, number_id=number.id, by=visitor().name
        )
    return give(state_of(released))


def _own(number_id: int) -> Number:
    with ground().database.read() as session:
        return _find(session, number_id)


def _find(session: Session, number_id: int) -> Number:
    found = find_number(session, account=visitor().account, number_id=number_id) if number_id <= LARGEST_ID else None
    if found is None:
        raise Problem(404, f"there is no number {number_id}; GET /api/v1/numbers lists yours")
    return found.number
