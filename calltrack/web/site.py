"""All pages under one blueprint, so that their names (`web.calls.show`) collide with no other door's."""

from flask import Blueprint

from calltrack.web import (
    agent_names,
    agents,
    assets,
    blind,
    bulk,
    campaigns,
    classifier,
    clips,
    coaching,
    coaching_agents,
    coaching_assignments,
    coaching_calibration,
    coaching_evaluations,
    coaching_library,
    coaching_on_call,
    customers,
    errors,
    home,
    imports,
    job_links,
    job_types,
    jobs,
    labels,
    ledger,
    measured,
    notes,
    panel,
    reasons,
    recordings,
    reports,
    review,
    rubrics,
    scorecards,
    settings,
    setup_campaigns,
    setup_numbers,
    sign_in,
    steps,
    tags,
    tasks,
    unclaimed,
    views,
)

site = Blueprint("web", __name__, template_folder="templates")
for noun in (
    *(bulk, views, tags),
    *(home, tasks, agent_names),
    *(coaching, coaching_on_call, coaching_evaluations, coaching_assignments),
    *(coaching_agents, coaching_calibration, coaching_library, rubrics),
    *(assets, sign_in, scorecards, campaigns, agents, panel, recordings, labels, notes, steps, clips, unclaimed),
    *(classifier, measured, review, blind),
    *(jobs, job_links, customers, reports),
    *(settings, setup_campaigns, setup_numbers, job_types, reasons, ledger, imports),
):
    site.register_blueprint(noun.bp)
errors.init_pages(site)
