"""An archive that is not whole, or that was made to do harm, is refused before anything is written."""

import io
import json
import shutil
import tarfile
import tracemalloc
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import inspect, select, update

from calltrack.backup.archive import BadArchive
from calltrack.backup.checking import check
from calltrack.backup.files import sound_key
from calltrack.backup.making import back_up_to, begin, finish, snapshot
from calltrack.backup.restoring import restore
from calltrack.db import Database
from calltrack.models import Recording
from calltrack.storage import open_storage
from calltrack.telephony import sounds
from tests.backup.business import open_business, stored_files
from tests.backup.conftest import House
from tests.factories import NOON

Part = tuple[tarfile.TarInfo, bytes]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    """An archive of a business."""
    folder = tmp_path_factory.mktemp("whole")
    shutil.copy(sqlite_template, folder / "calltrack.db")
    house = House(Database(f"sqlite:///{folder}/calltrack.db"), open_storage(str(folder / "recordings")))
    open_business(house, folder=folder)
    path = folder / "backup.tar"
    back_up_to(path, database=house.database, storage=house.storage, made_by="calltrack in a test")
    house.database.dispose()
    return path


@pytest.fixture
def made(whole: Path, tmp_path: Path) -> Path:
    """The same, to be spoiled."""
    return Path(shutil.copy(whole, tmp_path))


def parts(path: Path) -> list[Part]:
    with tarfile.open(path) as tar:
        return [(member, (tar.extractfile(member) or io.BytesIO()).read()) for member in tar]


def write(path: Path, these: list[Part]) -> None:
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        for member, body in these:
            member.size = len(body)
            tar.addfile(member, io.BytesIO(body))


def signed(these: list[Part]) -> list[Part]:
    """The same with sums and a manifest that fit: what somebody would write who wants it to pass."""
    inner = [(member, body) for member, body in these if member.name not in ("SHA256SUMS", "manifest.json")]
    sums = "".join(f"{sha256(body).hexdigest()}  {member.name}\n" for member, body in inner).encode()
    manifest = json.loads(next(body for member, body in these if member.name == "manifest.json"))
    files = [body for member, body in inner if member.name.startswith("recordings/")]
    manifest |= {"sums": sha256(sums).hexdigest(), "files": len(files), "bytes": sum(map(len, files))}
    return [
        *inner,
        (tarfile.TarInfo("SHA256SUMS"), sums),
        (tarfile.TarInfo("manifest.json"), json.dumps(manifest).encode()),
    ]


def test_it_opens_without_calltrack(made: Path) -> None:
    found = {member.name: body for member, body in parts(made)}
    for line in found["SHA256SUMS"].decode().splitlines():
        digest, name = line.split("  ")
        assert sha256(found.pop(name)).hexdigest() == digest
    assert set(found) == {"SHA256SUMS", "manifest.json"}
    assert json.loads(found["manifest.json"])["rows"]["calls"] == 4


def test_it_is_for_its_owner_alone(made: Path) -> None:
    assert made.stat().st_mode & 0o777 == 0o600
    assert {member.mode for member, _ in parts(made)} == {0o600}


def test_neither_secret_nor_sign_in_is_in_it(made: Path) -> None:
    tables = {member.name.split("/")[1] for member, _ in parts(made) if member.name.startswith("tables/")}
    assert tables & {"sign_ins", "mail_links", "throttles", "call_words"} == set()
    assert {"accounts", "calls", "labels", "jobs"} <= tables


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_one_that_broke_off_is_refused(made: Path, share: float) -> None:
    whole = made.read_bytes()
    end = whole.index(b"manifest.json") + 600  # what follows are the tar's own zeros
    made.write_bytes(whole[: int(end * share)])
    with made.open("rb") as source, pytest.raises(BadArchive):
        check(source)


@pytest.mark.parametrize("begins", ["about.json", "tables/calls/", "recordings/", "notes.jsonl", "SHA256SUMS", "manif"])
def test_a_single_byte_that_is_another_is_found(made: Path, begins: str) -> None:
    def changed(body: bytes) -> bytes:
        return body[:-20] + bytes([body[-20] ^ 1]) + body[-19:] if body else b'{"note": "erased"}\n'

    changed_parts = [
        (member, changed(body) if member.name.startswith(begins) else body) for member, body in parts(made)
    ]
    write(made, changed_parts)
    with made.open("rb") as source, pytest.raises(BadArchive):
        check(source)


@pytest.mark.parametrize("key", ["../../etc/x.mp3", "/etc/x.mp3", ".ssh/x", "a\\b"])
def test_a_part_that_leads_out_of_the_storage_is_refused(made: Path, empty: House, tmp_path: Path, key: str) -> None:
    write(made, signed([*parts(made)[:-2], (tarfile.TarInfo(f"recordings/{key}"), b"harm"), *parts(made)[-2:]]))
    with pytest.raises(ValueError, match="no name of a recording"):
        restore(made, database=empty.database, storage=empty.storage, now=NOON)
    assert inspect(empty.database.engine).get_table_names() == []
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE])
def test_a_link_or_device_is_refused(made: Path, empty: House, kind: bytes) -> None:
    link = tarfile.TarInfo("recordings/1/2026/05/x.mp3")
    link.type, link.linkname = kind, "/etc/passwd"
    write(made, signed([*parts(made)[:-2], (link, b""), *parts(made)[-2:]]))
    with pytest.raises(BadArchive, match="is no file"):
        restore(made, database=empty.database, storage=empty.storage, now=NOON)


