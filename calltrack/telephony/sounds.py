"""Uploaded recordings that callers hear: kept in the storage, and served from copies on this machine.

What a caller hears must not hang on the database or a bucket: the copies in `var/sounds` are there when those are away.
"""

import logging
import os
import re
import tempfile
import time
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256 as hash_of
from pathlib import Path
from typing import TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from calltrack.accounts.turn import wait_for_turn
from calltrack.audio_file import A_LAW, NotAudio, parse_wav, read_recording
from calltrack.changes import Noun, record
from calltrack.db import after_commit
from calltrack.models import Account, CallFlow, Campaign, FlowVersion, Sound
from calltrack.storage import Storage, StorageUnavailable
from calltrack.telephony.plan import LONGEST_WORDS, Plan, sounds_of

LARGEST_SOUND = 5 * 1024 * 1024  # bytes
LONGEST_SOUND = 600  # seconds
LONGEST_NAME = 100  # characters
MOST_SOUNDS = 500
KINDS = {"mp3": "audio/mpeg", "wav": "audio/wav"}
_FILE = re.compile(r"([0-9a-f]{64})\.(mp3|wav)", re.ASCII)
# What telephones and computers record in, by the mark that such a file begins with.
_OTHER_FORMATS = {
    b"ftyp": "M4A", b"3gp": "3GP", b"adts": "AAC", b"#!AM": "AMR", b"OggS": "Ogg", b"caff": "CAF", b"fLaC": "FLAC",
    b"FORM": "AIFF", b"\x30\x26\xb2\x75": "WMA", b"\x1a\x45\xdf\xa3": "WebM",
}  # fmt: skip
_NEW = 3600  # seconds in which a copy may be of an upload that is not committed yet
Owner = TypeVar("Owner", Account, Campaign)
_log = logging.getLogger(__name__)


class BadSound(ValueError):
    """A sound, or words for callers, that cannot be; the message says what to do."""


def add_sound(
    session: Session, *, account: Account, storage: Storage, folder: Path, name: str, says: str, body: bytes, by: str
) -> Sound:
    """Keep a recording that callers may hear: an MP3, or a WAV in PCM or mu-law, mono or stereo, of at most 5 MiB and
    ten minutes.

    `says` are its words: spoken where the file cannot be played, and what a call's consent is kept as. The same file
    again is the same sound, under the name and words that it has. Raises BadSound, StorageUnavailable.
    """
    name, says = " ".join(name.split()), says.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise BadSound(f"a sound needs a name, of at most {LONGEST_NAME} characters")
    if not 0 < len(says) <= LONGEST_WORDS:
        raise BadSound(f"write the words that the sound says, at most {LONGEST_WORDS:,} characters")
    if len(body) > LARGEST_SOUND:
        raise BadSound("a sound has at most 5 MiB; an MP3 of 32 kbit/s is enough for a telephone")
    digest = hash_of(body).hexdigest()
    with tempfile.NamedTemporaryFile() as file:
        file.write(body)
        file.flush()
        kind, seconds = _measure(Path(file.name))
        # Before the first look at the database, for a bucket may take its time.
        storage.put(key=sound_key(account.id, digest, kind), source=Path(file.name))
    _write_copy(folder=folder, name=f"{digest}.{kind}", body=body)
    wait_for_turn(session, account=account)  # Race: the same file is sent twice at once
    own = select(Sound).where(Sound.account_id == account.id)
    if found := session.scalar(own.where(Sound.sha256 == digest)):
        return found
    if (session.scalar(select(func.count()).select_from(own.subquery())) or 0) >= MOST_SOUNDS:
        raise BadSound(f"there are {MOST_SOUNDS} sounds, and no more can be; remove some that nothing plays")
    sound = Sound(
        account_id=account.id, sha256=digest, kind=kind, name=name, says=says, seconds=seconds, size=len(body),
        made_at=datetime.now(UTC), made_by=by,
    )  # fmt: skip
    session.add(sound)
    session.flush()
    record(session, account_id=account.id, noun="sound", noun_id=sound.id, fields={"name": (None, name)}, by=by)
    session.flush()
    return sound


def find_same(session: Session, *, account: Account, body: bytes) -> Sound | None:
    """The account's sound that is this very file."""
    digest = hash_of(body).hexdigest()
    return session.scalar(select(Sound).where(Sound.account_id == account.id, Sound.sha256 == digest))


