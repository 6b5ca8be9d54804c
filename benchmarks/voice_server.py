"""The servers that /voice is measured against, each with the options of calltrack's own web process.

    python -m benchmarks.voice_server hello|insert|calltrack

hello: a bare Flask answer. insert: the form is parsed, the signature checked and one row committed to the log of
deliveries. calltrack: the whole application. Settings come from the environment as for `calltrack serve`.
"""

import sys
from datetime import UTC, datetime
from hashlib import sha256

from flask import Flask, Response, abort, request
from sqlalchemy import insert

from calltrack import create_app
from calltrack.config import Settings, read_settings
from calltrack.db import Database
from calltrack.models import CallEvent
from calltrack.serve import Server, options
from calltrack.telephony import twilio

_TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response><Hangup /></Response>'


def hello(_settings: Settings) -> Flask:
    """The least that a server can do."""
    app = Flask("hello")

    @app.post("/webhooks/twilio/voice")
    def voice() -> Response:
        return Response(_TWIML, content_type="text/xml")

    return app


def one_insert(settings: Settings) -> Flask:
    """The least that a server can do which may not lose the call."""
    app, database = Flask("insert"), Database(settings.database)

    @app.post("/webhooks/twilio/voice")
    def voice() -> Response:
        form = request.form
        signature = request.headers.get(twilio.SIGNATURE_HEADER)
        url = settings.base_url + request.path
        if not twilio.verify(url=url, form=form, body=b"", signature=signature, tokens=settings.twilio_auth_token):
            abort(403)
        with database.write.begin() as session:
            session.execute(
                insert(CallEvent).values(
                    carrier=twilio.CARRIER,
                    carrier_account=settings.twilio_account_sid,
                    call_sid=form["CallSid"],
                    kind="voice",
                    delivery=sha256(request.headers[twilio.RETRY_HEADER].encode()).hexdigest(),
                    received_at=datetime.now(UTC),
                    params=form.to_dict(),
                )
            )
        return Response(_TWIML, content_type="text/xml")

    return app


_APPS = {"hello": hello, "insert": one_insert, "calltrack": create_app}

if __name__ == "__main__":
    settings = read_settings()
    tended = sys.argv[1] == "calltrack"
    Server(lambda: _APPS[sys.argv[1]](settings), options(settings, processes=2, threads=8, tended=tended)).run()
