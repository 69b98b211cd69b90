"""Eight hundred clients that never finish their bodies, and others who do not notice."""

from __future__ import annotations

import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import pytest

from tests.acceptance.conftest import Make, feishu, golive
from tests.acceptance.crowd import all_answered, assert_each_answered_once, questions
from tests.acceptance.server import Golive, until
from tests.acceptance.test_stop import half_of_a_push
from tests.fakes.feishu import FeishuServer

__all__ = ["feishu", "golive"]
STALLED, HEALTHY = 800, 600


def pushed(bot: Golive, event: dict[str, object]) -> float:
    """Seconds until the acknowledgement."""
    body, headers = bot.sealed(event)
    began = monotonic()
    answer = bot.post(body, headers)
    assert answer.status_code == 200
    return monotonic() - began


@pytest.mark.slow
def test_800_stalled_clients_keep_nobody_waiting(
    golive: Make, feishu: FeishuServer, sqlite_url: str
) -> None:
    bot = golive(sqlite_url, LOG_LEVEL="ERROR")
    lines = [socket.create_connection(("127.0.0.1", bot.port), 5) for _ in range(STALLED)]
    for line in lines:
        half_of_a_push(bot, line, questions(1)[0])
    asked = questions(HEALTHY)
    with ThreadPoolExecutor(2) as crowd:
        waits = sorted(crowd.map(lambda event: pushed(bot, event), asked))
    p50, p99 = waits[len(waits) // 2], waits[len(waits) * 99 // 100]
    sys.stdout.write(f"p50 {p50 * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms\n")
    assert p99 <= 0.3
    began = monotonic()
    for line in lines:
        line.settimeout(30)
        assert b"".join(iter(lambda line=line: line.recv(4096), b"")).startswith(b"HTTP/1.1 408 ")  # type: ignore[misc]
        line.close()
    assert monotonic() - began <= 15
    assert bot.metric("golive_events_total", outcome="stalled") == STALLED
    until(lambda: all_answered(feishu, asked), "all are answered", within=60)
    assert_each_answered_once(feishu, asked)
