"""What operators and Feishu may rely on: statuses, metrics, sentences and exit codes."""

from __future__ import annotations

import asyncio
import json
import socket
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest

from bot.core.clock import SystemClock
from storage.migrate import migrate
from storage.unit_of_work import Database
from tests.acceptance.crowd import questions
from tests.acceptance.outbox_rows import give_dead_rows
from tests.acceptance.server import BASE, Golive, command, until
from tests.fakes.feishu import TOKEN, FeishuServer, encrypt, envelope, message, running, sign

LARGEST = 1024 * 1024


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Golive]:
    """One process for all tests here: none of them may harm it."""
    folder = tmp_path_factory.mktemp("contract")
    with running(FeishuServer()) as feishu:
        one = Golive(folder, feishu.url, f"sqlite+aiosqlite:///{folder}/golive.db").start()
        yield one
        one.end()


def rows(bot: Golive) -> dict[str, int]:
    """How many rows each table has, once nothing is owed any more."""
    until(lambda: counted(bot).pop("owed") == 0, "nothing is owed")
    return counted(bot)


def counted(bot: Golive) -> dict[str, int]:
    """How many rows each table has, and how many messages are owed."""
    with sqlite3.connect(bot.folder / "golive.db") as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        tables = [name for (name,) in names]
        counts = {t: connection.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in tables}
        waiting = "SELECT count(*) FROM outbox WHERE state IN ('pending', 'sending')"
        counts["owed"] = connection.execute(waiting).fetchone()[0]
    connection.close()
    return counts


def outcome(bot: Golive, name: str) -> float:
    return bot.metric("golive_events_total", platform="feishu", outcome=name)


def test_a_push_that_is_not_authentic_gets_401_and_changes_nothing(bot: Golive) -> None:
    event = questions(1)[0]
    plain = json.dumps(event).encode()
    body, headers = bot.sealed(event)
    stranger = json.dumps(event | {"header": event["header"] | {"token": "wrong"}}).encode()
    of_stranger = encrypt(stranger)
    challenge = encrypt(json.dumps({"type": "url_verification", "challenge": "c"}).encode())
    before, refused = rows(bot), outcome(bot, "refused")
    for case, sent, with_headers in (
        ("unsigned", body, {}),
        ("plain", plain, {}),
        ("another body", body + b" ", headers),
        ("another key", body, sign(body, "another-key")),
        ("half the headers", body, {"X-Lark-Signature": headers["X-Lark-Signature"]}),
        ("empty signature", body, headers | {"X-Lark-Signature": ""}),
        ("not ASCII", body, headers | {"X-Lark-Signature": "é" * 64}),
        ("another token", of_stranger, sign(of_stranger)),
        ("handshake without token", challenge, {}),
        ("no JSON", b"\xff\x00", {}),
        ("nothing", b"", {}),
    ):
        raw = {name.encode(): value.encode("latin-1") for name, value in with_headers.items()}
        url = f"http://127.0.0.1:{bot.port}/webhook/feishu"
        answer = httpx.post(url, content=sent, headers=raw, trust_env=False)
        assert (case, answer.status_code, answer.content) == (case, 401, b"{}")
    assert rows(bot) == before
    assert outcome(bot, "refused") - refused == 11
    assert bot.metric("golive_refused_total", platform="feishu") >= 11
    for reason in ("unsigned", "signature", "token", "neither signed nor encrypted", "no JSON"):
        assert bot.metric("golive_refused_total", reason=reason), reason


def test_a_push_that_is_authentic_but_unknown_is_answered_and_counted(bot: Golive) -> None:
    before, unheard, unread = rows(bot), outcome(bot, "unheard"), outcome(bot, "unread")
    shapeless = encrypt(json.dumps(["no", "object"]).encode())
    for body, headers in (
        bot.sealed(envelope("contact.user.created_v3", {"object": {}})),
        bot.sealed(envelope("im.message.receive_v1", {"message": 7})),
        bot.sealed(envelope("card.action.trigger", {})),
        (shapeless, sign(shapeless)),
        (b"no json", sign(b"no json")),
    ):
        answer = bot.post(body, headers)
        assert (answer.status_code, answer.content) == (200, b"{}")
    assert rows(bot) == before
    assert outcome(bot, "unheard") - unheard == 1
    assert outcome(bot, "unread") - unread == 4


