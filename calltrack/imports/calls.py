"""Calls from a file: inbound, ended, and of the campaign that their number belonged to when they began."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from calltrack.calls.labels import reasons_of
from calltrack.campaigns.numbers import list_numbers
from calltrack.db import after_commit
from calltrack.imports.booking import calls_named
from calltrack.imports.bulk import Values, insert, is_sqlite, stamp, take_ids
from calltrack.imports.fields import (
    TOLERANCE,
    BadLine,
    name_nearest,
    read_answer,
    read_moment,
    read_phone,
    read_seconds,
    read_text,
)
from calltrack.imports.kind import IMPORT, Agreement, Sorted
from calltrack.jobs.matching import match_callers
from calltrack.marks import mark
from calltrack.masking.masking import count_masks, mask_text
from calltrack.models import Account, Call, Job, Label, Step, Transcript
from calltrack.models.cell import NO_CAMPAIGN
from calltrack.phone import normalise
from calltrack.queue import wake

LONGEST_SID = LONGEST_PHONE = 64

_CALL = (
    "id carrier carrier_account call_sid account_id number_id campaign_id direction dialled caller status started_at "
    "ended_at duration talk_seconds spoken voicemail missed missed_reason answered_by label_id known_since"
).split()
_LABEL = "id account_id call_id value reason source review evidence said_by said_at".split()
_TRANSCRIPT = "call_id source text turns complete updated_at masked".split()
_STEP = "call_id name subject state asked_at due_at attempts".split()


class CallRow(NamedTuple):
    """What a line says of a call. `label`: (value, reason); seconds throughout."""

    call_sid: str
    number_id: int
    campaign_id: int | None
    dialled: str
    caller: str
    started_at: datetime
    duration: int
    talk_seconds: int | None
    missed: bool
    answered_by: str | None
    label: tuple[str, str | None] | None
    transcript: str


class _History(NamedTuple):
    """A tracking number and when it came to which campaign, oldest first."""

    id: int
    phone: str
    starts: list[datetime]
    campaigns: list[int]


class CallFile:
    """A file of calls."""

    columns = (
        "call_sid", "number", "caller", "started_at", "duration", "talk_seconds", "answered", "answered_by", "label",
        "reason", "transcript",
    )  # fmt: skip
    required = frozenset({"call_sid", "number", "caller", "started_at", "duration"})

    def __init__(self, session: Session, *, account: Account) -> None:
        self._account_id, self._zone = account.id, ZoneInfo(account.time_zone)
        self._latest = datetime.now(UTC) + TOLERANCE
        self._reasons = reasons_of(session, account_id=account.id)
        self._labels: dict[tuple[str, str], tuple[str, str | None] | None] = {("", ""): None}
        self._numbers = {
            history.number.phone_number: _History(
                history.number.id,
                history.number.phone_number,
                [one.starts_at for one in history.assignments],
                [one.campaign_id for one in history.assignments],
            )
            for history in list_numbers(session, account=account)
        }
        self._spelled = dict(self._numbers)
        self._agreed = Agreement()
        self._unlabelled = 0

    def read(self, cells: list[str]) -> CallRow:
        """What a line says. Raises BadLine."""
        sid, number, caller, started_at, duration, talk, answered, answered_by, label, reason, transcript = cells
        sid = read_text(sid, column="call_sid", longest=LONGEST_SID)
        history = self._spelled.get(number) or self._number(number)
        caller = read_phone(caller, column="caller", longest=LONGEST_PHONE)
        moment = read_moment(started_at, column="started_at", latest=self._latest, zone=self._zone)
        seconds = read_seconds(duration, column="duration")
        talk_seconds = read_seconds(talk, column="talk_seconds") if talk else None
        if talk_seconds and talk_seconds > seconds:
            raise BadLine(f"talk_seconds is {talk_seconds}, more than the duration of {seconds}; correct one of them")
        missed = read_answer(answered, column="answered") is False
        if missed and talk_seconds:
            raise BadLine(f"answered is false, yet talk_seconds is {talk_seconds}; correct one of them")
        started = bisect_right(history.starts, moment)
        return CallRow(
            sid,
            history.id,
            history.campaigns[started - 1] if started else None,
            history.phone,
            caller,
            moment,
            seconds,
            talk_seconds,
            missed,
            read_phone(answered_by, column="answered_by", longest=LONGEST_PHONE)
            if answered_by and not missed
            else None,
            self._label(label, reason),
            transcript,
        )

    def repeats(self, number: int, row: CallRow) -> bool:
        """Whether an earlier line told of the same call. Raises BadLine where that one said something else."""
        first = self._agreed.other(row.call_sid, row, number=number)
        if first is None:
            raise BadLine(f"line {self._agreed.first(row.call_sid)} says otherwise of call {row.call_sid}; keep one")
        if row.missed and row.label and not first:
            self._unlabelled += 1
        return bool(first)

    def doubts(self, session: Session, rows: Sequence[tuple[int, CallRow]]) -> Mapping[int, str]:  # noqa: ARG002
        """None: a line says all that a call needs."""
        return {}

    def gather(self, rows: Iterable[CallRow]) -> Iterator[tuple[int, CallRow]]:
        """A call a line."""
        return ((1, row) for row in rows)

    def sort_out(self, session: Session, units: Sequence[CallRow]) -> Sorted:
        """A call that is known to the account, from whichever carrier, stays as it is."""
        known = calls_named(session, account_id=self._account_id, sids=[row.call_sid for row in units])
        return Sorted(new=[row for row in units if row.call_sid not in known], known=len(known))

    def write(self, session: Session, *, account: Account, found: Sorted) -> None:
        """Insert the new calls with what belongs to them, and match the jobs of who called."""
        sqlite, new = is_sqlite(session), found.new
        now = stamp(datetime.now(UTC), sqlite=sqlite)
        ids = take_ids(session, Call, count=len(new))
        labelled = [(call_id, row.label) for call_id, row in zip(ids, new, strict=True) if row.label and not row.missed]
        label_ids = dict(
            zip((one for one, _ in labelled), take_ids(session, Label, count=len(labelled)), strict=True)
        )  # fmt: skip
        insert(session, Call, columns=_CALL, rows=self._calls(ids, new, label_ids, now=now, sqlite=sqlite))
        insert(
            session, Label, columns=_LABEL,
            rows=[
                (label_ids[call_id], account.id, call_id, value, reason, "human", 0, "[]", IMPORT, now)
                for call_id, (value, reason) in labelled
            ],
        )  # fmt: skip
        spoken = [(call_id, row) for call_id, row in zip(ids, new, strict=True) if row.transcript]
        masked = [(call_id, mask_text(row.transcript)) for call_id, row in spoken]
        rows: list[Values] = [(call_id, IMPORT, text, "[]", 1, now, count_masks(text)) for call_id, text in masked]
        insert(session, Transcript, columns=_TRANSCRIPT, rows=rows)
        judged = [call_id for call_id, row in spoken if not row.label and not row.missed]
        insert(
            session, Step, columns=_STEP, rows=[(call_id, "classify", "", "due", now, now, 0) for call_id in judged]
        )  # fmt: skip
        if judged:
            after_commit(session, wake)
        self._mark_days(session, new)
        if session.scalar(select(Job.id).where(Job.account_id == account.id).limit(1)):
            match_callers(session, account=account, callers={row.caller for row in new})

    def notices(self) -> list[str]:
        """Labels that were not kept."""
        if not self._unlabelled:
            return []
        calls = "1 missed call has" if self._unlabelled == 1 else f"{self._unlabelled} missed calls have"
        return [f"{calls} a label in the file; it is not kept, because a missed call gets none"]

    def _calls(
        self,
        ids: Sequence[int],
        new: Sequence[CallRow],
        label_ids: Mapping[int, int],
        *,
        now: str,
        sqlite: bool,
    ) -> list[Values]:
        account_id, carrier_account = self._account_id, str(self._account_id)
        return [
            (
                call_id, IMPORT, carrier_account, row.call_sid, account_id, row.number_id, row.campaign_id, "inbound",
                row.dialled, row.caller, "completed", stamp(row.started_at, sqlite=sqlite),
                stamp(row.started_at + timedelta(seconds=row.duration), sqlite=sqlite), row.duration, row.talk_seconds,
                0 if row.missed else 1, 0, 1 if row.missed else 0, "no_answer" if row.missed else None,
                row.answered_by, label_ids.get(call_id), now,
            )
            for call_id, row in zip(ids, new, strict=True)
        ]  # fmt: skip

    def _mark_days(self, session: Session, new: Sequence[CallRow]) -> None:
        zone = self._zone
        days = {(row.campaign_id, row.started_at.astimezone(zone).date()): row.started_at for row in new}
        for (campaign_id, _), moment in days.items():
            mark(session, account_id=self._account_id, campaign_id=campaign_id or NO_CAMPAIGN, moment=moment)

    def _number(self, text: str) -> _History:
        """The tracking number, spelled in any usual way."""
        history = self._numbers.get(normalise(text)) if text else None
        if history is None:
            nearest = name_nearest(text[:40], known=tuple(self._numbers))
            raise BadLine(
                f"number {text[:40]!r} is none of the account's tracking numbers ({nearest}); attach it first"
            )
        self._spelled[text] = history
        return history

    def _label(self, value: str, reason: str) -> tuple[str, str | None] | None:
        """A person's word; the file says the same few a thousand times."""
        said = (value, reason)
        if said not in self._labels:
            self._labels[said] = self._check_label(value.lower(), reason or None)
        return self._labels[said]

    def _check_label(self, value: str, reason: str | None) -> tuple[str, str | None]:
        if not value:
            raise BadLine(f"there is a reason ({reason}) without a label; enter lead or excused")
        if value not in self._reasons:
            raise BadLine(f"label is {value[:40]!r}; write lead or excused, or leave it empty for the classifier")
        if reason is not None and reason not in self._reasons[value]:
            choose = ", ".join(self._reasons[value])
            raise BadLine(f"{reason[:60]!r} is no reason for {value}; choose one of: {choose}; or leave it empty")
        return value, reason