def test_a_part_that_is_larger_than_the_archive_is_refused(made: Path, empty: House) -> None:
    """A sparse one: a few bytes that unfold into a terabyte."""
    hole = tarfile.TarInfo("recordings/1/2026/05/x.mp3")
    hole.pax_headers = {"GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.map": "0,1",
                        "GNU.sparse.size": str(2**40)}  # fmt: skip
    write(made, [*parts(made)[:-2], (hole, b"x"), *parts(made)[-2:]])
    with pytest.raises(BadArchive, match="is no file"):
        restore(made, database=empty.database, storage=empty.storage, now=NOON)


@pytest.mark.parametrize(
    "note", [{"note": "erased"}, {"key": "x.mp3", "note": "moved"}, {"key": 1, "note": "erased"}, ["erased"]]
)
def test_a_note_that_does_not_say_all_is_refused(made: Path, empty: House, note: object) -> None:
    lines = json.dumps(note).encode() + b"\n"
    these = [(member, lines if member.name == "notes.jsonl" else body) for member, body in parts(made)]
    write(made, signed(these))
    with pytest.raises(BadArchive, match="notes cannot be read"):
        restore(made, database=empty.database, storage=empty.storage, now=NOON)


def test_a_line_of_sums_without_end_is_refused_unread(made: Path) -> None:
    endless = b"0" * 32 * 1024**2
    write(made, [(member, endless if member.name == "SHA256SUMS" else body) for member, body in parts(made)])
    tracemalloc.start()
    try:
        with made.open("rb") as source, pytest.raises(BadArchive):
            check(source)
        assert tracemalloc.get_traced_memory()[1] < len(endless) / 2
    finally:
        tracemalloc.stop()


def test_rows_of_a_table_that_there_is_not_are_refused(made: Path, empty: House) -> None:
    these = parts(made)
    about = json.loads(these[0][1])
    about["tables"][0]["columns"][0] = 'id") VALUES (1); DROP TABLE calls; --'
    these[0] = (these[0][0], json.dumps(about).encode())
    write(made, signed(these))
    with pytest.raises(BadArchive, match="not those of the calltrack"):
        restore(made, database=empty.database, storage=empty.storage, now=NOON)
    assert inspect(empty.database.engine).get_table_names() == []


def test_a_file_that_is_no_archive_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "letter.tar"
    path.write_bytes(b"Dear Ana,")
    with path.open("rb") as source, pytest.raises(BadArchive, match="no backup"):
        check(source)


# What happens to recordings between the snapshot and the copy.
def erase(house: House, key: str) -> str:
    house.storage.delete(key=key)
    set_recording(house, key, status="erased", storage_key=None)
    return "erased"


def silence(house: House, key: str) -> str:
    path = Path(house.database.url.database or "").parent / "silenced.mp3"
    path.write_bytes(b"silence")
    house.storage.put(key=f"{key}.silenced.mp3", source=path)
    set_recording(house, key, storage_key=f"{key}.silenced.mp3", sha256=sha256(b"silence").hexdigest())
    house.storage.delete(key=key)
    return "moved"


def lose(house: House, key: str) -> str:
    house.storage.delete(key=key)
    return "missing"


def damage(house: House, key: str) -> str:
    set_recording(house, key, sha256="0" * 64)
    return "altered"


def set_recording(house: House, key: str, **values: object) -> None:
    with house.database.write.begin() as session:
        session.execute(update(Recording).where(Recording.storage_key == key).values(**values))


@pytest.mark.parametrize("happen", [erase, silence, lose, damage])
def test_what_happens_to_a_recording_meanwhile_is_noted_and_minded(
    house: House, empty: House, tmp_path: Path, happen: Callable[[House, str], str]
) -> None:
    open_business(house, folder=tmp_path)
    key = min(stored_files(house))
    if happen is damage:
        damage(house, key)
    path = tmp_path / "backup.tar"
    with path.open("wb") as file:
        with snapshot(house.database) as connection:
            begun = begin(connection, target=file, made_by="calltrack in a test")
        note = happen(house, key)
        manifest = finish(begun, database=house.database, storage=house.storage)
    assert manifest.notes == {note: 1}
    with path.open("rb") as source:
        assert check(source) == manifest
    restore(path, database=empty.database, storage=empty.storage, now=NOON)
    with empty.database.read() as session:
        row = session.scalars(select(Recording).where(Recording.id == 1)).one()
    if note == "erased":
        assert (row.status, row.storage_key) == ("erased", None)
    elif note == "moved":
        assert stored_files(empty)[key] == b"silence"
        assert row.sha256 == sha256(b"silence").hexdigest()


def test_a_sound_lies_where_telephony_says() -> None:
    assert sound_key(7, "a" * 64, "mp3") == sounds.sound_key(7, "a" * 64, "mp3")
