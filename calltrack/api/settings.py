"""The account's own settings, its ledger accounts, and what is missing in its set-up."""

from datetime import UTC, datetime
from typing import Any, Literal

from flask import Response
from pydantic import BaseModel, Field

from calltrack.accounts.roles import may
from calltrack.accounts.settings import (
    LONGEST_LEAD_SECONDS,
    LONGEST_TEXT_BACK,
    LONGEST_TEXT_HELP,
    MOST_BLIND_CALLS,
    MOST_CALL_BACK_MINUTES,
    MOST_MATCH_DAYS,
    change_account,
)
from calltrack.api.door import SETTINGS, bp, give, requires, visitor
from calltrack.api.fields import Items, Moment
from calltrack.api.problems import Problem, refusals
from calltrack.api.sounds import AnnouncementAnswer, AnnouncementIn, told
from calltrack.campaigns.warnings import Kind, claim_ledger_account, setup_warnings
from calltrack.ground import ground
from calltrack.jobs.ledger import list_ledger_accounts, set_income
from calltrack.models import Account
from calltrack.models.job import LONGEST_NAME
from calltrack.telephony.recording_law import Mode
from calltrack.telephony.recording_policy import set_recording
from calltrack.telephony.sounds import set_announcement

_TEXT = "It says who it is from: `{business}` stands for the company's name. Empty: none"
_SORRY = "Sorry that we missed your call to {business}. We will call you back. Reply STOP to opt out."
# What null takes away; of every other setting there is always one.
_NONE: dict[str, Any] = {"call_back_minutes": 0, "text_back": "", "text_help": ""}


class AccountAnswer(BaseModel):
    """The company: days begin in `time_zone`; a call may be a lead from `lead_seconds` on, where its campaign says
    nothing else; a job is matched to calls of the `match_days` days before it; `blind_calls` of each week are drawn for
    a label by somebody who is not shown the machine's. Its numbers are with `carrier`. A missed caller is to be called
    back within `call_back_minutes` and is texted `text_back`; who texts HELP is answered with `text_help`.
    `recording`: whether calls are recorded and who is told; `state`: where the business is."""

    name: str
    time_zone: str
    lead_seconds: int
    match_days: int
    blind_calls: int
    carrier: Literal["twilio", "signalwire"]
    call_back_minutes: int | None
    text_back: str | None
    text_help: str | None
    recording: Mode
    state: str | None
    announcement: AnnouncementAnswer
    created_at: Moment


class AccountChanges(BaseModel):
    """What is to be changed; what is left out stays. Null for a text or for the minutes: none from now on."""

    time_zone: str | None = Field(None, max_length=64, description="An IANA name", examples=["America/Chicago"])
    lead_seconds: int | None = Field(None, ge=0, le=LONGEST_LEAD_SECONDS, examples=[60])
    match_days: int | None = Field(None, ge=0, le=MOST_MATCH_DAYS, examples=[14])
    blind_calls: int | None = Field(None, ge=0, le=MOST_BLIND_CALLS, examples=[20])
    carrier: Literal["twilio", "signalwire"] | None = Field(None, examples=["twilio"])
    call_back_minutes: int | None = Field(None, ge=0, le=MOST_CALL_BACK_MINUTES, examples=[30])
    text_back: str | None = Field(None, max_length=LONGEST_TEXT_BACK, description=_TEXT, examples=[_SORRY])
    text_help: str | None = Field(None, max_length=LONGEST_TEXT_HELP, description=_TEXT)
    recording: Mode | None = Field(
        None, description="announced: every caller is told; by-law: those whose law may ask for it; never: no recording"
    )
    state: str | None = Field(
        None, max_length=20, description="Two letters of a US state; null: not said, the strictest law", examples=["IL"]
    )
    announcement: AnnouncementIn | None = Field(None, description="What callers are told about recording")


class LedgerAccountPath(BaseModel):
    """Which ledger account."""

    name: str = Field(max_length=LONGEST_NAME)


