"""Sounds as the carrier fetches them: public, for ever the same, and nothing else of the disk."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from calltrack.accounts.accounts import create_account
from calltrack.db import Database
from calltrack.ground import Ground
from calltrack.models import Sound
from calltrack.telephony.sounds import add_sound
from tests.conftest import make_app
from tests.telephony.sounding import mp3, wav


@pytest.fixture
def app(on_sqlite: Database, tmp_path: Path) -> Flask:
    return make_app(database=on_sqlite, folder=tmp_path)


def upload(app: Flask, body: bytes) -> Sound:
    ground: Ground = app.extensions["calltrack"]
    session: Session
    with ground.database.write.begin() as session:
        account = create_account(session, name="Ana's Heating", time_zone="America/Chicago")
        return add_sound(
            session, account=account, storage=ground.storage, folder=ground.settings.var / "sounds", name="Welcome",
            says="Welcome.", body=body, by="ana",
        )  # fmt: skip


@pytest.mark.parametrize(("body", "kind", "mimetype"), [(mp3(), "mp3", "audio/mpeg"), (wav(), "wav", "audio/wav")])
def test_the_carrier_fetches_a_sound_without_a_key(app: Flask, body: bytes, kind: str, mimetype: str) -> None:
    sound = upload(app, body)
    path = f"/sounds/{sound.sha256}.{kind}"
    answer = app.test_client().get(path, buffered=True)
    assert (answer.status_code, answer.mimetype, answer.data) == (200, mimetype, body)
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    head = app.test_client().head(path, buffered=True)
    assert (head.status_code, head.content_length, head.data) == (200, len(body), b"")
    unchanged = app.test_client().get(path, headers={"If-None-Match": answer.headers["ETag"]}, buffered=True)
    assert unchanged.status_code == 304


def test_a_copy_is_played_with_neither_database_nor_storage(app: Flask, tmp_path: Path) -> None:
    sound = upload(app, mp3())
    ground: Ground = app.extensions["calltrack"]
    ground.database.dispose()
    (tmp_path / "calltrack.db").unlink()
    (tmp_path / "recordings").rename(tmp_path / "elsewhere")
    client = app.test_client()
    assert client.get(f"/sounds/{sound.sha256}.mp3", buffered=True).data == mp3()
    assert client.get(f"/sounds/{'a' * 64}.mp3", buffered=True).status_code == 404


def test_a_sound_without_a_copy_comes_from_the_storage_and_leaves_one(app: Flask, tmp_path: Path) -> None:
    sound = upload(app, mp3())
    copy = tmp_path / "var" / "sounds" / f"{sound.sha256}.mp3"
    copy.unlink()
    assert app.test_client().get(f"/sounds/{copy.name}", buffered=True).data == mp3()
    assert copy.read_bytes() == mp3()


@pytest.mark.parametrize(
    "name",
    [f"{'a' * 64}.mp3", f"{'a' * 64}.txt", "..%2f..%2fetc%2fpasswd", "%2e%2e%2frouting.json", "x", f"{'a' * 64}.mp3%0a",
     "%00", "%ff", f"{'A' * 64}.mp3"],
)  # fmt: skip
def test_nothing_else_of_the_disk_is_served(app: Flask, tmp_path: Path, name: str) -> None:
    (tmp_path / "var" / "sounds").mkdir(parents=True, exist_ok=True)
    (tmp_path / "var" / "routing.json").write_text("{}")
    (tmp_path / "var" / "sounds" / "x").write_text("secret")
    assert app.test_client().get(f"/sounds/{name}", buffered=True).status_code == 404
