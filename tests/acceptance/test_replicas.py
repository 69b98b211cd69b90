"""Two replicas on one PostgreSQL: both listen, one sends, and the other takes over."""

from __future__ import annotations

import asyncio
from time import monotonic

from bot.core.clock import SystemClock
from storage.unit_of_work import Database
from tests.acceptance.conftest import Make
from tests.acceptance.crowd import (
    all_answered,
    assert_each_answered_once,
    assert_within_limits,
    questions,
    seen,
)
from tests.acceptance.outbox_rows import give_due_projects
from tests.acceptance.server import Golive, until
from tests.fakes.feishu import FeishuServer

TAKEOVER = 6.0


def leads(bot: Golive) -> bool:
    return bot.metric("golive_leader") == 1


def leader_and_other(one: Golive, two: Golive) -> tuple[Golive, Golive]:
    until(lambda: leads(one) or leads(two), "one of them leads")
    assert leads(one) != leads(two)
    return (one, two) if leads(one) else (two, one)


def test_two_replicas_send_each_answer_once_and_run_what_is_due_once(
    golive: Make, feishu: FeishuServer, postgres_url: str
) -> None:
    leader, other = leader_and_other(golive(postgres_url), golive(postgres_url))
    asked = questions(60)
    assert set(leader.tell_all(asked[:30])) == {200}
    assert set(other.tell_all(asked[20:])) == {200}, "ten of them a second time"
    until(lambda: all_answered(feishu, asked), "all are answered")
    assert_each_answered_once(feishu, asked)
    assert_within_limits(feishu.calls, asked)

    groups = asyncio.run(give_due_projects(Database(postgres_url, SystemClock()), 30))
    until(lambda: all(seen(feishu)[group] for group in groups), "every group has its prompt")
    until(lambda: not leader.owed(), "nothing is owed")
    assert {group: seen(feishu)[group] for group in groups} == dict.fromkeys(groups, 1)
    assert leader.metric("golive_jobs_total", job="standup.ask", outcome="ran") == 30
    assert other.metric("golive_jobs_total") == other.metric("golive_sends_total") == 0
    assert leader.ready() == other.ready() == 200


def test_the_other_takes_over_when_the_leader_is_killed(
    golive: Make, feishu: FeishuServer, postgres_url: str
) -> None:
    leader, other = leader_and_other(golive(postgres_url), golive(postgres_url))
    asked = questions(80)
    database = Database(postgres_url, SystemClock())
    groups = asyncio.run(give_due_projects(database, 30))
    assert set(other.tell_all(asked)) == {200}
    until(lambda: seen(feishu).total() > 20, "some are sent")
    leader.kill()
    killed = monotonic()
    assert seen(feishu).total() < len(asked) + len(groups), "much is still owed"
    later = questions(10)
    other.tell(*later)
    until(lambda: leads(other), "the other leads", within=TAKEOVER)
    assert monotonic() - killed <= TAKEOVER
    everybody = [*asked, *later]
    until(lambda: all_answered(feishu, everybody), "all are answered", within=15)
    until(lambda: not other.owed(), "nothing is owed")
    assert_each_answered_once(feishu, everybody)
    assert {group: seen(feishu)[group] for group in groups} == dict.fromkeys(groups, 1)
