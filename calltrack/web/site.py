"""All pages under one blueprint, so that their names (`web.calls.show`) collide with no other door's."""

from flask import Blueprint

from calltrack.web import (
    agents,
    assets,
    blind,
    calls,
    campaigns,
    classifier,
    customers,
    errors,
    imports,
    job_links,
    job_types,
    jobs,
    labels,
    ledger,
    measured,
    notes,
    reasons,
    recordings,
    reports,
    review,
    scorecards,
    settings,
    setup_campaigns,
    setup_numbers,
    sign_in,
    steps,
    unclaimed,
)

site = Blueprint("web", __name__, template_folder="templates")
for noun in (
    *(assets, sign_in, scorecards, campaigns, agents, calls, recordings, labels, notes, steps, unclaimed),
    *(classifier, measured, review, blind),
    *(jobs, job_links, customers, reports),
    *(settings, setup_campaigns, setup_numbers, job_types, reasons, ledger, imports),
):
    site.register_blueprint(noun.bp)
errors.init_pages(site)
