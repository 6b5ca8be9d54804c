"""Sounds: what is taken, where it lies, and what plays it."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy.orm import Session

from calltrack.changes import changes_of
from calltrack.db import Database
from calltrack.models import Account, Sound
from calltrack.storage import Storage, StorageUnavailable, open_storage
from calltrack.telephony.flow_list import BadFlow, change_plan, find_version, restore
from calltrack.telephony.sounds import (
    LARGEST_SOUND,
    BadSound,
    add_sound,
    find_sound,
    keep_copies,
    list_sounds,
    playable,
    remove_sound,
    set_announcement,
    sound_key,
)
from tests.factories import Company, company
from tests.telephony.flowing import ANA, a_flow, says
from tests.telephony.sounding import companded, mp3, wav


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.write() as opened:
        yield opened


@pytest.fixture
def anas(session: Session) -> Company:
    return company(session, name="Ana's Heating", number="+13125550142")


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return open_storage(str(tmp_path / "recordings"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "sounds"


class Upload:
    """Uploads for one account."""

    def __init__(self, session: Session, account: Account, storage: Storage, folder: Path) -> None:
        self.session, self.account, self.storage, self.folder = session, account, storage, folder

    def __call__(self, body: bytes, *, name: str = "Welcome", says: str = "Welcome to Ana's.") -> Sound:
        return add_sound(
            self.session, account=self.account, storage=self.storage, folder=self.folder, name=name, says=says,
            body=body, by=ANA,
        )  # fmt: skip


@pytest.fixture
def upload(session: Session, anas: Company, storage: Storage, folder: Path) -> Upload:
    return Upload(session, anas.account, storage, folder)


@pytest.mark.parametrize(
    ("body", "kind", "seconds"),
    [(mp3(seconds=1.5), "mp3", 2), (wav(), "wav", 1), (wav(channels=2), "wav", 1), (companded(law=7), "wav", 1)],
)
def test_an_mp3_or_wav_is_taken_and_can_be_played(
    upload: Upload, storage: Storage, folder: Path, body: bytes, kind: str, seconds: int
) -> None:
    sound = upload(body)
    assert (sound.kind, sound.size, sound.sha256) == (kind, len(body), sha256(body).hexdigest())
    assert sound.seconds in (seconds, seconds + 1)  # an MP3 is padded by its encoder
    assert playable(folder=folder, sha256=sound.sha256) == f"{sound.sha256}.{kind}"
    assert b"".join(storage.read(key=sound_key(sound.account_id, sound.sha256, kind))) == body


@pytest.mark.parametrize(
    ("body", "told"),
    [(b"", "an empty body"), (b"<html>", "an HTML page"), (companded(law=6), "A-law"), (mp3()[:40], "this is"),
     (wav()[:30], "breaks off"), (wav(seconds=0), "without any sound"), (companded(law=7, seconds=601), "10.0 minutes"),
     (b"\x00" * (LARGEST_SOUND + 1), "5 MiB")],
)  # fmt: skip
def test_what_no_carrier_plays_is_refused(upload: Upload, folder: Path, body: bytes, told: str) -> None:
    with pytest.raises(BadSound, match=told):
        upload(body)
    assert not list(folder.glob("*"))


def test_a_sound_has_a_name_and_the_words_that_it_says(upload: Upload) -> None:
    for name, words in (("", "x"), ("x" * 101, "x"), ("x", " "), ("x", "x" * 1001)):
        with pytest.raises(BadSound):
            upload(wav(), name=name, says=words)


def test_the_same_file_twice_is_one_sound(database: Database, storage: Storage, folder: Path) -> None:
    with database.write.begin() as session:
        account = company(session, name="Ana's Heating", number="+13125550142").account
    both = Barrier(2)

    def send(name: str) -> int:
        with database.write() as session:
            both.wait(timeout=30)
            with session.begin():
                return Upload(session, account, storage, folder)(wav(), name=name).id

    with ThreadPoolExecutor(2) as people:
        assert len(set(people.map(send, ("Welcome", "Hello")))) == 1
    with database.read() as session:
        assert len(list_sounds(session, account=account)) == 1


def test_copies_come_back_from_the_storage_and_go_when_nobody_has_them(
    session: Session, upload: Upload, storage: Storage, folder: Path
) -> None:
    sound = upload(mp3())
    name = playable(folder=folder, sha256=sound.sha256)
    assert name is not None
    (folder / name).unlink()
    assert playable(folder=folder, sha256=sound.sha256) is None
    fresh, stale = folder / f"{'a' * 64}.mp3", folder / f"{'b' * 64}.mp3"
    for one in (fresh, stale):
        one.write_bytes(b"x")
    os.utime(stale, (0, 0))
    keep_copies(session, storage=storage, folder=folder)
    assert (folder / name).read_bytes() == mp3()
    # A new one may be of an upload under way.
    assert (fresh.exists(), stale.exists()) == (True, False)


def test_a_file_that_the_storage_lost_or_spoilt_is_not_played(
    session: Session, upload: Upload, storage: Storage, folder: Path, tmp_path: Path
) -> None:
    sound = upload(mp3())
    (folder / f"{sound.sha256}.mp3").unlink()
    spoilt = tmp_path / "spoilt"
    spoilt.write_bytes(b"noise")
    storage.put(key=sound_key(sound.account_id, sound.sha256, "mp3"), source=spoilt)
    keep_copies(session, storage=storage, folder=folder)
    storage.delete(key=sound_key(sound.account_id, sound.sha256, "mp3"))
    keep_copies(session, storage=storage, folder=folder)
    assert playable(folder=folder, sha256=sound.sha256) is None


def test_without_the_storage_the_copies_stay_as_they_are(
    session: Session, upload: Upload, storage: Storage, folder: Path, tmp_path: Path
) -> None:
    kept, away = upload(mp3()), upload(wav())
    (folder / f"{away.sha256}.wav").unlink()
    (tmp_path / "recordings").rename(tmp_path / "elsewhere")
    (tmp_path / "recordings").write_bytes(b"no folder")
    keep_copies(session, storage=storage, folder=folder)
    assert playable(folder=folder, sha256=kept.sha256)
    assert playable(folder=folder, sha256=away.sha256) is None
    with pytest.raises(StorageUnavailable):
        upload(wav(pitch=880))


@pytest.mark.parametrize("name", ["", "..", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 64 + "\n"])
def test_what_is_no_digest_is_not_played(folder: Path, name: str) -> None:
    folder.mkdir()
    assert playable(folder=folder, sha256=name) is None


def test_a_sound_stays_while_something_plays_it(session: Session, anas: Company, upload: Upload, folder: Path) -> None:
    sound = upload(wav())
    flow = a_flow(session, account=anas.account, plan=says(sound.says, audio=sound.sha256))
    set_announcement(session, owner=anas.campaign, text=None, audio=sound.sha256, by=ANA)
    set_announcement(session, owner=anas.account, text=sound.says, audio=sound.sha256, by=ANA)
    with pytest.raises(BadSound, match="the account's announcement, the announcement of 'Billboard', the flow 'Ev"):
        remove_sound(session, sound=sound, folder=folder, by=ANA)
    set_announcement(session, owner=anas.account, text="Recorded.", audio=None, by=ANA)
    set_announcement(session, owner=anas.campaign, text=None, audio=None, by=ANA)
    change_plan(session, flow=flow, plan=says("Bye."), by=ANA)
    remove_sound(session, sound=sound, folder=folder, by=ANA)
    session.commit()
    assert (list_sounds(session, account=anas.account), playable(folder=folder, sha256=sound.sha256)) == ([], None)
    first = find_version(session, flow=flow, number=1)
    assert first is not None
    with pytest.raises(BadFlow, match="upload it first"):
        restore(session, flow=flow, version=first, by=ANA)


def test_another_company_s_sound_is_unknown_and_its_file_its_own(
    session: Session, anas: Company, upload: Upload, storage: Storage, folder: Path
) -> None:
    dees = company(session, name="Dee's Plumbing", number="+13125550177")
    sound = Upload(session, dees.account, storage, folder)(wav())
    assert find_sound(session, account=anas.account, sound_id=sound.id) is None
    with pytest.raises(BadSound, match="among yours"):
        set_announcement(session, owner=anas.campaign, text="x", audio=sound.sha256, by=ANA)
    own = upload(wav())
    assert own.id != sound.id
    remove_sound(session, sound=own, folder=folder, by=ANA)
    session.commit()
    assert playable(folder=folder, sha256=sound.sha256) is not None


def test_an_announcement_is_the_campaign_s_or_the_account_s_and_has_words(
    session: Session, anas: Company, upload: Upload
) -> None:
    sound = upload(wav(), says="Calls are recorded.")
    campaign = set_announcement(session, owner=anas.campaign, text="  ", audio=sound.sha256, by=ANA)
    assert (campaign.announcement, campaign.announcement_audio) == ("Calls are recorded.", sound.sha256)
    set_announcement(session, owner=anas.campaign, text="We record.", audio=None, by=ANA)
    kept = changes_of(session, account_id=anas.account.id, noun="campaign", noun_id=anas.campaign.id)
    assert [(one.field, one.now) for one in kept] == [
        ("announcement", "Calls are recorded."), ("announcement_audio", sound.sha256),
        ("announcement", "We record."), ("announcement_audio", None),
    ]  # fmt: skip
    with pytest.raises(BadSound, match="'Welcome' says other words than these"):
        set_announcement(session, owner=anas.campaign, text="Welcome.", audio=sound.sha256, by=ANA)
    for text in (None, " ", "x" * 1001):
        with pytest.raises(BadSound):
            set_announcement(session, owner=anas.account, text=text, audio=None, by=ANA)
