"""The database goes away, falls silent or is full: nothing is lost, nothing is seen twice, and
what cannot be done is said.
"""

from __future__ import annotations

import asyncio
import random
import resource
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import monotonic

import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from bot.core.clock import FrozenClock
from storage.migrate import is_read_only, migrate
from storage.tables.outbox import Owed
from storage.unit_of_work import Database
from tests.acceptance.conftest import Make, feishu, golive
from tests.acceptance.crowd import Event, all_answered, assert_each_answered_once, questions
from tests.acceptance.server import BASE, Golive, command, environment, until
from tests.acceptance.test_replicas import TAKEOVER, leads
from tests.fakes import postgres
from tests.fakes.feishu import FeishuServer
from tests.fakes.postgres import Postgres
from tests.fakes.proxy import proxied

__all__ = ["feishu", "golive"]


def test_a_leader_that_is_cut_off_without_a_word_is_replaced(
    golive: Make, feishu: FeishuServer, postgres_url: str
) -> None:
    with proxied(postgres_url) as line:
        first = golive(line.url)
        until(lambda: leads(first), "it leads")
        other = golive(postgres_url)
        asked = questions(20)
        assert set(first.tell_all(asked)) == {200}
        line.fall_silent()
        cut = monotonic()
        later = questions(10)
        assert set(other.tell_all(later)) == {200}
        until(lambda: leads(other), "the other leads", within=TAKEOVER)
        assert monotonic() - cut <= TAKEOVER
        everybody = [*asked, *later]
        until(lambda: all_answered(feishu, everybody), "all are answered", within=20)
        assert_each_answered_once(feishu, everybody)
        until(lambda: "leadership lost" in first.stderr(), "it does not lead any more")
        line.speak_again()
        until(lambda: first.ready() == 200, "it comes back", within=20)
        again = questions(5)
        assert set(first.tell_all(again)) == {200}
        until(lambda: all_answered(feishu, again), "it hears and the other answers")
        assert_each_answered_once(feishu, [*everybody, *again])


async def test_a_relay_that_is_cut_off_in_a_transaction_lets_go_of_its_rows(
    postgres_url: str, clock: FrozenClock
) -> None:
    """Else the next one would wait for them until the server misses the connection: hours."""
    row = Owed("fake", "react", "chat", "oc", {"emoji": "OK"}, clock.now(), "oc")
    with proxied(postgres_url) as line:
        one, other = Database(line.url, clock), Database(postgres_url, clock)
        async with one.begin() as uow:
            uow.outbox.owe(row)
        async with one.begin() as uow:
            assert await uow.outbox.heads(["fake"], uow.now, 1)
        transaction = one.begin()
        uow = await transaction.__aenter__()
        assert await uow.outbox.called([row.key], uow.now)
        line.fall_silent()
        async with asyncio.timeout(TAKEOVER + 1), other.begin() as uow:
            taken = await uow.outbox.unfinished("fake", uow.now, repeats_safely=True)
        assert taken == (1, 0)
        line.speak_again()
        with pytest.raises((SQLAlchemyError, OSError)):
            await transaction.__aexit__(None, None, None)
        await one.close()
        await other.close()


# --- it goes away and comes back ------------------------------------------------------------------


@pytest.fixture
def restartable() -> Iterator[Postgres]:
    try:
        with postgres.running() as server:
            server.administer("CREATE DATABASE golive")
            yield server
    except postgres.NoPostgres as error:
        pytest.skip(f"PostgreSQL cannot start here: {error}")


def url_of(server: Postgres) -> str:
    url = server.url.set(drivername="postgresql+asyncpg", database="golive")
    return url.render_as_string(hide_password=False)


def insist(bot: Golive, events: Sequence[Event]) -> set[int]:
    """Push until all are acknowledged, as Feishu does though sooner; every status that came."""
    found: set[int] = set()
    left = list(events)
    while left:
        statuses = bot.tell_all(left, at_once=4)
        found |= set(statuses)
        left = [event for event, status in zip(left, statuses, strict=True) if status != 200]
    return found


