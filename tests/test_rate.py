"""How often one may ask: no more than the pace in any stretch of time, and all of it for whoever keeps to it."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from calltrack.network import network_of
from calltrack.rate import PROGRAM, STRANGER, Buckets, Pace

moments = st.lists(st.floats(0, 30), min_size=1, max_size=300).map(sorted)
paces = st.builds(Pace, st.floats(0.5, 50), st.integers(1, 20))


@given(moments, paces)
def test_no_stretch_of_time_has_more_than_its_pace_and_what_may_come_at_once(asked: list[float], pace: Pace) -> None:
    buckets = Buckets()
    let_in = [now for now in asked if buckets.take("Ana", pace, now=now) == 0]
    for first, begin in enumerate(let_in):
        for last, end in enumerate(let_in[first:], start=1):
            assert last <= pace.at_once + (end - begin) * pace.a_second + 1e-6


@given(moments, paces)
def test_whoever_waits_as_long_as_told_is_let_in(asked: list[float], pace: Pace) -> None:
    buckets = Buckets()
    for now in asked:
        if wait := buckets.take("Ana", pace, now=now):
            assert buckets.take("Ana", pace, now=now + wait) == 0
            return


def test_a_key_may_send_fifty_a_second_for_as_long_as_it_likes() -> None:
    buckets = Buckets()
    assert not any(buckets.take("key 1", PROGRAM, now=number / 50) for number in range(5_000))


def test_one_does_not_use_up_what_another_has() -> None:
    buckets = Buckets()
    while buckets.take("one", STRANGER, now=0.0) == 0:
        pass
    assert buckets.take("another", STRANGER, now=0.0) == 0


def test_a_million_addresses_take_no_more_room_than_some_thousand() -> None:
    buckets = Buckets()
    for number in range(30_000):
        buckets.take(str(number), STRANGER, now=0.0)
    assert len(buckets) == 20_000


def test_an_ipv6_customer_counts_as_one() -> None:
    addresses = ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9"]
    assert all(network_of(one) == network_of(other) for one, other in pairwise(addresses))
    assert network_of("192.0.2.1") != network_of("192.0.2.2")
