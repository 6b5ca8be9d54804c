"""Numbers at the carrier: search, buy, look up, configure, release. What we keep of them is campaigns' business."""

from collections.abc import Iterator

from calltrack.config import Settings
from calltrack.telephony import twilio_rest as words
from calltrack.telephony.carrier import CarrierError
from calltrack.telephony.carriers import CARRIERS, access_of
from calltrack.telephony.rest import Refused, Rest
from calltrack.telephony.twilio_rest import ForSale, NumberThere, Wanted

MOST_FOR_SALE = 30


class NotForSale(CarrierError):
    """Somebody else was faster, or the number was never to be had."""


def reach(settings: Settings, *, carrier: str) -> Rest:
    """The API of our account at that carrier; close it, or use it as a block. Raises CarrierError."""
    return Rest(access_of(settings, carrier=carrier))


def is_reachable(settings: Settings, *, carrier: str) -> bool:
    """Whether the settings say how to reach that carrier."""
    access = CARRIERS[carrier].access(settings) if carrier in CARRIERS else None
    return bool(access and access.account and access.api_token and access.api_url)


def search_numbers(rest: Rest, *, wanted: Wanted, limit: int = MOST_FOR_SALE) -> list[ForSale]:
    """Numbers for sale, in the carrier's own order. Raises CarrierError."""
    return words.for_sale(rest.get(words.search_path(wanted), words.search_query(wanted, limit=limit)))


def buy_number(rest: Rest, *, phone_number: str, base_url: str, carrier: str) -> NumberThere:
    """Buy a number, set from the start so that its calls come here: it costs money from now on.

    Race: of two who buy the same one the carrier lets one win; the other gets NotForSale. Raises CarrierError. Where
    that is not permanent the carrier may have sold it all the same: look before you buy again.
    """
    settings = words.number_settings(base_url=base_url, carrier=carrier)
    # Nothing overrides what a new number is set to.
    asked = {name: value for name, value in settings.items() if value} | {"PhoneNumber": phone_number}
    try:
        bought = words.number_there(rest.post(words.NUMBERS, asked))
    except Refused as refusal:
        if refusal.code == words.NOT_FOR_SALE:
            raise NotForSale("the number is not for sale any more: choose another", permanent=True) from refusal
        raise
    if bought is None:
        raise CarrierError("the carrier sold something that it does not describe: look at its own pages")
    return bought


def list_numbers_there(rest: Rest) -> Iterator[NumberThere]:
    """All numbers that the account has at the carrier, a page of them at a time. Raises CarrierError."""
    for page in rest.pages(words.NUMBERS, {"PageSize": words.PAGE}):
        yield from words.numbers_there(page)


def find_number_there(rest: Rest, *, phone_number: str) -> NumberThere | None:
    """The number as the carrier has it; None where the account does not own it. Raises CarrierError."""
    found = words.numbers_there(rest.get(words.NUMBERS, words.number_query(phone_number)))
    return next((one for one in found if one.phone_number == phone_number), None)


def what_is_wrong(number: NumberThere, *, base_url: str, carrier: str) -> list[str]:
    """Why its calls or messages do not all come here as they should, a clause each; nothing where they do."""
    wanted = words.number_settings(base_url=base_url, carrier=carrier)
    wrong = [f"{name} ({sid}) overrides the number's own addresses" for name, sid in number.overrides.items()]
    for name, address in number.addresses.items():
        if _bare(address) != _bare(wanted[name]):
            wrong.append(f"{name} is {address or 'empty'}")
        elif address != wanted[name]:
            wrong.append(f"{name} does not ask the carrier to try again after a failure as {wanted[name]} does")
    return wrong


def configure_number(rest: Rest, *, phone_number: str, base_url: str, carrier: str) -> NumberThere:
    """Have the carrier send a number's calls, their status and its messages to `base_url`, whatever it did before.

    Harmless to repeat. Raises CarrierError.
    """
    there = find_number_there(rest, phone_number=phone_number)
    if there is None:
        raise CarrierError(f"the carrier's account does not own {phone_number}", permanent=True)
    settings = words.number_settings(base_url=base_url, carrier=carrier)
    changed = words.number_there(rest.post(words.number_path(there.sid), settings))
    if changed is None:
        raise CarrierError("the carrier answered with something that is not the number")
    return changed


def configure_with(settings: Settings, *, phone_number: str, carrier: str = "twilio") -> NumberThere:
    """The same for the carrier's account and the public address of the settings. Raises CarrierError.

    Ask once the number is kept, so that no call comes before; asking again after a failure is harmless.
    """
    with reach(settings, carrier=carrier) as rest:
        return configure_number(rest, phone_number=phone_number, base_url=settings.base_url, carrier=carrier)


def release_number(rest: Rest, *, phone_number: str) -> None:
    """Give a number back to the carrier for good. One that is not there any more is given back already.

    Raises CarrierError.
    """
    there = find_number_there(rest, phone_number=phone_number)
    if there is None:
        return
    try:
        rest.delete(words.number_path(there.sid))
    except Refused as refusal:
        if refusal.status != 404:  # race: somebody gave it back between our look and our request
            raise


def _bare(address: str) -> str:
    return address.partition("#")[0]
