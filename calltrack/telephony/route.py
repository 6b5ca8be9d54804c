"""What callers of one tracking number get, as a flow is led by it."""

from dataclasses import dataclass

from calltrack.telephony.plan import Plan, Prompt
from calltrack.telephony.recording_law import STRICTEST, Policy


@dataclass(frozen=True)
class Route:
    """What callers of one tracking number get.

    `forward_to`: the number's own phones, for steps that name none. `campaign`: the name of the number's campaign
    now. `zone`: the account's (an IANA name). `version_id`: the FlowVersion that `plan` is of, None for the plain
    flow. `blocked`: patterns of callers who are turned away. `transcribe`: have the carrier transcribe live.
    `parked`: the number is out of use. `policy`: what the company decided about recording.
    """

    number: str
    forward_to: tuple[str, ...]
    whisper: str | None
    announcement: Prompt
    campaign: str | None
    zone: str
    plan: Plan
    flow_id: int | None
    version_id: int | None
    blocked: tuple[str, ...]
    transcribe: bool
    parked: bool
    policy: Policy = STRICTEST
