"""How long until Golive is there, how much memory it takes idle, and that lark_oapi stays out.

Wall times of whole processes, medians. `demo` counts until a card stands on the page (the
environment exists and the sandbox's database is new); memory is the resident set of `serve` three
seconds after it is ready.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import psutil

from benchmarks.databases import ENGINES, fresh
from benchmarks.processes import (
    FEISHU,
    environment,
    fake_feishu,
    get,
    golive,
    running,
)
from benchmarks.results import Figure
from tests.fakes.serving import free_port

CARD = b'class="card'


def run(*, quick: bool) -> Iterator[Figure]:
    """Everything that a person who starts Golive waits for."""
    times = 3 if quick else 5
    with TemporaryDirectory() as name:
        folder = Path(name)
        yield Figure("`golive --help`", _median(times, lambda: _help(folder)), "s", at_most=0.5)
        yield Figure("`golive demo`, first card", _median(min(times, 3), _demo), "s", at_most=10)
    for engine in ENGINES[:1] if quick else ENGINES:
        with fresh(engine, migrated=False) as (url, folder), fake_feishu(folder) as fake:
            first = _serve(folder, url, fake)
            again = _median(times, lambda f=folder, u=url, k=fake: _serve(f, u, k))  # type: ignore[misc]
            yield Figure("`golive serve` ready, first ever", first, "s", engine, at_most=2)
            yield Figure("`golive serve` ready, migrated", again, "s", engine, at_most=2)
            yield Figure("idle memory", _memory(folder, url, fake), "MB", engine, at_most=120)
            lark = _imports_lark(folder, url, fake)
            yield Figure("imports of lark_oapi", lark, "", engine, at_most=0)


def _median(times: int, once: Callable[[], float]) -> float:
    return median(once() for _ in range(times))


def _help(folder: Path) -> float:
    began = time.perf_counter()
    script = str(Path(sys.executable).with_name("golive"))
    subprocess.run([script, "--help"], cwd=folder, env=environment({}), check=True,
                   stdout=subprocess.DEVNULL)  # fmt: skip
    return time.perf_counter() - began


def _serve(folder: Path, url: str, fake: str) -> float:
    began = time.perf_counter()
    with golive(folder, url, fake):
        return time.perf_counter() - began


def _demo() -> float:
    with TemporaryDirectory() as name:
        port = free_port()
        page = f"http://127.0.0.1:{port}/playground"
        began = time.perf_counter()
        with running(Path(name), ["-m", "bot", "demo", "--port", str(port)], page):
            while CARD not in get(page):
                if time.perf_counter() - began > 30:
                    msg = "no card came onto the playground's page"
                    raise RuntimeError(msg)
                time.sleep(0.02)
            return time.perf_counter() - began


def _memory(folder: Path, url: str, fake: str) -> float:
    with golive(folder, url, fake) as (_, process):
        time.sleep(3)
        resident: float = psutil.Process(process.pid).memory_info().rss / 1e6
        return resident


def _imports_lark(folder: Path, url: str, fake: str) -> int:
    """How many modules of lark_oapi a running `serve` has imported, by Python's own account."""
    port = free_port()
    words = ["-X", "importtime", "-m", "bot", "serve", "--host", "127.0.0.1", "--port", str(port)]
    given = {"DATABASE_URL": url, "FEISHU_BASE_URL": fake}
    with running(folder, words, f"http://127.0.0.1:{port}/readyz", FEISHU | given):
        time.sleep(1)
    newest = max(folder.glob("*.log"), key=lambda path: path.stat().st_mtime)
    told = newest.read_text(encoding="utf-8", errors="replace").splitlines()
    if not any("sqlalchemy" in line for line in told):
        msg = "Python did not tell what was imported"
        raise RuntimeError(msg)
    return sum("lark_oapi" in line for line in told if line.startswith("import time:"))
