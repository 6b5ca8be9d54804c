"""The programs' door: /api/v1, its OpenAPI document and a page that explains it."""

from flask import Flask
from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI

_ABOUT = (
    "Calls, labels, jobs and scorecards of one company: the one that the key belongs to. Times are ISO 8601 with "
    "offset, from and to are the company's local dates (both included), money is a decimal string, lists have "
    "items and next (a cursor). Errors are application/problem+json."
)


def make_app(*, version: str) -> OpenAPI:
    """An empty application that can describe its routes; the library's own pages stay closed."""
    from calltrack.api.problems import ProblemAnswer, answer_invalid

    app = OpenAPI(
        "calltrack",
        info=Info(title="calltrack", version=version, description=_ABOUT),
        security_schemes={
            "key": {"type": "http", "scheme": "bearer", "description": "A key from `calltrack key create`."}
        },
        validation_error_model=ProblemAnswer,
        validation_error_callback=answer_invalid,
        doc_ui=False,
        static_folder=None,
    )
    app.url_map.merge_slashes = False  # a redirect is no answer to a program's PUT
    return app


def init_app(app: Flask) -> None:
    """Open the programs' door."""
    from calltrack.api import (  # noqa: F401
        agents,
        audit_trail,
        blocked,
        calls,
        campaigns,
        classifier,
        customers,
        docs,
        flows,
        jobs,
        keys,
        labels,
        measured,
        number_deeds,
        numbers,
        numbers_for_sale,
        originals,
        pauses,
        people,
        privacy,
        reasons,
        reconciliations,
        recordings,
        reports,
        review,
        scorecards,
        settings,
        sounds,
        tasks,
        texts,
    )
    from calltrack.api.door import bp
    from calltrack.api.problems import answer_unknown_paths

    assert isinstance(app, OpenAPI)  # noqa: S101 - for the type checker; make_app made it
    app.register_api(bp)
    app.register_blueprint(docs.bp)
    app.before_request(answer_unknown_paths)
