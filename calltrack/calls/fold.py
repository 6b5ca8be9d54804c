"""From everything the carrier said about one call to the one row that we keep.

A pure function of the set of events and when each first arrived: any order, any repetition and any missing first
event give the same row. Where two events disagree the choice follows from their content, never from their order.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from calltrack.telephony.carrier import TERMINAL, Event, RecordingNews
from calltrack.telephony.flows import was_spoken_to

_PROGRESS = ("queued", "initiated", "ringing", "in-progress")
_RECORDING_RANK = {"in-progress": 0, "failed": 1, "absent": 2, "completed": 3}
# Who knows best what the parties are called: the first request, then the last.
_BEST_WITNESS = ("voice", "status", "dial", "voicemail", "menu")


@dataclass(frozen=True)
class Received:
    """An event, when its first delivery arrived, and what a new call was answered with: see carrier.Delivery."""

    event: Event
    received_at: datetime
    announcement: str | None = None
    announcement_audio: str | None = None
    flow_version_id: int | None = None
    turned_away: str | None = None
    recording_rule: str | None = None


@dataclass(frozen=True)
class Leg:
    """One agent's phone that was rung."""

    leg_sid: str
    number: str | None
    status: str
    duration: int | None
    bridged: bool


@dataclass(frozen=True)
class FoldedCall:
    """One call as its events tell it; the fields are those of models.Call."""

    direction: str
    dialled: str | None
    caller: str | None
    caller_name: str | None
    status: str
    started_at: datetime
    ended_at: datetime | None
    duration: int | None
    talk_seconds: int | None
    spoken: bool
    voicemail: bool
    missed: bool
    missed_reason: str | None
    answered_by: str | None
    announcement: str | None
    announced_at: datetime | None
    announcement_audio: str | None
    flow_version_id: int | None
    turned_away: str | None
    recording_rule: str | None
    legs: tuple[Leg, ...]
    recordings: tuple[RecordingNews, ...]


def fold(received: Iterable[Received]) -> FoldedCall | None:
    """The call that these events make; None when nothing here makes a call (an agent's leg alone does not)."""
    arrivals = sorted(received, key=_content)
    events = [one.event for one in arrivals]
    if not any(event.makes_a_call for event in events):
        return None
    own = [event for event in events if event.leg_sid is None]
    dials = [event for event in own if event.kind == "dial"]
    last = _terminal(own)
    ended_at = last.at if last else None
    if ended_at is None:
        ended_at = _seen_gone(arrivals)
    duration = last.duration if last else None
    recordings = _recordings(own)
    absent = {news.sid for news in recordings if news.status == "absent"}
    legs = _legs(events, dials)
    bridged = next((leg for leg in legs if leg.bridged), None)
    spoken = any(map(was_spoken_to, dials)) or (not dials and bridged is not None)
    voicemail = any(_left_a_message(event, absent=absent) for event in own)
    missed = ended_at is not None and not spoken and not voicemail
    heard = min((one for one in arrivals if one.announcement), key=_arrival, default=None)
    answered = min((one for one in arrivals if one.flow_version_id), key=_arrival, default=None)
    turned = min((one for one in arrivals if one.turned_away), key=_arrival, default=None)
    ruled = min((one for one in arrivals if one.recording_rule), key=_arrival, default=None)
    return FoldedCall(
        direction=next((event.direction for event in own if event.direction), "inbound"),
        dialled=_best(own, "dialled") or _best(events, "via"),
        caller=_best(own, "caller"),
        caller_name=_best(own, "caller_name"),
        status=_status(events, last),
        started_at=_started(arrivals, ended_at=ended_at, duration=duration),
        ended_at=ended_at,
        duration=duration,
        talk_seconds=_talk_seconds(dials, bridged) if spoken else (0 if ended_at else None),
        spoken=spoken,
        voicemail=voicemail,
        missed=missed,
        missed_reason=_missed_reason(dials, last, turned_away=turned is not None) if missed else None,
        answered_by=bridged.number if bridged else None,
        announcement=heard.announcement if heard else None,
        announced_at=heard.received_at if heard else None,
        announcement_audio=heard.announcement_audio if heard else None,
        flow_version_id=answered.flow_version_id if answered else None,
        turned_away=turned.turned_away if turned else None,
        recording_rule=ruled.recording_rule if ruled else None,
        legs=legs,
        recordings=recordings,
    )


def _arrival(one: Received) -> tuple[datetime, str, str, int, str, str]:
    """Earliest first; where two arrived in one instant their content decides, so that the choice is always the same."""
    told = (one.announcement or "", one.announcement_audio or "", one.flow_version_id or 0, one.turned_away or "")
    return (one.received_at, *told, one.recording_rule or "")


def _content(one: Received) -> tuple[str, str]:
    return (one.event.at.isoformat() if one.event.at else "", repr(one.event))


def _best(events: Sequence[Event], field: str) -> str | None:
    """The field as the best witness gives it; a recording callback knows no numbers."""
    known = [event for event in events if getattr(event, field)]
    rank = {kind: place for place, kind in enumerate(_BEST_WITNESS)}
    best = min(known, key=lambda event: rank.get(event.kind, len(rank)), default=None)
    return getattr(best, field) if best else None


