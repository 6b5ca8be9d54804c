"""Numbers that this carrier sells: every one is a fictitious 555-01xx, so that nobody is ever rung by mistake."""

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

LONGEST_PAGE, DEFAULT_PAGE = 100, 30


@dataclass(frozen=True)
class _Place:
    area_code: str
    locality: str
    region: str
    postal_code: str
    latitude: float
    longitude: float


_PLACES = (
    _Place("331", "Naperville", "IL", "60540", 41.773, -88.148),
    _Place("312", "Chicago", "IL", "60601", 41.886, -87.623),
    _Place("630", "Aurora", "IL", "60506", 41.766, -88.345),
    _Place("414", "Milwaukee", "WI", "53202", 43.049, -87.900),
    _Place("212", "New York", "NY", "10001", 40.750, -73.997),
)
_TOLL_FREE = ("888", "877", "866")


def is_for_sale(number: str) -> bool:
    """Whether this carrier could sell it."""
    return re.fullmatch(r"\+1[2-9]\d\d55501\d\d", number) is not None


def search(*, toll_free: bool, wanted: Mapping[str, str], owned: Collection[str]) -> list[dict[str, Any]]:
    """What answers to the carrier's own search parameters, as its list shows it."""
    places = [_Place(code, "", "", "", 0, 0) for code in _TOLL_FREE] if toll_free else list(_PLACES)
    if code := wanted.get("AreaCode"):
        known = [place for place in places if place.area_code == code]
        nowhere = _Place(code, "Springfield", "IL", "62701", 39.8, -89.65)
        places = known or ([] if toll_free else [nowhere])
    for name, field in (("InLocality", "locality"), ("InRegion", "region"), ("InPostalCode", "postal_code")):
        if said := wanted.get(name):
            places = [place for place in places if getattr(place, field).lower() == said.lower()]
    if near := wanted.get("NearNumber"):
        centre = next((place for place in _PLACES if place.area_code == near[2:5]), None)
        miles = int(wanted.get("Distance", "25"))
        places = [place for place in places if centre and _miles(place, centre) <= miles]
    pattern = re.compile(re.escape(wanted.get("Contains", "")).replace(r"\*", r"\d"))
    found = [
        _for_sale(number, place, toll_free=toll_free)
        for last in range(100)
        for place in places
        if (number := f"+1{place.area_code}55501{last:02d}") not in owned and pattern.search(number)
    ]
    size = int(wanted.get("PageSize", DEFAULT_PAGE))
    return found[: min(size, LONGEST_PAGE)]


def _for_sale(number: str, place: _Place, *, toll_free: bool) -> dict[str, Any]:
    return {
        "phone_number": number,
        "friendly_name": f"({number[2:5]}) {number[5:8]}-{number[8:]}",
        "locality": None if toll_free else place.locality,
        "region": None if toll_free else place.region,
        "postal_code": None if toll_free else place.postal_code,
        "latitude": None if toll_free else str(place.latitude),
        "longitude": None if toll_free else str(place.longitude),
        "rate_center": None,
        "lata": None,
        "iso_country": "US",
        "address_requirements": "none",
        "beta": False,
        "capabilities": {"voice": True, "SMS": True, "MMS": not toll_free},
    }


def _miles(one: _Place, other: _Place) -> float:
    """The great circle between two places."""
    lat, lon, lat2, lon2 = map(math.radians, (one.latitude, one.longitude, other.latitude, other.longitude))
    chord = math.sin((lat - lat2) / 2) ** 2 + math.cos(lat) * math.cos(lat2) * math.sin((lon - lon2) / 2) ** 2
    return 3958.8 * 2 * math.asin(math.sqrt(chord))
