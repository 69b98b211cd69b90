"""No window of a platform's limits ever holds more sends than it may."""

from __future__ import annotations

from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.pace import Pace
from bot.platforms.feishu.adapter import LIMITS
from bot.platforms.port import Limits

Windows = tuple[tuple[int, float], ...]
steps = st.lists(
    st.tuples(st.integers(0, 700), st.sampled_from(["a", "b", "c"])), min_size=1, max_size=150
)
# The second window of a pair is longer, holds more and is less dense than the first.
windows = st.sampled_from(
    [((1, 0.05),), ((3, 0.2),), ((6, 1.0),), ((2, 0.05), (5, 1.0)), ((1, 0.2), (4, 3.0))]
)


class Seconds:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def most_in(moments: list[float], seconds: float) -> int:
    """The largest number of moments in any window of that length."""
    return max(sum(start <= m < start + seconds - 1e-9 for m in moments) for start in moments)


def assert_kept(sent: dict[str, list[float]], limits: Limits) -> None:
    every = sorted(moment for moments in sent.values() for moment in moments)
    assert all(most_in(every, seconds) <= count for count, seconds in limits.app)
    for moments in sent.values():
        assert all(most_in(moments, seconds) <= count for count, seconds in limits.chat)


@settings(deadline=None)
@given(app=windows, chat=windows, steps=steps)
def test_no_window_holds_more_than_its_limit(
    app: Windows, chat: Windows, steps: list[tuple[int, str]]
) -> None:
    limits, seconds = Limits(app, chat), Seconds()
    pace = Pace(limits, seconds)
    sent: dict[str, list[float]] = defaultdict(list)
    for pause, where in steps:
        seconds.now += pause / 1000
        if pace.wait(where)[0] == 0:
            sent[where].append(seconds.now)
    assert_kept(sent, limits)


@settings(deadline=None)
@given(app=windows, chat=windows, where=st.lists(st.sampled_from("abc"), min_size=1, max_size=40))
def test_whoever_waits_as_told_gets_through(app: Windows, chat: Windows, where: list[str]) -> None:
    limits, seconds = Limits(app, chat), Seconds()
    pace = Pace(limits, seconds)
    sent: dict[str, list[float]] = defaultdict(list)
    for name in where:
        for _ in range(10):
            told = pace.wait(name)[0]
            if told == 0:
                break
            seconds.now += told
        else:
            raise AssertionError("waited ten times as told and was not let through")
        sent[name].append(seconds.now)
    assert_kept(sent, limits)


def test_feishus_limits_are_used_and_kept() -> None:
    seconds = Seconds()
    pace = Pace(LIMITS, seconds)
    moments: list[float] = []
    chat = 0
    while len(moments) < 600:
        told = pace.wait(f"chat{chat}")[0]
        if told == 0:
            moments.append(seconds.now)
            chat += 1
        seconds.now += told
    assert most_in(moments, 1.0) <= 50
    assert len(moments) / (moments[-1] - moments[0]) >= 47


def test_one_chat_gets_five_a_second() -> None:
    seconds = Seconds()
    pace = Pace(LIMITS, seconds)
    moments: list[float] = []
    while len(moments) < 40:
        told = pace.wait("one")[0]
        if told == 0:
            moments.append(seconds.now)
        seconds.now += told
    assert most_in(moments, 1.0) <= 5


def test_without_limits_nobody_waits() -> None:
    pace = Pace(Limits(), Seconds())
    assert [pace.wait("a")[0] for _ in range(1000)] == [0.0] * 1000


def test_a_busy_chat_does_not_hold_up_another() -> None:
    pace = Pace(Limits(chat=((1, 10.0),)), Seconds())
    assert pace.wait("a")[0] == 0
    assert pace.wait("a")[0] > 0
    assert pace.wait("b")[0] == 0


def test_chats_that_are_quiet_are_forgotten() -> None:
    seconds = Seconds()
    pace = Pace(Limits(chat=((5, 1.0),)), seconds)
    for number in range(5000):
        seconds.now += 0.01
        pace.wait(f"chat{number}")[0]
    assert len(pace._chats) < 1000
