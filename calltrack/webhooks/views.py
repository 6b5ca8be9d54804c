"""The carrier's door: verify, parse, hand over to one verb, answer."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import get_args

from flask import Blueprint, Response, abort, request
from sqlalchemy.orm import Session

from calltrack.calls.intake import receive
from calltrack.calls.messages import receive_message
from calltrack.db import AWAY
from calltrack.deadline import give_up_if_late, within
from calltrack.ground import ground
from calltrack.metrics import WEBHOOKS
from calltrack.telephony import flows
from calltrack.telephony.carrier import Delivery, Event, Kind
from calltrack.telephony.carriers import CARRIERS, Carrier, parse
from calltrack.telephony.flows import Answer
from calltrack.telephony.place import Place, read_place
from calltrack.telephony.route import Route
from calltrack.telephony.routing import find_route, recall_route
from calltrack.telephony.sounds import playable
from calltrack.telephony.turns import guess_turn, take_turn
from calltrack.telephony.twiml import render, render_message
from calltrack.webhooks import spool

bp = Blueprint("webhooks", __name__, url_prefix="/webhooks/<carrier>")
_log = logging.getLogger(__name__)

LARGEST_BODY = 1024 * 1024
# How long the database may take while a caller waits for what comes next, and where the carrier only tells something.
WAITING_SECONDS, TELLING_SECONDS = 0.8, 4.0


@bp.before_request
def _only_the_carrier() -> None:
    """A request that the carrier did not sign for our account there leaves no trace but a counter."""
    carrier, settings = _carrier(), ground().settings
    access = carrier.access(settings)
    request.max_content_length = LARGEST_BODY
    query = request.query_string.decode("latin-1")
    genuine = carrier.verify(
        url=settings.base_url + request.path + (f"?{query}" if query else ""),
        form=request.form,
        body=request.get_data() if not request.form else b"",
        signature=request.headers.get(carrier.signature_header),
        tokens=access.signing_keys,
    )
    ours = carrier.account_of(request.form) == access.account or (not request.form and request.is_json)
    if not (genuine and ours and access.account):
        WEBHOOKS.labels(kind=_kind_label(), outcome="refused").inc()
        abort(Response("the signature is missing or wrong\n", 403, content_type="text/plain"))


@bp.post("/<any(voice, dial, menu, whisper, voicemail):kind>")
def speak(carrier: str, kind: Kind) -> Response:
    """Requests that wait for TwiML: keep what arrived, then say what the caller hears next."""
    delivery, place = _delivery(kind), read_place(request.args)
    event = parse(carrier=carrier, kind=kind, params=delivery.params)
    try:
        answer = within(WAITING_SECONDS, lambda: _look_up_and_keep(delivery, event, place))
        _count(kind, "stored")
    except Exception as error:  # noqa: BLE001 - a caller is on the line: whatever fails here, the business rings
        route = recall_route(
            path=ground().settings.routing_snapshot,
            phone_number=_tracking_number(event),
            transcribe=_transcribes(),
            version_id=_version(place),
        )
        answer = _answer(delivery, event, place, route=route)
        _spool(_told(delivery, answer, route=route), because=error)
    twiml = render(
        answer.parts,
        callback_base=ground().settings.callback_base,
        carrier=carrier,
        playable=lambda sha256: playable(folder=ground().settings.sounds, sha256=sha256),
    )
    return Response(twiml, content_type="text/xml")


def _look_up_and_keep(delivery: Delivery, event: Event, place: Place) -> Answer:
    """Answer from the database, and keep the delivery there."""
    with ground().database.write.begin() as session:
        route = find_route(
            session,
            phone_number=_tracking_number(event),
            now=delivery.received_at,
            transcribe=_transcribes(),
            version_id=_version(place),
        )
        wanted: list[str] = []
        answer = _answer(delivery, event, place, route=route, wanted=wanted)
        receive(session, delivery=_told(delivery, answer, route=route))
        give_up_if_late()
        if not wanted or route is None or route.flow_id is None:
            return answer
        # Last of all, because the calls that come at the same time wait here until this one is kept.
        taken = partial(take_turn, session, flow_id=route.flow_id, call_sid=event.call_sid, now=delivery.received_at)
        return flows.answer(
            event=event, route=route, place=place, now=delivery.received_at, take_turn=lambda step: taken(step=step)
        )


def _answer(
    delivery: Delivery, event: Event, place: Place, *, route: Route | None, wanted: list[str] | None = None
) -> Answer:
    """The answer with turns that are guessed; the steps where one was asked for are added to `wanted`."""

    def guess(step: str) -> int:
        if wanted is not None:
            wanted.append(step)
        return guess_turn(step=step, call_sid=event.call_sid)

    return flows.answer(event=event, route=route, place=place, now=delivery.received_at, take_turn=guess)


@bp.post("/<any(status, recording, transcription):kind>")
def listen(carrier: str, kind: Kind) -> Response:  # noqa: ARG001 - the path's, read by _carrier
    """Requests that only tell us something."""
    return _keep(_delivery(kind), receive) or Response(status=204)


@bp.post("/message")
def message(carrier: str) -> Response:  # noqa: ARG001 - the path's, read by _carrier
    """A text message: kept, and answered where its sender asked for something that we have to answer."""
    delivery, replies = _delivery("message"), list[str | None]()

    def keep(session: Session, *, delivery: Delivery) -> None:
        replies.append(receive_message(session, delivery=delivery))

    failed = _keep(delivery, keep)
    return failed or Response(render_message(replies[-1] if replies else None), content_type="text/xml")


def _keep(delivery: Delivery, verb: Callable[..., object]) -> Response | None:
    """Hand over; None when it is kept, an answer that asks the carrier to try again when it could not be."""

    def keep() -> None:
        with ground().database.write.begin() as session:
            verb(session, delivery=delivery)
            give_up_if_late()

    try:
        within(TELLING_SECONDS, keep)
        _count(delivery.kind, "stored")
    except Exception as error:  # noqa: BLE001 - whatever fails, the delivery must be kept
        if not _spool(delivery, because=error):
            return Response("nothing can be stored here now; please send this again\n", 503, content_type="text/plain")
    return None


def _spool(delivery: Delivery, *, because: Exception) -> bool:
    known = isinstance(because, AWAY)
    _log.error("a %s delivery goes to the spool: %s", delivery.kind, because, exc_info=None if known else because)
    try:
        spool.put(folder=ground().settings.spool, delivery=delivery)
    except OSError as error:
        _count(delivery.kind, "lost")
        _log.critical("a %s delivery could not be kept anywhere: %s", delivery.kind, error)
        return False
    _count(delivery.kind, "spooled")
    return True


def _delivery(kind: Kind) -> Delivery:
    carrier = _carrier()
    # PostgreSQL keeps no NUL in a text, and no carrier means one.
    params = {name.replace("\x00", ""): value.replace("\x00", "") for name, value in request.form.items()}
    return Delivery(
        carrier=carrier.name,
        carrier_account=carrier.access(ground().settings).account,
        kind=kind,
        params=params,
        received_at=datetime.now(UTC),
        token=request.headers.get(carrier.retry_header, ""),
    )


def _told(delivery: Delivery, answer: Answer, *, route: Route | None) -> Delivery:
    """The delivery of a new call, or of one that is told of recording only now, with what it is being answered."""
    said = answer.announcement
    if delivery.kind != "voice" and said is None:
        return delivery
    return replace(
        delivery,
        announcement=said.text if said else None,
        announcement_audio=said.audio if said else None,
        flow_version_id=route.version_id if route else None,
        turned_away=answer.turned_away,
        recording_rule=answer.recording_rule,
    )


def _carrier() -> Carrier:
    return CARRIERS.get((request.view_args or {}).get("carrier", "")) or abort(404)


def _version(place: Place) -> int | None:
    """The version of the flow that is leading the call: 0 for the plain one, None for one that is yet to be led."""
    return place.version if place.step else None


def _tracking_number(event: Event) -> str | None:
    """The number that was dialled; an agent's leg names it as the one it came through, or only its address does."""
    return read_place(request.args).number or event.via or event.dialled


def _transcribes() -> bool:
    return ground().settings.transcriber == "carrier" and _carrier().live_transcripts


def _count(kind: str, outcome: str) -> None:
    WEBHOOKS.labels(kind=kind, outcome=outcome).inc()


def _kind_label() -> str:
    name = request.path.rsplit("/", 1)[-1]
    return name if name in get_args(Kind) else "other"
