"""A backup holds everything, goes into either engine, and sends nothing twice."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from bot.core.clock import FrozenClock
from storage.backup import back_up, restore
from storage.base import metadata
from storage.migrate import migrate, revisions
from storage.rows_file import Done, FileError, check
from storage.tables.outbox import outbox
from storage.unit_of_work import Database
from tests.chat import Chat


@pytest.fixture
async def lived(chat: Chat) -> Chat:
    """A project with a bit of everything, and a message that is still owed."""
    await chat.given_project(extra="上线 12月4日 模板 四周")
    await chat.says("pm", "风险 客户的接口文档还没给 @李雷", mentions=("li",))
    await chat.says("pm", "里程碑 M6 完成")
    await chat.says("li", "FAQ 添加 问：怎么重置密码 答：找管理员重置")
    await chat.says("user", "建议 库存报表能导出 Excel")
    await chat.at("10:01", "2026-11-25")
    await chat.presses("user", "2 分", on=chat.last("天回访"))
    await chat.says("pm", "周报")
    async with chat.database.begin() as uow:
        (project,) = await uow.projects.all()
        where = await uow.chats.get(project.chat_id)
        from bot.context import Context
        from cards.common import notice
        from cards.words import Words

        Context(uow, chat.shelf).say(where, notice(Words("zh"), "还没发出去"))
    return chat


@pytest.fixture
async def begun(chat: Chat) -> Chat:
    await chat.given_project(extra="上线 12月4日 模板 四周")
    await chat.says("pm", "风险 客户的接口文档还没给 @李雷", mentions=("li",))
    return chat


async def everything(database: Database) -> dict[str, list[Any]]:
    found = {}
    async with database.read() as uow:
        for table in metadata.sorted_tables:
            rows = await uow.connection.execute(select(table).order_by(*table.primary_key.columns))
            found[table.name] = [tuple(row) for row in rows]
    return found


def sorted_files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


@pytest.fixture
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        url: str = request.getfixturevalue("postgres_url")
        return url
    return f"sqlite+aiosqlite:///{tmp_path}/again.db"


@pytest.mark.parametrize("empty_url", ["sqlite", "postgres"], indirect=True)
async def test_it_comes_back_as_it_was_in_either_engine(
    lived: Chat, empty_url: str, tmp_path: Path, clock: FrozenClock
) -> None:
    file = tmp_path / "golive.backup"
    done = await back_up(lived.database, file)
    before = await everything(lived.database)
    assert done == Done(sum(map(bool, before.values())), sum(map(len, before.values())))
    again = Database(empty_url, clock)
    try:
        assert await restore(empty_url, again, file) == done
        after = await everything(again)
        # What was owed may have been sent since: it is not sent again.
        async with again.read() as uow:
            states = await uow.connection.execute(select(outbox.c.state, outbox.c.error))
            assert ("dropped", "restored from a backup") in [tuple(row) for row in states]
            assert await uow.outbox.next_due(["fake"]) is None
        del before["outbox"], after["outbox"]
        assert after == before
        async with again.begin() as uow:
            uow.audit.note(uow.now, "after")  # the counters go on behind the rows
        second = tmp_path / "second.backup"
        assert (await back_up(again, second)).rows == done.rows + 1
    finally:
        await again.close()


async def test_it_is_of_one_moment_while_others_write(begun: Chat, tmp_path: Path) -> None:
    database = begun.database
    stop = asyncio.Event()

    async def write() -> int:
        count = 0
        while not stop.is_set():
            async with database.begin() as uow:
                uow.audit.note(uow.now, f"busy {count}")
                uow.audit.note(uow.now, f"busy {count}")
            count += 1
            await asyncio.sleep(0)
        return count

    writing = asyncio.create_task(write())
    for n in range(5):
        file = tmp_path / f"{n}.backup"
        await back_up(database, file)
        lines = gzip.decompress(file.read_bytes()).decode()
        found = [lines.count(f'"busy {k}"') for k in range(lines.count('"busy'))]
        assert set(found) <= {0, 2}  # never half of a transaction
    stop.set()
    assert await writing > 0


@pytest.mark.parametrize("damage", ["cut", "foreign", "no gzip", "empty"])
async def test_a_damaged_file_is_named_and_nothing_is_written(
    begun: Chat, tmp_path: Path, clock: FrozenClock, damage: str
) -> None:
    file = tmp_path / "golive.backup"
    await back_up(begun.database, file)
    whole = gzip.decompress(file.read_bytes())
    damaged = {
        "cut": gzip.compress(whole[: len(whole) // 2]),
        "foreign": gzip.compress(b'{"other": 1}\n'),
        "no gzip": b"not a backup",
        "empty": b"",
    }
    file.write_bytes(damaged[damage])
    url = f"sqlite+aiosqlite:///{tmp_path}/again.db"
    again = Database(url, clock)
    try:
        with pytest.raises(FileError, match=r"golive\.backup"):
            await restore(url, again, file)
    finally:
        await again.close()
    assert not (tmp_path / "again.db").exists()


async def test_a_database_in_use_is_not_overwritten(begun: Chat, tmp_path: Path) -> None:
    file = tmp_path / "golive.backup"
    await back_up(begun.database, file)
    before = await everything(begun.database)
    url = str(begun.database.url)
    with pytest.raises(FileError, match="not empty"):
        await restore(url, begun.database, file)
    assert await everything(begun.database) == before


async def test_a_database_without_a_schema_has_nothing_to_back_up(
    tmp_path: Path, clock: FrozenClock
) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/old.db"
    migrate(url, "0003")
    old = Database(url, clock)
    try:
        with pytest.raises(FileError, match="0003"):
            await back_up(old, tmp_path / "golive.backup")
    finally:
        await old.close()
    assert {path.name for path in sorted_files(tmp_path)} == {"old.db"}


async def test_a_backup_of_an_older_schema_is_brought_up_to_date(
    begun: Chat, tmp_path: Path, clock: FrozenClock
) -> None:
    """As one of the schema before the follow-ups would have been."""
    file = tmp_path / "golive.backup"
    await back_up(begun.database, file)
    later = {"followups", "followup_people", "feedback", "golives", "suggestions", "reports"}
    kept, skip, rows = [], False, 0
    for line in gzip.decompress(file.read_bytes()).decode().splitlines():
        if line.startswith('{"table"'):
            skip = any(f'"{name}"' in line.split(",")[0] for name in later)
        if line.startswith(('{"golive"', '{"end"')) or skip:
            continue
        kept.append(line)
        rows += line.startswith("[")
    kept = ['{"golive":1,"revision":"0004"}', *kept, f'{{"end":{rows}}}']
    file.write_bytes(gzip.compress("\n".join(kept).encode()))
    url = f"sqlite+aiosqlite:///{tmp_path}/again.db"
    again = Database(url, clock)
    try:
        await restore(url, again, file)
        assert await again.is_current()
        async with again.read() as uow:
            (project,) = await uow.projects.all()
            assert await uow.risks.of(project.id)
            assert await uow.followups.of(project.id) == []
    finally:
        await again.close()


_VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=6) | st.just("0001")
_LINES = st.lists(
    _VALUES
    | st.lists(_VALUES, max_size=2)
    | st.dictionaries(st.sampled_from(["golive", "revision", "end", "table"]), _VALUES),
    max_size=4,
)


@given(lines=_LINES, noise=st.binary(max_size=20))
def test_a_file_of_anything_is_a_backup_or_is_refused(lines: list[Any], noise: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "any.gz"
        content = b"\n".join(json.dumps(line).encode() for line in lines) + noise
        path.write_bytes(gzip.compress(content))
        with contextlib.suppress(FileError):
            assert check(path)["revision"] in revisions()


@pytest.mark.parametrize(
    "line",
    ["7", "null", '"golive"', '{"golive": 1}', '{"golive": 1, "revision": "../x"}', "[" * 9999],
)
def test_a_first_line_that_no_backup_has_is_refused(line: str, tmp_path: Path) -> None:
    path = tmp_path / "odd.gz"
    path.write_bytes(gzip.compress(f'{line}\n{{"end": 0}}\n'.encode()))
    with pytest.raises(FileError):
        check(path)
