"""Rubrics: what calls are evaluated by. The form works without scripts: each of its buttons sends it whole."""

from dataclasses import dataclass, replace
from decimal import Decimal

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from calltrack.coaching.rubrics import (
    LARGEST_WEIGHT,
    LONGEST_NAME,
    LONGEST_QUESTION,
    MOST_QUESTIONS,
    STARTER,
    STARTER_NAME,
    Draft,
    edit_rubric,
    find_rubric,
    list_rubrics,
    make_rubric,
    questions_of,
    restore_rubric,
    retire_rubric,
    versions_of,
)
from calltrack.coaching.scoring import VALUES, score
from calltrack.coaching.words import BadCoaching
from calltrack.ground import ground
from calltrack.models import Question, Rubric
from calltrack.web.forms import text_field
from calltrack.web.visitors import requires, visitor

bp = Blueprint("rubrics", __name__)
LARGEST_ID = 2**31 - 1
LIMITS = {
    "name": LONGEST_NAME,
    "question": LONGEST_QUESTION,
    "questions": MOST_QUESTIONS,
    "weight": LARGEST_WEIGHT,
}


@dataclass(frozen=True)
class Row:
    """A question as it stands in the form; `costs`: by how many points a "no" or a 1 makes a perfect score worse."""

    text: str = ""
    kind: str = "yes-no"
    weight: str = "1"
    must_pass: bool = False
    costs: Decimal | None = None


@bp.get("/coaching/rubrics")
@requires("rubrics.write")
def table() -> ResponseReturnValue:
    """Every rubric, those on offer first."""
    with ground().database.read() as session:
        listed = list_rubrics(session, account_id=visitor().account.id)
    starter = not any(one.rubric.name == STARTER_NAME for one in listed)
    return render_template("coaching/rubrics.html", listed=listed, starter=starter)


@bp.get("/coaching/rubrics/new")
@requires("rubrics.write")
def new() -> ResponseReturnValue:
    """The form for a new one; with `starter` filled in with questions that home services begin with."""
    if request.args.get("starter"):
        return _form(STARTER_NAME, [_row_of(one) for one in STARTER])
    return _form("", [Row(), Row(), Row()])


@bp.post("/coaching/rubrics/new")
@requires("rubrics.write")
def make() -> ResponseReturnValue:
    """Keep a new one, or show the form as the button that was pressed leaves it."""
    rows = _rearranged(_rows())
    if text_field("do") != "save":
        return _form(text_field("name"), rows)
    try:
        with ground().database.write.begin() as session:
            made = make_rubric(
                session, account=visitor().account, name=text_field("name"), questions=_drafts(rows), by=visitor().name
            )
    except BadCoaching as wrong:
        return _form(text_field("name"), rows, problem=str(wrong)), 400
    flash(f"{made.name} is on offer on every call.", "done")
    return redirect(url_for("web.rubrics.table"), 303)


@bp.get(f"/coaching/rubrics/<int(max={LARGEST_ID}):rubric_id>")
@requires("rubrics.write")
def show(rubric_id: int) -> ResponseReturnValue:
    """The form with the rubric in it; of a version that is no longer on offer, the questions alone."""
    with ground().database.read() as session:
        rubric = _rubric_at(session, rubric_id)
        questions = questions_of(session, rubric_ids=[rubric.id])[rubric.id]
        versions = versions_of(session, rubric=rubric)
    rows = _with_costs([_row_of(one) for one in questions])
    if rubric.retired_at is not None:
        return render_template("coaching/rubric_kept.html", rubric=rubric, rows=rows, versions=versions)
    return _form(rubric.name, rows, rubric=rubric, versions=versions)


@bp.post(f"/coaching/rubrics/<int(max={LARGEST_ID}):rubric_id>")
@requires("rubrics.write")
def change(rubric_id: int) -> ResponseReturnValue:
    """Keep what was changed as a new version, or show the form as the button that was pressed leaves it."""
    rows = _rearranged(_rows())
    with ground().database.read() as session:
        rubric = _rubric_at(session, rubric_id)
        versions = versions_of(session, rubric=rubric)
    if text_field("do") != "save":
        return _form(text_field("name"), rows, rubric=rubric, versions=versions)
    try:
        with ground().database.write.begin() as session:
            kept = edit_rubric(
                session,
                account=visitor().account,
                rubric=_rubric_at(session, rubric_id),
                name=text_field("name"),
                questions=_drafts(rows),
                by=visitor().name,
            )
    except BadCoaching as wrong:
        return _form(text_field("name"), rows, rubric=rubric, versions=versions, problem=str(wrong)), 400
    new_version = f"{kept.name}, version {kept.version}, is on offer; what was evaluated before keeps its version."
    flash(new_version if kept.id != rubric_id else f"{kept.name} asks what it asked before.", "done")
    return redirect(url_for("web.rubrics.table"), 303)


