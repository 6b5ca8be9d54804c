"""One person's data: found by phone number, handed out as a file, or erased."""

from datetime import UTC, datetime

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from calltrack.ground import ground
from calltrack.privacy.export import collect, stored_recordings, write_zip
from calltrack.privacy.person import (
    BadPerson,
    count_person,
    find_person,
    last_call_of,
    names_of,
    read_phone,
)
from calltrack.privacy.requests import LONGEST_NOTE, erase_person, keep_export, requests_of
from calltrack.web.forms import BadField, required_field, text_field
from calltrack.web.settings_fields import Typed, refused
from calltrack.web.visitors import requires, visitor

bp = Blueprint("one_person", __name__)
LONGEST_PHONE = 64


# The number is sent as a form, so that it stands in no address, history or log.
@bp.get("/settings/privacy/person")
@requires("privacy.read")
def ask() -> ResponseReturnValue:
    """Whose data?"""
    return _page(Typed())


@bp.post("/settings/privacy/person")
@requires("privacy.read", leaves="saw")
def find() -> ResponseReturnValue:
    """How much there is of a person."""
    try:
        phone = _phone()
    except (BadField, BadPerson) as wrong:
        return _page(refused("find", wrong, not_done="Nobody was looked for")), 400
    return _page(Typed(), phone=phone)


@bp.post("/settings/privacy/person/export")
@requires("privacy.write", leaves="exported")
def export() -> ResponseReturnValue:
    """Everything of the person as a ZIP, made while it is sent."""
    who, now, secret = visitor(), datetime.now(UTC), ground().settings.session_secret
    try:
        phone = _phone()
        with ground().database.write.begin() as session:
            person = find_person(session, account=who.account, phone=phone)
            keep_export(
                session,
                account=who.account,
                person=person,
                by=who.name,
                now=now,
                secret=secret,
                note=text_field("note"),
            )
            data = collect(session, account=who.account, person=person, now=now)
            recordings = stored_recordings(session, person=person)
    except (BadField, BadPerson) as wrong:
        return _page(refused("find", wrong, not_done="Nothing was exported")), 400
    pieces = write_zip(data, recordings=recordings, storage=ground().storage, now=now)
    answer = Response(pieces, content_type="application/zip")
    answer.headers.set("Content-Disposition", "attachment", filename=f"person-{now:%Y-%m-%d-%H%M}.zip")
    return answer


@bp.post("/settings/privacy/person/erase")
@requires("privacy.write")
def erase() -> ResponseReturnValue:
    """Erase the person; whoever means it types the number's last four digits."""
    who = visitor()
    try:
        phone = _phone()
    except (BadField, BadPerson) as wrong:
        return _page(refused("find", wrong, not_done="Nothing was erased")), 400
    try:
        with ground().database.write.begin() as session:
            request = erase_person(
                session,
                account=who.account,
                phone=phone,
                last_four=text_field("last_four"),
                by=who.name,
                now=datetime.now(UTC),
                secret=ground().settings.session_secret,
                note=text_field("note"),
            )
    except BadPerson as wrong:
        return _page(refused("erase", wrong, not_done="Nothing was erased"), phone=phone), 400
    proofs = Markup('<a href="{}">proofs</a>').format(url_for("web.erasures.table"))
    said = Markup("{} is erased. Recordings are removed now, here and at the carrier; see the {}.")
    flash(said.format(request.phone, proofs), "done")
    return redirect(url_for("web.privacy.table"), 303)


def _phone() -> str:
    return read_phone(required_field("phone", called="a phone number", longest=LONGEST_PHONE))


def _page(typed: Typed, *, phone: str | None = None) -> str:
    account, secret = visitor().account, ground().settings.session_secret
    with ground().database.read() as session:
        person = find_person(session, account=account, phone=phone) if phone else None
        counts = count_person(session, account=account, person=person) if person else {}
        return render_template(
            "settings/one_person.html",
            person=person,
            names=names_of(session, person=person) if person else [],
            last_call=last_call_of(session, person=person) if person else None,
            counts={kind: count for kind, count in counts.items() if count},
            before=requests_of(session, account=account, phone=phone, secret=secret) if phone else [],
            typed=typed,
            zone=account.time_zone,
            longest_phone=LONGEST_PHONE,
            longest_note=LONGEST_NOTE,
        )