def sound_key(account_id: int, sha256: str, kind: str) -> str:
    """Where the storage keeps the file."""
    return f"{account_id}/sounds/{sha256}.{kind}"


def list_sounds(session: Session, *, account: Account) -> list[Sound]:
    """The account's sounds by name."""
    found = session.scalars(select(Sound).where(Sound.account_id == account.id))
    return sorted(found, key=lambda one: (one.name.casefold(), one.id))


def find_sound(session: Session, *, account: Account, sound_id: int) -> Sound | None:
    """The account's own sound of that id."""
    return session.scalar(select(Sound).where(Sound.account_id == account.id, Sound.id == sound_id))


def name_sound(session: Session, *, account_id: int, sha256: str | None) -> str | None:
    """What the account's sound is called; None where it has no such sound, or no more."""
    return session.scalar(select(Sound.name).where(Sound.account_id == account_id, Sound.sha256 == sha256))


def remove_sound(session: Session, *, sound: Sound, folder: Path, by: str) -> None:
    """Offer it no more and take it from the web. Raises BadSound while something plays it.

    The file stays in the storage: it may be what callers of the past were told.
    """
    account = session.get_one(Account, sound.account_id)
    wait_for_turn(session, account=account)
    if used := _users(session, account=account, sha256=sound.sha256):
        raise BadSound(f"{sound.name!r} is played by {', '.join(used[:3])}; choose other words there first")
    fields = {"name": (sound.name, None), "sha256": (sound.sha256, None)}
    record(session, account_id=account.id, noun="sound", noun_id=sound.id, fields=fields, by=by)
    session.delete(sound)
    session.flush()
    if not session.scalar(select(Sound.id).where(Sound.sha256 == sound.sha256)):
        copy = folder / f"{sound.sha256}.{sound.kind}"
        after_commit(session, lambda: copy.unlink(missing_ok=True))


def set_announcement(session: Session, *, owner: Owner, text: str | None, audio: str | None, by: str) -> Owner:
    """What callers are told about recording, before all else: an own sound (by its SHA-256), else the words, spoken.

    A sound brings its own words, because they are what a call's consent is kept as: none but those may be given with
    it. A campaign that has neither says what the account says, which has to say something. Returns the owner as it is
    now. Raises BadSound.
    """
    account_id = owner.id if isinstance(owner, Account) else owner.account_id
    # Race: a sound is removed at this moment; two people change the words.
    wait_for_turn(session, account=session.get_one(Account, account_id))
    own = session.get_one(type(owner), owner.id, populate_existing=True)
    text = (text or "").strip() or None
    if audio is not None:
        sound = session.scalar(select(Sound).where(Sound.account_id == account_id, Sound.sha256 == audio))
        if sound is None:
            raise BadSound(f"there is no sound {audio[:12]!r} among yours; upload it first")
        if text is not None and not same_words(text, sound.says):
            raise BadSound(
                f"{sound.name!r} says other words than these, and with each call is kept what was heard; leave the "
                "words empty to keep the sound's own, or upload it anew with the right ones"
            )
        text = sound.says
    if text is None and isinstance(own, Account):
        raise BadSound("callers have to be told that the call is recorded: write what they hear")
    if text is not None and len(text) > LONGEST_WORDS:
        raise BadSound(f"an announcement has at most {LONGEST_WORDS:,} characters")
    asked = {"announcement": text, "announcement_audio": audio}
    fields = {name: (getattr(own, name), value) for name, value in asked.items()}
    for name, value in asked.items():
        setattr(own, name, value)
    noun: Noun = "account" if isinstance(own, Account) else "campaign"
    record(session, account_id=account_id, noun=noun, noun_id=own.id, fields=fields, by=by)
    session.flush()
    return own


def same_words(one: str, other: str) -> bool:
    """Whether two texts say the same, however their blanks and lines lie."""
    return one.split() == other.split()


def tells_of_recording(words: str) -> bool:
    """Whether an announcement has any word about recording in it. What it has to say is for a lawyer to tell; one that
    says nothing of it is most likely a mistake."""
    return "record" in words.casefold()


def playable(*, folder: Path, sha256: str) -> str | None:
    """The name of the copy on this machine; None where there is none, so that the words are spoken instead."""
    names = (f"{sha256}.{kind}" for kind in KINDS)
    return next((name for name in names if _FILE.fullmatch(name) and (folder / name).is_file()), None)


