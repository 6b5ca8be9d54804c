"""TwiML as the carrier reads it: strict wherever Twilio is, so that a flaw shows here and not on a customer's call.

The vocabulary is that of Twilio's TwiML reference for voice, cut to what a telephone on a desk can do.
Error numbers are Twilio's own: 11750 too long, 12100 not TwiML, 12200 outside the schema, 12300 content type,
13201 nothing (or something forbidden) to dial, 13224 not a telephone number, 13520 nothing to say.
"""

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from urllib.parse import urljoin

LONGEST_DOCUMENT = 64 * 1024
CONTENT_TYPES = frozenset({"text/xml", "application/xml", "text/html"})


class TwimlError(Exception):
    """An answer that the carrier cannot follow. `code` is Twilio's error number."""

    def __init__(self, code: int, message: str) -> None:
        """Keep the number beside the sentence."""
        super().__init__(f"{code}: {message}")
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Verb:
    """One element of a document, checked: its attributes are known and their values allowed."""

    name: str
    attributes: dict[str, str]
    text: str
    children: tuple["Verb", ...]

    def seconds(self, attribute: str, default: int) -> int:
        """Return a whole number of seconds, or the carrier's default where the attribute is absent."""
        return int(self.attributes.get(attribute, default))

    def events(self, attribute: str, default: str) -> frozenset[str]:
        """Return the set of subscribed events named by an attribute."""
        return frozenset(self.attributes.get(attribute, default).split())


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SAY = frozenset({"voice", "loop", "language"})
_PLAY = frozenset({"loop", "digits"})
_RECORDING_CALLBACK = frozenset(
    {"recordingStatusCallback", "recordingStatusCallbackMethod", "recordingStatusCallbackEvent"}
)
_GATHER = _words(
    "input action method timeout speechTimeout maxSpeechTime profanityFilter finishOnKey numDigits"
    " partialResultCallback partialResultCallbackMethod language hints bargeIn debug actionOnEmptyResult"
    " speechModel enhanced"
)
_DIAL = _RECORDING_CALLBACK | _words(
    "action method timeout hangupOnStar timeLimit callerId record trim answerOnBridge ringTone recordingTrack"
    " sequential referUrl referMethod events"
)
_NUMBER = _words(
    "sendDigits url method statusCallbackEvent statusCallback statusCallbackMethod byoc machineDetection"
    " amdStatusCallbackMethod amdStatusCallback machineDetectionTimeout machineDetectionSpeechThreshold"
    " machineDetectionSpeechEndThreshold machineDetectionSilenceTimeout"
)
_RECORD = _RECORDING_CALLBACK | _words(
    "action method timeout finishOnKey maxLength playBeep trim transcribe transcribeCallback"
)
_TRANSCRIPTION = _words(
    "name track statusCallbackUrl statusCallbackMethod inboundTrackLabel outboundTrackLabel partialResults"
    " languageCode transcriptionEngine profanityFilter speechModel hints enableAutomaticPunctuation"
    " intelligenceService conversationConfiguration conversationId enableProviderData"
)
_PROMPTS = {"Say": _SAY, "Play": _PLAY, "Pause": frozenset({"length"})}
_VOCABULARY: dict[str, dict[str, frozenset[str]]] = {
    "Response": _PROMPTS
    | {
        "Gather": _GATHER,
        "Dial": _DIAL,
        "Record": _RECORD,
        "Redirect": frozenset({"method"}),
        "Hangup": frozenset(),
        "Reject": frozenset({"reason"}),
        "Start": frozenset({"action", "method"}),
        "Stop": frozenset(),
    },
    "Gather": _PROMPTS,
    "Dial": {"Number": _NUMBER},
    "Start": {"Transcription": _TRANSCRIPTION},
    "Stop": {"Transcription": frozenset({"name"})},
}
_IN_A_WHISPER = frozenset({"Say", "Play", "Pause", "Gather", "Hangup", "Redirect"})

