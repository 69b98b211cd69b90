"""Waits grow, spread out, stay bounded and respect what the platform said."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.core.retry import FIRST, LONGEST, dice, wait_before

chances = st.floats(0, 1, exclude_max=True)
attempts = st.integers(1, 10_000)
SECOND = timedelta(seconds=1)


@given(attempt=attempts, chance=chances)
def test_a_wait_is_between_half_a_second_and_five_minutes(attempt: int, chance: float) -> None:
    assert FIRST / 2 <= wait_before(attempt, chance=chance) <= LONGEST


@given(attempt=attempts, chance=chances)
def test_waits_never_shrink_from_one_attempt_to_the_next(attempt: int, chance: float) -> None:
    assert wait_before(attempt + 1, chance=chance) >= wait_before(attempt, chance=chance)


@given(attempt=attempts, chance=chances, told=st.timedeltas(timedelta(), timedelta(hours=1)))
def test_what_the_platform_told_is_a_lower_bound(
    attempt: int, chance: float, told: timedelta
) -> None:
    assert wait_before(attempt, told, chance=chance) >= told


def test_waits_double() -> None:
    waits = [wait_before(n, chance=0) / FIRST for n in range(1, 6)]
    assert waits == [0.5, 1, 2, 4, 8]


def test_many_that_failed_together_come_back_spread_over_half_the_step() -> None:
    waits = {wait_before(4, chance=n / 100) for n in range(100)}
    assert len(waits) == 100
    assert (min(waits), max(waits)) == (4 * SECOND, 4 * SECOND + 3.96 * SECOND)


def test_those_who_were_told_the_same_wait_are_spread_too() -> None:
    told = timedelta(minutes=10)
    assert len({wait_before(1, told, chance=n / 10) for n in range(10)}) == 10


def test_a_chance_is_below_one() -> None:
    assert all(0 <= dice() < 1 for _ in range(100))
