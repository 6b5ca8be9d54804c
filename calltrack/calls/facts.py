"""What a call counts as, derived in SQL from its row, its label in force and its jobs; nothing here is ever stored."""

from collections.abc import Collection
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Select, and_, case, false, func, literal, literal_column, null, or_, select, true
from sqlalchemy import Label as Named

from calltrack.calls.why import NO_JOB
from calltrack.models import Account, Call, CallTag, Campaign, Job, Label
from calltrack.models.call import SOUNDS_BOOKED

# A select whose columns the caller names; their types are the models' own.
Rows: TypeAlias = Select[*tuple[Any, ...]]

# At least one job is linked; a job of another account never counts. As a subquery with LIMIT, because PostgreSQL may
# answer EXISTS by reading the whole table of jobs for a page of 50 calls. The + 0 keeps SQLite, which may have no
# statistics, from reading all jobs of the account for each call.
booked = (
    select(Job.id)
    .where(Job.call_id == Call.id, Job.account_id + 0 == Call.account_id)
    .limit(1)
    .correlate(Call)
    .scalar_subquery()
    .is_not(None)
)

lead_seconds = func.coalesce(Campaign.lead_seconds, Account.lead_seconds)

_person_says_lead = and_(Label.source == "human", Label.value == "lead")
_long_enough = and_(Call.duration >= lead_seconds, or_(Label.id.is_(None), Label.value != "excused"))

# A booked call is a lead whatever its length or label; any other must not have been missed, and either a person calls
# it a lead or it lasted long enough and is not excused. CASE makes an unknown (no label, no duration) a plain no.
is_lead: ColumnElement[bool] = case(
    (or_(booked, and_(~Call.missed, or_(_person_says_lead, _long_enough))), true()), else_=false()
)

# The first that fits; null while the call runs. As conditions, so that a list of the missed calls asks for those and
# not for what a CASE would say of every call.
_ended = Call.ended_at.is_not(None)
OUTCOMES: dict[str, ColumnElement[bool]] = {
    "booked": and_(_ended, booked),
    "missed": and_(_ended, Call.missed, ~booked),
    "unbooked": and_(_ended, ~Call.missed, ~booked, is_lead),
    "excused": and_(_ended, ~Call.missed, ~is_lead),
}
outcome: ColumnElement[str | None] = case(*((fits, literal(name)) for name, fits in OUTCOMES.items()), else_=null())

_said_no_job = (
    select(CallTag.tag)
    .where(CallTag.call_id == Call.id, CallTag.tag == NO_JOB)
    .limit(1)
    .correlate(Call)
    .scalar_subquery()
    .is_not(None)
)

# An appointment seems to have been set, and no job says so. The number stands in the statement as it stands in the
# index, because a database that is not told it cannot know that the index has all these calls.
likely_booked: ColumnElement[bool] = and_(
    Call.booked_chance >= literal_column(str(SOUNDS_BOOKED)),
    _ended,
    ~Call.missed,
    ~Call.voicemail,
    ~booked,
    ~_said_no_job,
)

_LABEL = ("value", "reason", "source", "confidence", "model", "review", "said_by", "said_at")
_label_columns: list[Named[Any]] = [getattr(Label, name).label(f"label_{name}") for name in _LABEL]


def inbound(*, account_id: int) -> ColumnElement[bool]:
    """The only calls that anything counts or lists: inbound ones of this account."""
    return and_(Call.account_id == account_id, Call.direction == "inbound")


def calls_with_facts(*, account_id: int) -> Rows:
    """The account's inbound calls, a row each, with all that a row of a list needs; counts and lists both start here.

    Beside the call's own columns: `campaign` (name), `time_zone`, `lead_seconds` (the campaign's, else the account's),
    `booked`, `is_lead`, `outcome`, and the label in force as `label_value`, `label_reason` and so on (null: none).
    """
    return _facts().where(inbound(account_id=account_id))


def facts_of_calls(*, account_id: int, call_ids: Collection[int]) -> Rows:
    """The same of the calls with these ids, as far as they are the account's inbound ones."""
    # The + 0 keeps SQLite, which may have no statistics, from reading all calls of the account for a few ids.
    return _facts().where(Call.id.in_(call_ids), Call.account_id + 0 == account_id, Call.direction == "inbound")


def _facts() -> Rows:
    return (
        select(
            Call.id, Call.call_sid, Call.campaign_id, Call.dialled, Call.caller, Call.caller_name, Call.status,
            Call.started_at, Call.ended_at, Call.duration, Call.talk_seconds, Call.voicemail, Call.missed,
            Call.missed_reason, Call.answered_by, Call.booked_chance,
            Campaign.name.label("campaign"), Account.time_zone, lead_seconds.label("lead_seconds"),
            booked.label("booked"), is_lead.label("is_lead"), outcome.label("outcome"), *_label_columns,
        )
        .select_from(Call)
        .join(Account, Account.id == Call.account_id)
        .outerjoin(Campaign, Campaign.id == Call.campaign_id)
        .outerjoin(Label, Label.id == Call.label_id)
    )  # fmt: skip
