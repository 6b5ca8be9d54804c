"""Every setting, command, carrier path, KPI and page of documentation is written down; nothing more is needed."""

import re
from dataclasses import fields
from pathlib import Path

import click
import pytest

from calltrack.accounts.roles import ACTIONS, MAY_LIMITED, ROLES, may
from calltrack.cli import main
from calltrack.config import Settings
from calltrack.db import Database
from tests.conftest import make_app

ROOT = Path(__file__).parents[1]


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def test_every_setting_is_documented() -> None:
    named = {str(field.validation_alias or name).upper() for name, field in Settings.model_fields.items()}
    assert set(re.findall(r"^\| `([A-Z_]+)`", page("settings.md"), re.MULTILINE)) == named


def test_every_command_is_documented_and_explains_itself() -> None:
    words = []
    for name, command in main.commands.items():
        for path, leaf in (
            [(f"{name} {sub}", one) for sub, one in command.commands.items()]
            if isinstance(command, click.Group)
            else [(name, command)]
        ):
            words.append(path)
            assert leaf.get_short_help_str(limit=300).endswith("."), path
    second = "create|password|list|remove|revoke|reset-factor|allow-passwords"
    documented = re.findall(rf"^\| `calltrack ([a-z]+(?: (?:{second}))?)", page("commands.md"), re.MULTILINE)
    assert sorted(documented) == sorted(words)


def test_every_carrier_path_is_documented(on_sqlite: Database, tmp_path: Path) -> None:
    app = make_app(database=on_sqlite, folder=tmp_path)
    adapter = app.url_map.bind("localhost")
    documented = re.findall(r"^\| `(/webhooks/twilio/[a-z]+)`", page("webhooks.md"), re.MULTILINE)
    assert len(documented) == 9
    for path in documented:
        assert adapter.match(path, method="POST")[0].startswith("webhooks.")
    rules = " ".join(rule.rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("webhooks."))
    offered = {name for names in re.findall(r"any\(([^)]*)\)", rules) for name in names.split(", ")}
    assert {path.rsplit("/", 1)[1] for path in documented} == offered | {"message"}


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_every_health_path_is_documented(path: str) -> None:
    assert f"| `{path}` |" in page("webhooks.md")


def test_every_kpi_is_documented() -> None:
    from calltrack.campaigns.scorecard import Kpis

    assert re.findall(r"^\| `([a-z_]+)` \|", page("kpis.md"), re.MULTILINE) == [field.name for field in fields(Kpis)]


def test_every_page_of_documentation_is_reached_from_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert {path.name for path in (ROOT / "docs").glob("*.md") if f"docs/{path.name}" not in readme} == set()


def test_links_between_pages_lead_somewhere() -> None:
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.name} names {target}"


def test_every_room_stands_in_the_architecture() -> None:
    table = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").partition("## Who may import whom")[0]
    rooms = {path.name for path in (ROOT / "calltrack").iterdir() if path.name not in ("__pycache__", "__init__.py")}
    assert {room for room in rooms if f"`{room}" not in table} == set()


def test_the_table_of_roles_is_documented_as_it_is() -> None:
    written = {
        action: {role for role, yes in zip((*ROLES, "limited"), cells.split("|"), strict=True) if yes.strip()}
        for action, cells in re.findall(r"^\| `([a-z.]+)` \|(.*)\|$", page("roles.md"), re.MULTILINE)
    }
    limited = {action: {"limited"} for action in MAY_LIMITED}
    assert written == {
        action: {role for role in ROLES if may(role, action)} | limited.get(action, set()) for action in ACTIONS
    }