@bp.post(f"/coaching/rubrics/<int(max={LARGEST_ID}):rubric_id>/retire")
@requires("rubrics.write")
def retire(rubric_id: int) -> ResponseReturnValue:
    """Offer it no longer."""
    with ground().database.write.begin() as session:
        rubric = _rubric_at(session, rubric_id)
        retire_rubric(session, account=visitor().account, rubric=rubric)
    flash(f"{rubric.name} is retired: evaluations by it stay; restore it below.", "done")
    return redirect(url_for("web.rubrics.table"), 303)


@bp.post(f"/coaching/rubrics/<int(max={LARGEST_ID}):rubric_id>/restore")
@requires("rubrics.write")
def restore(rubric_id: int) -> ResponseReturnValue:
    """Offer it again."""
    try:
        with ground().database.write.begin() as session:
            rubric = _rubric_at(session, rubric_id)
            restore_rubric(session, account=visitor().account, rubric=rubric)
            flash(f"{rubric.name} is on offer again.", "done")
    except BadCoaching as wrong:
        flash(str(wrong), "problem")
    return redirect(url_for("web.rubrics.table"), 303)


def _rubric_at(session: Session, rubric_id: int) -> Rubric:
    return find_rubric(session, account_id=visitor().account.id, rubric_id=rubric_id) or abort(404)


def _form(
    name: str,
    rows: list[Row],
    *,
    rubric: Rubric | None = None,
    versions: list[Rubric] | None = None,
    problem: str | None = None,
) -> str:
    return render_template(
        "coaching/rubric.html",
        name=name,
        rows=_with_costs(rows),
        rubric=rubric,
        versions=versions or [],
        problem=problem,
        limits=LIMITS,
        added=text_field("do") == "add",
    )


def _rows() -> list[Row]:
    """The questions as they were sent, in the order of their places; at most one more than a rubric may have."""
    return [
        Row(
            text=text_field(f"text-{place}"),
            kind=text_field(f"kind-{place}"),
            weight=text_field(f"weight-{place}"),
            must_pass=bool(text_field(f"must-{place}")),
        )
        for place in range(MOST_QUESTIONS + 1)
        if f"text-{place}" in request.form
    ]


def _rearranged(rows: list[Row]) -> list[Row]:
    """What the button that was pressed does to the list: `add`, `up-2`, `down-2`, `remove-2`; others do nothing."""
    what, _, number = text_field("do").partition("-")
    if what == "add":
        return [*rows, Row()] if len(rows) < MOST_QUESTIONS else rows
    if not (number.isascii() and number.isdigit()) or len(number) > 3 or int(number) >= len(rows):
        return rows
    place = int(number)
    if what == "remove":
        return rows[:place] + rows[place + 1 :]
    other = place + {"up": -1, "down": 1}.get(what, 0)
    if 0 <= other < len(rows):
        rows = list(rows)
        rows[place], rows[other] = rows[other], rows[place]
    return rows


def _drafts(rows: list[Row]) -> list[Draft]:
    """The questions that say something; an empty line is none. Raises BadCoaching."""
    drafts = []
    for place, row in enumerate(rows, 1):
        if row.text:
            weight = _weight(row)
            if weight is None:
                raise BadCoaching(f"Give question {place} a weight of 1 to {LARGEST_WEIGHT}.")
            drafts.append(Draft(row.text, row.kind, weight, row.must_pass))
    return drafts


def _weight(row: Row) -> int | None:
    return int(row.weight) if row.weight.isascii() and row.weight.isdigit() and len(row.weight) < 4 else None


def _row_of(question: Draft | Question) -> Row:
    return Row(question.text, question.kind, str(question.weight), question.must_pass)


def _with_costs(rows: list[Row]) -> list[Row]:
    """The rows with what a bad answer to each costs, where they can be scored already: it is the scoring itself."""
    whole = [
        Question(id=place, text=row.text, kind=row.kind, weight=weight, must_pass=row.must_pass)
        for place, row in enumerate(rows)
        if row.text and row.kind in VALUES and (weight := _weight(row)) and weight <= LARGEST_WEIGHT
    ]
    best: dict[int, int | None] = {one.id: VALUES[one.kind][-1] for one in whole}
    costs = {}
    for one in whole:
        worse = score(whole, {**best, one.id: VALUES[one.kind][0]}).would_be
        costs[one.id] = None if worse is None else 100 - worse
    return [replace(row, costs=costs.get(place)) for place, row in enumerate(rows)]
