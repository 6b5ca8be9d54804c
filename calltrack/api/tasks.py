"""Call-backs and follow-ups: a dispatcher's program asks for them, and says what came of them."""

from typing import Literal

from flask import Response
from pydantic import BaseModel, Field

from calltrack.accounts.people import list_people
from calltrack.api.calls import CallPath, own_call
from calltrack.api.door import CALLS, bp, give, requires, visitor
from calltrack.api.fields import Id, Items, Moment, MomentIn, PageQuery
from calltrack.api.problems import Problem, refusals
from calltrack.calls.task_list import list_tasks, read_task
from calltrack.calls.tasks import LONGEST_NOTE, BadTask, ask_task, find_task, finish_task
from calltrack.ground import ground

Kind = Literal["call-back", "follow-up"]


class TasksQuery(PageQuery):
    """Which tasks; every filter that is given must fit."""

    state: Literal["open", "done"] = Field("open", description="open: what is due first; done: the latest first")
    kind: Kind | None = None
    due_before: MomentIn | None = Field(None, description="Due before this moment")


class TaskPath(BaseModel):
    """Which task."""

    id: Id


class TaskAnswer(BaseModel):
    """Something to be done about a call. `assigned_to`: the e-mail address of whose it is, null for anybody's;
    `done_at` null: it is open."""

    id: int
    kind: Kind
    due_at: Moment
    assigned_to: str | None
    note: str | None
    made_by: str
    made_at: Moment
    done_by: str | None
    done_at: Moment | None
    result: str | None
    call_sid: str
    called_at: Moment
    caller: str | None
    caller_name: str | None
    campaign: str | None


class TaskIn(BaseModel):
    """What is to be done, and until when."""

    kind: Kind
    due_at: MomentIn
    assigned_to: str | None = Field(None, max_length=320, description="E-mail address of one of your people")
    note: str | None = Field(None, max_length=LONGEST_NOTE)


class DoneIn(BaseModel):
    """What came of it."""

    result: str = Field(
        max_length=LONGEST_NOTE, description="Such as reached, left a message, booked, wrong number, or any sentence"
    )


@bp.get("/tasks", tags=[CALLS], responses={200: Items[TaskAnswer]})
@requires("tasks.write", leaves="saw")
def list_some_tasks(query: TasksQuery) -> Response:
    """Call-backs and follow-ups, a page at a time."""
    with ground().database.read() as session:
        page = list_tasks(session, account_id=visitor().account.id, **dict(query))
    return give(Items[TaskAnswer](items=[TaskAnswer.model_validate(vars(one)) for one in page.items], next=page.next))


@bp.post(
    "/calls/<call_sid>/tasks",
    tags=[CALLS],
    responses={200: TaskAnswer, 201: TaskAnswer, **refusals(404, 409, 413)},
)
@requires("tasks.write")
def ask_for_task(path: CallPath, body: TaskIn) -> Response:
    """Ask for a call-back or a follow-up (201). While one of the kind is open for the call, that is answered (200)."""
    who = visitor()
    with ground().database.write.begin() as session:
        call = own_call(session, path.call_sid)
        people = {one.email: one.id for one in list_people(session, account_id=who.account.id)}
        if body.assigned_to is not None and body.assigned_to.lower() not in people:
            raise BadTask(f"nobody of your account has the address {body.assigned_to}")
        task, new = ask_task(
            session, call=call, kind=body.kind, due_at=body.due_at, made_by=who.name, note=body.note,
            user_id=people[body.assigned_to.lower()] if body.assigned_to is not None else None,
        )  # fmt: skip
        found = read_task(session, account_id=who.account.id, task_id=task.id)
        return give(TaskAnswer.model_validate(vars(found)), 201 if new else 200)


@bp.post("/tasks/<int:id>/done", tags=[CALLS], responses={200: TaskAnswer, **refusals(404, 409, 413)})
@requires("tasks.write")
def finish_one(path: TaskPath, body: DoneIn) -> Response:
    """It is done. Whoever was first has done it: 409 says who that was."""
    who = visitor()
    with ground().database.write.begin() as session:
        task = find_task(session, account_id=who.account.id, task_id=path.id)
        if task is None:
            raise Problem(404, f"there is no task {path.id}; GET /api/v1/tasks lists yours")
        finish_task(session, task=task, result=body.result, done_by=who.name)
        found = read_task(session, account_id=who.account.id, task_id=task.id)
        return give(TaskAnswer.model_validate(vars(found)))
