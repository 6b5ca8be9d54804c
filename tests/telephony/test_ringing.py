"""Which phones ring: everyone named, in their order, once each, and never a phone that must not."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calltrack.telephony.plan import Phone, Ring, Strategy
from calltrack.telephony.ringing import phones_to_ring

PHONES = tuple(f"+1312555{n:04}" for n in range(50))


def ring(strategy: Strategy, *weights: int) -> Ring:
    phones = tuple(Phone(phone=phone, weight=weight) for phone, weight in zip(PHONES, weights, strict=False))
    return Ring(phones=phones, strategy=strategy, otherwise="message")


def goes(step: Ring, *, call: str = "CA1", turn: int = 1, never: frozenset[str] = frozenset()) -> list[tuple[str, ...]]:
    """All that rings, go after go, until nothing does."""
    rung: list[tuple[str, ...]] = []
    while numbers := phones_to_ring(step, own=(), never=never, call_sid=call, step="office", go=len(rung), turn=turn):
        rung.append(numbers)
    return rung


def test_all_at_once_is_groups_of_ten() -> None:
    assert goes(ring("all", *[1] * 23)) == [PHONES[:10], PHONES[10:20], PHONES[20:23]]


def test_in_order_is_one_after_the_other() -> None:
    assert goes(ring("order", 1, 1, 1)) == [(phone,) for phone in PHONES[:3]]


@pytest.mark.parametrize(("turn", "first"), [(1, 0), (2, 1), (3, 2), (4, 0), (2_000_000_000, 1)])
def test_in_turns_each_call_begins_with_the_next_phone(turn: int, first: int) -> None:
    rung = [phone for (phone,) in goes(ring("turns", 1, 1, 1), turn=turn)]
    assert rung == [*PHONES[first:3], *PHONES[:first]]


def test_a_ring_that_names_no_phone_rings_the_numbers_own_each_once() -> None:
    own = (PHONES[0], PHONES[1], PHONES[0])
    step = Ring(otherwise="message")
    rung = phones_to_ring(step, own=own, never=frozenset(), call_sid="CA1", step="office", go=0, turn=0)
    assert rung == PHONES[:2]


@given(
    strategy=st.sampled_from(["all", "order", "turns", "weighted"]),
    weights=st.lists(st.integers(1, 100), max_size=50),
    never=st.frozensets(st.sampled_from(PHONES)),
    turn=st.integers(1, 2**31 - 1),
    call=st.text(max_size=64),
)
def test_every_phone_rings_once_and_a_forbidden_one_never(
    strategy: Strategy, weights: list[int], never: frozenset[str], turn: int, call: str
) -> None:
    rung = goes(ring(strategy, *weights), call=call, turn=turn, never=never)
    if weights:
        assert Counter(phone for numbers in rung for phone in numbers) == Counter(set(PHONES[: len(weights)]) - never)
    assert all(len(numbers) <= 10 for numbers in rung)
    assert all(len(first) >= len(then) for first, then in pairwise(rung))


def test_calls_are_shared_out_by_weight_down_to_the_second_phone() -> None:
    drawn = [goes(ring("weighted", 6, 3, 1), call=f"CA{n}") for n in range(6000)]
    first = Counter(rung[0][0] for rung in drawn)
    assert [round(first[phone] / 6000, 1) for phone in PHONES[:3]] == [0.6, 0.3, 0.1]
    after_the_first = Counter(rung[1][0] for rung in drawn if rung[0][0] == PHONES[0])
    assert after_the_first[PHONES[1]] / first[PHONES[0]] == pytest.approx(0.75, abs=0.03)


def test_a_call_draws_the_same_order_whenever_it_is_asked() -> None:
    assert goes(ring("weighted", 1, 1, 1, 1)) == goes(ring("weighted", 1, 1, 1, 1))
