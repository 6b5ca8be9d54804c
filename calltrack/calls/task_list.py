"""Tasks as people look for them: what is due first, or what was done last, each with the call that it is about."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import BigInteger, Select, literal, select, tuple_
from sqlalchemy.orm import Session

from calltrack.calls.callers import with_names
from calltrack.calls.tasks import Kind
from calltrack.db import UTCDateTime
from calltrack.models import Call, Campaign, Task, User
from calltrack.paging import Page, clamp, older_than, read_cursor, write_cursor


@dataclass(frozen=True)
class ListedTask:
    """A task with its call. `whose` and `assigned_to`: name and e-mail address of the person it is given to (None: it
    is anybody's); `done_at` None: it is open."""

    id: int
    kind: str
    due_at: datetime
    user_id: int | None
    whose: str | None
    assigned_to: str | None
    note: str | None
    made_by: str
    made_at: datetime
    done_by: str | None
    done_at: datetime | None
    result: str | None
    call_sid: str
    called_at: datetime
    caller: str | None
    caller_name: str | None
    campaign: str | None


def list_tasks(
    session: Session,
    *,
    account_id: int,
    state: Literal["open", "done"] = "open",
    kind: Kind | None = None,
    user_id: int | None = None,
    due_before: datetime | None = None,
    due_from: datetime | None = None,
    done_since: datetime | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[ListedTask]:
    """The account's open tasks, what is due first at the top; or those done, the latest at the top.

    `user_id`: of that person only. `limit` is kept within 1 to 200. Raises calltrack.paging.BadCursor.
    """
    rows = _tasks().where(Task.account_id == account_id)
    rows = rows.where(Task.done_at.is_(None) if state == "open" else Task.done_at.is_not(None))
    if kind is not None:
        rows = rows.where(Task.kind == kind)
    if user_id is not None:
        rows = rows.where(Task.user_id == user_id)
    if due_before is not None:
        rows = rows.where(Task.due_at < due_before)
    if due_from is not None:
        rows = rows.where(Task.due_at >= due_from)
    if done_since is not None:
        rows = rows.where(Task.done_at >= done_since)
    limit = clamp(limit)
    if state == "open":
        if cursor is not None:
            moment, row_id = read_cursor(cursor)
            place = tuple_(literal(moment, UTCDateTime()), literal(row_id, BigInteger()))
            rows = rows.where(tuple_(Task.due_at, Task.id) > place)
        rows = rows.order_by(Task.due_at, Task.id)
    else:
        if cursor is not None:
            rows = rows.where(older_than(read_cursor(cursor), moment=Task.done_at, row_id=Task.id))
        rows = rows.order_by(Task.done_at.desc(), Task.id.desc())
    found = [ListedTask(*row) for row in session.execute(rows.limit(limit + 1))]
    page = with_names(session, account_id=account_id, rows=found[:limit])
    return Page(page, write_cursor(_place(page[-1]), page[-1].id) if len(found) > limit else None)


def tasks_of(session: Session, *, account_id: int, call_id: int) -> list[ListedTask]:
    """All tasks of one call of the account: the open ones as they are due, then those done, the latest first."""
    found = [
        ListedTask(*row)
        for row in session.execute(_tasks().where(Task.account_id == account_id, Task.call_id == call_id))
    ]
    found = with_names(session, account_id=account_id, rows=found)
    still_open = [one for one in found if one.done_at is None]
    done = [one for one in found if one.done_at is not None]
    return sorted(still_open, key=lambda one: (one.due_at, one.id)) + sorted(
        done, key=lambda one: (one.done_at, one.id), reverse=True
    )


def read_task(session: Session, *, account_id: int, task_id: int) -> ListedTask | None:
    """One task of the account as a list shows it."""
    row = session.execute(_tasks().where(Task.account_id == account_id, Task.id == task_id)).first()
    return with_names(session, account_id=account_id, rows=[ListedTask(*row)])[0] if row else None


def _place(task: ListedTask) -> datetime:
    return task.done_at or task.due_at


def _tasks() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Task.id, Task.kind, Task.due_at, Task.user_id, User.name, User.email, Task.note, Task.made_by, Task.made_at,
            Task.done_by, Task.done_at, Task.result, Call.call_sid, Call.started_at, Call.caller, Call.caller_name,
            Campaign.name,
        )
        .join(Call, Call.id == Task.call_id)
        .outerjoin(Campaign, Campaign.id == Call.campaign_id)
        .outerjoin(User, User.id == Task.user_id)
    )  # fmt: skip