def _terminal(own: Sequence[Event]) -> Event | None:
    """The first terminal status callback; a terminal status is never reopened."""
    ended = [event for event in own if event.kind == "status" and event.status in TERMINAL]
    return min(ended, key=lambda event: (event.at is None, event.at, event.sequence), default=None)


def _seen_gone(arrivals: Sequence[Received]) -> datetime | None:
    """When we first learned that the caller had gone, for a call whose last status callback never came."""
    return min((one.received_at for one in arrivals if _is_gone(one.event)), default=None)


def _is_gone(event: Event) -> bool:
    return event.leg_sid is None and event.kind != "recording" and event.status in TERMINAL


def _status(events: Sequence[Event], last: Event | None) -> str:
    if last and last.status:
        return last.status
    gone = next((event.status for event in events if _is_gone(event)), None)
    if gone:
        return gone
    said = [event.status for event in events if event.status in _PROGRESS and event.leg_sid is None]
    answered = any(event.leg_sid and event.status in ("in-progress", "completed") for event in events)
    return "in-progress" if answered else max(said, key=_PROGRESS.index, default="in-progress")


def _started(arrivals: Sequence[Received], *, ended_at: datetime | None, duration: int | None) -> datetime:
    if ended_at and duration is not None:
        return ended_at - timedelta(seconds=duration)
    first = min(one.received_at for one in arrivals)
    return min(first, ended_at) if ended_at else first


def _legs(events: Sequence[Event], dials: Sequence[Event]) -> tuple[Leg, ...]:
    bridged = {dial.dial_leg for dial in dials if was_spoken_to(dial)}
    nameless = bool(dials) and bridged == {None}  # a Dial that was answered but does not say by whom
    told: dict[str, list[Event]] = {}
    for event in events:
        if event.leg_sid:
            told.setdefault(event.leg_sid, []).append(event)
    legs: list[Leg] = []
    for sid, said in sorted(told.items()):
        ends = [event for event in said if event.kind == "status" and event.status in TERMINAL]
        progress = [event.status for event in said if event.status in _PROGRESS]
        status = (ends[0].status if ends else None) or max(progress, key=_PROGRESS.index, default="initiated")
        duration = ends[0].duration if ends else None
        legs.append(
            Leg(
                leg_sid=sid,
                number=next((event.dialled for event in said if event.dialled), None),
                status=status,
                duration=duration,
                bridged=sid in bridged,
            )
        )
    if (
        not dials or nameless
    ):  # then the phone that was talked on longest is the one: another was a voicemail's greeting
        talked = [leg for leg in legs if leg.status == "completed" and leg.duration]
        longest = max(talked, key=lambda leg: (leg.duration or 0, leg.leg_sid), default=None)
        legs = [replace(leg, bridged=leg is longest) for leg in legs]
    return tuple(legs)


def _talk_seconds(dials: Sequence[Event], bridged: Leg | None) -> int | None:
    spoken = [dial.dial_duration for dial in dials if was_spoken_to(dial) and dial.dial_duration is not None]
    if spoken:
        return max(spoken)
    return bridged.duration if bridged else None


def _left_a_message(event: Event, *, absent: set[str]) -> bool:
    """A Record action or its recording callback; a Dial action's recording is the conversation, not a message.
    What turned out to be empty or absent is none."""
    news = event.recording
    if news is None or news.duration == 0 or news.sid in absent:
        return False
    return event.kind == "voicemail" or (news.source == "message" and news.status == "completed")


def _missed_reason(dials: Sequence[Event], last: Event | None, *, turned_away: bool) -> str:
    """Why nobody of ours spoke: the first that fits.

    not_bridged: an agent's phone was picked up by its own voicemail, or the agent refused. blocked: the caller was
    turned away, and no phone rang. abandoned: the caller hung up before anyone answered.
    """
    if any(dial.dial_status in ("completed", "answered") for dial in dials):
        return "not_bridged"
    if turned_away and not dials:
        return "blocked"
    if any(dial.dial_status == "canceled" or dial.status in TERMINAL for dial in dials):
        return "abandoned"
    for said, reason in (("no-answer", "no_answer"), ("busy", "busy"), ("failed", "failed")):
        if any(dial.dial_status == said for dial in dials):
            return reason
    return last.status if last and last.status in ("busy", "failed") else "abandoned"


def _recordings(own: Sequence[Event]) -> tuple[RecordingNews, ...]:
    """One a recording id; `completed` outranks what was said before it, and each fact comes from who knows it."""
    told: dict[str, list[RecordingNews]] = {}
    for event in own:
        if event.recording:
            told.setdefault(event.recording.sid, []).append(event.recording)
    recordings = []
    for sid, said in sorted(told.items()):
        said.sort(key=lambda news: _RECORDING_RANK.get(news.status, 0), reverse=True)
        recordings.append(
            RecordingNews(
                sid=sid,
                status=said[0].status if said[0].status in _RECORDING_RANK else "in-progress",
                duration=next((news.duration for news in said if news.duration is not None), None),
                channels=next((news.channels for news in said if news.channels is not None), None),
                source=next((news.source for news in said if news.source), None),
                started_at=next((news.started_at for news in said if news.started_at), None),
            )
        )
    return tuple(recordings)
