"""Changes to a plan, and opening hours as people write them: pure, and whole after whatever is done."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from calltrack.telephony.plan import DAYS, Holiday, Hours, Plan, Prompt, Ring, Say, Voicemail, ways_out
from calltrack.web.flow_edits import BadEdit, begin_with, free_name, leading_to, put_step, remove_step, say_changes
from calltrack.web.flow_hours import plain_words, read_holidays, read_spans, write_holidays, write_spans
from calltrack.web.flow_models import MODELS
from calltrack.web.forms import BadField

HOURS = MODELS["hours"].plan
clocks = st.integers(0, 24 * 60).map(lambda minute: f"{minute // 60:02}:{minute % 60:02}")
spans = st.lists(clocks, max_size=6, unique=True).map(
    lambda times: tuple(zip(sorted(times)[::2], sorted(times)[1::2], strict=False))
)


@pytest.mark.parametrize("name", MODELS)
def test_every_ready_plan_is_whole_and_all_of_it_is_reached(name: str) -> None:
    plan = MODELS[name].plan
    assert Plan.model_validate(plan.model_dump(mode="json")) == plan
    assert all(one == plan.start or leading_to(plan, name=one) for one in plan.steps)


@given(st.sampled_from(sorted(MODELS)), st.lists(st.integers(0, 9), max_size=8))
def test_whatever_is_removed_the_plan_stays_whole(model: str, picks: list[int]) -> None:
    plan = MODELS[model].plan
    for pick in picks:
        name = list(plan.steps)[pick % len(plan.steps)]
        try:
            changed, onward = remove_step(plan, name=name)
        except BadEdit:
            assert name == plan.start or leading_to(plan, name=name)
            continue
        assert name not in changed.steps
        assert all(target in changed.steps for step in changed.steps.values() for target in ways_out(step))
        assert onward is None or onward in changed.steps
        plan = changed


def test_a_step_put_before_another_takes_over_whoever_led_there() -> None:
    hello = Say(prompt=Prompt(text="Hello."), next="office")
    plan = put_step(HOURS, name="hello", step=hello, was=None, more={}, before="office")
    assert leading_to(plan, name="office") == ["hello"]
    assert leading_to(plan, name="hello") == ["hours"]
    first = put_step(HOURS, name="hello", step=hello.model_copy(update={"next": "hours"}), was=None, more={},
                     before="hours")  # fmt: skip
    assert first.start == "hello"


def test_a_new_name_is_followed_by_whoever_leads_there() -> None:
    plan = put_step(HOURS, name="desk", step=HOURS.steps["office"], was="office", more={})
    hours = plan.steps["hours"]
    assert isinstance(hours, Hours)
    assert (hours.open, "office" in plan.steps, list(plan.steps)[1]) == ("desk", False, "desk")
    assert say_changes(HOURS, plan) == "new: Desk; changed: Hours; removed: Office"
    with pytest.raises(BadEdit, match="already"):
        put_step(HOURS, name="message", step=HOURS.steps["office"], was="office", more={})


def test_steps_that_are_made_with_one_come_with_it() -> None:
    more = {"message-2": Voicemail(greeting=Prompt(text="Leave a message."))}
    plan = put_step(HOURS, name="office", step=Ring(otherwise="message-2"), was="office", more=more)
    assert "message-2" in plan.steps
    assert say_changes(None, plan) == "the first version"
    assert say_changes(plan, plan) == "nothing is different"
    assert say_changes(plan, begin_with(plan, name="office")) == "calls begin with Office"


@given(st.text(max_size=60), st.sets(st.sampled_from(["message", "message-2", "step"])))
def test_a_free_name_is_a_name_that_is_free(wanted: str, taken: set[str]) -> None:
    name = free_name(wanted, taken=taken)
    assert name not in taken
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", name)


@given(spans)
def test_hours_are_read_back_as_they_were_written(day: tuple[tuple[str, str], ...]) -> None:
    assert read_spans(write_spans(day), called="the hours") == day


@given(st.lists(st.tuples(st.dates(), st.sampled_from(["", "Christmas", "Day 2"]), spans), max_size=5))
def test_holidays_are_read_back_as_they_were_written(
    days: list[tuple[object, str, tuple[tuple[str, str], ...]]],
) -> None:
    holidays = tuple(Holiday.model_validate({"date": day, "name": name, "hours": span}) for day, name, span in days)
    assert read_holidays(write_holidays(holidays)) == tuple(sorted(holidays, key=lambda one: one.date))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("8-5pm", (("08:00", "17:00"),)),
        ("9 am to noon", None),
        ("12am-12pm", (("00:00", "12:00"),)),
        ("8.30 \N{EN DASH} 17", (("08:30", "17:00"),)),
        ("25:00-26:00", None),
        ("8-", None),
        ("13pm-14pm", None),
    ],
)
def test_times_of_day_are_those_that_people_write(written: str, read: tuple[tuple[str, str], ...] | None) -> None:
    if read is None:
        with pytest.raises(BadField, match="the hours of Monday"):
            read_spans(written, called="the hours of Monday")
    else:
        assert read_spans(written, called="the hours of Monday") == read


@given(st.text(max_size=80))
def test_whatever_is_written_is_hours_or_a_sentence(written: str) -> None:
    try:
        Hours(weekly={DAYS[0]: read_spans(written, called="the hours")}, open="a", closed="b")
    except ValidationError as wrong:
        found = plain_words(wrong)
    except BadField as wrong:
        found = str(wrong)
    else:
        found = ""
    assert not found or "the hours like" in found or "stretch" in found
