"""The door itself: whose key is it, may its role do this, can the request be read."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, TypeVar

from flask import Response, current_app, g, request
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError
from werkzeug.exceptions import BadRequest, HTTPException

from calltrack.accounts.agents import BadAgent
from calltrack.accounts.keys import touch_key
from calltrack.accounts.reasons import BadReason, ReasonTaken
from calltrack.accounts.roles import ACTIONS, may
from calltrack.accounts.settings import BadSetting
from calltrack.accounts.sign_in import Visitor, whose_key
from calltrack.api import problems
from calltrack.api.late import LateBlueprint
from calltrack.api.limits import limit_program, limit_stranger
from calltrack.api.problems import Problem
from calltrack.audit import Deed
from calltrack.calls.batches import BadBatch
from calltrack.calls.labels import BadLabel
from calltrack.calls.tags import BadTag
from calltrack.calls.tasks import BadTask, TaskDone
from calltrack.campaigns.campaigns import BadCampaign, Taken
from calltrack.campaigns.costs import BadCosts
from calltrack.campaigns.rows import BadKpi
from calltrack.db import AWAY
from calltrack.ground import ground
from calltrack.jobs.customers import BadCustomer
from calltrack.jobs.jobs import BadJob
from calltrack.learning.blind import Answered
from calltrack.learning.versions import BadVersion
from calltrack.money import BadAmount
from calltrack.paging import BadCursor
from calltrack.privacy.keeping import BadKeeping
from calltrack.privacy.person import BadPerson
from calltrack.reports.recipients import BadReport
from calltrack.storage import StorageUnavailable
from calltrack.telephony.blocking import BadBlock
from calltrack.telephony.flow_list import BadFlow, FlowTaken
from calltrack.telephony.sounds import BadSound
from calltrack.traces import keep_to, leave

LARGEST_BODY = 1024 * 1024
_UNKEPT = re.compile("[\x00\ud800-\udfff]")
View = TypeVar("View", bound=Callable[..., Any])

bp = LateBlueprint(
    "api",
    __name__,
    url_prefix="/api/v1",
    abp_security=[{"key": []}],
    abp_responses=problems.refusals(400, 401, 403, 422, 429, 500, 503),
)
# The most telling handler wins, so that nothing that another door registers for the application answers here.
bp.register_error_handler(Problem, problems.answer)
for rule_broken in (
    BadAgent,
    BadAmount,
    BadBatch,
    BadBlock,
    BadCampaign,
    BadCosts,
    BadCursor,
    BadCustomer,
    BadFlow,
    BadJob,
    BadKeeping,
    BadKpi,
    BadLabel,
    BadPerson,
    BadReason,
    BadReport,
    BadSetting,
    BadSound,
    BadTag,
    BadTask,
    BadVersion,
):
    bp.register_error_handler(rule_broken, problems.answer_refusal)
bp.register_error_handler(Taken, problems.answer_taken)
bp.register_error_handler(FlowTaken, problems.answer_taken)
bp.register_error_handler(TaskDone, problems.answer_taken)
bp.register_error_handler(ReasonTaken, problems.answer_taken)
bp.register_error_handler(Answered, problems.answer_taken)
bp.register_error_handler(IntegrityError, problems.answer_race)
bp.register_error_handler(StorageUnavailable, problems.answer_storage_away)
for away in AWAY:
    bp.register_error_handler(away, problems.answer_database_away)
bp.register_error_handler(HTTPException, problems.answer_http)
bp.register_error_handler(Exception, problems.answer_mistake)

CALLS = Tag(name="Calls", description="Calls, their labels, tags, notes and recordings")
JOBS = Tag(name="Jobs", description="Jobs, their invoices, and the calls that booked them")
CAMPAIGNS = Tag(name="Campaigns", description="Campaigns, their costs and tracking numbers")
FLOWS = Tag(name="Call flows", description="What callers hear, which phones ring, and who is turned away")
PEOPLE = Tag(name="People", description="Who may sign in, who is invited, and the keys of programs")
SETTINGS = Tag(name="Settings", description="What an account decides about itself, and what its set-up lacks")
REPORTS = Tag(name="Reports", description="Scorecards by e-mail, and alerts when a campaign goes wrong")
CLASSIFIER = Tag(name="Classifier", description="What labels the calls: its versions, learnt from people's labels")
SCORECARDS = Tag(name="Scorecards", description="What each campaign cost and brought")


def requires(action: str, *, largest_body: int = LARGEST_BODY, leaves: Deed | None = None) -> Callable[[View], View]:
    """Declare the action (see accounts/roles.py) that a view is; the door asks the key's role before it calls it.
    `largest_body` in bytes is what it may be sent; `leaves` is what its answer is in the audit trail."""
    if action not in ACTIONS:
        raise KeyError(action)

    def declare(view: View) -> View:
        vars(view).update(action=action, largest_body=largest_body, leaves=leaves)
        return view

    return declare


def visitor() -> Visitor:
    """Whose key the current request came with."""
    found = g.visitor
    assert isinstance(found, Visitor)  # noqa: S101 - for the type checker; the door put it there
    return found


def give(found: BaseModel, status: int = 200) -> Response:
    """An answer as JSON, spelled as the OpenAPI document says."""
    return Response(found.model_dump_json(by_alias=True), status, content_type="application/json")


@bp.before_request
def _let_in() -> None:
    """The order matters: who asks, what they may do, and only then what they ask."""
    view = current_app.view_functions[request.endpoint or ""]
    g.visitor = _whose_key()
    limit_program(g.visitor)
    action, largest_body = vars(view)["action"], vars(view)["largest_body"]
    if not may(g.visitor.role, action, limited=g.visitor.campaign_ids is not None):
        leave(g.visitor, deed="refused", action=action)
        raise Problem(403, f"a key with the role {g.visitor.role} may not do {action}; use a key of another role")
    keep_to(g.visitor, action=action)
    request.max_content_length = largest_body
    if "\x00" in request.path or any("\x00" in word for pair in request.args.items(multi=True) for word in pair):
        raise Problem(400, "the address holds a NUL character; leave it out")
    if "body" in view.__annotations__:
        _read_body()


@bp.after_request
def _leave_a_trace(response: Response) -> Response:
    view = current_app.view_functions[request.endpoint or ""]
    deed, action = vars(view).get("leaves"), vars(view)["action"]
    if deed and response.status_code < 400:
        try:
            leave(visitor(), deed=deed, action=action)
        except AWAY as error:  # without a trace nothing is handed out
            return problems.answer_database_away(error)
    return response


@bp.after_request
def _keep_private(response: Response) -> Response:
    """What a company hears and reads stays with whoever asked."""
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def _whose_key() -> Visitor:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        limit_stranger()
        raise Problem(
            401, "send the header Authorization: Bearer KEY, with a key from `calltrack key create`",
            WWW_Authenticate='Bearer realm="calltrack"',
        )  # fmt: skip
    with ground().database.read() as session:
        found = whose_key(session, key=key.strip())
    if found is None:
        limit_stranger()
        raise Problem(
            401, "this key is unknown or revoked; make one with `calltrack key create`",
            WWW_Authenticate='Bearer realm="calltrack", error="invalid_token"',
        )  # fmt: skip
    touch_key(ground().database, key_id=found.key_id or 0, used_at=found.seen_at, now=datetime.now(UTC))
    return found


def _read_body() -> None:
    """Read the JSON once, whatever type the client says it is; the view's model then judges its fields."""
    try:
        body = request.get_json(force=True)
    except (BadRequest, RecursionError):
        raise Problem(400, "the body is not JSON that can be read; send one JSON document in UTF-8") from None
    if isinstance(body, str):
        raise Problem(422, "the body is a JSON text; send a JSON object")
    if any(map(_cannot_be_kept, _texts(body))):
        raise Problem(422, "a text holds a NUL character or half a surrogate pair; leave it out")


def _texts(found: Any) -> Iterator[str]:
    """Every text in a JSON document, keys too; without recursion, however deep it is."""
    left = [found]
    while left:
        one = left.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            left.extend(one)
            left.extend(one.values())
        elif isinstance(one, list):
            left.extend(one)


def _cannot_be_kept(text: str) -> bool:
    """PostgreSQL keeps no NUL, and no database half a surrogate pair."""
    return _UNKEPT.search(text) is not None
