"""What people ask of their own data: to see it (export.py), or to have it erased (forgetting.py). Who asked when is
kept; the number only masked and as a keyed hash."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.models import Account, Call, Erasure, PrivacyRequest
from calltrack.paging import Page, clamp, older_than, read_cursor, write_cursor
from calltrack.phone import keyed_hash, mask_middle
from calltrack.privacy.forgetting import forget
from calltrack.privacy.person import BadPerson, Person, count_person, find_person
from calltrack.privacy.remarks import without_traces

LONGEST_NOTE = 500


def erase_person(
    session: Session,
    *,
    account: Account,
    phone: str,
    last_four: str,
    by: str,
    now: datetime,
    secret: str,
    note: str | None = None,
) -> PrivacyRequest:
    """Erase everything of the person with that phone (E.164). `last_four`: its last digits, typed by whoever means it.

    Raises BadPerson for other digits, and where nothing is known of the number.
    """
    if last_four.strip() != phone[-4:]:
        raise BadPerson("the last four digits are not those of the number")
    person = find_person(session, account=account, phone=phone)
    if not person.is_known:
        raise BadPerson("nothing is known of this number")
    request = _keep(session, "erase", account=account, person=person, by=by, now=now, secret=secret, note=note)
    why = f"the caller asked for it (request {request.id})"
    forget(session, account=account, person=person, why=why, by=by, now=now, secret=secret)
    return request


def keep_export(
    session: Session, *, account: Account, person: Person, by: str, now: datetime, secret: str, note: str | None = None
) -> PrivacyRequest:
    """Write down that a person's data are handed out."""
    return _keep(session, "export", account=account, person=person, by=by, now=now, secret=secret, note=note)


def requests_of(session: Session, *, account: Account, phone: str, secret: str) -> list[PrivacyRequest]:
    """What was asked of this number before, newest first: also of one that is erased."""
    name = _name(account=account, phone=phone, secret=secret)
    own = select(PrivacyRequest).where(PrivacyRequest.account_id == account.id, PrivacyRequest.phone_hash == name)
    return list(session.scalars(own.order_by(PrivacyRequest.id.desc())))


def list_requests(
    session: Session, *, account: Account, cursor: str | None = None, limit: int = 50
) -> Page[PrivacyRequest]:
    """The account's requests, newest first. Raises BadCursor."""
    own = select(PrivacyRequest).where(PrivacyRequest.account_id == account.id)
    if cursor is not None:
        own = own.where(
            older_than(read_cursor(cursor), moment=PrivacyRequest.asked_at, row_id=PrivacyRequest.id)
        )  # fmt: skip
    limit = clamp(limit)
    order = (PrivacyRequest.asked_at.desc(), PrivacyRequest.id.desc())
    found = session.scalars(own.order_by(*order).limit(limit + 1)).all()
    page = list(found[:limit])
    return Page(page, write_cursor(page[-1].asked_at, page[-1].id) if len(found) > limit else None)


def list_erasures(
    session: Session, *, account: Account, call_sid: str | None = None, cursor: str | None = None, limit: int = 50
) -> Page[tuple[Erasure, str]]:
    """The proofs of what was erased, each with its call's id, newest first; of one call with `call_sid`.

    Raises BadCursor.
    """
    own = select(Erasure, Call.call_sid).join(Call, Call.id == Erasure.call_id)
    own = own.where(Erasure.account_id == account.id)
    if call_sid:
        own = own.where(Call.account_id == account.id, Call.call_sid == call_sid)
    if cursor is not None:
        own = own.where(older_than(read_cursor(cursor), moment=Erasure.erased_at, row_id=Erasure.id))
    limit = clamp(limit)
    rows = session.execute(own.order_by(Erasure.erased_at.desc(), Erasure.id.desc()).limit(limit + 1)).all()
    page = [(erasure, sid) for erasure, sid in rows[:limit]]
    return Page(page, write_cursor(page[-1][0].erased_at, page[-1][0].id) if len(rows) > limit else None)


def _keep(
    session: Session,
    kind: str,
    *,
    account: Account,
    person: Person,
    by: str,
    now: datetime,
    secret: str,
    note: str | None,
) -> PrivacyRequest:
    said = " ".join((note or "").split())
    if len(said) > LONGEST_NOTE:
        raise BadPerson(f"a note has at most {LONGEST_NOTE} characters")
    request = PrivacyRequest(
        account_id=account.id,
        kind=kind,
        phone=mask_middle(person.phone),
        phone_hash=_name(account=account, phone=person.phone, secret=secret),
        note=without_traces(said, phone=person.phone) or None,
        asked_at=now,
        asked_by=by,
        done_at=now,
        counts=count_person(session, account=account, person=person),
    )
    session.add(request)
    session.flush()
    return request


def _name(*, account: Account, phone: str, secret: str) -> str:
    return keyed_hash(phone, secret=secret, purpose=f"privacy request of {account.id}")
