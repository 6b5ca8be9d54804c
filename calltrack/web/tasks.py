"""Call-backs and follow-ups: the page of all of them, those of one call, and the forms that make, do and move them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from calltrack.accounts.people import Person, list_people
from calltrack.accounts.roles import may
from calltrack.calls.due import WHENS, due_at, due_choices
from calltrack.calls.task_list import ListedTask, list_tasks, tasks_of
from calltrack.calls.tasks import (
    KINDS,
    LONGEST_NOTE,
    RESULTS,
    BadTask,
    Kind,
    ask_task,
    do_at_once,
    find_task,
    finish_task,
    put_off_task,
    reassign_task,
    reopen_task,
)
from calltrack.calls.unreturned import unreturned
from calltrack.ground import ground
from calltrack.models import Call, Task
from calltrack.paging import BadCursor
from calltrack.period import midnight, today
from calltrack.web.addressed import call_at
from calltrack.web.forms import BadField, asks_by_htmx, text_field
from calltrack.web.settings_fields import moment_field
from calltrack.web.visitors import requires, visitor
from calltrack.web.words import moment

bp = Blueprint("tasks", __name__)
LARGEST_ID = 2**63 - 1
DONE_DAYS = 7
PER_PAGE = 50
_DID: dict[Kind, str] = {"call-back": "Called back", "follow-up": "Followed up"}


@bp.get("/tasks")
@requires("tasks.write")
def table() -> ResponseReturnValue:
    """What is overdue, due today and later, and what was done of late; above them whom nobody has called back."""
    who, now, problems = visitor(), datetime.now(UTC), list[str]()
    mine = request.args.get("whose") == "mine"
    asked: dict[str, Any] = {"account_id": who.account.id, "user_id": who.user_id if mine else None}
    cursor = request.args.get("cursor")
    with ground().database.read() as session:
        try:
            page = list_tasks(session, **asked, cursor=cursor, limit=PER_PAGE)
        except BadCursor:
            page, cursor = list_tasks(session, **asked, limit=PER_PAGE), None
            problems.append("That page of the list is not known; here is the first.")
        waiting, count = unreturned(session, account_id=who.account.id, now=now, limit=PER_PAGE)
        since = now - timedelta(days=DONE_DAYS)
        done = list_tasks(session, **asked, state="done", done_since=since, limit=20).items
        people = _doers(session)
    template = "tasks/lists.html" if asks_by_htmx() else "tasks/table.html"
    return render_template(
        template,
        page=page,
        groups=_by_day(page.items, now=now),
        waiting=waiting if cursor is None else [],
        count=count,
        done=done if cursor is None else [],
        people=people,
        mine=mine,
        later=cursor is not None,
        problems=problems,
        **task_words(now=now),
    ), 400 if problems else 200


@bp.get("/calls/<path:call_sid>/tasks")
@requires("tasks.write")
def of_call(call_sid: str) -> ResponseReturnValue:
    """What is to be done about one call, and what was."""
    account, now = visitor().account, datetime.now(UTC)
    with ground().database.read() as session:
        call = call_at(session, call_sid=call_sid)
        found = tasks_of(session, account_id=account.id, call_id=call.id)
        template = "tasks/of_call.html" if asks_by_htmx() else "tasks/call.html"
        return render_template(
            template,
            call=call,
            still_open=[one for one in found if one.done_at is None],
            done=[one for one in found if one.done_at is not None],
            kinds=[kind for kind in KINDS if kind not in {one.kind for one in found if one.done_at is None}],
            people=_doers(session),
            **task_words(now=now),
        )


@bp.post("/calls/<path:call_sid>/tasks")
@requires("tasks.write")
def ask(call_sid: str) -> ResponseReturnValue:
    """Ask for the caller to be called back, or for the call to be followed up."""
    who = visitor()
    with _trying() as told, ground().database.write.begin() as session:
        call = call_at(session, call_sid=call_sid)
        kind = _kind()
        task, new = ask_task(
            session, call=call, kind=kind, due_at=_due(), made_by=who.name, user_id=_whose(), note=text_field("note")
        )
        when = moment(task.due_at, who.account.time_zone)
        what = kind.capitalize()
        told.append((f"{what} due {when}." if new else f"A {kind} is open already, due {when}.", "done"))
    return _answer(call_sid, told)


@bp.post("/calls/<path:call_sid>/tasks/done")
@requires("tasks.write")
def do(call_sid: str) -> ResponseReturnValue:
    """Called back, or followed up, without having been asked to."""
    with _trying() as told, ground().database.write.begin() as session:
        call = call_at(session, call_sid=call_sid)
        kind = _kind()
        do_at_once(session, call=call, kind=kind, result=_result(), done_by=visitor().name)
        told.append((f"{_DID[kind]}: {_result()}.", "done"))
    return _answer(call_sid, told)


@bp.post(f"/tasks/<int(max={LARGEST_ID}):task_id>/<any(done, reopen, whose, later):deed>")
@requires("tasks.write")
def change(task_id: int, deed: str) -> ResponseReturnValue:
    """It is done, is open again, is somebody else's, or is due later."""
    by = visitor().name
    with ground().database.read() as session:
        call_sid = _own(session, task_id)[1]
    with _trying() as told, ground().database.write.begin() as session:
        task, _ = _own(session, task_id)
        if deed == "done":
            finish_task(session, task=task, result=_result(), done_by=by)
            told.append((f"{_DID[cast('Kind', task.kind)]}: {task.result}.", "done"))
        elif deed == "reopen":
            reopen_task(session, task=task, by=by)
            told.append((f"The {task.kind} is open again.", "done"))
        elif deed == "whose":
            reassign_task(session, task=task, user_id=_whose(), by=by)
            told.append((f"The {task.kind} is given to {_name(session, task.user_id)}.", "done"))
        else:
            put_off_task(session, task=task, due_at=_due(), by=by)
            told.append((f"Due {moment(task.due_at, visitor().account.time_zone)}.", "done"))
    return _answer(call_sid, told)