def restart_while_people_ask(
    bot: Golive, feishu: FeishuServer, server: Postgres, people: int, rests: Iterator[float]
) -> int:
    """How often the database was away meanwhile."""
    over, times = threading.Event(), 0

    def go_away() -> None:
        nonlocal times
        for rest in rests:
            server.stop(random.choice(("immediate", "fast")))
            over.wait(random.uniform(0, 2))
            server.start()
            times += 1
            if over.wait(rest):
                return

    trouble = threading.Thread(target=go_away)
    trouble.start()
    asked: list[Event] = []
    try:
        while len(asked) < people or not times:
            asked += questions(20)
            assert insist(bot, asked[-20:]) <= {200, 503}
    finally:
        over.set()
        trouble.join()
    within = 10 + len(asked) / 15
    until(lambda: all_answered(feishu, asked), "all are answered", within=within)
    until(lambda: bot.ready() == 200 and not bot.owed(), "nothing is owed")
    assert_each_answered_once(feishu, asked)
    return times


def test_a_database_that_restarts_loses_nothing(
    golive: Make, feishu: FeishuServer, restartable: Postgres
) -> None:
    migrate(url_of(restartable))
    bot = golive(url_of(restartable))
    assert restart_while_people_ask(bot, feishu, restartable, 60, iter([0.0])) == 1


@pytest.mark.slow(minutes=5)
def test_a_database_that_restarts_again_and_again_during_5000_events_loses_nothing(
    golive: Make, feishu: FeishuServer, restartable: Postgres
) -> None:
    migrate(url_of(restartable))
    bot = golive(url_of(restartable), LOG_LEVEL="ERROR")
    rests = iter(lambda: random.uniform(5, 40), None)
    assert restart_while_people_ask(bot, feishu, restartable, 5_000, rests) > 3


# --- the disk -------------------------------------------------------------------------------------


def test_a_full_disk_is_said_and_nothing_is_lost_when_there_is_room_again(
    golive: Make, feishu: FeishuServer, sqlite_url: str
) -> None:
    """The limit on the size of a file stands for the disk: writes fail with an error alike."""
    bot = golive(sqlite_url, LOG_LEVEL="ERROR")
    insist(bot, first := questions(5))
    path = Path(str(make_url(sqlite_url).database))
    limit = max(each.stat().st_size for each in path.parent.glob("golive.db*")) + 40_000
    resource.prlimit(bot.process.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    asked = questions(100)
    statuses = bot.tell_all(asked)
    assert set(statuses) == {200, 503}
    assert bot.get("/healthz").status_code == 200

    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    resource.prlimit(bot.process.pid, resource.RLIMIT_FSIZE, unlimited)
    everybody = [*first, *asked]
    assert insist(bot, asked) == {200}
    until(lambda: all_answered(feishu, everybody), "all are answered", within=30)
    until(lambda: not bot.owed(), "nothing is owed")
    assert_each_answered_once(feishu, everybody)
    bot.kill()
    with sqlite3.connect(path) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()


def test_a_disk_that_cannot_be_written_stops_the_start_with_one_sentence(tmp_path: Path) -> None:
    settings = {
        "FEISHU_APP_ID": "cli_x",
        "FEISHU_APP_SECRET": "s",
        "FEISHU_VERIFICATION_TOKEN": "t",
        "DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path}/no/golive.db",
    }
    (tmp_path / "no").write_text("a file where a folder should be", encoding="utf-8")
    done = command(tmp_path, "serve", "--port", "1", settings=settings)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr


READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0"'


def test_a_read_only_file_system_stops_the_start_with_one_sentence(tmp_path: Path) -> None:
    """In a mount namespace of its own; whether a database lies there already or not."""
    tried = subprocess.run(["unshare", "-rm", "sh", "-c", READ_ONLY, tmp_path], check=False)
    if tried.returncode:
        pytest.skip("no mount namespaces here")
    for made in (False, True):
        url = f"sqlite+aiosqlite:///{tmp_path}/golive.db"
        if made:
            migrate(url)
        settings = {name: value for name, value in BASE.items() if name.startswith("FEISHU")}
        serve = f'{READ_ONLY} && exec "$1" -m bot serve --port 1'
        done = subprocess.run(
            ["unshare", "-rm", "sh", "-c", serve, tmp_path, sys.executable],
            env=environment(DATABASE_URL=url, **settings),
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert done.returncode == 1
        assert len(done.stderr.strip().splitlines()) == 1, done.stderr
        assert "DATABASE_URL" in done.stderr
    assert "read-only" in done.stderr


def test_a_standby_server_is_read_only(postgres_url: str) -> None:
    assert not is_read_only(postgres_url)
    options = "-c default_transaction_read_only=on"
    standby = make_url(postgres_url).set(drivername="postgresql+psycopg")
    standby = standby.update_query_dict({"options": options})
    assert is_read_only(standby.render_as_string(hide_password=False))
