"""`calltrack import`: what it prints where, and how it ends."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from calltrack.cli import main
from calltrack.models import Call
from tests.imports.conftest import BILLBOARD, MIA, Office

HEADER = "call_sid,number,caller,started_at,duration\n"
GOOD = f"CA1,{BILLBOARD},{MIA},2026-05-04T12:00:00Z,75\n"
BAD = f"CA2,{BILLBOARD},{MIA},2026-05-04T12:00:00,75\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "calls.csv"


@pytest.fixture(autouse=True)
def settings(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", office.database.url.render_as_string(hide_password=False))
    monkeypatch.setenv("CALLTRACK_VAR", str(tmp_path / "var"))
    monkeypatch.chdir(tmp_path)


def run(*arguments: str | Path, account: str = "Ana's Heating") -> Result:
    return CliRunner().invoke(main, ["import", *map(str, arguments), *(["--account", account] if account else [])])


def known(office: Office) -> int:
    with office.database.read() as session:
        return session.scalar(select(func.count(Call.id))) or 0


def test_a_good_file_is_applied_and_counted_on_standard_output(office: Office, file: Path) -> None:
    file.write_text(HEADER + GOOD)
    done = run("calls", file)
    assert (done.exit_code, done.stdout, done.stderr) == (0, "calls: 1 new, 0 changed, 0 known, 0 bad\n", "")
    assert run("calls", file).stdout == "calls: 0 new, 0 changed, 1 known, 0 bad\n"
    assert known(office) == 1


def test_a_bad_line_refuses_the_file(office: Office, file: Path) -> None:
    file.write_text(HEADER + GOOD + BAD)
    done = run("calls", file)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "Line 3: started_at has no offset" in done.stderr
    assert "1 line is bad, so nothing was written" in done.stderr
    assert known(office) == 0


def test_skip_bad_leaves_bad_lines_out(office: Office, file: Path) -> None:
    file.write_text(HEADER + GOOD + BAD)
    done = run("calls", file, "--skip-bad")
    assert (done.exit_code, done.stdout) == (0, "calls: 1 new, 0 changed, 0 known, 1 bad\n")
    assert "Line 3: started_at has no offset" in done.stderr
    assert known(office) == 1


def test_a_dry_run_reports_only(office: Office, file: Path) -> None:
    file.write_text(HEADER + GOOD)
    done = run("calls", file, "--dry-run")
    assert (done.exit_code, "1 new" in done.stdout, "nothing was written" in done.stdout) == (0, True, True)
    file.write_text(HEADER + GOOD + BAD)
    done = run("calls", file, "--dry-run")
    assert (done.exit_code, "1 new" in done.stdout, "Line 3" in done.stderr) == (1, True, True)
    assert known(office) == 0


def test_columns_that_are_passed_over_are_named(file: Path) -> None:
    file.write_text(HEADER.replace("\n", ",agent\n") + GOOD.replace("\n", ",Cho\n"))
    done = run("calls", file)
    assert done.stderr == "Notice: columns that are not known are passed over: agent.\n"


@pytest.mark.parametrize(
    ("content", "account", "complaint"),
    [
        (HEADER + GOOD, "", "say which account"),
        (HEADER + GOOD, "Nobody", "there is no account named 'Nobody'"),
        ("name\nMia\n", "Ana's Heating", "calls.csv: line 1 is the header; it lacks call_sid, number, caller"),
        ("", "Ana's Heating", "the file is empty"),
    ],
)
def test_what_cannot_begin_ends_with_one_line(file: Path, content: str, account: str, complaint: str) -> None:
    file.write_text(content)
    done = run("calls", file, account=account)
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: ")
    assert complaint in done.stderr
    assert done.stderr.count("\n") == 1
