"""Job types, and from which invoice subtotal such a job counts as sold."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from calltrack.changes import newest_changes
from calltrack.ground import ground
from calltrack.jobs.jobs import BadJob, find_job_type, set_threshold
from calltrack.jobs.listing import list_job_types
from calltrack.models.job import LONGEST_NAME
from calltrack.money import to_text
from calltrack.web.forms import BadField, required_field, text_field
from calltrack.web.settings_fields import Typed, all_fields, optional_money_field, refused
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
        with ground().database.write.begin() as session:
            with all_fields() as field:
                with field("name"):
                    name = required_field("name", called="the name of the job type", longest=LONGEST_NAME)
                    known = find_job_type(session, account=visitor().account, name=name)
                    if known and not text_field("row"):
                        raise BadField(f"There is a job type {known.name!r} already: change its threshold in the list.")
                with field("sold_threshold"):
                    threshold = optional_money_field("sold_threshold", called="“Sold from”")
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
        found = sorted(list_job_types(session, account=visitor().account), key=lambda one: one.name.casefold())
        changes = newest_changes(session, account_id=visitor().account.id, noun="job type")
    return render_template(
        "settings/job_types.html",
        job_types=found,
        names={one.id: one.name for one in found},
        changes=changes,
        typed=typed,
        to_text=to_text,
    )
