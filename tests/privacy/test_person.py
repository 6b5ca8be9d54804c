"""One person's data: found by phone number, handed out whole, and erased so that every figure stays what it was."""

import io
import json
import random
import zipfile
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.calls.labels import label_call
from calltrack.calls.messages import receive_message
from calltrack.calls.opt_outs import stopped_at
from calltrack.calls.recordings import main_recording
from calltrack.calls.tags import note_call, tag_call
from calltrack.calls.tasks import ask_task
from calltrack.calls.texts import ask_text, send_due
from calltrack.campaigns.cells import refresh_all
from calltrack.campaigns.recount import recount
from calltrack.campaigns.scorecard import scorecards
from calltrack.config import Settings
from calltrack.db import Database
from calltrack.jobs.facts import Bill, Item, JobFacts
from calltrack.jobs.jobs import put_job
from calltrack.jobs.matching import match_all, match_call
from calltrack.models import Account, Call, CallWords, Customer, Job, OutgoingText, SavedView, Task, User
from calltrack.period import Period
from calltrack.privacy.export import collect, stored_recordings, write_zip
from calltrack.privacy.person import BadPerson, count_person, find_person, read_phone
from calltrack.privacy.requests import erase_person, requests_of
from calltrack.storage import open_storage
from calltrack.telephony.blocking import block_caller
from calltrack.telephony.carrier import Delivery
from tests.factories import NOON, Company, answered_call, company, missed_call, person, store_recording
from tests.privacy.house import dump
from tests.twilio_wire import ACCOUNT, BILLBOARD

PAT, OTHER = "+16305550177", "+16305550178"
SECRET = "a secret for tests"
LATER = NOON + timedelta(days=3)
MAY = Period(date(2026, 5, 1), date(2026, 5, 31), "America/Chicago")
"""Pat's name, words and addresses appear nowhere else in the tests' world."""
TRACES = ("6305550177", "Quigley", "quigley", "(630) 555-0177", "basement flooded", "Elm Street")


def text(session: Session, body: str, *, sender: str = PAT, sid: str = "SM1") -> None:
    params = {"AccountSid": ACCOUNT, "MessageSid": sid, "From": sender, "To": BILLBOARD, "Body": body}
    receive_message(session, delivery=Delivery("twilio", ACCOUNT, "message", params, NOON))


def pats_story(session: Session, ours: Company) -> None:
    """Pat calls twice and once in vain, texts, books a job that is found by phone, and is spoken of."""
    ours.number.text_to = "+13125550190"
    ours.account.text_back = "Sorry, says {business}."
    calls = [
        answered_call(
            session, number=BILLBOARD, caller=PAT, started_at=NOON + timedelta(hours=one), recorded=True,
            words=f"my basement flooded, Pat Quigley, 6305550177, take {one}",
        )
        for one in range(2)
    ]  # fmt: skip
    calls.append(missed_call(session, number=BILLBOARD, caller=PAT, started_at=NOON + timedelta(hours=3)))
    for call in calls:
        call.caller_name = "QUIGLEY PAT"
        call.turned_away = f"blocked: {PAT}" if call.missed else None
    label_call(session, call=calls[0], value="lead", reason="new job", note="Quigley, on Elm Street", said_by="ana")
    note_call(session, call=calls[0], text="Pat Quigley rings at (630) 555-0177", written_by="ana")
    tag_call(session, call=calls[0], tag="spanish", tagged_by="ana")
    ask_task(session, call=calls[2], kind="call-back", due_at=LATER, made_by="ana", note="ask for Quigley")
    ask_text(
        session, account_id=ours.account.id, kind="text-back", sender=BILLBOARD, recipient=PAT, text="Hi Quigley",
        now=NOON, call_id=calls[2].id,
    )  # fmt: skip
    text(session, "the basement flooded again. Quigley")
    text(session, "STOP", sid="SM2")
    facts = JobFacts(
        external_id="J-1", customer_name="Pat Quigley", customer_phone=PAT, job_type="HVAC", status="completed",
        created_at=NOON + timedelta(days=1), completed_at=NOON + timedelta(days=2),
        invoices=[Bill("I-1", 90_000, [Item("pump", 90_000, income=True)])],
    )  # fmt: skip
    put_job(session, account=ours.account, facts=facts, by="ana")
    put_job(session, account=ours.account, facts=replace(facts, customer_name="Patricia Quigley"), by="ana")
    session.flush()
    for customer in session.scalars(select(Customer).where(Customer.phone == PAT)):
        customer.email, customer.address = "pat@quigley.example", "12 Elm Street"
    match_call(session, call=calls[0])
    block_caller(session, account=ours.account, pattern=PAT, by="ana")
    view = SavedView(
        account_id=ours.account.id, user_id=ana_of(session, ours), name="A view", shared=True, made_at=NOON,
        query="caller=%2B16305550177&tag=spanish",
    )  # fmt: skip
    session.add(view)
    answered_call(session, number=BILLBOARD, caller=OTHER, words="no heat at all")