_CALL_EVENTS = frozenset({"initiated", "ringing", "answered", "completed"})
_RECORDING_EVENTS = frozenset({"in-progress", "completed", "absent"})
_ONE_OF: dict[tuple[str, str], frozenset[str]] = {
    ("Dial", "record"): _words(
        "do-not-record record-from-answer record-from-ringing record-from-answer-dual record-from-ringing-dual"
        " true false"
    ),
    ("Dial", "trim"): frozenset({"trim-silence", "do-not-trim"}),
    ("Record", "trim"): frozenset({"trim-silence", "do-not-trim"}),
    ("Dial", "recordingTrack"): frozenset({"inbound", "outbound", "both"}),
    ("Reject", "reason"): frozenset({"rejected", "busy"}),
    ("Number", "machineDetection"): frozenset({"Enable", "DetectMessageEnd"}),
    ("Gather", "input"): frozenset({"dtmf", "speech", "dtmf speech", "speech dtmf"}),
    ("Transcription", "track"): frozenset({"inbound_track", "outbound_track", "both_tracks"}),
}
_SOME_OF: dict[tuple[str, str], frozenset[str]] = {
    ("Number", "statusCallbackEvent"): _CALL_EVENTS,
    ("Dial", "recordingStatusCallbackEvent"): _RECORDING_EVENTS,
    ("Record", "recordingStatusCallbackEvent"): _RECORDING_EVENTS,
}
_WHOLE_NUMBER: dict[tuple[str, str], tuple[int, int]] = {
    ("Dial", "timeout"): (5, 600),
    ("Dial", "timeLimit"): (1, 86400),
    ("Gather", "timeout"): (0, 600),
    ("Gather", "numDigits"): (1, 255),
    ("Record", "maxLength"): (2, 86400),
    ("Record", "timeout"): (0, 600),
    ("Pause", "length"): (0, 14400),
    ("Say", "loop"): (0, 1000),
    ("Play", "loop"): (0, 1000),
}
_YES_OR_NO = _words(
    "answerOnBridge hangupOnStar sequential playBeep transcribe actionOnEmptyResult profanityFilter enhanced bargeIn"
    " partialResults enableAutomaticPunctuation"
)
_URLS = _words(
    "action url statusCallback statusCallbackUrl recordingStatusCallback transcribeCallback amdStatusCallback"
    " partialResultCallback referUrl"
)
_E164 = re.compile(r"\+[1-9]\d{6,14}")


def parse_twiml(*, body: bytes, content_type: str | None, whisper: bool = False) -> tuple[Verb, ...]:
    """Read one answer into its verbs. `whisper` holds it to what a `<Number url>` document may do.

    Raises TwimlError where Twilio would refuse or speak something unintended: text/plain is such a case, as Twilio
    reads it aloud to the caller.
    """
    kind = (content_type or "").split(";")[0].strip().lower()
    if kind not in CONTENT_TYPES:
        raise TwimlError(12300, f"the answer has content type {kind or 'none'!r}, not XML")
    if len(body) > LONGEST_DOCUMENT:
        raise TwimlError(11750, f"the document is {len(body)} bytes long; {LONGEST_DOCUMENT} are allowed")
    if re.search(rb"<!(DOCTYPE|ENTITY)", body[:2000], re.IGNORECASE):
        raise TwimlError(12100, "a document type has no place in TwiML (is this an HTML page?)")
    try:
        root = ET.fromstring(body)  # noqa: S314 - no DTD passes the line above, so nothing can expand
    except ET.ParseError as flaw:
        raise TwimlError(12100, f"not well-formed XML: {flaw}") from flaw
    if root.tag != "Response":
        raise TwimlError(12100, f"the document's root is <{root.tag}>, not <Response>")
    verbs = tuple(_read(element=child, parent="Response") for child in root)
    for verb in verbs if whisper else ():
        if verb.name not in _IN_A_WHISPER:
            code = 13201 if verb.name == "Dial" else 12200
            raise TwimlError(code, f"<{verb.name}> is not allowed in a whisper")
    return verbs


