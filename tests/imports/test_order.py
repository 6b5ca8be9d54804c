"""Files in any order, split anywhere and repeated at will: what is known in the end is the same."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from calltrack.db import Database
from tests.imports.conftest import BILLBOARD, MIA, RADIO, TOM, assert_cells_are_exact, everything, open_office

CALLS = "call_sid,number,caller,started_at,duration,talk_seconds,answered,label,transcript"
JOBS = (
    "external_id,customer_name,customer_phone,job_type,status,created_at,completed_at,call_sid,invoice_number,"
    "invoice_subtotal,income_amount"
)


@dataclass(frozen=True)
class Lines:
    """A month of a small company: `named` are jobs that name their call, and so come after the calls."""

    calls: list[str]
    jobs: list[str]
    named: list[str]


@st.composite
def months(draw: st.DrawFn) -> Lines:
    callers = st.sampled_from([MIA, TOM, "(773) 555-0103", "anonymous"])
    calls = [
        f"CA{place},{draw(st.sampled_from([BILLBOARD, RADIO]))},{draw(callers)},"
        f"2026-05-{draw(st.integers(1, 28)):02d}T12:00:00Z,75,,"
        + draw(st.sampled_from(["true,,", "true,lead,", "true,excused,hello", "true,,hello", "false,,"]))
        for place in range(draw(st.integers(1, 6)))
    ]
    jobs, named = list[str](), list[str]()
    for place in range(draw(st.integers(0, 4))):
        sid = draw(st.sampled_from(["", f"CA{draw(st.integers(0, len(calls) - 1))}"]))
        day = draw(st.integers(1, 28))
        job = (
            f"J{place},{draw(st.sampled_from(['Mia', 'Tom']))},{draw(callers)},HVAC,completed,"
            f"2026-05-{day:02d}T18:00:00Z,2026-05-29T18:00:00Z,{sid}"
        )
        invoices = draw(st.integers(0, 2))
        bills = [f"I{number},{draw(st.integers(0, 500))}.07,{number}.10" for number in range(invoices)] or [",,"]
        (named if sid else jobs).extend(f"{job},{bill}" for bill in bills)
    return Lines(calls, jobs, named)


@st.composite
def files(draw: st.DrawFn, lines: Lines) -> list[tuple[str, list[str]]]:
    """The same lines, split into files that come in any order, some of them twice."""
    told = [*(("calls", line) for line in lines.calls), *(("jobs", line) for line in lines.jobs)]
    pieces = [(noun, [line]) for noun, line in draw(st.permutations(told))]
    pieces += draw(st.lists(st.sampled_from(pieces), max_size=4)) if pieces else []
    joined = list[tuple[str, list[str]]]()
    for noun, piece in pieces:
        if joined and joined[-1][0] == noun and draw(st.booleans()):
            joined[-1][1].extend(piece)
        else:
            joined.append((noun, list(piece)))
    return joined + ([("jobs", draw(st.permutations(lines.named)))] if lines.named else [])


@given(st.data())
@settings(max_examples=15, deadline=None)
def test_any_order_split_or_repetition_of_files_gives_the_same_rows(sqlite_template: Path, data: st.DataObject) -> None:
    lines = data.draw(months())
    at_once = [("calls", lines.calls), *([("jobs", lines.jobs + lines.named)] if lines.jobs + lines.named else [])]
    told = []
    for plan in (at_once, data.draw(files(lines))):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "calltrack.db"
            shutil.copy(sqlite_template, path)
            database = Database(f"sqlite:///{path}")
            office = open_office(database)
            for noun, content in plan:
                report = office.bring(noun, "\n".join([CALLS if noun == "calls" else JOBS, *content]))
                assert report.bad == []
            assert_cells_are_exact(office)
            with database.read() as session:
                told.append(everything(session))
            database.dispose()
    assert told[0] == told[1]
