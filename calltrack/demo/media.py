"""The carrier's REST and media server: recordings to fetch, lists to reconcile against, numbers to configure.

Shapes, codes and paging are those of Twilio's REST API 2010-04-01.
"""

import base64
import hmac
import io
import threading
import zlib
from collections.abc import Callable
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Flask, Response, abort, jsonify, make_response, request, send_file
from werkzeug.exceptions import HTTPException
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from calltrack.demo import asked
from calltrack.demo.asked import Refusal, check_form, check_query
from calltrack.demo.calls import derive_sid
from calltrack.demo.ledger import Kind, Ledger
from calltrack.demo.numbers import add_number_routes
from calltrack.demo.render import render_mp3, render_wav
from calltrack.demo.texts import add_text_routes

LONGEST_PAGE = 1000
DEFAULT_PAGE = 50


def create_carrier_app(*, ledger: Ledger, account_sid: str, auth_token: str) -> Flask:
    """Make the server's WSGI application. Every request needs the account's Basic credentials.

    `app.config["BUSY"]`: so many of the next requests are refused because there are too many.
    """
    app = Flask("calltrack.demo.carrier")
    app.config["BUSY"] = 0
    account = Blueprint("account", __name__, url_prefix=f"/2010-04-01/Accounts/{account_sid}")
    _add_list_routes(account, ledger=ledger)
    _add_recording_routes(account, ledger=ledger)
    _add_running_recording(account, ledger=ledger)
    _add_transcription_routes(account, ledger=ledger)
    add_number_routes(account, ledger=ledger, account_sid=account_sid)
    add_text_routes(account, ledger=ledger, account_sid=account_sid)
    app.register_blueprint(account)
    expected = base64.b64encode(f"{account_sid}:{auth_token}".encode()).decode()

    @app.before_request
    def check_credentials() -> Response | None:
        given = request.headers.get("Authorization", "")
        if hmac.compare_digest(given.encode(), f"Basic {expected}".encode()):
            return None
        refusal = _problem(status=401, code=20003, message="Authenticate")
        refusal.headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
        return refusal

    @app.before_request
    def be_busy() -> Response | None:
        if app.config["BUSY"] <= 0:
            return None
        app.config["BUSY"] -= 1
        refusal = _problem(status=429, code=20429, message="Too Many Requests")
        refusal.headers["Retry-After"] = "1"
        return refusal

    @app.errorhandler(Refusal)
    def refuse(refusal: Refusal) -> Response:
        return _problem(status=refusal.status, code=refusal.code, message=refusal.message)

    @app.errorhandler(HTTPException)
    def say_what_is_wrong(wrong: HTTPException) -> Response:
        status = wrong.code or 500
        return _problem(status=status, code={404: 20404, 400: 20001, 405: 20004}.get(status, 20500), message=str(wrong))

    return app


def start_server(*, app: Flask, host: str, port: int) -> BaseWSGIServer:
    """Serve an application from a thread of its own; end it with `.shutdown()` and `.server_close()`.

    Raises OSError when the port is taken.
    """
    try:
        server = make_server(host, port, app, threaded=True, request_handler=_QuietHandler)
    except SystemExit as taken:  # werkzeug leaves the program where a port is in use
        raise OSError(f"the carrier cannot listen on {host}:{port}: the port is taken") from taken
    threading.Thread(target=server.serve_forever, args=(0.05,), name="carrier-media", daemon=True).start()
    return server


