"""What people of the company wrote about a person's calls: it is about their own work and stays, without the person's
number and names in it."""

import re
from collections.abc import Collection
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from calltrack.models import (
    Account,
    Assignment,
    Change,
    Evaluation,
    Example,
    Remark,
    SavedView,
    Task,
)
from calltrack.privacy.person import Person

GONE = "[erased]"
_SHORTEST_NAME = 3  # what is shorter may be a part of any word
_COLUMNS = (
    (Evaluation, "summary"), (Evaluation, "reply"), (Remark, "text"), (Assignment, "note"), (Example, "title"),
    (Example, "why"),
)  # fmt: skip


def clean_remarks(session: Session, *, account: Account, person: Person, names: Collection[str]) -> None:
    """Take the person's number and names out of coaching, of the ledger of changes and of saved views."""
    traces = _traces(person.phone, names)
    evaluations = select(Evaluation.id).where(Evaluation.call_id.in_(person.calls))
    of_calls: dict[type, ColumnElement[bool]] = {
        Evaluation: Evaluation.call_id.in_(person.calls),
        Remark: Remark.evaluation_id.in_(evaluations),
        Assignment: Assignment.call_id.in_(person.calls),
        Example: Example.call_id.in_(person.calls),
    }
    for table, name in _COLUMNS:
        for row in session.scalars(select(table).where(of_calls[table])):
            written = getattr(row, name)
            if written and (cleaned := traces.sub(GONE, written)) != written:
                setattr(row, name, cleaned)
    _clean_changes(session, account=account, person=person, traces=traces)
    _clean_views(session, account=account, phone=person.phone)


def without_traces(text: str, *, phone: str) -> str:
    """A text without the number, however it is spelled."""
    return _traces(phone, ()).sub(GONE, text)


def _traces(phone: str, names: Collection[str]) -> re.Pattern[str]:
    """The number in any usual spelling, with its country or without, and the names as whole words."""
    digits = phone.removeprefix("+")
    national = digits[1:] if digits.startswith("1") and len(digits) == 11 else digits
    spelled = r"[\s().\-]{0,3}".join(national)
    country = re.escape(digits[: len(digits) - len(national)])
    number = rf"(?<!\d)(?:\+?{country}[\s().\-]{{0,3}})?\(?{spelled}(?!\d)"
    words = sorted((re.escape(name) for name in names if len(name) >= _SHORTEST_NAME), key=len, reverse=True)
    return re.compile("|".join([number, *(rf"(?<!\w){word}(?!\w)" for word in words)]), re.IGNORECASE)


def _clean_changes(session: Session, *, account: Account, person: Person, traces: re.Pattern[str]) -> None:
    """Who changed a customer, a job or a task and when stays; what it said of the person does not."""
    tasks = select(Task.id).where(Task.call_id.in_(person.calls))
    about = or_(
        and_(Change.noun == "customer", Change.noun_id.in_(person.customers)),
        and_(Change.noun == "job", Change.noun_id.in_(person.jobs)),
        and_(Change.noun == "task", Change.noun_id.in_(tasks)),
    )
    for change in session.scalars(select(Change).where(Change.account_id == account.id, about)):
        whole = change.noun != "job"  # of a job other things are written as well
        for name in ("was", "now"):
            written = getattr(change, name)
            if written:
                setattr(change, name, GONE if whole else traces.sub(GONE, written))


def _clean_views(session: Session, *, account: Account, phone: str) -> None:
    """A view that looks for the number, however it was typed, looks for it no more."""
    digits = phone.removeprefix("+")[-10:]
    for view in session.scalars(select(SavedView).where(SavedView.account_id == account.id)):
        asked = parse_qsl(view.query)
        kept = [(name, value) for name, value in asked if digits not in re.sub(r"\D", "", value)]
        if kept != asked:
            view.query = urlencode(kept)
