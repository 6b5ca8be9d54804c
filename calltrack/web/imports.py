"""Bringing in a CSV file: it is checked first, every bad line is named, and only then may it be applied."""

import re
import secrets
import time
from pathlib import Path

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge

from calltrack.accounts.roles import may
from calltrack.ground import ground
from calltrack.imports.importing import KINDS, Report, import_file
from calltrack.imports.lines import BadFile
from calltrack.web.forms import text_field
from calltrack.web.visitors import find_visitor, requires, visitor

bp = Blueprint("imports", __name__)
LARGEST_FILE = 64 * 1024 * 1024
MOST_SHOWN = 100  # bad lines
_KEPT_SECONDS = 24 * 3600
_TOKEN = re.compile(r"[0-9a-f]{32}")
NOUNS = {
    "calls": "who called before, or elsewhere",
    "jobs": "what was booked and invoiced",
    "customers": "whom you work for",
    "costs": "what the campaigns cost",
}


@bp.before_app_request
def take_file() -> None:
    """Read a file before the guard keeps forms to their usual size, and only from who may send one."""
    if request.endpoint == "web.imports.check":
        sender = find_visitor()
        if sender and may(sender.role, "imports.write"):
            request.max_content_length = LARGEST_FILE
            try:
                request.files  # noqa: B018 - reading is the purpose
            except RequestEntityTooLarge:
                abort(
                    413, "This page takes files of up to 64 MB. Use `calltrack import` on the server for larger ones."
                )


@bp.get("/imports")
@requires("imports.write")
def table() -> ResponseReturnValue:
    """Which files there are, and what they hold."""
    return _page()


@bp.post("/imports/check")
@requires("imports.write")
def check() -> ResponseReturnValue:
    """Say what a file would bring, and keep it until it is applied."""
    noun, file = text_field("noun"), request.files.get("file")
    if noun not in NOUNS:
        return _page(problem="Choose what the file holds.")
    if file is None or not file.filename:
        return _page(noun=noun, problem="Choose a file.")
    path = _keep(file)
    try:
        report = _import(path, noun=noun, dry_run=True)
    except BadFile as wrong:
        path.unlink()
        return _page(noun=noun, problem=f"{file.filename[:100]} cannot be read: {wrong}.")
    return render_template(
        "imports/checked.html", report=report, noun=noun, name=file.filename[:100], token=path.stem, most=MOST_SHOWN
    )


@bp.post("/imports/apply")
@requires("imports.write")
def apply() -> ResponseReturnValue:
    """Apply a file that was checked."""
    noun, token = text_field("noun"), text_field("token")
    path = _folder() / f"{token}.csv"
    if noun not in NOUNS or not _TOKEN.fullmatch(token) or not path.is_file():
        return _page(problem="That file is no longer kept here. Choose it again.")
    try:
        report = _import(path, noun=noun, skip_bad="skip_bad" in request.form)
    except BadFile as wrong:
        return _page(noun=noun, problem=f"The file was not applied as a whole: {wrong}.")
    if report.refused:
        return _page(noun=noun, problem="Nothing was imported: lines that were good have become bad. Check it again.")
    path.unlink(missing_ok=True)
    counts, bad = report.counts, len(report.bad)
    left_out = f", {bad:,} bad line{'s' if bad > 1 else ''} left out" if bad else ""
    flash(
        f"Imported {noun}: {counts.new:,} new, {counts.changed:,} changed, {counts.known:,} known already{left_out}. "
        "The scorecards follow.",
        "done",
    )
    return redirect(url_for("web.imports.table"), 303)


def _page(*, noun: str = "", problem: str = "") -> ResponseReturnValue:
    kinds = [
        (name, about, [(column, column in KINDS[name].required) for column in KINDS[name].columns])
        for name, about in NOUNS.items()
    ]
    return render_template("imports/form.html", kinds=kinds, noun=noun, problem=problem), 400 if problem else 200


def _folder() -> Path:
    """Of this account's files, so that nobody applies another's."""
    folder = ground().settings.var / "imports" / str(visitor().account.id)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _keep(file: FileStorage) -> Path:
    """The file under a name that cannot be guessed; those that nobody applied go after a day."""
    folder = _folder()
    for old in folder.glob("*.csv"):
        if old.stat().st_mtime < time.time() - _KEPT_SECONDS:
            old.unlink(missing_ok=True)
    path = folder / f"{secrets.token_hex(16)}.csv"
    file.save(path)
    path.chmod(0o600)
    return path


def _import(path: Path, *, noun: str, dry_run: bool = False, skip_bad: bool = False) -> Report:
    with path.open("rb") as file:
        return import_file(
            ground().database, account_id=visitor().account.id, noun=noun, file=file, dry_run=dry_run, skip_bad=skip_bad
        )