def resolve(*, base: str, url: str) -> str:
    """Make a URL of a document absolute against the URL that the document came from, that one's fragment left out."""
    return urljoin(base.partition("#")[0], url)


def _read(*, element: ET.Element, parent: str) -> Verb:
    name = element.tag
    known = _VOCABULARY.get(parent, {})
    if name not in known:
        raise TwimlError(12200, f"<{name}> is not allowed in <{parent}>")
    attributes = {key.replace("{http://www.w3.org/XML/1998/namespace}", "xml:"): v for key, v in element.attrib.items()}
    for attribute, value in attributes.items():
        if attribute not in known[name]:
            raise TwimlError(12200, f"attribute {attribute!r} is not allowed on <{name}>")
        _check_value(name=name, attribute=attribute, value=value)
    if name == "Say":
        return _say(element=element, attributes=attributes)
    verb = Verb(
        name=name,
        attributes=attributes,
        text=(element.text or "").strip(),
        children=tuple(_read(element=child, parent=name) for child in element),
    )
    _check_content(verb)
    return verb


def _say(*, element: ET.Element, attributes: dict[str, str]) -> Verb:
    # Speech markup inside <Say> is spoken, not followed: its text is what counts here.
    words = " ".join("".join(element.itertext()).split())
    if not words or len(words) > 4096:
        raise TwimlError(13520, f"<Say> holds {len(words)} characters; 1 to 4096 are allowed")
    return Verb(name="Say", attributes=attributes, text=words, children=())


def _check_value(*, name: str, attribute: str, value: str) -> None:
    key = (name, attribute)
    if key in _ONE_OF and value not in _ONE_OF[key]:
        raise TwimlError(12200, f"{attribute}={value!r} on <{name}> is none of {sorted(_ONE_OF[key])}")
    if key in _SOME_OF and not set(value.split()) <= _SOME_OF[key]:
        raise TwimlError(12200, f"{attribute}={value!r} on <{name}> names an unknown event")
    if key in _WHOLE_NUMBER:
        low, high = _WHOLE_NUMBER[key]
        if not re.fullmatch(r"\d+", value) or not low <= int(value) <= high:
            raise TwimlError(12200, f"{attribute}={value!r} on <{name}> is not a whole number from {low} to {high}")
    if attribute in _YES_OR_NO and value not in {"true", "false"}:
        raise TwimlError(12200, f"{attribute}={value!r} on <{name}> is neither 'true' nor 'false'")
    if attribute.lower().endswith("method") and value != "POST":
        raise TwimlError(12200, f"{attribute}={value!r} on <{name}>: this carrier sends POST only")
    if attribute in _URLS:
        _check_url(value)


def _check_url(url: str) -> None:
    scheme = re.match(r"([a-zA-Z][a-zA-Z0-9+.-]*):", url)
    if not url or re.search(r"\s", url) or (scheme and scheme[1].lower() not in {"http", "https"}):
        raise TwimlError(11100, f"{url!r} is not a URL that the carrier can ask")


def _check_content(verb: Verb) -> None:
    if verb.name in {"Redirect", "Play"} and not verb.attributes.get("digits"):
        _check_url(verb.text)
    if verb.name == "Dial":
        if not verb.text and not verb.children:
            raise TwimlError(13201, "<Dial> has nothing to dial")
        if len(verb.children) > 10:
            raise TwimlError(12200, "more than ten <Number> in one <Dial>")
    dialled = verb.name == "Number" or (verb.name == "Dial" and not verb.children)
    if dialled and not _E164.fullmatch(verb.text):
        raise TwimlError(13224, f"{verb.text!r} is not a telephone number in E.164")
    if verb.name in {"Start", "Stop"} and not verb.children:
        raise TwimlError(12200, f"<{verb.name}> names nothing to {verb.name.lower()}")