class Income(BaseModel):
    """Whether what is booked on the ledger account is revenue."""

    income: bool


class LedgerAccountAnswer(Income):
    """A general-ledger account that invoice items are booked on."""

    name: str


class SubjectAnswer(BaseModel):
    """One thing that a warning is about."""

    id: int
    name: str


class WarningAnswer(BaseModel):
    """What is so and what follows from it, and what to do. Jobs are counted only, up to 1,001."""

    kind: Kind
    sentence: str
    todo: str
    count: int
    subjects: list[SubjectAnswer]


@bp.get("/account", tags=[SETTINGS], responses={200: AccountAnswer})
@requires("company.read")
def read_account() -> Response:
    """The company that the key belongs to, and its settings."""
    return give(_account(visitor().account))


@bp.patch("/account", tags=[SETTINGS], responses={200: AccountAnswer, **refusals(409, 413)})
@requires("settings.write")
def change_settings(body: AccountChanges) -> Response:
    """Change the time zone, what a lead is, how far back a job finds its call, what is recorded and the like.

    Every figure follows at once, but for jobs that have to look for their calls again: a worker sees to that.
    """
    who = visitor()
    if body.carrier is not None and not may(who.role, "numbers.write"):
        raise Problem(403, f"a key with the role {who.role} may not change the carrier; use an admin's")
    given = {
        name: _NONE.get(name) if value is None else value
        for name, value in body.model_dump(exclude_unset=True, exclude={"announcement", "recording", "state"}).items()
    }
    with ground().database.write.begin() as session:
        account, _ = change_account(session, account=who.account, by=who.name, **given)
        where = (body.state or "") if "state" in body.model_fields_set else None
        account, _ = set_recording(session, account=account, mode=body.recording, state=where, by=who.name)
        if body.announcement is not None:
            said = body.announcement
            account = set_announcement(session, owner=account, text=said.text, audio=said.audio, by=who.name)
    return give(_account(account))


@bp.get("/ledger-accounts", tags=[SETTINGS], responses={200: Items[LedgerAccountAnswer]})
@requires("jobs.read")
def list_all_ledger_accounts() -> Response:
    """All ledger accounts that invoices named or that were added, by name."""
    with ground().database.read() as session:
        found = list_ledger_accounts(session, account=visitor().account)
    return give(Items[LedgerAccountAnswer](items=[LedgerAccountAnswer(name=it.name, income=it.income) for it in found]))


@bp.put(
    "/ledger-accounts/<path:name>", tags=[SETTINGS], responses={200: LedgerAccountAnswer, **refusals(404, 409, 413)}
)
@requires("settings.write")
def put_ledger_account(path: LedgerAccountPath, body: Income) -> Response:
    """Say whether a ledger account is income: items that are stored follow it. One that is new is added."""
    who = visitor()
    with ground().database.write.begin() as session:
        found = set_income(session, account=who.account, name=path.name, income=body.income, by=who.name)
        claim_ledger_account(session, ledger_account=found, by=who.name)
    return give(LedgerAccountAnswer(name=found.name, income=found.income))


@bp.get("/setup-warnings", tags=[SETTINGS], responses={200: Items[WarningAnswer]})
@requires("company.read")
def list_setup_warnings() -> Response:
    """What is missing in the set-up, so that figures say less than they could; an empty list: nothing."""
    with ground().database.read() as session:
        found = setup_warnings(session, account=visitor().account, now=datetime.now(UTC))
    items = [
        WarningAnswer.model_validate({**vars(one), "subjects": [vars(it) for it in one.subjects]}) for one in found
    ]
    return give(Items[WarningAnswer](items=items))


def _account(account: Account) -> AccountAnswer:
    kept = {name: getattr(account, name) for name in AccountAnswer.model_fields}
    return AccountAnswer.model_validate({**kept, "announcement": told(account)})
