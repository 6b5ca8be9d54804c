"""Calls from a file."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from calltrack.calls.steps import ask
from calltrack.campaigns.campaigns import assign_number
from calltrack.campaigns.cells import refresh
from calltrack.db import Database
from calltrack.imports.importing import import_file
from calltrack.models import Call, DirtyMark, Label, Step, Transcript
from tests.factories import answered_call
from tests.imports.conftest import BILLBOARD, DEES_NUMBER, MIA, RADIO, TOM, Office, assert_cells_are_exact, everything

NOON = "2026-05-04T12:00:00-05:00"
MORE = "talk_seconds,answered,answered_by,label,reason,transcript"


def test_a_call_is_kept_as_an_inbound_one_that_has_ended(office: Office) -> None:
    office.calls(f"CA1,{BILLBOARD},(773) 555-0101,{NOON},75,60,true,312-555-0100,,,", header=MORE)
    with office.database.read() as session:
        call = office.call(session, "CA1")
        assert (call.carrier, call.carrier_account) == ("import", str(office.account.id))
        assert (call.direction, call.status, call.dialled, call.caller) == ("inbound", "completed", BILLBOARD, MIA)
        assert call.started_at == datetime(2026, 5, 4, 17, 0, tzinfo=UTC)
        assert call.ended_at == datetime(2026, 5, 4, 17, 1, 15, tzinfo=UTC)
        assert (call.duration, call.talk_seconds, call.answered_by) == (75, 60, "+13125550100")
        assert (call.missed, call.spoken, call.missed_reason, call.label_id) == (False, True, None, None)
        assert call.campaign_id == office.company.campaign.id


def test_a_call_needs_only_five_columns(office: Office) -> None:
    assert office.calls(f"CA1,{BILLBOARD},anonymous,{NOON},0").counts.new == 1
    with office.database.read() as session:
        call = office.call(session, "CA1")
        assert (call.caller, call.talk_seconds, call.missed) == ("anonymous", None, False)


def test_the_number_decides_the_campaign_by_its_assignment_when_the_call_began(office: Office) -> None:
    moved = datetime(2026, 5, 4, 17, 0, tzinfo=UTC)
    with office.database.write.begin() as session:
        assign_number(
            session, account=office.account, phone_number=BILLBOARD, campaign=office.radio,
            forward_to=["+13125550100"], assigned_by="a test", starts_at=moved,
        )  # fmt: skip
    office.calls(
        f"before,{BILLBOARD},{MIA},2026-05-04T16:59:59Z,75",
        f"after,{BILLBOARD},{MIA},2026-05-04T17:00:00Z,75",
        f"long ago,{BILLBOARD},{MIA},2019-12-31T17:00:00Z,75",
    )
    with office.database.read() as session:
        campaigns = [office.call(session, sid).campaign_id for sid in ("before", "after", "long ago")]
    assert campaigns == [office.company.campaign.id, office.radio.id, None]


def test_answered_false_is_a_missed_call(office: Office) -> None:
    office.calls(f"CA1,{BILLBOARD},{MIA},{NOON},31,,false,+13125550100,,,", header=MORE)
    with office.database.read() as session:
        call = office.call(session, "CA1")
        assert (call.missed, call.spoken, call.missed_reason, call.answered_by) == (True, False, "no_answer", None)


def test_a_label_in_the_file_is_a_persons_word(office: Office) -> None:
    office.calls(f"CA1,{BILLBOARD},{MIA},{NOON},75,60,true,,excused,wrong number,hello", header=MORE)
    with office.database.read() as session:
        call = office.call(session, "CA1")
        label = session.get_one(Label, call.label_id)
        assert (label.call_id, label.account_id) == (call.id, office.account.id)
        assert (label.value, label.reason, label.source, label.said_by) == (
            "excused", "wrong number", "human", "import",
        )  # fmt: skip
        assert (label.evidence, label.review) == ([], False)
        assert session.scalar(select(func.count(Step.id))) == 0


def test_a_call_without_a_label_is_left_to_the_classifier_where_there_is_a_transcript(office: Office) -> None:
    office.calls(
        f'CA1,{BILLBOARD},{MIA},{NOON},75,60,true,,,,"My furnace, it is out"',
        f"CA2,{BILLBOARD},{MIA},{NOON},75,60,true,,,,",
        header=MORE,
    )
    with office.database.write.begin() as session:
        call = office.call(session, "CA1")
        transcript = session.get_one(Transcript, call.id)
        assert (transcript.source, transcript.text, transcript.complete) == ("import", "My furnace, it is out", True)
        [step] = session.scalars(select(Step))
        assert (step.call_id, step.name, step.state, step.attempts) == (call.id, "classify", "due", 0)
        ask(session, call_id=call.id, name="classify", again=True)  # later news finds the same step


def test_a_missed_call_gets_no_label_and_a_word_says_so(office: Office) -> None:
    report = office.calls(f"CA1,{BILLBOARD},{MIA},{NOON},31,,false,,lead,,hello", header=MORE)
    assert report.notices == ["1 missed call has a label in the file; it is not kept, because a missed call gets none"]
    with office.database.read() as session:
        assert office.call(session, "CA1").label_id is None
        assert session.scalar(select(func.count(Label.id))) == 0
        assert session.scalar(select(func.count(Step.id))) == 0


def test_a_call_that_is_known_from_any_carrier_stays_as_it_is(office: Office) -> None:
    with office.database.write.begin() as session:
        answered_call(session, number=BILLBOARD, sid="CA1")
    with office.database.read() as session:
        before = everything(session)
    report = office.calls(f"CA1,{RADIO},{TOM},{NOON},5")
    assert (report.counts.new, report.counts.known) == (0, 1)
    with office.database.read() as session:
        assert everything(session) == before


def test_a_line_that_is_repeated_counts_once(office: Office) -> None:
    line = f"CA1,{BILLBOARD},{MIA},{NOON},75"
    report = office.calls(line, line)
    assert (report.counts.new, report.counts.known, report.bad) == (1, 1, [])


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (f",{BILLBOARD},{MIA},{NOON},75,,,,,,", "call_sid is empty"),
        (f"{'C' * 65},{BILLBOARD},{MIA},{NOON},75,,,,,,", "call_sid has at most 64"),
        (f"CA1,{DEES_NUMBER},{MIA},{NOON},75,,,,,,", "none of the account's tracking numbers"),
        (f"CA1,,{MIA},{NOON},75,,,,,,", "none of the account's tracking numbers"),
        (f"CA1,{BILLBOARD},,{NOON},75,,,,,,", "caller is empty"),
        (f"CA1,{BILLBOARD},{MIA},2026-05-04T12:00:00,75,,,,,,", "started_at has no offset"),
        (f"CA1,{BILLBOARD},{MIA},3026-05-04T12:00:00Z,75,,,,,,", "in the future"),
        (f"CA1,{BILLBOARD},{MIA},{NOON},-5,,,,,,", "duration is '-5'"),
        (f"CA1,{BILLBOARD},{MIA},{NOON},75,-5,,,,,", "talk_seconds is '-5'"),
        (f"CA1,{BILLBOARD},{MIA},{NOON},75,76,,,,,", "more than the duration"),
        (f"CA1,{BILLBOARD},{MIA},{NOON},75,60,false,,,,", "answered is false, yet talk_seconds is 60"),
        (f"CA1,{BILLBOARD},{MIA},{NOON},75,,maybe,,,,", "answered is 'maybe'"),
        (f"CA1,{BILLBOARD},{MIA},{NOON},75,,,,hot,,", "label is 'hot'"),
        (f"CA1,{BILLBOARD},{MIA},{NOON},75,,,,lead,wrong number,", "no reason for lead; choose one of: new job"),
        (f"CA1,{BILLBOARD},{MIA},{NOON},75,,,,,new job,", "without a label"),
        (f"good,{BILLBOARD},{MIA},{NOON},76,,,,,,", "line 2 says otherwise of call good"),
    ],
)
def test_a_bad_line_is_named_and_nothing_of_the_file_is_written(office: Office, line: str, complaint: str) -> None:
    good = f"good,{BILLBOARD},{MIA},{NOON},75,,,,,,"
    report = office.calls(good, line, header=MORE)
    [(number, problem)] = report.bad
    assert number == 3
    assert complaint in problem
    assert (report.refused, report.written) == (True, False)
    with office.database.read() as session:
        assert session.scalar(select(func.count(Call.id))) == 0
    assert office.calls(good, line, header=MORE, skip_bad=True).counts.new == 1


def test_a_dry_run_counts_and_writes_nothing(office: Office) -> None:
    office.calls(f"known,{BILLBOARD},{MIA},{NOON},75")
    lines = [f"{sid},{BILLBOARD},{MIA},{NOON},{seconds}" for sid, seconds in (("known", 75), ("new", 5), ("bad", -1))]
    report = office.calls(*lines, dry_run=True)
    assert (report.counts.new, report.counts.known, len(report.bad)) == (1, 1, 1)
    with office.database.read() as session:
        assert session.scalar(select(func.count(Call.id))) == 1


class Broken(Exception):
    pass


def test_an_import_that_was_broken_off_is_finished_by_running_it_again(office: Office) -> None:
    lines = [f"CA{place},{BILLBOARD},{MIA},{NOON},75" for place in range(2500)]
    content = "call_sid,number,caller,started_at,duration\n" + "\n".join(lines)

    def break_off(done: int, seen: list[Any] = []) -> None:  # noqa: B006 - it remembers on purpose
        if done > len(content):
            seen.append(done)
            if len(seen) == 2:
                raise Broken

    with pytest.raises(Broken):
        import_file(
            office.database, account_id=office.account.id, noun="calls", file=BytesIO(content.encode()),
            progress=break_off,
        )  # fmt: skip
    with office.database.read() as session:
        assert session.scalar(select(func.count(Call.id))) == 2000
    report = office.bring("calls", content)
    assert (report.counts.new, report.counts.known) == (500, 2000)


def test_a_batch_that_cannot_be_written_leaves_nothing_of_itself(office: Office) -> None:
    with office.database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE dirty_marks")
    with pytest.raises(SQLAlchemyError):
        office.calls(f"CA1,{BILLBOARD},{MIA},{NOON},75,60,true,,lead,,hello", header=MORE)
    with office.database.read() as session:
        for table in (Call, Label, Transcript):
            assert session.scalar(select(func.count()).select_from(table)) == 0


def test_imported_calls_are_counted_at_once_and_their_days_are_marked(office: Office) -> None:
    refresh(office.database, account_id=office.account.id)
    office.calls(
        f"CA1,{BILLBOARD},{MIA},2026-05-04T23:30:00-05:00,75",
        f"CA2,{RADIO},{MIA},2026-05-05T00:30:00-05:00,75",
    )
    with office.database.read() as session:
        assert session.scalar(select(func.count(DirtyMark.id))) == 2
    assert_cells_are_exact(office)


def test_moments_are_stored_as_every_other_row_has_them(office: Office, database: Database) -> None:
    """Both ways of writing must compare and sort alike."""
    office.calls(f"CA1,{BILLBOARD},{MIA},{NOON},75")
    with database.write.begin() as session:
        call = office.call(session, "CA1")
        same = select(Call.id).where(Call.started_at == call.started_at, Call.ended_at > call.started_at)
        assert session.scalar(same) == call.id
        assert session.scalar(select(Call.id).where(Call.started_at > call.started_at)) is None
        assert datetime.now(UTC) - call.known_since < timedelta(minutes=5)
        answered_call(session, number=BILLBOARD, sid="CA2")  # whoever counts ids goes on from there


def test_a_number_that_nobody_should_keep_is_masked_in_an_imported_transcript(office: Office) -> None:
    said = "sure it's 4111 1111 1111 1111, at 1420 West Addison"
    office.calls(f'CA1,{BILLBOARD},{MIA},{NOON},75,60,true,,,,"{said}"', header=MORE)
    with office.database.read() as session:
        kept = session.scalars(select(Transcript)).one()
        assert (kept.text, kept.masked) == ("sure it's [card number], at 1420 West Addison", 1)
