"""All pages under one blueprint, so that their names (`web.calls.show`) collide with no other door's."""

from flask import Blueprint

from calltrack.web import (
    assets,
    calls,
    campaigns,
    errors,
    jobs,
    labels,
    notes,
    recordings,
    scorecards,
    sign_in,
    steps,
    unclaimed,
)

site = Blueprint("web", __name__, template_folder="templates")
for noun in (assets, sign_in, scorecards, campaigns, calls, recordings, labels, notes, jobs, steps, unclaimed):
    site.register_blueprint(noun.bp)
errors.init_pages(site)
