"""Every carrier that calltrack can talk with, by the name that stands in its webhooks' paths and in deliveries."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from werkzeug.datastructures import MultiDict

from calltrack.config import Settings
from calltrack.telephony import signalwire, twilio
from calltrack.telephony.carrier import Delivery, Event, Kind, TextMessage


class Verify(Protocol):
    """True when one of `tokens` signed this request for `url` (as configured at the carrier, query as it came)."""

    def __call__(
        self, *, url: str, form: MultiDict[str, str], body: bytes, signature: str | None, tokens: Sequence[str]
    ) -> bool: ...


class Parse(Protocol):
    """What a request says; its `call_sid` is empty when it names no call."""

    def __call__(self, *, kind: Kind, params: Mapping[str, str]) -> Event: ...


@dataclass(frozen=True)
class Access:
    """How an account is reached at a carrier: its id there, what opens its API (the first) and signs its requests
    (any), and the API's address. An empty `account` means that the settings do not name one. The last four:
    which settings hold the token, the address, the account and the keys."""

    account: str
    api_token: str
    signing_keys: tuple[str, ...]
    api_url: str
    opened_by: str = "TWILIO_AUTH_TOKEN"
    found_by: str = "TWILIO_API_URL"
    named_by: str = "TWILIO_ACCOUNT_SID"
    signed_by: str = "TWILIO_AUTH_TOKEN"

    @property
    def missing(self) -> tuple[str, ...]:
        """The settings without which the carrier cannot be reached, or its requests not be believed."""
        needed = (
            (self.account, self.named_by), (self.api_token, self.opened_by), (self.api_url, self.found_by),
            (self.signing_keys, self.signed_by),
        )  # fmt: skip
        return tuple(dict.fromkeys(name for value, name in needed if not value))


@dataclass(frozen=True)
class Carrier:
    """The seam: what differs from one carrier to the next.

    `live_transcripts`: whether it writes down a call while that is on the line.
    """

    name: str
    signature_header: str
    retry_header: str
    live_transcripts: bool
    access: Callable[[Settings], Access]
    verify: Verify
    account_of: Callable[[Mapping[str, str]], str]
    parse: Parse
    parse_message: Callable[[Mapping[str, str]], TextMessage | None]
    attestation: Callable[[Mapping[str, str]], str | None]
    attachments: Callable[[Mapping[str, str]], int]
    withheld: frozenset[str]
    without_words: Callable[[Mapping[str, str]], dict[str, str]]
    without_caller: Callable[[Mapping[str, str]], dict[str, str]]
    reworded: Callable[[Mapping[str, str], str], dict[str, str]]
    written_from: Callable[[Mapping[str, str]], tuple[str, str] | None]


def _twilio_access(settings: Settings) -> Access:
    tokens = settings.twilio_auth_token
    return Access(settings.twilio_account_sid, tokens[0] if tokens else "", tokens, settings.twilio_api_url)


def _signalwire_access(settings: Settings) -> Access:
    space = settings.signalwire_space_url
    return Access(
        account=settings.signalwire_project_id,
        api_token=settings.signalwire_api_token,
        signing_keys=settings.signalwire_signing_key,
        api_url=f"{space}{signalwire.API_PATH}" if space else "",
        opened_by="SIGNALWIRE_API_TOKEN",
        found_by="SIGNALWIRE_SPACE_URL",
        named_by="SIGNALWIRE_PROJECT_ID",
        signed_by="SIGNALWIRE_SIGNING_KEY",
    )


_TWILIO = Carrier(
    name=twilio.CARRIER,
    signature_header=twilio.SIGNATURE_HEADER,
    retry_header=twilio.RETRY_HEADER,
    live_transcripts=True,
    access=_twilio_access,
    verify=twilio.verify,
    account_of=twilio.account_of,
    parse=twilio.parse,
    parse_message=twilio.parse_message,
    attestation=twilio.attestation,
    attachments=twilio.attachments,
    withheld=frozenset(twilio.WITHHELD),
    without_words=twilio.without_words,
    without_caller=twilio.without_caller,
    reworded=twilio.reworded,
    written_from=twilio.written_from,
)
_SIGNALWIRE = replace(
    _TWILIO,
    name=signalwire.CARRIER,
    signature_header=signalwire.SIGNATURE_HEADER,
    live_transcripts=False,
    access=_signalwire_access,
    verify=signalwire.verify,
    parse=signalwire.parse,
)
CARRIERS = {one.name: one for one in (_TWILIO, _SIGNALWIRE)}
WITHHELD = frozenset[str]().union(*(one.withheld for one in CARRIERS.values()))
"""What stands in a number's place where a caller keeps it to themselves, in the words of any carrier."""


def access_of(settings: Settings, *, carrier: str) -> Access:
    """How the settings reach that carrier; KeyError for one that is not known."""
    return CARRIERS[carrier].access(settings)


def writes_transcripts(*, carrier: str) -> bool:
    """Whether it may write down a call while that is on the line; so may one that is not known."""
    known = CARRIERS.get(carrier)
    return known is None or known.live_transcripts


def parse(*, carrier: str, kind: Kind, params: Mapping[str, str]) -> Event:
    """What a carrier's request says of a call; KeyError for a carrier that is not known."""
    return CARRIERS[carrier].parse(kind=kind, params=params)


def parse_message(delivery: Delivery) -> TextMessage | None:
    """The text message that a delivery brings; None when it has no id."""
    return CARRIERS[delivery.carrier].parse_message(delivery.params)


def without_words(*, carrier: str, params: Mapping[str, str]) -> dict[str, str]:
    """A request without what was said or keyed in it."""
    return CARRIERS[carrier].without_words(params)


def reworded(*, carrier: str, params: Mapping[str, str], text: str) -> dict[str, str]:
    """A request with `text` in the place of what was said in it, if something was."""
    return CARRIERS[carrier].reworded(params, text)


def without_caller(*, carrier: str, params: Mapping[str, str]) -> dict[str, str]:
    """A request without what was said in it and without what tells who called; it folds into the same call."""
    return CARRIERS[carrier].without_caller(params)


def written_from(*, carrier: str, params: Mapping[str, str]) -> tuple[str, str] | None:
    """The carrier's own transcription (its id) of a recording (its id), where a request brings one that it keeps."""
    return CARRIERS[carrier].written_from(params)


def attachments(*, carrier: str, params: Mapping[str, str]) -> int:
    """How many pictures and the like came with a text message."""
    known = CARRIERS.get(carrier)
    return known.attachments(params) if known else 0


def attestation(*, carrier: str, params: Mapping[str, str]) -> str | None:
    """How the network vouched for the caller's number: A, B or C, or `failed`; None where nothing was said of it."""
    known = CARRIERS.get(carrier)
    return known.attestation(params) if known else None


def is_withheld(*, caller: str) -> bool:
    """True where a caller kept their number to themselves, in the words of any carrier: calls are imported, too."""
    return caller.lower() in WITHHELD