def ana_of(session: Session, ours: Company) -> int:
    person(session, account=ours.account, name="Ana", role="admin")
    return session.scalars(select(User.id)).one()


@pytest.fixture
def ours(database: Database) -> Company:
    with database.write.begin() as session:
        made = company(session, name="Ana's Heating", number=BILLBOARD)
        pats_story(session, made)
    return made


def figures(database: Database, account: Account) -> Any:
    refresh_all(database)
    with database.read() as session:
        return scorecards(session, account=account, period=MAY, now=LATER)


def forget_pat(database: Database, account: Account) -> None:
    with database.write.begin() as session:
        erase_person(
            session, account=account, phone=PAT, last_four="0177", by="ana", now=LATER, secret=SECRET,
            note=f"Pat ({PAT}) wrote to us",
        )  # fmt: skip


def test_everything_that_hangs_on_the_number_is_found(database: Database, ours: Company) -> None:
    with database.read() as session:
        found = find_person(session, account=ours.account, phone=read_phone("(630) 555-0177"))
        counts = count_person(session, account=ours.account, person=found)
    assert counts == {
        "calls": 3, "recordings": 2, "transcripts": 2, "notes": 1, "tasks": 1, "messages": 2, "texts": 3,
        "customers": 2, "jobs": 1, "opt-outs": 1, "blocks": 1,
    }  # fmt: skip


@pytest.mark.parametrize("written", ["anonymous", "+266696687", "", "Pat"])
def test_what_is_no_persons_own_number_finds_nobody(written: str) -> None:
    with pytest.raises(BadPerson):
        read_phone(written)


def test_nothing_of_the_person_is_left_in_any_table(database: Database, ours: Company) -> None:
    before = dump(database)
    assert all(trace in before for trace in TRACES if trace != "quigley")
    forget_pat(database, ours.account)
    after = dump(database)
    assert [trace for trace in TRACES if trace in after] == []
    assert "5550178" in after, "somebody else's data stay"
    assert "no heat at all" in after


def test_every_figure_stays_what_it_was(database: Database, ours: Company) -> None:
    was = figures(database, ours.account)
    assert (was.total.leads, was.total.inbound_booked, was.total.missed) == (3, 1, 1)
    forget_pat(database, ours.account)
    assert figures(database, ours.account) == was
    assert recount(database, account_name=None) == []


def test_nor_does_anything_that_comes_later_change_a_figure_or_bring_the_person_back(
    database: Database, ours: Company
) -> None:
    was = figures(database, ours.account)
    with database.read() as session:
        theirs = session.scalars(select(Call).where(Call.caller == PAT))
        sids = [(call.call_sid, call.missed, call.started_at) for call in theirs]
    forget_pat(database, ours.account)
    drawn = random.Random(7)
    drawn.shuffle(sids)
    with database.write.begin() as session:
        for sid, missed, started_at in sids:  # all of it once more, with other names of the deliveries
            again = missed_call if missed else answered_call
            again(session, number=BILLBOARD, caller=PAT, started_at=started_at, sid=sid)
        text(session, "the basement flooded again. Quigley")
        session.scalars(select(Account)).one().match_days = 15
        for call in session.scalars(select(Call).where(Call.erased_at.is_not(None))):
            match_call(session, call=call)
    match_all(database)
    after = dump(database)
    assert [trace for trace in TRACES if trace in after] == []
    assert figures(database, ours.account) == was


def test_the_job_keeps_its_call_and_its_customer_loses_the_name(database: Database, ours: Company) -> None:
    forget_pat(database, ours.account)
    with database.read() as session:
        job = session.scalars(select(Job)).one()
        assert (job.matched_by, job.customer.name, job.customer.phone) == ("given", "erased", None)
        assert job.call is not None
        assert (job.call.caller, job.call.caller_name) == (None, None)
        task = session.scalars(select(Task)).one()
        assert (task.done_at, task.result) == (LATER, "the caller's data were erased")
        assert session.scalars(select(CallWords.text).where(CallWords.call_id == job.call_id)).all() in ([], [""])


