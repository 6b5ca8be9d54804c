"""docs/dependencies.md gives a reason for every dependency, and for none that is not there."""

import json
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PAGE = (ROOT / "docs" / "dependencies.md").read_text()


def names(requirements: list[str]) -> list[str]:
    return [match[0] for requirement in requirements if (match := re.match(r"[\w.-]+", requirement))]


def rows(heading: str) -> list[list[str]]:
    """The cells of the table under a heading, without its head."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_every_dependency_of_the_service_has_its_reason() -> None:
    assert [package for package, _ in rows("The service")] == sorted(names(PROJECT["project"]["dependencies"]))


@pytest.mark.parametrize(
    ("heading", "groups"),
    [
        ("Extras", PROJECT["project"]["optional-dependencies"]),
        ("Building and testing", PROJECT["dependency-groups"]),
    ],
)
def test_every_package_of_an_extra_or_group_has_its_reason(heading: str, groups: dict[str, list[str]]) -> None:
    wanted = {(group, package) for group, requirements in groups.items() for package in names(requirements)}
    given = [(group, package) for group, package, _ in rows(heading)]
    assert len(given) == len(set(given))
    assert set(given) == wanted


def test_every_reason_is_a_sentence() -> None:
    tables = [*rows("The service"), *rows("Extras"), *rows("Building and testing")]
    assert [package for *package, reason in tables if len(reason) < 15 or not reason.endswith(".")] == []


@pytest.mark.parametrize("lock", ["run.txt", "dev.txt", "uv.txt"])
def test_a_lock_names_a_hash_for_every_package_and_no_address(lock: str) -> None:
    text = (ROOT / "requirements" / lock).read_text()
    pins = re.split(r"\n(?=\w)", text.strip())
    assert [pin.splitlines()[0] for pin in pins if "==" not in pin or "--hash=sha256:" not in pin] == []
    assert "://" not in text


def test_tests_run_with_the_versions_that_the_service_runs_with() -> None:
    """`make run` leaves an environment made for tests as it is, so the second lock must hold all of the first."""
    run, dev = (
        set(re.findall(r"^\S+==\S+", (ROOT / "requirements" / name).read_text(), re.MULTILINE))
        for name in ("run.txt", "dev.txt")
    )
    assert run - dev == set()


def test_every_script_of_others_has_its_reason_and_is_locked_by_hash_without_an_address() -> None:
    wanted = json.loads((ROOT / "package.json").read_text())["dependencies"]
    assert [package for package, _ in rows("In the pages")] == sorted(wanted)
    locked = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert {name.removeprefix("node_modules/") for name in locked if name} == set(wanted)
    assert all(one["integrity"] and "resolved" not in one for name, one in locked.items() if name)
