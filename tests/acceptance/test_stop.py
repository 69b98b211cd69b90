"""SIGTERM under load, and clients that stall: what is in hand is finished, nobody is held up."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from time import monotonic

from tests.acceptance.conftest import Make
from tests.acceptance.crowd import Event, all_answered, assert_each_answered_once, questions
from tests.acceptance.server import Golive, until
from tests.fakes.feishu import FeishuServer, message

QUICK_LIMITS = (
    "import bot.server, bot.webhooks\n"
    "bot.server.HEADERS_WITHIN = bot.webhooks.BODY_WITHIN = 1.0\n"
    "from bot.cli import main\n"
    "main()\n"
)


@contextmanager
def load(bot: Golive, acked: list[Event], broken: list[str]) -> Iterator[None]:
    """People go on asking, each over a connection of their own, until nobody answers.

    A connection that the system had not handed over yet when the door closes is reset, which is
    a refusal to whoever made it.
    """
    over = threading.Event()

    def ask() -> None:
        while not over.wait(0.05):
            event = questions(1)[0]
            body, headers = bot.sealed(event)
            line = HTTPConnection("127.0.0.1", bot.port, timeout=10)
            try:
                line.request("POST", "/webhook/feishu", body, headers)
                status = str(line.getresponse().status)
            except ConnectionRefusedError:
                return
            except ConnectionResetError:
                if bot.leaving.is_set():
                    return
                broken.append("reset")
                continue
            except (OSError, HTTPException) as error:
                status = type(error).__name__
            finally:
                line.close()
            if status == "200":
                acked.append(event)
            else:
                broken.append(status)

    with ThreadPoolExecutor(3) as crowd:
        for _ in range(3):
            crowd.submit(ask)
        try:
            yield
        finally:
            over.set()


def test_a_stop_under_load_loses_nothing_and_cuts_nobody_off(
    golive: Make, feishu: FeishuServer, sqlite_url: str
) -> None:
    bot = golive(sqlite_url)
    acked: list[Event] = []
    broken: list[str] = []
    slow = message("ou_slow", "帮助", chat="oc_slow", private=True)
    with load(bot, acked, broken):
        until(lambda: len(acked) > 15, "the load runs")
        with socket.create_connection(("127.0.0.1", bot.port), 5) as line:
            rest = half_of_a_push(bot, line, slow)
            asked = monotonic()
            bot.terminate()
            until(lambda: bot.ready() == 503, "readiness goes first", within=2)
            before = len(acked)
            until(lambda: bot.ready() == 0, "the door is closed", within=5)
            assert len(acked) > before, "in the drain, pushes were still answered"
            assert bot.process.poll() is None
            line.sendall(rest)
            line.settimeout(5)
            assert line.recv(4096).startswith(b"HTTP/1.1 200")
        code = bot.process.wait(10)
    assert monotonic() - asked < 10
    assert broken == []
    acked.append(slow)
    bot.start()
    until(lambda: all_answered(feishu, acked), "all that was acknowledged has its effect")
    assert_each_answered_once(feishu, acked)
    assert code == 0, bot.stderr()[-500:]


def half_of_a_push(bot: Golive, line: socket.socket, event: Event) -> bytes:
    """Send the headers and half of the body; the other half is given back."""
    body, headers = bot.sealed(event)
    lines = [f"{name}: {value}" for name, value in headers.items()]
    head = ["POST /webhook/feishu HTTP/1.1", "Host: x", f"Content-Length: {len(body)}", *lines]
    line.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + body[:100])
    return body[100:]


def test_stalled_clients_are_sent_away_while_others_are_served(
    golive: Make, feishu: FeishuServer, sqlite_url: str
) -> None:
    bot = golive(sqlite_url, program=("-c", QUICK_LIMITS))
    trickling = ThreadPoolExecutor(1).submit(trickle, bot)
    lines = [socket.create_connection(("127.0.0.1", bot.port), 5) for _ in range(30)]
    began = monotonic()
    for number, line in enumerate(lines):
        match number % 3:
            case 0:
                line.sendall(b"POST /webhook/feishu HTTP/1.1\r\nHost: x\r\nX-Lark-")
            case 1:
                half_of_a_push(bot, line, questions(1)[0])
            case _:
                pass  # says nothing at all
    asked = questions(10)
    for event in asked:
        pushed = monotonic()
        bot.tell(event)
        assert monotonic() - pushed < 1.0, "nobody waits until a stalled one is sent away"
    for line in lines:
        line.settimeout(5)
        answer = b"".join(iter(lambda line=line: line.recv(4096), b""))  # type: ignore[misc]
        assert answer.startswith(b"HTTP/1.1 408 "), answer[:60]
        assert b"connection: close" in answer.lower()
        assert answer.endswith(b"\r\n\r\n{}")
        line.close()
    assert monotonic() - began < 8.0
    assert trickling.result(5).startswith(b"HTTP/1.1 408 ")
    until(lambda: all_answered(feishu, asked), "the others have their answers")
    assert bot.ready() == 200
    assert bot.metric("golive_events_total", outcome="stalled") == 10


def trickle(bot: Golive) -> bytes:
    """Send one header after the other, never the last; what is answered."""
    began = monotonic()
    with socket.create_connection(("127.0.0.1", bot.port), 5) as line:
        line.sendall(b"POST /webhook/feishu HTTP/1.1\r\nHost: x\r\n")
        line.settimeout(0.1)
        while monotonic() - began < 3:
            line.sendall(b"X-Slow: 1\r\n")
            try:
                return line.recv(4096)
            except TimeoutError:
                continue
    return b"still waited for"
