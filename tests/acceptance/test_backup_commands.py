"""`golive backup` and `golive restore` in processes of their own."""

from __future__ import annotations

from pathlib import Path
from subprocess import CompletedProcess

from tests.acceptance.server import command
from tests.chat import Chat


async def test_there_and_back(chat: Chat, sqlite_url: str, tmp_path: Path) -> None:
    def golive(url: str, *words: str) -> CompletedProcess[str]:
        return command(tmp_path, *words, settings={"DATABASE_URL": url})

    await chat.given_project()
    file = str(tmp_path / "golive.backup")
    done = golive(sqlite_url, "backup", file)
    assert done.returncode == 0, done.stderr
    assert "rows of" in done.stdout
    back = f"sqlite+aiosqlite:///{tmp_path}/back.db"
    assert golive(back, "restore", file).returncode == 0
    again = golive(back, "restore", file)
    assert again.returncode == 1
    assert "not empty" in again.stderr
    assert again.stderr.count("\n") == 1
    damaged = tmp_path / "damaged.backup"
    damaged.write_bytes(b"no backup")
    wrong = golive(f"sqlite+aiosqlite:///{tmp_path}/new.db", "restore", str(damaged))
    assert wrong.returncode == 1
    assert "damaged.backup" in wrong.stderr
    assert "Traceback" not in wrong.stderr
