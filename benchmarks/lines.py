"""Memory with both long connections up: the main process by itself, its children apart.

The other ends are the tests' (`tests/fakes/lines.py`), served from a thread of this process.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psutil

from benchmarks.databases import fresh
from benchmarks.processes import golive
from benchmarks.results import Figure
from tests.fakes import dingtalk, feishu
from tests.fakes.lines import DingTalkLine, FeishuLine, line


def run(*, quick: bool) -> Iterator[Figure]:
    """On SQLite; the lines do not touch the database."""
    with ExitStack() as stack:
        url, folder = stack.enter_context(fresh("SQLite"))
        far, stream = stack.enter_context(_ends())
        lark = stack.enter_context(feishu.running(feishu.FeishuServer()))
        lark.ws_url = f"ws://127.0.0.1:{far.port}/ws?device_id=d1&service_id=7"
        ding = stack.enter_context(dingtalk.running(dingtalk.DingTalkServer()))
        ding.ws_port = stream.port
        settings = {
            "FEISHU_MODE": "websocket",
            "DINGTALK_CLIENT_ID": dingtalk.CLIENT_ID,
            "DINGTALK_CLIENT_SECRET": dingtalk.CLIENT_SECRET,
            "DINGTALK_API_BASE_URL": ding.url,
            "DINGTALK_OAPI_BASE_URL": ding.url,
            "DINGTALK_MODE": "stream",
        }
        began = time.perf_counter()
        _, process = stack.enter_context(golive(folder, url, lark.url, **settings))
        up: dict[str, float] = {}
        while len(up) < 2 and time.perf_counter() - began < 60:
            for name, end in (("Feishu", far), ("DingTalk", stream)):
                if end.connections:
                    up.setdefault(name, time.perf_counter() - began)
            time.sleep(0.01)
        if len(up) < 2:
            msg = f"connected within a minute: {', '.join(up) or 'neither'}"
            raise RuntimeError(msg)
        time.sleep(3)
        main = psutil.Process(process.pid)
        yield Figure("idle memory, both long connections", _rss(main), "MB", at_most=120)
        for child in main.children():
            name = "Feishu" if "feishu" in " ".join(child.cmdline()) else "DingTalk"
            yield Figure(f"  child with {name}'s client", _rss(child), "MB")
            yield Figure(f"  {name} connected after the start", up[name], "s")


def _rss(process: psutil.Process) -> float:
    return float(process.memory_info().rss / 1e6)


@contextmanager
def _ends() -> Iterator[tuple[FeishuLine, DingTalkLine]]:
    """Both servers in a loop of their own."""
    far, stream = FeishuLine(), DingTalkLine()
    ready, over = threading.Event(), threading.Event()

    async def serve() -> None:
        async with line(far), line(stream):
            ready.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    ready.wait(10)
    try:
        yield far, stream
    finally:
        over.set()
        thread.join(10)
