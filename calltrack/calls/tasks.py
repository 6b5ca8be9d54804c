"""Tasks: who calls back or follows up, until when, and what came of it. Whoever is first to do a task has done it."""

from datetime import UTC, datetime
from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from calltrack.accounts.roles import may
from calltrack.calls.callers import is_somebody
from calltrack.changes import record
from calltrack.db import upsert
from calltrack.models import Call, Membership, Task

Kind = Literal["call-back", "follow-up"]
KINDS: tuple[Kind, ...] = get_args(Kind)
RESULTS = ("reached", "left a message", "booked", "wrong number")
"""What usually comes of a task; any other sentence will do as well."""

LONGEST_NOTE = 500


class BadTask(ValueError):
    """A task that cannot be; the message says what can."""


class TaskDone(BadTask):
    """Somebody was first; the message says who, and what came of it."""


def find_task(session: Session, *, account_id: int, task_id: int) -> Task | None:
    """The account's own task of that id."""
    return session.scalar(select(Task).where(Task.account_id == account_id, Task.id == task_id))


def ask_task(
    session: Session,
    *,
    call: Call,
    kind: Kind,
    due_at: datetime,
    made_by: str,
    user_id: int | None = None,
    note: str | None = None,
) -> tuple[Task, bool]:
    """Ask for the caller to be called back, or for the call to be followed up; of anybody, or of `user_id`.

    While such a task is open for the call, it stays as it is and is returned with False. Raises BadTask.
    """
    if call.account_id is None:
        raise BadTask("nobody here owns the number that was dialled")
    note = (note or "").replace("\x00", "").strip()
    if len(note) > LONGEST_NOTE:
        raise BadTask(f"a task's note has at most {LONGEST_NOTE} characters")
    _check_person(session, account_id=call.account_id, user_id=user_id)
    row = upsert(session, Task).values(
        account_id=call.account_id, call_id=call.id, kind=kind, due_at=due_at, user_id=user_id, note=note or None,
        made_by=made_by, made_at=datetime.now(UTC),
    )  # fmt: skip
    # Race: two people ask at once; the unique key of open tasks lets one of them make it.
    unless_open = row.on_conflict_do_nothing(index_elements=["call_id", "kind"], index_where=Task.done_at.is_(None))
    new = session.scalar(unless_open.returning(Task.id))
    if new is not None:
        return session.get_one(Task, new), True
    standing = session.scalar(select(Task).where(Task.call_id == call.id, Task.kind == kind, Task.done_at.is_(None)))
    if standing is None:  # it was done between the two looks
        return ask_task(session, call=call, kind=kind, due_at=due_at, made_by=made_by, user_id=user_id, note=note)
    return standing, False


def finish_task(session: Session, *, task: Task, result: str, done_by: str) -> None:
    """It is done, and with a call-back all others that are owed to that caller.

    Race: of two who say so at once one is first; the other gets TaskDone. Raises BadTask.
    """
    said = {"done_at": datetime.now(UTC), "done_by": done_by, "result": _clean_result(result)}
    if not _change(session, Task.id == task.id, Task.done_at.is_(None), **said):
        session.refresh(task)
        raise _already(task)
    these = _about(session.get_one(Call, task.call_id), kind=task.kind)
    _change(session, these, Task.kind == task.kind, Task.done_at.is_(None), **said)
    session.refresh(task)


def do_at_once(session: Session, *, call: Call, kind: Kind, result: str, done_by: str) -> list[int]:
    """It was done without being asked for, or before: the ids of the tasks that are done by it.

    Whoever calls a caller back has done all call-backs that are owed to them, whichever call they are about. Raises
    TaskDone where somebody else has called back since the call (or followed this one up), else BadTask.
    """
    if call.account_id is None:
        raise BadTask("nobody here owns the number that was dialled")
    said = {"done_at": datetime.now(UTC), "done_by": done_by, "result": _clean_result(result)}
    # Race: two people have called back at once; the lock lets the second see what the first wrote.
    session.execute(select(Call.id).where(Call.id == call.id).with_for_update())
    these = _about(call, kind=kind)
    if owed := _change(session, these, Task.kind == kind, Task.done_at.is_(None), **said):
        return owed
    last = session.scalar(
        select(Task)
        .where(these, Task.kind == kind, Task.done_at >= call.started_at)
        .order_by(Task.done_at.desc(), Task.id.desc())
        .limit(1)
    )
    if last is not None:
        raise _already(last)
    now = said["done_at"]
    task = Task(
        account_id=call.account_id, call_id=call.id, kind=kind, due_at=now, made_by=done_by, made_at=now, **said
    )
    session.add(task)
    session.flush()
    return [task.id]


def reopen_task(session: Session, *, task: Task, by: str) -> None:
    """It is to be done after all. Raises BadTask where it is open, or another one of the call is."""
    was = task.result
    try:
        with session.begin_nested():
            undone = {"done_at": None, "done_by": None, "result": None}
            changed = _change(session, Task.id == task.id, Task.done_at.is_not(None), **undone)
    except IntegrityError:
        raise BadTask(f"another {task.kind} of this call is open already") from None
    if not changed:
        raise BadTask("it is open already")
    _keep(session, task=task, by=by, result=(was, None))


def reassign_task(session: Session, *, task: Task, user_id: int | None, by: str) -> None:
    """It is `user_id`'s from now on; None: anybody's. Raises BadTask."""
    _check_person(session, account_id=task.account_id, user_id=user_id)
    _change_open(session, task=task, by=by, user_id=user_id)


def put_off_task(session: Session, *, task: Task, due_at: datetime, by: str) -> None:
    """It is due then, not before. Raises TaskDone."""
    _change_open(session, task=task, by=by, due_at=due_at)


def _change_open(session: Session, *, task: Task, by: str, **values: Any) -> None:
    was = {name: getattr(task, name) for name in values}
    if not _change(session, Task.id == task.id, Task.done_at.is_(None), **values):
        session.refresh(task)
        raise _already(task)
    _keep(session, task=task, by=by, **{name: (was[name], value) for name, value in values.items()})


def _change(session: Session, *which: ColumnElement[bool], **values: Any) -> list[int]:
    changed = update(Task).where(*which).values(values).returning(Task.id)
    return sorted(session.scalars(changed.execution_options(synchronize_session=False)))


def _keep(session: Session, *, task: Task, by: str, **fields: tuple[object, object]) -> None:
    session.refresh(task)
    record(session, account_id=task.account_id, noun="task", noun_id=task.id, fields=fields, by=by)
    session.flush()


def _about(call: Call, *, kind: str) -> ColumnElement[bool]:
    """The tasks that are done together: call-backs to one caller, else those of the one call."""
    if kind != "call-back" or not is_somebody(call.caller):
        return Task.call_id == call.id
    by_caller = select(Call.id).where(Call.account_id == call.account_id, Call.caller == call.caller)
    return Task.call_id.in_(by_caller)


def _check_person(session: Session, *, account_id: int, user_id: int | None) -> None:
    if user_id is None:
        return
    membership = session.get(Membership, (user_id, account_id))
    if membership is None or not may(membership.role, "tasks.write"):
        raise BadTask("a task is anybody's, or that of one of the account's own people who may do tasks")


def _clean_result(result: str) -> str:
    clean = result.replace("\x00", "").strip()
    if not 0 < len(clean) <= LONGEST_NOTE:
        raise BadTask(f"say what came of it, in 1 to {LONGEST_NOTE} characters")
    return clean


def _already(task: Task) -> TaskDone:
    return TaskDone(f"{task.done_by} has done it already: {task.result}")
