"""The commands: a file that is there only when it is whole, exit codes, and one line about what is wrong."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from calltrack.calls.reconciliations import read_since
from calltrack.cli import main
from tests.backup.business import open_business, stored_files
from tests.backup.conftest import House


def calltrack(*words: str) -> Result:
    return CliRunner().invoke(main, words)


@pytest.fixture
def surroundings(house: House, empty: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", str(house.database.url))
    monkeypatch.setenv("RECORDINGS_URL", str(tmp_path / "recordings"))
    monkeypatch.setenv("CALLTRACK_VAR", str(tmp_path / "var"))


@pytest.mark.usefixtures("surroundings")
def test_a_backup_is_made_verified_and_restored(
    house: House, empty: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_business(house, folder=tmp_path)
    file = str(tmp_path / "backup.tar")
    done = calltrack("backup", file)
    assert (done.exit_code, done.stdout) == (0, "")
    assert "3 files" in done.stderr
    moment = done.stderr.rpartition(" as of ")[2].strip()
    assert moment.endswith("Z")
    assert read_since(moment, now=datetime.now(UTC)) == datetime.fromisoformat(moment)  # what `reconcile` is given next
    assert calltrack("backup", "--verify", file).exit_code == 0
    monkeypatch.setenv("DATABASE_URL", str(empty.database.url))
    monkeypatch.setenv("RECORDINGS_URL", str(tmp_path / "elsewhere"))
    assert "Restored: " in calltrack("restore", file).stderr
    assert stored_files(empty) == stored_files(house)
    again = calltrack("restore", file)
    assert again.exit_code == 1
    assert "the database is not empty" in again.stderr


@pytest.mark.usefixtures("surroundings")
def test_standard_output_gets_the_archive_alone(house: House, tmp_path: Path) -> None:
    open_business(house, folder=tmp_path)
    path = tmp_path / "piped.tar"
    path.write_bytes(calltrack("backup", "-").stdout_bytes)
    assert calltrack("backup", "--verify", str(path)).exit_code == 0


@pytest.mark.usefixtures("surroundings")
def test_a_backup_with_a_hole_is_made_and_said(house: House, tmp_path: Path) -> None:
    open_business(house, folder=tmp_path)
    house.storage.delete(key=min(stored_files(house)))
    done = calltrack("backup", str(tmp_path / "backup.tar"))
    assert done.exit_code == 1
    assert "2 files" in done.stderr
    assert "1 NOT to be found" in done.stderr


@pytest.mark.usefixtures("surroundings")
def test_what_breaks_off_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/none.db")
    done = calltrack("backup", str(tmp_path / "backup.tar"))
    assert done.exit_code == 1
    assert "nothing to back up" in done.stderr
    assert [one.name for one in tmp_path.iterdir() if ".tar" in one.name] == []
