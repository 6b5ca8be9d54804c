"""Whatever part of a call's deliveries comes, in whatever order, how often and at once: the same row follows."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from itertools import count
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from calltrack.calls.fold import FoldedCall, Received, fold
from calltrack.calls.intake import receive
from calltrack.db import Database
from calltrack.models import Call, CallEvent, CallLeg, Recording, Transcript
from calltrack.telephony.carrier import Delivery
from calltrack.telephony.carriers import parse
from tests.calls.generated_calls import told_calls

_names = count()
_ROW = [field.name for field in fields(FoldedCall) if field.name not in ("legs", "recordings")]


def receive_all(database: Database, deliveries: Iterable[Delivery], *, at_once: int = 1) -> None:
    def one(delivery: Delivery) -> None:
        with database.write.begin() as session:
            receive(session, delivery=delivery)

    with ThreadPoolExecutor(at_once) as crew:
        list(crew.map(one, deliveries))


def stored(database: Database, call_sid: str) -> dict[str, Any] | None:
    """Everything that follows from the deliveries, without what names or dates our own rows."""
    with database.read() as session:
        call = session.scalar(select(Call).where(Call.call_sid == call_sid))
        if call is None:
            return None
        legs = session.scalars(select(CallLeg).where(CallLeg.call_id == call.id)).all()
        recordings = session.scalars(select(Recording).where(Recording.call_id == call.id)).all()
        transcript = session.get(Transcript, call.id)
        return {
            **{name: getattr(call, name) for name in _ROW},
            "legs": sorted((one.leg_sid, one.number, one.status, one.duration, one.bridged) for one in legs),
            "recordings": sorted((one.recording_sid, one.carrier_status, one.source) for one in recordings),
            "said": transcript.text if transcript else None,
            "events": len(session.scalars(select(CallEvent.id).where(CallEvent.call_sid == call_sid)).all()),
        }


def folded(deliveries: Sequence[Delivery]) -> dict[str, Any] | None:
    """What the pure rule makes of the same deliveries."""
    call = fold(
        Received(
            parse(carrier=one.carrier, kind=one.kind, params=one.params),
            one.received_at,
            one.announcement,
            turned_away=one.turned_away,
        )
        for one in deliveries
    )
    return {name: getattr(call, name) for name in _ROW} if call else None


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_part_of_a_call_in_any_order_and_at_once_gives_the_same_row(
    database: Database, data: st.DataObject
) -> None:
    name = f"CA{next(_names):032x}"
    told = data.draw(told_calls(name))
    part = data.draw(st.lists(st.sampled_from(told), min_size=1, unique_by=id))
    again = data.draw(st.lists(st.sampled_from(part), max_size=6))
    receive_all(database, data.draw(st.permutations([*part, *again])), at_once=4)
    row = stored(database, name)
    expected = folded(part)
    assert (row is None) == (expected is None)
    if row is None or expected is None:
        return
    assert {field: row[field] for field in _ROW} == expected
    assert row["events"] == len({(one.kind, tuple(sorted(one.params.items()))) for one in part})
    receive_all(database, data.draw(st.permutations(part)))
    assert stored(database, name) == row, "once more, one after the other, changes nothing"


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_came_late_makes_the_call_what_it_would_have_been(database: Database, data: st.DataObject) -> None:
    name = f"CA{next(_names):032x}"
    told = data.draw(told_calls(name))
    first = data.draw(st.lists(st.sampled_from(told), unique_by=id))
    receive_all(database, first)
    receive_all(database, data.draw(st.permutations(told)), at_once=3)
    row, expected = stored(database, name), folded(told)
    assert row is not None
    assert expected is not None
    assert {field: row[field] for field in _ROW} == expected
