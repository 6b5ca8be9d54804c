"""A business to back up: calls with recordings, words, labels and jobs; and what can be asked of its rows."""

from contextlib import closing
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from calltrack.accounts.accounts import find_account
from calltrack.backup.rows import read_lines, shapes
from calltrack.calls.labels import label_call
from calltrack.calls.listing import list_calls
from calltrack.calls.tags import note_call, tag_call
from calltrack.campaigns.counting import count_days
from calltrack.db import Database
from calltrack.jobs.arriving import take_job
from calltrack.jobs.jobs import JobFacts
from calltrack.models import Call, Recording
from calltrack.period import Period
from tests.backup.conftest import House
from tests.factories import CHICAGO, NOON, answered_call, company, missed_call, person, store_recording

NAME, NUMBER = "Ana's Heating", "+13125550100"
WHOLE = Period(date(2026, 1, 1), date(2026, 12, 31), CHICAGO)
ANGRY = "Zoë said: \u201cmy furnace, it\u2019s out\u201d \U0001f525"


def open_business(house: House, *, folder: Path) -> None:
    """A few of everything, with a recording of each answered call and a sound."""
    with house.database.write.begin() as session:
        shop = company(session, name=NAME, number=NUMBER)
        person(session, account=shop.account, name="Ana", role="manager")
        for number in range(3):
            call = take_call(session, number=number)
            store_recording(
                session, call=call, storage=house.storage, audio=b"\xff\xfb" + bytes([number]) * 999, folder=folder
            )
        missed_call(session, number=NUMBER, started_at=NOON + timedelta(hours=3))


def take_call(session: Session, *, number: int) -> Call:
    """One more call, with what people and programs say of it."""
    account = find_account(session, name=NAME)
    caller = f"+1312555{1000 + number}"
    call = answered_call(
        session, number=NUMBER, caller=caller, started_at=NOON + timedelta(minutes=number), recorded=True, words=ANGRY
    )
    label_call(session, call=call, value="lead", reason=None, note="a \\ and a tab\t", said_by="ana@example.com")
    note_call(session, call=call, text="ask for the dog", written_by="Ana")
    tag_call(session, call=call, tag="urgent", tagged_by="Ana")
    job = JobFacts(
        external_id=f"J-{number}", customer_name="Mia", customer_phone=caller, job_type="Repair", status="scheduled",
        created_at=NOON,
    )  # fmt: skip
    take_job(session, account=account, facts=job, call_sid=call.call_sid, sent_by="a program")
    return call


def every_line(connection: Connection) -> dict[str, str]:
    """The SHA-256 of each table's rows."""
    return {shape.name: sha256(b"".join(read_lines(connection, shape))).hexdigest() for shape in shapes(connection)}


def figures(session: Session) -> Any:
    """What every campaign's days count, from the base rows."""
    return count_days(session, account_id=find_account(session, name=NAME).id, period=WHOLE)


def found_by_words(database: Database, words: str) -> list[str]:
    """The calls in which these words were said or written."""
    with database.read() as session:
        account = find_account(session, name=NAME)
        listed = list_calls(session, account_id=account.id, zone=account.time_zone, q=words, limit=200)
        return sorted(one.call_sid for one in listed.items)


def stored_files(house: House) -> dict[str, bytes]:
    """What lies under each key that a row names."""
    with house.database.read() as session:
        keys = session.scalars(select(Recording.storage_key).where(Recording.storage_key.is_not(None))).all()
    found = {}
    for key in keys:
        with closing(house.storage.read(key=key or "")) as body:
            found[key or ""] = b"".join(body)
    return found
