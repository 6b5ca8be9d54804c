"""Clips: a part of a call that whoever has the link may hear for a time."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.accounts.accounts import hash_secret
from calltrack.calls.recordings import main_recording
from calltrack.calls.transcripts import transcript_of, turns_heard
from calltrack.models import Account, Call, Clip, Recording
from calltrack.phone import mask

LASTS = {"1": timedelta(days=1), "7": timedelta(days=7), "30": timedelta(days=30)}
"""How long a link may last, by the number of days."""

SHORTEST = 1.0  # seconds
# Nobody notes when each word was said: a turn's words are spread evenly over its time, which lies between these.
_FAST, _SLOW = 0.25, 0.5  # seconds a word


class BadClip(ValueError):
    """A clip that cannot be made or ended; the message says why."""


@dataclass(frozen=True)
class Heard:
    """A clip as a listener gets it. `key`: where its recording is stored; `turns`: {speaker, text} of that part, empty
    where no words go with it; `caller` is masked."""

    clip: Clip
    account: Account
    called_at: datetime
    caller: str
    key: str
    turns: list[dict[str, Any]]


def make_clip(
    session: Session, *, call: Call, start: float, end: float, lasts: str, with_words: bool, made_by: str
) -> tuple[Clip, str]:
    """A clip and the token of its link, of which only a hash is kept. `start`, `end`: seconds. Raises BadClip."""
    recording = main_recording(session, call_id=call.id)
    if recording is None or recording.status != "stored":
        raise BadClip("there is no recording to share a part of")
    end = min(end, float(recording.duration or end))  # people ask for "to the end" with a second too many
    if not 0 <= start <= end - SHORTEST:
        raise BadClip("its end lies at least a second after its start, within the recording")
    if lasts not in LASTS:
        raise BadClip(f"a link lasts {', '.join(LASTS)} days")
    token, now = secrets.token_urlsafe(32), datetime.now(UTC)
    clip = Clip(
        account_id=call.account_id, call_id=call.id, recording_id=recording.id, token_hash=hash_secret(token),
        start=start, end=end, with_words=with_words, made_by=made_by, made_at=now, expires_at=now + LASTS[lasts],
    )  # fmt: skip
    session.add(clip)
    session.flush()
    return clip, token


def clips_of(session: Session, *, call_id: int) -> list[Clip]:
    """The call's clips, newest first."""
    return list(session.scalars(select(Clip).where(Clip.call_id == call_id).order_by(Clip.id.desc())))


def end_clip(session: Session, *, call: Call, clip_id: int, ended_by: str) -> None:
    """From now on its link opens nothing; one that is over already stays as it is. Raises BadClip."""
    clip = session.get(Clip, clip_id)
    if clip is None or clip.call_id != call.id:
        raise BadClip("this call has no such clip")
    if is_open(clip):
        clip.ended_at, clip.ended_by = datetime.now(UTC), ended_by


def is_open(clip: Clip, *, now: datetime | None = None) -> bool:
    """Whether its link still opens it."""
    return clip.ended_at is None and (now or datetime.now(UTC)) < clip.expires_at


def find_clip(session: Session, *, token: str) -> Clip | None:
    """The clip of a link, be it open or over."""
    return session.scalar(select(Clip).where(Clip.token_hash == hash_secret(token)))


def hear_clip(session: Session, *, clip: Clip) -> Heard | None:
    """What a listener gets; None where the recording is not here any more, or the call turned out to be another's."""
    call = session.get_one(Call, clip.call_id)
    recording = session.get_one(Recording, clip.recording_id)
    if call.account_id != clip.account_id or recording.status != "stored":
        return None
    transcript = transcript_of(session, call_id=call.id) if clip.with_words else None
    turns = turns_heard(transcript=transcript, recording=recording) if transcript else []
    return Heard(
        clip=clip,
        account=session.get_one(Account, clip.account_id),
        called_at=call.started_at,
        caller=mask(call.caller),
        key=recording.storage_key or "",
        turns=words_between(turns, start=clip.start, end=clip.end),
    )


def words_between(turns: Sequence[dict[str, Any]], *, start: float, end: float) -> list[dict[str, Any]]:
    """What was said from `start` to `end`, as {speaker, text}, as far as that can be known of turns {speaker, start,
    text}: a turn that goes beyond is cut there, and says so by an ellipsis."""
    found = []
    for place, turn in enumerate(turns):
        words, begun = str(turn["text"]).split(), float(turn["start"])
        following = float(turns[place + 1]["start"]) if place + 1 < len(turns) else begun
        each = min(max((following - begun) / max(len(words), 1), _FAST), _SLOW)
        inside = [i for i in range(len(words)) if start <= begun + i * each < end]
        if inside:
            text = " ".join(words[inside[0] : inside[-1] + 1])
            before, after = inside[0] > 0, inside[-1] < len(words) - 1
            found.append({"speaker": turn["speaker"], "text": f"{'... ' * before}{text}{' ...' * after}"})
    return found
