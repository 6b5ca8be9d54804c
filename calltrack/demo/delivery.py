"""What a call sends to the server: requests whose answer steers the call, and reports that only tell."""

import random
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from calltrack.demo.calls import Call, Desk, Exchange, wait_for_clock
from calltrack.demo.twiml import TwimlError, Verb, parse_twiml
from calltrack.demo.wire import Parameters, Reply, deliver


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request whose answer the call follows; `kind` as in calls.Exchange."""

    kind: str
    url: str
    params: Parameters


def request_twiml(call: Call, *, kind: str, url: str, params: Parameters, whisper: bool = False) -> tuple[Verb, ...]:
    """Ask the server what comes next and return its verbs; none when nobody is left to hear them.

    Raises TwimlError: 11200 for an answer that is not 2xx, 11205 for none at all, 12100 for an empty first answer.
    """
    if _is_dropped(call, kind):
        return ()
    reply = _send(call, kind=kind, url=url, params=params)
    if not whisper and not call.caller_is_there:
        return ()
    if reply.status == 0:
        raise TwimlError(11205, f"{url}: {reply.error}")
    if not reply.good:
        raise TwimlError(11200, f"{url} answered {reply.status}")
    if not reply.body.strip():
        if kind in {"voice", "fallback"}:
            raise TwimlError(12100, f"{url} answered nothing")
        return ()
    return parse_twiml(body=reply.body, content_type=reply.content_type, whisper=whisper)


def report(call: Call, *, kind: str, url: str, params: Parameters) -> None:
    """Tell the server of an event. Its answer changes nothing; a failed delivery is not made good later."""
    if _is_dropped(call, kind):
        return
    if call.desk.misbehaviour.shuffle is not None:
        call.held.append((kind, url, params))
    else:
        _send(call, kind=kind, url=url, params=params)


def release_held_reports(call: Call) -> None:
    """Send what a shuffled call has held back, in the order drawn from the seed."""
    held, call.held = call.held, []
    random.Random(call.desk.misbehaviour.shuffle).shuffle(held)
    for kind, url, params in held:
        _send(call, kind=kind, url=url, params=params)


def report_afterwards(call: Call) -> None:
    """Send what comes when the call is over already; each delay is in seconds from the call's end."""
    over = call.now
    for delay, kind, url, params in sorted(call.afterwards, key=lambda entry: entry[0]):
        call.now = over + timedelta(seconds=delay)
        report(call, kind=kind, url=url, params=params)
    call.afterwards.clear()


def post_once(
    desk: Desk, *, kind: str, url: str, params: Parameters, at: datetime, idempotency_token: str | None = None
) -> tuple[Reply, list[Exchange]]:
    """Send one webhook with its retries; return the reply that counts and every exchange."""
    token = idempotency_token or str(uuid.uuid4())
    replies = deliver(url=url, params=params, auth_token=desk.auth_token, idempotency_token=token, post=desk.post)
    bare = url.partition("#")[0]
    return replies[-1], [
        Exchange(
            kind=kind,
            url=url,
            path=urlsplit(bare).path,
            params=params,
            status=reply.status,
            content_type=reply.content_type,
            twiml=reply.body.decode(errors="replace"),
            at=at,
            idempotency_token=token,
        )
        for reply in replies
    ]


def _send(call: Call, *, kind: str, url: str, params: Parameters) -> Reply:
    wait_for_clock(call)
    reply, made = post_once(call.desk, kind=kind, url=url, params=params, at=call.now.astimezone(UTC))
    call.exchanges.extend(made)
    if call.desk.misbehaviour.duplicate:
        _, again = post_once(
            call.desk, kind=kind, url=url, params=params, at=call.now, idempotency_token=made[0].idempotency_token
        )
        call.exchanges.extend(again)
    return reply


def _is_dropped(call: Call, kind: str) -> bool:
    return not {kind, kind.partition(":")[0]}.isdisjoint(call.desk.misbehaviour.drop)
