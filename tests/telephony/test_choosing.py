"""Choosing in a menu, by key and by voice."""

import pytest

from calltrack.telephony.carrier import Event
from calltrack.telephony.choosing import choose
from calltrack.telephony.plan import Choice, Menu, Prompt

MENU = Menu(
    prompt=Prompt(text="What can we do for you?"),
    choices=(
        Choice(key="1", words=("furnace", "heating", "don't know"), next="repair"),
        Choice(key="2", words=("new furnace", "sales"), next="sales"),
        Choice(key="3", words=("bill", "Réclamation"), next="billing"),
        Choice(key="#", next="message"),
    ),
    otherwise="office",
)


@pytest.mark.parametrize(
    ("digits", "said", "meant"),
    [
        ("1", None, "repair"),
        ("#", None, "message"),
        ("2", "the furnace", "sales"),
        ("9", None, None),
        ("", None, None),
        (None, None, None),
        ("", "my furnace is out", "repair"),
        (None, "I want a NEW furnace, please.", "sales"),
        (None, "a furnace, new", "repair"),
        (None, "Well... I don't know!", "repair"),
        (None, "une réclamation", "billing"),
        (None, "I am billing you", None),
        (None, "salesman", None),
        (None, "...", None),
        ("9", "sales", None),
    ],
)
def test_a_key_counts_before_words_and_whole_words_alone_the_longest_first(
    digits: str | None, said: str | None, meant: str | None
) -> None:
    assert choose(MENU, event=Event(kind="menu", call_sid="CA1", digits=digits, said=said)) == meant


def test_words_that_hold_nothing_to_say_mean_nothing() -> None:
    menu = MENU.model_copy(update={"choices": (Choice(key="1", words=("...",), next="repair"),)})
    assert choose(menu, event=Event(kind="menu", call_sid="CA1", said="anything")) is None