def test_the_handshake_is_answered_with_its_challenge(bot: Golive) -> None:
    asked = {"type": "url_verification", "challenge": "ajls384k-x", "token": TOKEN}
    answer = bot.post(encrypt(json.dumps(asked).encode()), {})
    assert (answer.status_code, answer.json()) == (200, {"challenge": "ajls384k-x"})
    wrong = bot.post(encrypt(json.dumps(asked | {"token": "wrong"}).encode()), {})
    assert (wrong.status_code, wrong.content) == (401, b"{}")


def test_a_body_that_is_too_large_gets_413_however_it_is_sent(bot: Golive) -> None:
    largest, larger = b"x" * LARGEST, b"x" * (LARGEST + 1)
    assert bot.post(largest, sign(largest)).status_code == 200
    for _ in range(5):
        assert bot.post(larger, sign(larger)).status_code == 413
        url = f"http://127.0.0.1:{bot.port}/webhook/feishu"
        chunks = iter([larger[:LARGEST], larger[LARGEST:]])
        assert httpx.post(url, content=chunks, trust_env=False).status_code == 413


def test_other_routes_and_methods_do_not_exist(bot: Golive) -> None:
    assert bot.get("/webhook/feishu").status_code == 405
    for path in ("/", "/webhook/dingtalk", "/playground", "/docs", "/openapi.json"):
        assert bot.get(path).status_code == 404


def test_health_readiness_and_metrics_say_what_operators_look_for(bot: Golive) -> None:
    assert bot.get("/healthz").json()["status"] == "ok"
    ready = bot.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"ready": True, "reasons": []})
    bot.tell(*questions(2))
    until(lambda: bot.metric("golive_sends_total", outcome="sent") >= 2, "two are sent")
    metrics = bot.get("/metrics")
    assert metrics.headers["content-type"].startswith("text/plain; version=0.0.4")
    for name in (
        "golive_events_total",
        "golive_handler_seconds",
        "golive_events_waiting",
        "golive_events_parked",
        "golive_sends_total",
        "golive_retries_total",
        "golive_outbox_rows",
        "golive_outbox_oldest_seconds",
        "golive_scheduler_lag_seconds",
        "golive_jobs_total",
        "golive_leader",
    ):
        assert f"# HELP {name} " in metrics.text, name
    assert bot.metric("golive_events_total", platform="feishu", outcome="handled") >= 2
    assert bot.metric("golive_leader") == 1
    assert 'golive_outbox_oldest_seconds{platform="feishu"}' in metrics.text


FEISHU = {name: value for name, value in BASE.items() if name.startswith("FEISHU")}
DINGTALK = {"DINGTALK_CLIENT_ID": "ding1", "DINGTALK_CLIENT_SECRET": "secret"}
WRONG_SETTINGS: dict[str, dict[str, str]] = {
    "FEISHU_APP_ID": {},
    "FEISHU_APP_SECRET": FEISHU | {"FEISHU_APP_SECRET": ""},
    "FEISHU_VERIFICATION_TOKEN": FEISHU | {"FEISHU_VERIFICATION_TOKEN": ""},
    "FEISHU_APP_ID ": FEISHU | {"FEISHU_APP_ID": ""},
    "FEISHU_APP_ID  ": {"FEISHU_VERIFICATION_TOKEN": TOKEN},
    "FEISHU_MODE": FEISHU | {"FEISHU_MODE": "pigeon"},
    "DINGTALK_CLIENT_SECRET": {"DINGTALK_CLIENT_ID": "ding1"},
    "DINGTALK_CLIENT_ID": {"DINGTALK_CLIENT_SECRET": "secret"},
    "DINGTALK_EVENT_TOKEN": DINGTALK | {"DINGTALK_EVENT_TOKEN": "token"},
    "DINGTALK_EVENT_AES_KEY": DINGTALK | {"DINGTALK_EVENT_AES_KEY": "too short"},
    "DINGTALK_MODE": DINGTALK | {"DINGTALK_MODE": "pigeon"},
    "PUBLIC_URL": DINGTALK | {"PUBLIC_URL": "golive.example"},
    "FEISHU_BASE_URL": FEISHU | {"FEISHU_BASE_URL": "http://feishu.example"},
    "DATABASE_URL": FEISHU | {"DATABASE_URL": "mysql://root@127.0.0.1:1/golive"},
    "DATABASE_URL ": FEISHU | {"DATABASE_URL": "golive.db"},
    "DATABASE_URL  ": FEISHU | {"DATABASE_URL": "postgresql+asyncpg://127.0.0.1:port/golive"},
    "TIMEZONE": FEISHU | {"TIMEZONE": "Mars/Olympus"},
    "LOG_LEVEL": FEISHU | {"LOG_LEVEL": "LOUD"},
    "PLAYGROUND": FEISHU | {"PLAYGROUND": "1"},
}


