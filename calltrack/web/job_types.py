"""Job types, and from which invoice subtotal such a job counts as sold."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from calltrack.ground import ground
from calltrack.jobs.jobs import BadJob, set_threshold
from calltrack.jobs.listing import list_job_types
from calltrack.models.job import LONGEST_NAME
from calltrack.money import to_text
from calltrack.web.forms import BadField, required_field, text_field
from calltrack.web.settings_fields import Typed, optional_money_field, refused
from calltrack.web.visitors import requires, visitor
from calltrack.web.words import cents

bp = Blueprint("job_types", __name__)


@bp.get("/settings/job-types")
@requires("thresholds.write")
def table() -> ResponseReturnValue:
    """All job types with their thresholds."""
    return _page(Typed())


@bp.post("/settings/job-types")
@requires("thresholds.write")
def put() -> ResponseReturnValue:
    """Set a job type's threshold; a type that is new is added."""
    try:
        name = required_field("name", called="the job type", longest=LONGEST_NAME)
        threshold = optional_money_field("sold_threshold", called="the threshold")
        with ground().database.write.begin() as session:
            found = set_threshold(
                session, account=visitor().account, name=name, sold_threshold=threshold, by=visitor().name
            )
    except (BadField, BadJob) as wrong:
        form = f"row {text_field('name')}" if text_field("row") else "new"
        return _page(refused(form, wrong, not_done="The threshold was not saved")), 400
    else:
        flash(
            f"{found.name}: sold from {cents(threshold)}." if threshold else f"{found.name} has no threshold now.",
            "done",
        )
    return redirect(url_for("web.job_types.table"), 303)


def _page(typed: Typed) -> str:
    with ground().database.read() as session:
        found = list_job_types(session, account=visitor().account)
    return render_template("settings/job_types.html", job_types=found, typed=typed, to_text=to_text)
