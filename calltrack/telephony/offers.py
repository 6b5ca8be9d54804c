"""What an agent hears before the caller, and whether they take the call by a key."""

import math
from dataclasses import replace

from calltrack.telephony import plan as steps
from calltrack.telephony.parts import OFFER_SECONDS, OFFERS, Offer, Part, words
from calltrack.telephony.place import Place
from calltrack.telephony.route import Route

A_CALL = "A call for you."
TAKE_IT = "Press any key to take the call."
# A slow voice, and what a carrier may add of its own to how long a phone rings and is told something.
_CHARACTERS_A_SECOND, _SECONDS_ADDED = 10, 10


def asks_for_a_key(route: Route | None, place: Place) -> bool:
    """Whether an agent takes the call by a key only; so where the step is not known any more."""
    if place.key or route is None or not place.step:
        return place.key
    step = route.plan.steps.get(place.step)
    return step.accept if isinstance(step, steps.Ring) else True


def longest_refusal(route: Route | None, place: Place) -> float:
    """How many seconds a phone may ring and be offered the call, to the end; not known of a step that is not."""
    ring = route.plan.steps.get(place.step) if route else None
    if not isinstance(ring, steps.Ring):
        return math.inf
    offer = len(_offer(route, place)) / _CHARACTERS_A_SECOND + OFFER_SECONDS
    return ring.seconds + OFFERS * offer + _SECONDS_ADDED


def whisper(route: Route | None, place: Place) -> tuple[Part, ...]:
    """What an agent hears before the caller."""
    if asks_for_a_key(route, place):
        return (Offer(_offer(route, place), replace(place, key=True)),)
    text = _own_words(route, place)
    return (words(text),) if text else ()


def _offer(route: Route | None, place: Place) -> str:
    return f"{_own_words(route, place) or A_CALL} {TAKE_IT}"


def _own_words(route: Route | None, place: Place) -> str:
    """The words of the step, else the number's own."""
    if route is None:
        return ""
    ring = route.plan.steps.get(place.step)
    text = (ring.whisper if isinstance(ring, steps.Ring) else None) or route.whisper or ""
    return text.replace("{campaign}", route.campaign or "no campaign").strip()