def test_wrong_settings_stop_the_start_with_one_sentence_that_names_the_variable(
    tmp_path: Path,
) -> None:
    with ThreadPoolExecutor(2) as pool:
        ended = pool.map(
            lambda settings: command(tmp_path, "serve", settings=settings), WRONG_SETTINGS.values()
        )
        said = [
            f"{name.strip()}: exit {done.returncode}, said {done.stderr}"
            for name, done in zip(WRONG_SETTINGS, ended, strict=True)
            if done.returncode != 2
            or done.stderr.count("\n") != 1
            or name.strip() not in done.stderr
            or done.stdout
        ]
    assert said == []


def test_a_port_that_is_taken_and_a_database_that_is_away_end_with_one_sentence(
    tmp_path: Path,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        settings = FEISHU | {"LOG_LEVEL": "ERROR"}
        done = command(tmp_path, "serve", "--host", "127.0.0.1", "--port", port, settings=settings)
    assert (done.returncode, done.stdout) == (1, "")
    assert port in done.stderr
    assert [line[:8] for line in done.stderr.splitlines()] == ["golive: "], done.stderr

    away = "postgresql+asyncpg://golive:s3cret-pass@127.0.0.1:1/golive"
    done = command(tmp_path, "serve", settings=settings | {"DATABASE_URL": away})
    assert (done.returncode, done.stdout) == (1, "")
    assert "DATABASE_URL" in done.stderr
    assert "s3cret-pass" not in done.stderr
    assert [line[:8] for line in done.stderr.splitlines()] == ["golive: "], done.stderr


def test_the_outbox_commands_say_what_is_wrong_with_the_database(tmp_path: Path) -> None:
    for url, code in (("golive.db", 2), ("postgresql+asyncpg://127.0.0.1:1/golive", 1)):
        done = command(tmp_path, "outbox", "list", settings=FEISHU | {"DATABASE_URL": url})
        assert [line[:8] for line in done.stderr.splitlines()] == ["golive: "], done.stderr
        assert (done.returncode, done.stdout) == (code, "")
        assert "DATABASE_URL" in done.stderr


def test_the_time_zone_of_the_settings_is_that_of_new_projects(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/golive.db"
    with running(FeishuServer()) as feishu:
        bot = Golive(tmp_path, feishu.url, url, TIMEZONE="America/New_York").start()
        try:
            bot.tell(message("ou_pm", "新项目 华鼎ERP"))
        finally:
            bot.end()
    with sqlite3.connect(tmp_path / "golive.db") as connection:
        found = connection.execute("SELECT next_run_at FROM schedule WHERE job = 'standup.ask'")
        (stored,) = found.fetchone()
    connection.close()
    moment = datetime.fromisoformat(stored).replace(tzinfo=UTC)
    assert f"{moment.astimezone(ZoneInfo('America/New_York')):%H:%M}" == "09:30"


def test_help_needs_no_settings(tmp_path: Path) -> None:
    done = command(tmp_path, "--help")
    assert done.returncode == 0
    for word in ("serve", "demo", "outbox"):
        assert word in done.stdout
    assert command(tmp_path, "nonsense").returncode == 2


def test_dead_rows_are_listed_shown_and_sent_again(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/golive.db"
    settings = FEISHU | {"DATABASE_URL": url}
    fresh = command(tmp_path, "outbox", "list", settings=settings)
    assert fresh.returncode == 1
    assert "golive serve" in fresh.stderr

    migrate(url)
    first, second = asyncio.run(give_dead_rows(Database(url, SystemClock())))

    def outbox(*words: str) -> tuple[int, str]:
        done = command(tmp_path, "outbox", *words, settings=settings)
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout

    code, listed = outbox("list", "--state", "dead")
    assert code == 0
    for found in (first[:8], second[:8], "Feishu 230001"):
        assert found in listed
    code, shown = outbox("show", first)
    assert code == 0
    assert "Hello from the dead" in shown
    assert outbox("show", "ffffffffffff")[0] == 1
    assert outbox("retry")[0] == 2
    assert outbox("retry", first) == (0, "1 rows will be sent again.\n")
    assert first[:8] in outbox("list", "--state", "owed")[1]
    assert outbox("retry", "--all") == (0, "1 rows will be sent again.\n")
    assert outbox("list", "--state", "dead") == (0, "Nothing is owed.\n")