def test_a_word_to_stop_texts_outlives_the_erasure(database: Database, ours: Company) -> None:
    forget_pat(database, ours.account)
    with database.write.begin() as session:
        for name, secret in ((PAT, SECRET), (PAT, "another"), (OTHER, SECRET)):
            stopped = stopped_at(session, account_id=ours.account.id, phone=name, secret=secret) is not None
            assert stopped == ((name, secret) == (PAT, SECRET))
        ask_text(
            session, account_id=ours.account.id, kind="text-back", sender=BILLBOARD, recipient=PAT, text="Hello",
            now=LATER,
        )  # fmt: skip
    settings = Settings(_env_file=None, secret_key=SECRET)
    assert send_due(database, settings, LATER) == 1
    with database.read() as session:
        new = session.scalars(select(OutgoingText).where(OutgoingText.recipient == PAT)).one()
        assert (new.state, new.last_error) == ("withheld", "the phone said STOP")


def test_the_request_is_kept_and_known_again_without_the_number(database: Database, ours: Company) -> None:
    forget_pat(database, ours.account)
    with database.read() as session:
        [kept] = requests_of(session, account=ours.account, phone=PAT, secret=SECRET)
        assert requests_of(session, account=ours.account, phone=OTHER, secret=SECRET) == []
    assert (kept.kind, kept.phone, kept.asked_by, kept.note) == (
        "erase", "+1630*****77", "ana", "Pat ([erased]) wrote to us",
    )  # fmt: skip
    assert kept.counts["calls"] == 3


@pytest.mark.parametrize("last_four", ["0178", "", "77"])
def test_nobody_is_erased_by_a_slip_of_the_hand(database: Database, ours: Company, last_four: str) -> None:
    with database.write.begin() as session, pytest.raises(BadPerson):
        erase_person(
            session, account=ours.account, phone=PAT, last_four=last_four, by="ana", now=LATER, secret=SECRET
        )  # fmt: skip
    assert "Quigley" in dump(database)


def test_another_company_keeps_what_it_knows_of_the_same_person(database: Database, ours: Company) -> None:
    with database.write.begin() as session:
        dees = company(session, name="Dee's Plumbing", number="+13125550143")
        answered_call(session, number="+13125550143", caller=PAT, words="a leak at my place")
    forget_pat(database, ours.account)
    with database.read() as session:
        assert len(find_person(session, account=dees.account, phone=PAT).calls) == 1
    assert "a leak at my place" in dump(database)


def test_the_export_holds_all_of_it_and_the_recordings(on_sqlite: Database, tmp_path: Path) -> None:
    storage = open_storage(str(tmp_path / "recordings"))
    with on_sqlite.write.begin() as session:
        ours = company(session, name="Ana's Heating", number=BILLBOARD)
        pats_story(session, ours)
        calls = session.scalars(select(Call).where(Call.caller == PAT, ~Call.missed)).all()
        for call, audio in zip(calls, (b"a" * 100_000, b"bb"), strict=True):
            store_recording(session, call=call, storage=storage, audio=audio, folder=tmp_path)
        recordings = [main_recording(session, call_id=call.id) for call in calls]
        storage.delete(key=(recordings[1].storage_key if recordings[1] else None) or "")
        pat = find_person(session, account=ours.account, phone=PAT)
        data = collect(session, account=ours.account, person=pat, now=LATER)
        files = stored_recordings(session, person=pat)
    pieces = list(write_zip(data, recordings=files, storage=storage, now=LATER))
    assert max(map(len, pieces)) < 70_000, "no recording is in memory as a whole"
    archive = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    assert archive.testzip() is None
    names = archive.namelist()
    assert names[:2] == ["README.txt", "person.json"]
    assert archive.read(names[2]) == b"a" * 100_000
    assert names[3].endswith(".mp3.missing.txt")
    told = json.loads(archive.read("person.json"))
    assert [call["caller"] for call in told["calls"]] == [PAT] * 3
    first = told["calls"][0]
    assert "basement flooded" in first["transcript"]["text"]
    assert [note["text"] for note in first["notes"]] == ["Pat Quigley rings at (630) 555-0177"]
    assert [message["text"] for message in told["messages"]] == ["the basement flooded again. Quigley", "STOP"]
    assert [job["invoices"][0]["subtotal"] for who in told["customers"] for job in who["jobs"]] == [90_000]
    assert "(630) 555-0177" in archive.read("README.txt").decode() or PAT in archive.read("README.txt").decode()
    assert "storage_key" not in json.dumps(told)


@pytest.mark.parametrize("typed", ["(630) 555-0177", "630.555.0177", "+1 630 555 0177", "1-630-555-0177"])
def test_a_saved_view_looks_for_the_number_no_more_however_it_was_typed(
    database: Database, ours: Company, typed: str
) -> None:
    with database.write.begin() as session:
        view = session.scalars(select(SavedView)).one()
        view.query = urlencode({"caller": typed, "q": f"calls from {typed}", "tag": "spanish"})
    forget_pat(database, ours.account)
    with database.read() as session:
        assert session.scalars(select(SavedView.query)).one() == "tag=spanish"