def task_words(*, now: datetime) -> dict[str, Any]:
    """What every form of a task offers."""
    zone = visitor().account.time_zone
    day_ends = midnight(today(zone=zone, now=now) + timedelta(days=1), zone=zone)
    return {
        "choices": due_choices(zone=zone, now=now),
        "results": RESULTS,
        "longest_note": LONGEST_NOTE,
        "zone": zone,
        "now": now,
        "day_ends": day_ends,
    }


def _by_day(tasks: list[ListedTask], *, now: datetime) -> dict[str, list[ListedTask]]:
    ends = task_words(now=now)["day_ends"]
    return {
        "Overdue": [one for one in tasks if one.due_at < now],
        "Due today": [one for one in tasks if now <= one.due_at < ends],
        "Later": [one for one in tasks if one.due_at >= ends],
    }


def _own(session: Session, task_id: int) -> tuple[Task, str]:
    """The visitor's company's task of that id, and the call it is about; anything else is not found."""
    task = find_task(session, account_id=visitor().account.id, task_id=task_id) or abort(404)
    return task, session.get_one(Call, task.call_id).call_sid


def _doers(session: Session) -> list[Person]:
    """Whom a task can be given to."""
    return [one for one in list_people(session, account_id=visitor().account.id) if may(one.role, "tasks.write")]


def _name(session: Session, user_id: int | None) -> str:
    return next((one.name for one in _doers(session) if one.id == user_id), "anybody")


def _kind() -> Kind:
    kind = text_field("kind")
    if kind not in KINDS:
        raise BadField("Say whether it is a call-back or a follow-up.")
    return kind


def _result() -> str:
    """What came of it: one of the usual words, a sentence, or both."""
    said = [one for one in (text_field("result"), text_field("more")) if one]
    return ": ".join(said)


def _due() -> datetime:
    when, zone, now = text_field("when"), visitor().account.time_zone, datetime.now(UTC)
    if when in WHENS:
        due = due_at(when, zone=zone, now=now)
        if due <= now:
            raise BadField("That time has passed. Choose a later one.")
        return due
    return moment_field("due_at", called="when it is due", zone=zone) or due_at("hour", zone=zone, now=now)


def _whose() -> int | None:
    whose = text_field("whose")
    if not whose:
        return None
    if not (whose.isascii() and whose.isdigit() and len(whose) < 10):
        raise BadField("Choose one of your company's people.")
    return int(whose)


@contextmanager
def _trying() -> Iterator[list[tuple[str, str]]]:
    """Collects what is told; a form that cannot be used tells why instead of changing anything."""
    told: list[tuple[str, str]] = []
    try:
        yield told
    except BadField as wrong:
        told[:] = [(str(wrong), "problem")]
    except BadTask as wrong:
        told[:] = [(f"Nothing was changed: {wrong}.", "problem")]


def _answer(call_sid: str, told: list[tuple[str, str]]) -> ResponseReturnValue:
    """The place that the form stood in; by htmx only the news, upon which whatever shows tasks asks for them anew."""
    if asks_by_htmx():
        answer: Response = make_response(render_template("tasks/news.html", told=told))
        answer.headers["HX-Trigger"] = json.dumps({"tasks-changed": {"sid": call_sid}})
        return answer
    for words, category in told:
        flash(words, category)
    back = text_field("back")
    if back in ("home", "tasks"):
        return redirect(url_for(f"web.{back}.table"), 303)
    return redirect(url_for("web.tasks.of_call", call_sid=call_sid), 303)
