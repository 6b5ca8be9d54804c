"""A call that is only imagined: the demo carrier follows the real answers of a flow, and nothing is sent or stored."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

from calltrack.demo.calls import derive_sid
from calltrack.demo.carrier import DemoCarrier
from calltrack.demo.conversations import LINES, Conversation, Line, Turn, read_script
from calltrack.demo.story import Heard, tell
from calltrack.demo.wire import Post, Reply
from calltrack.telephony.carrier import Kind
from calltrack.telephony.carriers import parse
from calltrack.telephony.flows import answer
from calltrack.telephony.hours import is_open
from calltrack.telephony.place import read_place
from calltrack.telephony.plan import Hours
from calltrack.telephony.route import Route
from calltrack.telephony.twiml import render

_CARRIER = "twilio"
_BASE = "https://rehearsal.invalid"
_ACCOUNT = derive_sid("AC", "rehearsal")
_SPEAKS: dict[str, Kind] = {name: name for name in ("voice", "dial", "menu", "whisper", "voicemail")}
_TALK = (
    Turn(speaker="agent", text="Hello, how can we help you?"),
    Turn(speaker="caller", text="My furnace makes a noise, and I would like somebody to look at it."),
    Turn(speaker="agent", text="We can send somebody tomorrow morning."),
)
_MESSAGE = ("Hello, my furnace makes a noise. Please call me back.",)
_OPEN = {True: "open", False: "closed"}
_IN_VAIN: Line = "no-answer"
_RINGS = 7.0
"""Seconds until somebody answers, where somebody does."""


def rehearse(
    *,
    route: Route,
    at: datetime,
    caller: str,
    line: Line,
    keys: str = "",
    said: str = "",
    in_vain: int = 0,
    people: Mapping[str, str] | None = None,
) -> list[Heard]:
    """Tell what a caller would hear who rings at this moment: step by step, with the phones that ring and for how long.

    `line`: what becomes of the call where phones ring, once `in_vain` of them (or groups that ring at once) have rung
    for nothing. `keys`: one for each time a menu asks; `said`: what the caller says the first time that they press
    none. `people`: whose phone it is, by phone. Where phones take turns it is the first one's.
    """
    reasons: list[str] = []
    carrier = DemoCarrier(
        public_url=_BASE,
        account_sid=_ACCOUNT,
        auth_token="rehearsal",  # noqa: S106 - nobody checks what nobody is sent
        post=_answers(route=route, at=at, reasons=reasons),
    )
    try:
        placed = carrier.place_call(
            to=route.number,
            from_=caller,
            # The same question has the same answer, also where phones are drawn by lot.
            call_sid=derive_sid("CA", at.isoformat(), caller),
            started_at=at,
            conversation=_conversation(line=line, keys=keys, said=said, in_vain=in_vain),
        )
    finally:
        carrier.ledger.close()
    why = reasons[0] if reasons else None
    told = tell(placed, plan=route.plan, announcement=route.announcement, people=people or {}, turned_away=why)
    clocks = {name: step for name, step in route.plan.steps.items() if isinstance(step, Hours)}
    opened = {name: is_open(step, now=at, zone=route.zone) for name, step in clocks.items()}
    return [*(Heard(0.0, f"It is {_OPEN[yes]} at this moment", name) for name, yes in opened.items()), *told]


def _conversation(*, line: Line, keys: str, said: str, in_vain: int) -> Conversation:
    """Whoever calls says the same; only how it goes is chosen."""
    if line not in LINES:
        raise ValueError(f"{line!r} is nothing that becomes of a call")
    stays = line in {"no-answer", "busy", "agent-voicemail", "refused"}
    return replace(
        next(iter(read_script().values())),
        id="rehearsal",
        line=line,
        rings=_RINGS,
        answered_by=0,
        leaves_after=4.0,
        digits=tuple(keys),
        says=(*[""] * len(keys), said),
        before=(_IN_VAIN,) * in_vain,
        turns=_TALK if line == "answered" else (),
        voicemail=_MESSAGE if stays else (),
        stays_in_mailbox=True,
    )


def _answers(*, route: Route, at: datetime, reasons: list[str]) -> Post:
    """A Post that asks the flow itself; why it turned the caller away, if it did, is added to `reasons`."""

    def post(*, url: str, body: bytes, headers: dict[str, str], connect_timeout: float, read_timeout: float) -> Reply:
        del headers, connect_timeout, read_timeout  # nothing is sent
        parts = urlsplit(url)
        kind = parts.path.rpartition("/")[2]
        if kind not in _SPEAKS:
            return Reply(status=204)
        params = dict(parse_qsl(body.decode(), keep_blank_values=True))
        found = answer(
            event=parse(carrier=_CARRIER, kind=_SPEAKS[kind], params=params),
            route=route,
            place=read_place(dict(parse_qsl(parts.query))),
            now=at,
            take_turn=lambda _step: 1,
        )
        if found.turned_away:
            reasons.append(found.turned_away)
        twiml = render(found.parts, callback_base=_BASE, carrier=_CARRIER, playable=lambda sha256: f"{sha256}.mp3")
        return Reply(status=200, content_type="text/xml", body=twiml.encode())

    return post
