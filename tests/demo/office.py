"""A small server in calltrack's place: answers the webhooks with TwiML and keeps every request as it came."""

from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from flask import Flask, Response, request
from twilio.request_validator import RequestValidator

from calltrack.demo.carrier import DemoCarrier
from calltrack.demo.wire import post_to_wsgi

ACCOUNT = "AC" + "7" * 32
TOKEN = "a token of the tests"
BASE = "https://office.example.com"
TRACKING = "+13125550142"
HOOKS = "/webhooks/twilio"
# The parameters of every request about the tracked call itself.
PLACES = [
    f"{party}{part}" for party in ("Called", "Caller", "From", "To") for part in ("City", "Country", "State", "Zip")
]
STANDARD = ["AccountSid", "ApiVersion", "CallSid", "CallStatus", "Called", "Caller", "Direction", "From", "To", *PLACES]
EVENTS = "initiated ringing answered completed"


@dataclass
class Delivered:
    """One request as the server saw it; `params` in the order of the wire."""

    path: str
    params: list[tuple[str, str]]
    headers: dict[str, str]
    raw: bytes
    signed: bool

    def __getitem__(self, name: str) -> str:
        return dict(self.params)[name]

    def get(self, name: str) -> str | None:
        return dict(self.params).get(name)

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.params]


@dataclass
class Office:
    """The server's answers by the last part of the path: TwiML inside <Response>, or a whole Flask response."""

    documents: dict[str, str | Response]
    requests: list[Delivered] = field(default_factory=list)

    def app(self) -> Flask:
        app = Flask("office")

        @app.post(f"{HOOKS}/<name>")
        def hook(name: str) -> Response:
            raw = request.get_data()
            params = parse_qsl(raw.decode(), keep_blank_values=True)
            signature = request.headers.get("X-Twilio-Signature", "")
            signed = RequestValidator(TOKEN).validate(f"{BASE}{request.full_path.rstrip('?')}", dict(params), signature)
            self.requests.append(Delivered(request.path, params, dict(request.headers), raw, signed))
            answer = self.documents.get(name)
            if isinstance(answer, Response):
                return answer
            return twiml(answer) if answer is not None else Response(status=204)

        return app

    def carrier(self) -> DemoCarrier:
        return DemoCarrier(
            public_url=BASE,
            account_sid=ACCOUNT,
            auth_token=TOKEN,
            post=post_to_wsgi(self.app()),
            api_url="http://media",
        )

    def to(self, name: str) -> list[Delivered]:
        return [delivered for delivered in self.requests if delivered.path == f"{HOOKS}/{name}"]


def twiml(inside: str) -> Response:
    return Response(f'<?xml version="1.0" encoding="UTF-8"?><Response>{inside}</Response>', mimetype="text/xml")


def number(phone: str, *, whisper: bool = True, events: str = EVENTS) -> str:
    url = f' url="{HOOKS}/whisper"' if whisper else ""
    return f'<Number{url} statusCallback="{HOOKS}/status" statusCallbackEvent="{events}">{phone}</Number>'


RECORDED = f'recordingStatusCallback="{HOOKS}/recording" recordingStatusCallbackEvent="in-progress completed absent"'
TWO_PHONES = number("+13125550190") + number("+13125550191")
DIAL_TWO = (
    f'<Dial action="{HOOKS}/dial" timeout="25" answerOnBridge="true" record="record-from-answer-dual" {RECORDED}>'
    f"{TWO_PHONES}</Dial>"
)
GREETING = "<Say>Thank you for calling. This call may be recorded.</Say>"
TRANSCRIBED = (
    f'<Start><Transcription statusCallbackUrl="{HOOKS}/transcription" track="both_tracks"'
    ' languageCode="en-US"/></Start>'
)
VOICEMAIL = (
    f'<Say>Please leave a message.</Say><Record action="{HOOKS}/voicemail" maxLength="120" transcribe="true"'
    f' transcribeCallback="{HOOKS}/transcription" {RECORDED}/>'
)
WHISPER = "<Say>Call from Spring Billboard</Say>"
PRESS_ONE = f'<Gather numDigits="1" action="{HOOKS}/whisper-choice" timeout="6"><Say>Press 1.</Say></Gather><Hangup/>'


def answered_office(**more: str | Response) -> Office:
    return Office({"voice": GREETING + DIAL_TWO, "whisper": WHISPER, "dial": "", **more})


def missed_office(**more: str | Response) -> Office:
    return answered_office(dial=VOICEMAIL, **more)
