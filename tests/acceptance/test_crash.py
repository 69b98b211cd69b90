"""`kill -9` at random moments of a fan-out: nothing acknowledged is lost, nothing is seen twice."""

from __future__ import annotations

import random
import threading

import pytest

from tests.acceptance.conftest import Make
from tests.acceptance.crowd import Event, all_answered, assert_each_answered_once, questions
from tests.acceptance.server import Golive, until
from tests.fakes.feishu import FeishuServer

LONGEST_LIFE = 0.5


def crash_again_and_again(bot: Golive, feishu: FeishuServer, rounds: int, people: int) -> None:
    """Each round people ask, and the process dies meanwhile or soon after. What was not
    acknowledged is pushed again in the next round, as Feishu does, and some of the rest too."""
    acked: list[Event] = []
    again: list[Event] = []
    deaths = 0
    for number in range(rounds):
        if number:
            bot.start()
        asked = [*again, *questions(people)]
        killer = threading.Timer(random.uniform(0.02, LONGEST_LIFE), bot.process.kill)
        killer.start()
        statuses = bot.tell_all(asked, at_once=6)
        killer.join()
        assert bot.process.wait(10) == -9
        deaths += not all_answered(feishu, [*acked, *asked])
        answers = list(zip(asked, statuses, strict=True))
        assert {status for _, status in answers} <= {0, 200}
        acked += [event for event, status in answers if status == 200]
        again = [event for event, status in answers if status == 0]
    bot.start()
    bot.tell(*again, *acked[:20])
    until(lambda: all_answered(feishu, [*acked, *again]), "all are answered", within=150)
    until(lambda: not bot.owed(), "nothing is owed")
    assert_each_answered_once(feishu, [*acked, *again])
    assert len([*acked, *again]) == rounds * people
    assert deaths >= rounds // 3, "most kills met something that was still owed"
    assert not bot.metric("golive_outbox_rows", state="unknown")


def test_four_kills_lose_nothing_and_repeat_nothing(
    golive: Make, feishu: FeishuServer, any_url: str
) -> None:
    crash_again_and_again(golive(any_url), feishu, rounds=4, people=20)


@pytest.mark.slow(minutes=11)
def test_a_hundred_kills_lose_nothing_and_repeat_nothing(
    golive: Make, feishu: FeishuServer, any_url: str
) -> None:
    crash_again_and_again(golive(any_url), feishu, rounds=100, people=20)
