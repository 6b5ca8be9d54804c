"""Three years of a company's calls with what was said in them, straight into the tables: the same in every run."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from calltrack.accounts.accounts import create_account, create_user
from calltrack.campaigns.campaigns import create_campaign
from calltrack.classify.conversations import CORPUS, Conversation, read_conversations
from calltrack.db import Database
from calltrack.imports.bulk import insert, is_sqlite, stamp
from calltrack.models import Call, CallNote, CallTag, Customer, Job, JobType, Label, Tag, Transcript

ZONE = "America/Chicago"
YEARS = 3
BATCH = 5_000
NAME, EMAIL, PASSWORD = "Desk", "ana@desk.example", "correct horse battery"
CAMPAIGNS = ["Yard signs", "Search ads", "Billboard I-90", "Radio", "Mailer", "Trucks", "Referrals", "Spring tune-up"]
AGENTS = [f"+1312555020{place}" for place in range(8)]
# How many calls in a thousand carry a tag.
TAGS = {"estimate": 60, "call back": 25, "warranty": 8, "escalated": 1}
RARE_TAG = "lawsuit"  # five calls in all
# Words of known frequency among the transcripts, beside all that people say.
MARKERS = {"zeppelin": 0.005, "xylophone": 0.0005}
SURNAMES = ["Abernathy", "Baxter", "Castellano", "Dombrowski", "Eriksen", "Fitzgerald", "Guzman", "Hollister", "Ibarra",
            "Jankowski", "Kowalczyk", "Lindqvist", "Marchetti", "Nakamura", "O'Rourke", "Petrov", "Quintero", "Ruiz",
            "Schaefer", "Thibodeaux", "Umansky", "Villanueva", "Whitaker", "Yamamoto", "Zielinski"]  # fmt: skip

_CALL = (
    "id carrier carrier_account call_sid account_id campaign_id direction dialled caller status started_at ended_at "
    "duration talk_seconds spoken voicemail missed missed_reason answered_by label_id booked_chance known_since"
).split()
_LABEL = "id account_id call_id value reason source confidence review evidence said_by said_at".split()
_TRANSCRIPT = "call_id source text turns complete updated_at".split()
_TAG = "call_id tag account_id tagged_by tagged_at called_at".split()
_JOB = (
    "id account_id external_id customer_id job_type_id status created_at technician_lead call_id matched_by doubtful "
    "known_since"
).split()


def write_desk(database: Database, *, calls: int, transcripts: int) -> None:
    """An account, Ana who manages it, and its calls up to now: spread evenly, but for a fifth the transcripts."""
    chance = random.Random(7)
    now = datetime.now(UTC).replace(microsecond=0)
    with database.write.begin() as session:
        account = create_account(session, name=NAME, time_zone=ZONE)
        create_user(session, account=account, email=EMAIL, name="Ana", password=PASSWORD, role="manager")
        owners = [create_campaign(session, account=account, name=name).id for name in CAMPAIGNS]
        session.add_all(Tag(account_id=account.id, name=name) for name in (*TAGS, RARE_TAG))
        kind = JobType(account_id=account.id, name="Repair", sold_threshold=50_000)
        session.add(kind)
        session.flush()
        maker = _Maker(session, account.id, owners, kind.id, chance, calls=calls, transcripts=transcripts, now=now)
    for first in range(0, calls, BATCH):
        with database.write.begin() as session:
            maker.write(session, first=first, last=min(first + BATCH, calls))
    with database.write.begin() as session:
        if not is_sqlite(session):
            for table in ("calls", "labels", "customers", "jobs"):
                session.execute(text(f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table}))"))


class _Maker:
    """What all batches share: the order of ids, and the conversations."""

    def __init__(self, session: Session, account_id: int, owners: list[int], job_type: int, chance: random.Random, *,
                 calls: int, transcripts: int, now: datetime) -> None:  # fmt: skip
        self._account_id, self._owners, self._job_type, self._chance = account_id, owners, job_type, chance
        self._share, self._sqlite = transcripts / calls, is_sqlite(session)
        self._begin, self._step = now - timedelta(days=365 * YEARS), timedelta(days=365 * YEARS) / calls
        self._rare = {calls * place // 5 + calls // 10 for place in range(5)}
        self._said = read_conversations(corpus=CORPUS)
        self._callers = calls * 3 // 5

    def write(self, session: Session, *, first: int, last: int) -> None:
        """The calls of these places, with everything that hangs on them."""
        rows: dict[type[Any], list[Any]] = {
            table: [] for table in (Customer, Call, Label, Transcript, CallTag, CallNote, Job)
        }
        for place in range(first, last):
            self._call(place, rows)
        for table, columns in (
            (Customer, "id account_id name phone created_at".split()), (Call, _CALL), (Label, _LABEL),
            (Transcript, _TRANSCRIPT), (CallTag, _TAG), (CallNote, "call_id text written_by written_at".split()),
            (Job, _JOB),
        ):  # fmt: skip
            insert(session, table, columns=columns, rows=rows[table])

    def _call(self, place: int, rows: dict[type[Any], list[Any]]) -> None:
        chance, account_id, call_id = self._chance, self._account_id, place + 1
        began = self._begin + self._step * place
        conversation = chance.choice(self._said) if chance.random() < self._share else None
        missed = conversation is None and chance.random() < 0.18
        seconds = chance.randrange(8, 40) if missed else int(chance.lognormvariate(4.8, 0.9)) + 5
        at, ended = self._stamp(began), self._stamp(began + timedelta(seconds=seconds))
        caller = f"+1{chance.choice((312, 414, 608, 773))}{chance.randrange(self._callers) * 7919 % 10_000_000:07}"
        label = None if missed else call_id
        booked = not missed and chance.random() < 0.3
        rows[Call].append(
            (
                call_id,
                "desk",
                str(account_id),
                f"CA{call_id:032x}",
                account_id,
                chance.choice(self._owners),
                "inbound",
                "+13125550100",
                caller,
                "completed",
                at,
                ended,
                seconds,
                0 if missed else seconds - 8,
                int(not missed),
                0,
                int(missed),
                "no_answer" if missed else None,
                None if missed else chance.choice(AGENTS),
                label,
                0.9 if booked and chance.random() < 0.4 else None,
                at,
            )
        )
        if label:
            self._label(call_id, at, conversation, rows[Label])
        if conversation:
            words = "\n".join(self._words(conversation))
            turns = json.dumps([{"speaker": "caller", "start": 0.0, "text": one} for one in words.split("\n")])
            rows[Transcript].append((call_id, "carrier", words, turns, 1, ended))
        for tag, often in TAGS.items():
            if chance.random() * 1000 < often:
                rows[CallTag].append((call_id, tag, account_id, "Ana", ended, at))
        if place in self._rare:
            rows[CallTag].append((call_id, RARE_TAG, account_id, "Ana", ended, at))
        if chance.random() < 0.03:
            rows[CallNote].append(
                (call_id, f"asked for {chance.choice(SURNAMES)}, gate code {place % 9000}", "Ana", at)
            )
        if booked:
            name = f"{chance.choice('ABCDEFGHJKLMNPRSTW')}. {chance.choice(SURNAMES)}"
            rows[Customer].append((call_id, account_id, name, caller, at))
            rows[Job].append((call_id, account_id, f"J-{call_id}", call_id, self._job_type, "scheduled", ended, 0,
                              call_id if chance.random() < 0.7 else None, None, 0, ended))  # fmt: skip

    def _label(self, call_id: int, at: str, conversation: Conversation | None, labels: list[Any]) -> None:
        said = conversation or self._chance.choice(self._said)
        human = self._chance.random() < 0.08
        labels.append(
            (
                call_id,
                self._account_id,
                call_id,
                said.label,
                said.reason,
                "human" if human else "model",
                None if human else 0.9,
                0,
                "[]",
                "Ana" if human else None,
                at,
            )
        )

    def _words(self, conversation: Conversation) -> Iterator[str]:
        chance = self._chance
        yield from (turn.text for turn in conversation.turns)
        yield f"my name is {chance.choice(SURNAMES)} at {chance.randrange(1, 9000)} Larkspur Lane"
        for word, share in MARKERS.items():
            if chance.random() < share:
                yield f"it looks like a {word} to me"

    def _stamp(self, moment: datetime) -> str:
        return stamp(moment, sqlite=self._sqlite)
