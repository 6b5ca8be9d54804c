"""How long recordings and transcripts are kept, what the coming night erases, and what people asked of their data."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from calltrack.changes import Noun, newest_changes
from calltrack.ground import ground
from calltrack.models import Change
from calltrack.privacy.keeping import LONGEST_DAYS, BadKeeping, keep_copies, keep_for, keeping_of
from calltrack.privacy.requests import list_requests
from calltrack.privacy.retention import count_due, last_run
from calltrack.web.forms import BadField
from calltrack.web.settings_fields import Typed, all_fields, optional_whole_field, refused
from calltrack.web.visitors import requires, visitor

bp = Blueprint("privacy", __name__)
MOST_COUNTED = 1000
SHOWN = 10
_RULE = re.compile(r"(campaign|reason)-([1-9][0-9]{0,9})", re.ASCII)
_LARGEST_ID = 2**31 - 1
_NOUNS: tuple[Noun, ...] = ("account", "campaign", "reason")


@bp.get("/settings/privacy")
@requires("privacy.read")
def table() -> ResponseReturnValue:
    """The rules in one table, what is erased tonight, and the newest requests."""
    return _page(Typed())


@bp.post("/settings/privacy/rules")
@requires("settings.write")
def keep() -> ResponseReturnValue:
    """Change how long things are kept; an empty field: no rule of its own."""
    who = visitor()
    try:
        days = _read_rules()
        with ground().database.write.begin() as session:
            changed = keep_for(
                session,
                account=who.account,
                by=who.name,
                days=days.pop(("account", 0), None),
                campaigns={key: kept for (noun, key), kept in days.items() if noun == "campaign"},
                reasons={key: kept for (noun, key), kept in days.items() if noun == "reason"},
            )
    except BadField as wrong:  # one sentence for all fields; the page shows which
        told = refused("rules", wrong, not_done="Nothing was saved")
        sentence = f"Nothing was saved. Enter days as whole numbers from 1 to {LONGEST_DAYS:,}, or nothing."
        return _page(replace(told, problem=sentence)), 400
    except BadKeeping as wrong:
        return _page(refused("rules", wrong, not_done="Nothing was saved")), 400
    flash(_told_of_night() if changed else "Nothing was changed.", "done")
    return redirect(url_for("web.privacy.table"), 303)


@bp.post("/settings/privacy/copies")
@requires("settings.write")
def copies() -> ResponseReturnValue:
    """Say whether originals and the carrier's copies stay."""
    who = visitor()
    with ground().database.write.begin() as session:
        changed = keep_copies(
            session,
            account=who.account,
            by=who.name,
            originals="keep_originals" in request.form,
            at_carrier="keep_at_carrier" in request.form,
        )
    flash("Saved: it holds for recordings that come from now on." if changed else "Nothing was changed.", "done")
    return redirect(url_for("web.privacy.table"), 303)


def _read_rules() -> dict[tuple[str, int], int | None]:
    found: dict[tuple[str, int], int | None] = {}
    with all_fields() as field:
        for name, noun, key in _fields():
            with field(name):
                found[noun, key] = optional_whole_field(name, called="the days", least=1, most=LONGEST_DAYS)
    return found


def _fields() -> Iterator[tuple[str, str, int]]:
    for name in request.form:
        if name == "account":
            yield name, name, 0
        elif (rule := _RULE.fullmatch(name)) and int(rule[2]) <= _LARGEST_ID:
            yield name, rule[1], int(rule[2])


def _told_of_night() -> str:
    """What follows from rules that were saved a moment ago."""
    with ground().database.read() as session:
        count, _ = count_due(session, account=visitor().account, now=datetime.now(UTC), most=MOST_COUNTED)
    if not count:
        return "Saved. In the coming night no call loses anything."
    calls = f"more than {MOST_COUNTED:,} calls lose" if count > MOST_COUNTED else f"{count:,} calls lose"
    return f"Saved. In the coming night {'1 call loses' if count == 1 else calls} recording and transcript."


def _told(change: Change) -> dict[str, object]:
    names = ("noun", "field", "was", "now", "changed_by", "changed_at")
    return {name: getattr(change, name) for name in names}


def _page(typed: Typed) -> str:
    account, now = visitor().account, datetime.now(UTC)
    with ground().database.read() as session:
        count, tonight = count_due(session, account=account, now=now, most=MOST_COUNTED)
        rules = keeping_of(session, account=account)
        changes = [
            change
            for noun in _NOUNS
            for change in newest_changes(session, account_id=account.id, noun=noun)
            if change.field.startswith("keep_")
        ]
        return render_template(
            "settings/privacy.html",
            rules=rules,
            # Of several kinds of things, which have the same ids.
            changes=[
                {**_told(one), "noun_id": (one.noun, one.noun_id)} for one in sorted(changes, key=lambda one: one.id)
            ],
            named={
                ("account", account.id): "All calls",
                **{("campaign", one.id): one.name for one in rules.campaigns},
                **{("reason", one.id): one.name for one in rules.reasons},
            },
            count=count,
            most=MOST_COUNTED,
            tonight=tonight,
            run=last_run(session, account=account),
            requests=list_requests(session, account=account, limit=SHOWN).items,
            longest_days=LONGEST_DAYS,
            typed=typed,
            zone=account.time_zone,
        )
