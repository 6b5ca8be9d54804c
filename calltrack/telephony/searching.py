"""What people and programs say of the number that they look for: read into a search that the carrier understands."""

import re
from collections.abc import Mapping
from typing import get_args

from calltrack.phone import is_e164, normalise
from calltrack.telephony.twilio_rest import Sort, Wanted

MOST_MILES = 500
LONGEST_PLACE = 60  # characters


class BadSearch(ValueError):
    """Something that no number can be looked for by; the message says what to write."""


def read_wanted(said: Mapping[str, str]) -> Wanted:
    """A search for numbers of the United States; what is left empty does not matter. Raises BadSearch.

    Keys: sort, area_code, contains, locality, region, postal_code, near, miles.
    """
    told = {name: value.replace("\x00", "").strip() for name, value in said.items()}
    sort: Sort = "toll-free" if told.get("sort") == "toll-free" else "local"
    if told.get("sort", "") not in ("", *get_args(Sort)):
        raise BadSearch("a number is local or toll-free")
    area_code, contains = told.get("area_code", ""), re.sub(r"[\s().-]", "", told.get("contains", ""))
    if area_code and not re.fullmatch(r"[2-9]\d\d", area_code, re.ASCII):
        raise BadSearch("an area code is three digits, like 312")
    if contains and not re.fullmatch(r"[\d*]{2,10}", contains, re.ASCII):
        raise BadSearch("the digits are 2 to 10, with * for any one, like 555*7")
    region, postal_code = told.get("region", "").upper(), told.get("postal_code", "")
    if region and not re.fullmatch(r"[A-Z]{2}", region):
        raise BadSearch("a state is written as two letters, like IL")
    if postal_code and not re.fullmatch(r"\d{5}", postal_code, re.ASCII):
        raise BadSearch("a ZIP code is five digits, like 60540")
    locality = told.get("locality", "")
    if len(locality) > LONGEST_PLACE or not locality.isprintable():
        raise BadSearch(f"a city has at most {LONGEST_PLACE} letters")
    near = normalise(told["near"]) if told.get("near") else ""
    if near and not is_e164(near):
        raise BadSearch("the number to be near to is a phone number like (312) 555-0142")
    return Wanted(
        sort=sort,
        area_code=area_code,
        contains=contains,
        locality=locality,
        region=region,
        postal_code=postal_code,
        near=near,
        miles=_miles(told.get("miles", "")),
    )


def _miles(said: str) -> int:
    if not said:
        return Wanted().miles
    if not re.fullmatch(r"\d{1,3}", said, re.ASCII) or not 1 <= int(said) <= MOST_MILES:
        raise BadSearch(f"the distance is 1 to {MOST_MILES} miles")
    return int(said)
