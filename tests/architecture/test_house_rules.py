"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("bot", "handlers", "schedules", "cards", "storage")
HAN = re.compile("[\u4e00-\u9fff]")
# Where Chinese may stand outside cards/words: what is understood (bot/language), the words that
# commands are recognised by, and the invented people of the playground.
MAY_SPEAK = (
    "bot/language",
    "bot/named.py",
    "bot/platforms/playground",
    "bot/roster.py",
    "bot/router.py",
    "cards/words",
    "cards/render/feishu.py",
    "cards/render/dingtalk.py",
    "cards/standup.py",
    "handlers/people.py",
    "handlers/project.py",
)


def _sources() -> Iterator[tuple[Path, str]]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            yield path, path.read_text(encoding="utf-8")


def test_only_the_clock_reads_the_clock() -> None:
    found = [
        str(path.relative_to(ROOT))
        for path, text in _sources()
        if re.search(r"datetime\.(utc)?now\(|date\.today\(|time\.time\(", text)
    ]
    assert found == ["bot/core/clock.py"]


def test_words_for_people_stand_in_cards() -> None:
    for path, text in _sources():
        place = str(path.relative_to(ROOT))
        if place.startswith(MAY_SPEAK):
            continue
        tree = ast.parse(text)
        docs = {
            ast.get_docstring(node, clean=False)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                spoken = HAN.search(node.value) and node.value not in docs
                assert not spoken, f"{place}:{node.lineno} {node.value!r}"


def test_only_the_unit_of_work_commits() -> None:
    found = {
        str(path.relative_to(ROOT))
        for path, text in _sources()
        if re.search(r"\.commit\(|engine\.begin\(", text)
    }
    assert found <= {
        "storage/unit_of_work.py",
        "storage/sqlite.py",
        "storage/migrate.py",
        "storage/backup.py",  # puts a whole database in
    }


def test_no_file_is_too_long_to_read() -> None:
    for path, text in _sources():
        if "words" not in path.parts:
            assert text.count("\n") <= 480, path


def test_no_platform_is_named_outside_its_folder() -> None:
    for path, text in _sources():
        place = str(path.relative_to(ROOT))
        if place.startswith(("handlers", "schedules", "cards", "bot/domain", "bot/language")):
            if "render" in place:
                continue
            assert not re.search(r"platform\s*==", text), place


def test_the_top_level_modules_are_ours() -> None:
    """`storage` and `cards` are names that other packages use too."""
    code = "import storage, cards, schedules; print(storage.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, cwd=ROOT
    )
    assert str(ROOT) in done.stdout


def test_lock_files_have_hashes_and_name_no_host() -> None:
    for lock in sorted((ROOT / "requirements").glob("*.lock")):
        text = lock.read_text()
        assert "--hash=sha256:" in text
        assert "://" not in text, lock


def test_starting_imports_nothing_heavy() -> None:
    code = (
        "import sys, bot.cli; heavy = {'lark_oapi', 'sqlalchemy', 'fastapi', 'alembic', 'httpx'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_the_package_ships_its_pages_and_migrations() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = config["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert set(packages) == set(ROOMS)
    assert list((ROOT / "storage/migrations/versions").glob("0001_*.py"))
    assert (ROOT / "cards/render/templates/card.html").exists()