class _QuietHandler(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: the demo logs one line a call."""


def _problem(*, status: int, code: int, message: str) -> Response:
    more_info = f"https://www.twilio.com/docs/errors/{code}"
    return make_response(jsonify(code=code, message=message, more_info=more_info, status=status), status)


def _add_list_routes(account: Blueprint, *, ledger: Ledger) -> None:
    @account.get("/Calls.json")
    def list_calls() -> Response:
        check_query(asked.CALLS)
        tests = [
            *_matches({"To": "to", "From": "from", "Status": "status", "ParentCallSid": "parent_call_sid"}),
            *_within("StartTime", "start_time"),
            *_within("EndTime", "end_time"),
        ]
        return _page(ledger=ledger, kind="call", name="calls", tests=tests)

    @account.get("/Calls/<sid>.json")
    def show_call(sid: str) -> Response:
        return jsonify(ledger.read(kind="call", sid=sid) or abort(404))

    @account.get("/Recordings.json")
    def list_recordings() -> Response:
        check_query(asked.RECORDINGS)
        tests = [*_matches({"CallSid": "call_sid"}), *_within("DateCreated", "date_created")]
        if request.args.get("IncludeSoftDeleted") != "true":
            tests.append(_is_there)
        return _page(ledger=ledger, kind="recording", name="recordings", tests=tests)

    @account.get("/Calls/<sid>/Recordings.json")
    def list_recordings_of_call(sid: str) -> Response:
        check_query(asked.RECORDINGS_OF_CALL)
        tests = [lambda body: body["call_sid"] == sid, _is_there, *_within("DateCreated", "date_created")]
        return _page(ledger=ledger, kind="recording", name="recordings", tests=tests)


def _add_running_recording(account: Blueprint, *, ledger: Ledger) -> None:
    @account.post("/Calls/<call_sid>/Recordings/<sid>.json")
    def change_recording(call_sid: str, sid: str) -> Response:
        check_form(asked.RECORDING_OF_CALL)
        running = (
            body
            for body in ledger.list(kind="recording")
            if body["call_sid"] == call_sid and body["status"] in ("in-progress", "paused")
        )
        body = next((one for one in running if sid in ("Twilio.CURRENT", one["sid"])), None) or abort(404)
        body["status"] = request.form.get("Status") or abort(400, "Status is required")
        _write(ledger, body)
        return jsonify(_public(body))


def _add_recording_routes(account: Blueprint, *, ledger: Ledger) -> None:
    @account.get("/Recordings/<sid>.json")
    def show_recording(sid: str) -> Response:
        body = ledger.read(kind="recording", sid=sid)
        if body is None or not (_is_there(body) or request.args.get("IncludeSoftDeleted") == "true"):
            abort(404)
        return jsonify(_public(body))

    @account.delete("/Recordings/<sid>")
    @account.delete("/Recordings/<sid>.json")
    def delete_recording(sid: str) -> tuple[str, int]:
        body = ledger.read(kind="recording", sid=sid)
        if body is None or not _is_there(body):
            abort(404)
        # The sound is gone; what is known of it stays to be listed for a while.
        _write(ledger, body | {"status": "deleted"})
        return "", 204

    @account.get("/Recordings/<sid>")
    @account.get("/Recordings/<sid>.<extension>")
    def play_recording(sid: str, extension: str = "wav") -> Response:
        recording = ledger.read(kind="recording", sid=sid)
        if recording is None or extension not in {"wav", "mp3"} or recording["status"] != "completed":
            abort(404)
        if _is_missing_yet(ledger, recording):
            abort(404)
        channels = request.args.get("RequestedChannels", "1")
        if channels not in {"1", "2"} or int(channels) > recording["channels"]:
            abort(400, "Requested number of channels not available")
        if recording["demo"]["html"]:
            return Response("<!DOCTYPE html><html><body><h1>Please sign in</h1></body></html>", mimetype="text/html")
        render, mimetype = (render_wav, "audio/x-wav") if extension == "wav" else (render_mp3, "audio/mpeg")
        audio = render(sid=sid, demo=recording["demo"], channels=int(channels))
        return send_file(
            io.BytesIO(audio), mimetype=mimetype, conditional=True, etag=f"{zlib.crc32(audio):08x}", max_age=0
        )


def _add_transcription_routes(account: Blueprint, *, ledger: Ledger) -> None:
    @account.delete("/Transcriptions/<sid>.json")
    def delete_transcription(sid: str) -> tuple[str, int]:
        of_it = (body for body in ledger.list(kind="recording") if derive_sid("TR", body["sid"]) == sid)
        found = next(of_it, None)
        if found is None or found["demo"].get("unwritten"):
            abort(404)
        _write(ledger, found | {"demo": found["demo"] | {"unwritten": True}})
        return "", 204


def _is_missing_yet(ledger: Ledger, recording: dict[str, Any]) -> bool:
    """Count down the fetches that a recording was told to miss."""
    left = recording["demo"]["missing"]
    if left > 0:
        recording["demo"]["missing"] = left - 1
        _write(ledger, recording)
    return bool(left > 0)


def _is_there(recording: dict[str, Any]) -> bool:
    return bool(recording["status"] != "deleted")


def _write(ledger: Ledger, recording: dict[str, Any]) -> None:
    moment = parsedate_to_datetime(recording["start_time"])
    ledger.write(kind="recording", sid=recording["sid"], moment=moment, body=recording)


def _public(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "demo"}


Test = Callable[[dict[str, Any]], bool]


def _matches(fields: dict[str, str]) -> list[Test]:
    def test(name: str, value: str) -> Test:
        return lambda body: body[name] == value

    return [test(name, request.args[key]) for key, name in fields.items() if request.args.get(key)]


def _within(key: str, name: str) -> list[Test]:
    """Read `StartTime=`, `StartTime<=` and `StartTime>=`; a bare date means its whole day, as Twilio has it."""

    def moment(body: dict[str, Any]) -> datetime | None:
        return parsedate_to_datetime(body[name]) if body[name] else None

    def test(compare: Callable[[datetime], bool]) -> Test:
        return lambda body: (at := moment(body)) is not None and compare(at)

    tests: list[Test] = []
    if value := request.args.get(key):
        tests.append(test(lambda at, day=value[:10]: at.date().isoformat() == day))  # type: ignore[misc]
    for sign in "<>":
        if value := request.args.get(key + sign):
            limit = _read_moment(value)
            before = sign == "<"
            tests.append(test(lambda at, limit=limit, before=before: at <= limit if before else at >= limit))  # type: ignore[misc]
    return tests


def _read_moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        abort(400, f"{text!r} is not a date or a time")
    return moment if moment.tzinfo else datetime.fromisoformat(f"{moment.isoformat()}+00:00")


def _page(*, ledger: Ledger, kind: Kind, name: str, tests: list[Test]) -> Response:
    """Answer with one page of a list: newest first, with the addresses of the pages around it."""
    size = min(max(request.args.get("PageSize", DEFAULT_PAGE, type=int), 1), LONGEST_PAGE)
    page = max(request.args.get("Page", 0, type=int), 0)
    found = [body for body in ledger.list(kind=kind) if all(test(body) for test in tests)]
    shown = found[page * size : (page + 1) * size]

    def address(number: int) -> str:
        kept = {key: value for key, value in request.args.items() if key not in {"Page", "PageSize", "PageToken"}}
        return f"{request.path}?{urlencode(kept | {'PageSize': size, 'Page': number})}"

    more = (page + 1) * size < len(found)
    return jsonify(
        {
            name: [_public(body) for body in shown],
            "page": page,
            "page_size": size,
            "start": page * size,
            "end": page * size + max(len(shown) - 1, 0),
            "uri": address(page),
            "first_page_uri": address(0),
            "previous_page_uri": address(page - 1) if page else None,
            "next_page_uri": address(page + 1) if more else None,
        }
    )
