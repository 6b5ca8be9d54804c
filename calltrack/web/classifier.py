"""The account's classifier: which version is in force, how well it does, what it learnt from, and the way back."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from calltrack.ground import ground
from calltrack.learning.examples import FEWEST, FEWEST_EACH, count_examples
from calltrack.learning.learn import ask_to_learn, learning_of
from calltrack.learning.versions import (
    KEPT_WHOLE,
    BadVersion,
    compare,
    find_version,
    in_force,
    last_choice,
    put_in_force,
    versions,
)
from calltrack.paging import BadCursor
from calltrack.web.forms import text_field
from calltrack.web.visitors import requires, visitor

bp = Blueprint("classifier", __name__)
LARGEST_VERSION = 2**31 - 1
SHIPPED = "shipped"  # as a form and an address name the model that comes with calltrack


@bp.get("/classifier")
@requires("company.read")
def table() -> ResponseReturnValue:
    """What is in force and how well it does, how far the learning is, and every version."""
    account, problems, cursor = visitor().account, list[str](), request.args.get("cursor")
    with ground().database.read() as session:
        try:
            page = versions(session, account=account, cursor=cursor)
        except BadCursor:
            page, cursor = versions(session, account=account), None
            problems.append("That page of the list is not known; here is the first.")
        current = in_force(session, account=account)
        labels = count_examples(session, account_id=account.id)
        return render_template(
            "classifier/table.html",
            page=page,
            later=cursor is not None,
            current=current,
            choice=last_choice(session, account=account),
            figures=compare(_figures(current.card, "challenger"), _figures(current.card, "shipped")) if current else [],
            learning=learning_of(session, account=account, now=datetime.now(UTC)),
            labels=labels,
            enough=sum(labels.values()) >= FEWEST and min(labels.values()) >= FEWEST_EACH,
            fewest=(FEWEST, FEWEST_EACH),
            kept_whole=KEPT_WHOLE,
            problems=problems,
            per_hundred=per_hundred,
        ), 400 if problems else 200


@bp.get(f"/classifier/versions/<int(max={LARGEST_VERSION}):version>")
@requires("company.read")
def show(version: int) -> ResponseReturnValue:
    """A version's card, beside another's: `with` is a number, or the shipped model."""
    account, beside = visitor().account, request.args.get("with", SHIPPED)
    with ground().database.read() as session:
        found = find_version(session, account=account, version=version) or abort(404)
        other = find_version(session, account=account, version=_number(beside))
        if other is None and beside != SHIPPED:
            abort(404)
        offered = versions(session, account=account, limit=200).items
    # The shipped model was measured on the labels of each version; another version on those of its own.
    measured = _figures(other.card, "challenger") if other else _figures(found.card, SHIPPED)
    return render_template(
        "classifier/show.html",
        version=found,
        other=other,
        offered=[one for one in offered if one.version != version],
        figures=compare(_figures(found.card, "challenger"), measured),
        per_hundred=per_hundred,
    )


@bp.post("/classifier/learn")
@requires("classifier.write")
def learn() -> ResponseReturnValue:
    """Have a worker learn from the labels soon."""
    with ground().database.write.begin() as session:
        ask_to_learn(session, account=visitor().account, by=visitor().name, now=datetime.now(UTC))
    flash(
        "The classifier learns from your labels within the next minutes. Reload this page to see what came of it.",
        "done",
    )
    return redirect(url_for("web.classifier.table"), 303)


@bp.post("/classifier/in-force")
@requires("classifier.write")
def choose() -> ResponseReturnValue:
    """Put a version, or the shipped model, in force."""
    wanted = text_field("version")
    number = None if wanted == SHIPPED else _number(wanted)
    try:
        with ground().database.write.begin() as session:
            put_in_force(session, account=visitor().account, version=number, by=visitor().name)
    except BadVersion as wrong:
        flash(f"Nothing was changed: {wrong}.", "problem")
        return redirect(url_for("web.classifier.table"), 303)
    name = "The model that comes with calltrack" if number is None else f"Version {number}"
    flash(f"{name} judges new calls from now on. Labels that are there stay as they are.", "done")
    return redirect(url_for("web.classifier.table"), 303)


def per_hundred(share: float | None) -> str:
    """0.954 -> 95; a share just below one is not all."""
    if share is None:
        return "\N{EN DASH}"
    whole = round(share * 100)
    return str(whole) if whole < 100 or share == 1 else f"{int(share * 1000) / 10:.1f}"


def _number(written: str) -> int:
    """A version's number; 0, which none has, for whatever is no number."""
    return int(written) if written.isascii() and written.isdigit() and len(written) <= 10 else 0


def _figures(card: Mapping[str, Any], whose: str) -> Mapping[str, Any]:
    found = card.get(whose)
    return found if isinstance(found, dict) else {}
