"""Whether a call may be recorded, and whether its caller has to be told first. Pure.

Federal law asks for one party's consent (18 U.S.C. 2511(2)(d)); some states ask for everybody's. A call between two
states is treated by the stricter of them, and where anybody is is not known for sure from a number: what is not known
is taken as strict. This is no legal advice.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from calltrack.telephony.area_codes import state_of

Mode = Literal["announced", "by-law", "never"]
MODES: tuple[Mode, ...] = get_args(Mode)
"""`announced` tells every caller, `by-law` those for whom the law may ask it; `never` records no conversation."""

# Everybody on the line has to know. Nevada, Oregon and Michigan are argued about: the cautious reading counts.
ALL_PARTIES: Mapping[str, str] = {
    "CA": "Cal. Penal Code 632, 632.7",
    "CT": "Conn. Gen. Stat. 52-570d",
    "DE": "11 Del. C. 1335(a)(4)",
    "FL": "Fla. Stat. 934.03(2)(d)",
    "IL": "720 ILCS 5/14-2",
    "MA": "Mass. Gen. Laws ch. 272, 99",
    "MD": "Md. Code, Cts. & Jud. Proc. 10-402(c)(3)",
    "MI": "Mich. Comp. Laws 750.539c",
    "MT": "Mont. Code 45-8-213(1)(c)",
    "NH": "N.H. Rev. Stat. 570-A:2",
    "NV": "Nev. Rev. Stat. 200.620",
    "OR": "Or. Rev. Stat. 165.540",
    "PA": "18 Pa. Cons. Stat. 5703, 5704(4)",
    "WA": "Wash. Rev. Code 9.73.030",
}
STATES: Mapping[str, str] = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California", "CO": "Colorado",
    "CT": "Connecticut", "DE": "Delaware", "DC": "District of Columbia", "FL": "Florida", "GA": "Georgia",
    "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas", "KY": "Kentucky",
    "LA": "Louisiana", "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts", "MI": "Michigan", "MN": "Minnesota",
    "MS": "Mississippi", "MO": "Missouri", "MT": "Montana", "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire",
    "NJ": "New Jersey", "NM": "New Mexico", "NY": "New York", "NC": "North Carolina", "ND": "North Dakota",
    "OH": "Ohio", "OK": "Oklahoma", "OR": "Oregon", "PA": "Pennsylvania", "RI": "Rhode Island", "SC": "South Carolina",
    "SD": "South Dakota", "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont", "VA": "Virginia",
    "WA": "Washington", "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming",
}  # fmt: skip


@dataclass(frozen=True)
class Policy:
    """What a company decided about the calls of a number; without a word the strictest that records at all.

    `mode`: one of MODES; anything else is taken as `announced`. `state`: where the business is, None if not said.
    `campaign`: whether the campaign's calls may be recorded. `unrecorded`: phones (E.164) that never are.
    """

    mode: str = "announced"
    state: str | None = None
    campaign: bool = True
    unrecorded: frozenset[str] = frozenset()


STRICTEST = Policy()


@dataclass(frozen=True)
class Rule:
    """Whether conversations of a call may be recorded, whether the caller is told before that, and why in a sentence
    (`announced: ...`, `not announced: ...` or `not recorded: ...`)."""

    record: bool
    announce: bool
    why: str


def recording_rule(*, policy: Policy, caller: str | None, caller_state: str | None, has_words: bool = True) -> Rule:
    """The rule of one call. `caller`: the number as it was shown (E.164, or whatever stands in its place);
    `caller_state`: what the carrier says of it; `has_words`: there is something to announce it with."""
    if policy.mode == "never":
        return Rule(record=False, announce=False, why="not recorded: the company records no calls")
    if not policy.campaign:
        return Rule(record=False, announce=False, why="not recorded: the campaign is not to be recorded")
    callers = _states_of(caller, caller_state)
    asked = asks_for_consent(callers=callers, business=policy.state)
    if policy.mode == "by-law" and asked is None:
        where = _listed([*(f"{one} (caller)" for one in callers), f"{policy.state} (business)"])
        return Rule(record=True, announce=False, why=f"not announced: one party's consent is enough in {where}")
    if not has_words:
        return Rule(record=False, announce=False, why="not recorded: there are no words to announce it with")
    return Rule(record=True, announce=True, why=f"announced: {asked or 'the company tells every caller'}")


def asks_for_consent(*, callers: Iterable[str | None], business: str | None) -> str | None:
    """Why everybody has to be told, the states being these (None: not known); None where one party's word is enough."""
    callers = list(callers)
    strict = [f"{one} (caller)" for one in callers if one in ALL_PARTIES]
    if business in ALL_PARTIES:
        strict.append(f"{business} (business)")
    if strict:
        return f"asked for in {_listed(strict)}"
    unknown = ["the caller"] if any(one not in STATES for one in callers) else []
    if business not in STATES:
        unknown.append("the business")
    if not unknown:
        return None
    return f"it is not known where {_listed(unknown)} {'is' if len(unknown) == 1 else 'are'}"


def _states_of(caller: str | None, said: str | None) -> list[str | None]:
    """Where the caller may be: by the number, and by what the carrier says of it. None: not known."""
    found = [state_of(caller) if caller else None]
    if said:
        found.append(said if said in STATES else None)
    return list(dict.fromkeys(found))


def _listed(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)
