"""The carrier's door: verify, parse, hand over to one verb, answer."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import get_args

from flask import Blueprint, Response, abort, request

from calltrack.calls.intake import receive
from calltrack.calls.messages import receive_message
from calltrack.db import AWAY
from calltrack.ground import ground
from calltrack.metrics import WEBHOOKS
from calltrack.telephony import flows, twilio
from calltrack.telephony.carrier import Delivery, Event, Kind
from calltrack.telephony.routing import find_flow, recall_flow
from calltrack.telephony.twiml import EMPTY, render
from calltrack.webhooks import spool

bp = Blueprint("webhooks", __name__, url_prefix="/webhooks/twilio")
_log = logging.getLogger(__name__)

LARGEST_BODY = 1024 * 1024


@bp.before_request
def _only_the_carrier() -> None:
    """A request that Twilio did not sign for our account leaves no trace but a counter."""
    settings = ground().settings
    request.max_content_length = LARGEST_BODY
    query = request.query_string.decode("latin-1")
    genuine = twilio.verify(
        url=settings.base_url + request.path + (f"?{query}" if query else ""),
        form=request.form,
        body=request.get_data() if not request.form else b"",
        signature=request.headers.get(twilio.SIGNATURE_HEADER),
        tokens=settings.twilio_auth_token,
    )
    ours = twilio.account_of(request.form) == settings.twilio_account_sid or (not request.form and request.is_json)
    if not (genuine and ours and settings.twilio_account_sid):
        WEBHOOKS.labels(kind=_kind_label(), outcome="refused").inc()
        abort(Response("the signature is missing or wrong\n", 403, content_type="text/plain"))


@bp.post("/<any(voice, dial, menu, whisper, voicemail):kind>")
def speak(kind: Kind) -> Response:
    """Requests that wait for TwiML: keep what arrived, then say what the caller hears next."""
    delivery = _delivery(kind)
    event = twilio.parse(kind=kind, params=delivery.params)
    try:
        with ground().database.write.begin() as session:
            flow = find_flow(session, phone_number=_tracking_number(event), transcribe=_transcribes())
            receive(session, delivery=_announced(delivery, flow))
        _count(kind, "stored")
    except Exception as error:  # noqa: BLE001 - a caller is on the line: whatever fails here, the business rings
        flow = recall_flow(
            path=ground().settings.routing_snapshot, phone_number=_tracking_number(event), transcribe=_transcribes()
        )
        _spool(_announced(delivery, flow), because=error)
    parts = flows.answer(event=event, flow=flow)
    return Response(render(parts, callback_base=ground().settings.callback_base), content_type="text/xml")


@bp.post("/<any(status, recording, transcription):kind>")
def listen(kind: Kind) -> Response:
    """Requests that only tell us something."""
    return _keep(_delivery(kind), receive) or Response(status=204)


@bp.post("/message")
def message() -> Response:
    """A text message: kept; nothing is answered to the sender."""
    delivery = _delivery("message")
    return _keep(delivery, receive_message) or Response(EMPTY, content_type="text/xml")


def _keep(delivery: Delivery, verb: Callable[..., object]) -> Response | None:
    """Hand over; None when it is kept, an answer that asks the carrier to try again when it could not be."""
    try:
        with ground().database.write.begin() as session:
            verb(session, delivery=delivery)
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
    # PostgreSQL keeps no NUL in a text, and no carrier means one.
    params = {name.replace("\x00", ""): value.replace("\x00", "") for name, value in request.form.items()}
    return Delivery(
        carrier=twilio.CARRIER,
        carrier_account=ground().settings.twilio_account_sid,
        kind=kind,
        params=params,
        received_at=datetime.now(UTC),
        token=request.headers.get(twilio.RETRY_HEADER, ""),
    )


def _announced(delivery: Delivery, flow: flows.Flow | None) -> Delivery:
    """The delivery, with what the caller is being told about recording."""
    if delivery.kind != "voice" or flow is None:
        return delivery
    return replace(delivery, announcement=flow.announcement)


def _tracking_number(event: Event) -> str | None:
    """The number that was dialled; an agent's leg names it as the one it came through."""
    return event.via or event.dialled


def _transcribes() -> bool:
    return ground().settings.transcriber == "carrier"


def _count(kind: str, outcome: str) -> None:
    WEBHOOKS.labels(kind=kind, outcome=outcome).inc()


def _kind_label() -> str:
    name = request.path.rsplit("/", 1)[-1]
    return name if name in get_args(Kind) else "other"
