"""Comparisons of the carrier's own lists of calls and recordings with ours."""

from flask import Response
from pydantic import BaseModel

from calltrack.api.door import SETTINGS, bp, give, requires, visitor
from calltrack.api.fields import Items, Moment
from calltrack.calls.reconciliations import newest_runs
from calltrack.ground import ground

MOST = 50


class ReconciliationAnswer(BaseModel):
    """One comparison, for all companies of this server together. Calls `made` were missing here, those `mended` were
    incomplete; recordings `gone` are no longer at the carrier. `ended_at` is null while it is under way; `error` says
    why it stopped early."""

    carrier: str
    since: Moment
    began_at: Moment
    ended_at: Moment | None
    calls_seen: int
    calls_made: int
    calls_mended: int
    recordings_seen: int
    recordings_made: int
    recordings_gone: int
    error: str | None


@bp.get("/reconciliations", tags=[SETTINGS], responses={200: Items[ReconciliationAnswer]})
@requires("calls.unclaimed")
def list_reconciliations() -> Response:
    """The newest 50 comparisons with the lists of your account's carrier, newest first."""
    with ground().database.read() as session:
        runs = newest_runs(session, limit=MOST, carrier=visitor().account.carrier)
    items = [
        ReconciliationAnswer.model_validate({name: getattr(run, name) for name in ReconciliationAnswer.model_fields})
        for run in runs
    ]
    return give(Items[ReconciliationAnswer](items=items))