def fetch_copy(session: Session, *, storage: Storage, folder: Path, name: str) -> bool:
    """Have a sound's copy on this machine, from the storage if need be; False where no account has such a sound.

    `name` is `<sha256>.<kind>`. Raises StorageUnavailable.
    """
    parts = _FILE.fullmatch(name)
    if parts is None:
        return False
    if (folder / name).is_file():
        return True
    digest, kind = parts.groups()
    owners = session.scalars(select(Sound.account_id).where(Sound.sha256 == digest, Sound.kind == kind))
    for account_id in owners:
        try:
            body = b"".join(storage.read(key=sound_key(account_id, digest, kind)))
        except FileNotFoundError:
            continue
        if hash_of(body).hexdigest() == digest:
            _write_copy(folder=folder, name=name, body=body)
            return True
    return False


def keep_copies(session: Session, *, storage: Storage, folder: Path) -> None:
    """Have a copy of every account's sounds on this machine, and none of those that were removed.

    What the storage cannot give now is fetched the next time.
    """
    wanted = {f"{one.sha256}.{one.kind}" for one in session.execute(select(Sound.sha256, Sound.kind).distinct())}
    there = {path.name: path for path in folder.glob("*")} if folder.is_dir() else {}
    for name in sorted(wanted - there.keys()):
        try:
            if not fetch_copy(session, storage=storage, folder=folder, name=name):
                _log.error("the sound %s is missing from the storage: its words are spoken instead", name)
        except (StorageUnavailable, OSError) as error:
            _log.error("the sounds cannot be copied now, the words are spoken instead: %s", error)
            return
    for name in there.keys() - wanted:
        with suppress(FileNotFoundError):  # another web process was quicker
            if time.time() - there[name].stat().st_mtime > _NEW:
                there[name].unlink()


def _measure(path: Path) -> tuple[str, int]:
    """What it is and how many seconds it lasts, rounded up."""
    try:
        found = read_recording(path=path)
    except NotAudio as error:
        with path.open("rb") as body:
            other = _OTHER_FORMATS.get(_format(body.read(64)))
        if other:
            raise BadSound(
                f"this is a recording in a format that carriers do not play ({other}); save it as MP3 or WAV"
            ) from None
        what = "no recording that carriers play" if str(error).startswith("neither") else error
        raise BadSound(f"this is {what}; send an MP3 or a WAV") from None
    with path.open("rb") as body:
        wav = parse_wav(body)
    if wav is not None and wav.encoding == A_LAW:
        raise BadSound("this is a WAV in A-law, which carriers do not play; send an MP3, or a WAV in PCM or mu-law")
    if found.duration > LONGEST_SOUND:
        raise BadSound(f"this lasts {found.duration / 60:.1f} minutes; a sound lasts at most {LONGEST_SOUND // 60}")
    return "mp3" if wav is None else "wav", -int(-found.duration // 1)


def _format(head: bytes) -> bytes:
    """The mark that a file of another kind begins with; of an MP4, which has it after a length, its `ftyp`."""
    if head[4:8] == b"ftyp":
        return b"3gp" if head[8:11] == b"3gp" else b"ftyp"
    if head[:2] in {b"\xff\xf1", b"\xff\xf9"}:
        return b"adts"
    return head[:4]


def _write_copy(*, folder: Path, name: str, body: bytes) -> None:
    """Whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, prefix=f".{name}.", delete=False) as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).replace(folder / name)


def _users(session: Session, *, account: Account, sha256: str) -> list[str]:
    """Everything that plays the sound, in words."""
    own = session.get_one(Account, account.id)
    used = ["the account's announcement"] if own.announcement_audio == sha256 else []
    campaigns = select(Campaign.name).where(Campaign.account_id == account.id, Campaign.announcement_audio == sha256)
    used += [f"the announcement of {name!r}" for name in session.scalars(campaigns.order_by(Campaign.name))]
    flows = session.execute(
        select(CallFlow.name, CallFlow.draft, FlowVersion.plan)
        .outerjoin(FlowVersion, FlowVersion.id == CallFlow.version_id)
        .where(CallFlow.account_id == account.id, CallFlow.retired_at.is_(None))
        .order_by(CallFlow.name)
    )
    for name, draft, plan in flows:
        if any(kept and sha256 in sounds_of(Plan.model_validate(kept)) for kept in (draft, plan)):
            used.append(f"the flow {name!r}")
    return used
