"""The processes of a measurement: Golive, a fake Feishu, an empty FastAPI handler, the load."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from tests.fakes import feishu
from tests.fakes.serving import free_port

ROOT = Path(__file__).resolve().parents[1]
FEISHU = {
    "FEISHU_APP_ID": feishu.APP_ID,
    "FEISHU_APP_SECRET": feishu.APP_SECRET,
    "FEISHU_ENCRYPT_KEY": feishu.ENCRYPT_KEY,
    "FEISHU_VERIFICATION_TOKEN": feishu.TOKEN,
}
_LOCAL = build_opener(ProxyHandler({}))


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Only what Python needs and what is set here, so that no `.env` or shell changes a figure."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"} | dict(settings)


def get(url: str) -> bytes:
    with _LOCAL.open(url, timeout=10) as answer:
        body: bytes = answer.read()
        return body


@contextmanager
def running(
    folder: Path,
    arguments: list[str],
    ready: str,
    settings: Mapping[str, str] | None = None,
    within: float = 30.0,
) -> Iterator[subprocess.Popen[bytes]]:
    """`python …` until the block ends; the block begins when `ready` (a URL) answers 200."""
    log = folder / f"{free_port()}.log"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=folder,
            env=environment(settings or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
    try:
        _until_up(process, ready, within, log)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)


def _until_up(process: subprocess.Popen[bytes], url: str, within: float, log: Path) -> None:
    deadline = time.monotonic() + within
    while process.poll() is None and time.monotonic() < deadline:
        try:
            get(url)
        except (URLError, OSError):
            time.sleep(0.005)
        else:
            return
    msg = f"{url} did not answer: {log.read_text(errors='replace')[-2000:]}"
    raise RuntimeError(msg)


@contextmanager
def golive(
    folder: Path, database: str, feishu_url: str, **settings: str
) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """`golive serve` with everything on; its port and process."""
    port = free_port()
    words = ["-m", "bot", "serve", "--host", "127.0.0.1", "--port", str(port)]
    given = {"DATABASE_URL": database, "FEISHU_BASE_URL": feishu_url, "LOG_LEVEL": "ERROR"}
    ready = f"http://127.0.0.1:{port}/readyz"
    with running(folder, words, ready, FEISHU | given | settings) as process:
        yield port, process


@contextmanager
def fake_feishu(folder: Path, latency: float = 0.03) -> Iterator[str]:
    """The URL of a fake Feishu in a process of its own; `/bench/sends` lists what it was sent."""
    port = free_port()
    words = ["-m", "benchmarks.fake_feishu", str(port), str(latency)]
    with running(folder, words, f"http://127.0.0.1:{port}/bench/sends"):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def empty_handler(folder: Path) -> Iterator[int]:
    """The port of a FastAPI that does nothing, under the same server."""
    port = free_port()
    words = ["-m", "benchmarks.empty", str(port)]
    with running(folder, words, f"http://127.0.0.1:{port}/up"):
        yield port


def load(port: int, requests: Path, *, rate: float = 0.0, first: int, count: int) -> dict[str, Any]:
    """Send requests of a file from a process of its own (benchmarks/client.py)."""
    words = ["-m", "benchmarks.client", str(port), str(requests), str(first), str(count), str(rate)]
    done = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=environment({}),
        stdout=subprocess.PIPE,
        check=True,
        timeout=300,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found
