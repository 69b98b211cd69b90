"""`golive doctor` names each fault that the platforms of our own can produce, with its remedy."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import Response

from bot.core.clock import SystemClock
from bot.core.events import ChatKind
from storage.unit_of_work import Database
from tests.acceptance.conftest import Make
from tests.acceptance.dingtalk_day import GROUP, day, given_project
from tests.acceptance.server import BASE, command
from tests.fakes import dingtalk as ding
from tests.fakes import feishu as lark
from tests.fakes.dingtalk import DingTalkServer
from tests.fakes.feishu import Call, FeishuServer, error
from tests.fakes.serving import free_port, serving

FEISHU = {name: value for name, value in BASE.items() if name.startswith("FEISHU")}
DINGTALK = {
    "DINGTALK_CLIENT_ID": ding.CLIENT_ID,
    "DINGTALK_CLIENT_SECRET": ding.CLIENT_SECRET,
    "DINGTALK_ROBOT_CODE": ding.ROBOT_CODE,
}


@pytest.fixture
def dingtalk() -> Iterator[DingTalkServer]:
    with ding.running(DingTalkServer()) as server:
        yield server


def examine(folder: Path, url: str, **settings: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """Exit code and findings by code."""
    done = command(folder, "doctor", "--json", settings={"DATABASE_URL": url, **settings})
    assert "Traceback" not in done.stderr
    report = json.loads(done.stdout)
    for check in report["checks"]:
        if check["state"] in ("fail", "warn"):
            assert check["found"], check
            assert check["breaks"], check
            assert check["remedy"], check
    return done.returncode, {check["code"]: check for check in report["checks"]}


def failing(path: str, code: int) -> Any:
    def fault(call: Call) -> Response | None:
        return error(code, "no", 400) if path in call.path else None

    return fault


def test_all_is_well_with_feishu(
    tmp_path: Path, feishu: FeishuServer, golive: Make, sqlite_url: str
) -> None:
    bot = golive(sqlite_url)
    code, found = examine(
        tmp_path,
        sqlite_url,
        **FEISHU,
        FEISHU_BASE_URL=feishu.url,
        PUBLIC_URL=f"http://127.0.0.1:{bot.port}",
    )
    seen = ("calendar", "heard")  # the next year may not be announced; nobody has written yet
    states = {name: check["state"] for name, check in found.items() if name not in seen}
    assert code == 0
    assert set(states.values()) == {"pass"}, states
    assert {"feishu.credentials", "feishu.bot", "feishu.address", "schema", "disk"} <= set(states)


@pytest.mark.parametrize(("minutes", "state"), [(0, "pass"), (7, "fail"), (-7, "fail")])
def test_a_clock_that_runs_ahead_or_behind_is_found(
    tmp_path: Path, sqlite_url: str, minutes: int, state: str
) -> None:
    there = SystemClock().now() + timedelta(minutes=minutes)
    platform = Response(headers={"date": format_datetime(there, usegmt=True)})
    with serving(platform, dated=False) as port:
        address = f"http://127.0.0.1:{port}"
        _, found = examine(tmp_path, sqlite_url, **FEISHU, FEISHU_BASE_URL=address)
    assert found["clock"]["state"] == state


def test_a_callback_address_with_another_key_or_nobody_behind_it_is_found(
    tmp_path: Path, feishu: FeishuServer, golive: Make, sqlite_url: str
) -> None:
    bot = golive(sqlite_url)
    there = f"http://127.0.0.1:{bot.port}"
    settings = FEISHU | {"FEISHU_BASE_URL": feishu.url}
    code, found = examine(
        tmp_path, sqlite_url, **settings | {"FEISHU_ENCRYPT_KEY": "another"}, PUBLIC_URL=there
    )
    assert code == 1
    assert "HTTP 401" in found["feishu.address"]["found"]
    nobody = f"http://127.0.0.1:{free_port()}"
    assert examine(tmp_path, sqlite_url, **settings, PUBLIC_URL=nobody)[1]["feishu.address"][
        "state"
    ] == ("fail")


@pytest.mark.parametrize(
    ("here", "signed", "finding"),
    [
        (lark.ENCRYPT_KEY, True, "feishu.refused.signature"),
        (lark.ENCRYPT_KEY, False, "feishu.refused.key"),
        ("", True, "feishu.refused.encrypted"),
    ],
)
def test_another_key_in_the_console_is_found_with_what_to_compare(
    tmp_path: Path,
    feishu: FeishuServer,
    golive: Make,
    sqlite_url: str,
    here: str,
    signed: bool,
    finding: str,
) -> None:
    """Messages are signed; the handshake, with which an address is saved, is encrypted alone."""
    bot = golive(sqlite_url, FEISHU_ENCRYPT_KEY=here)
    for number in range(8):
        challenge = {"type": "url_verification", "challenge": f"{number}"}
        body = lark.encrypt(json.dumps(challenge).encode(), "another-key")
        headers = lark.sign(body, "another-key") if signed else {}
        assert bot.post(body, headers).status_code == 401
    bot.terminate()
    bot.process.wait(15)
    _, found = examine(tmp_path, sqlite_url, **FEISHU, FEISHU_BASE_URL=feishu.url)
    assert found[finding]["state"] == "warn"
    assert "FEISHU_ENCRYPT_KEY" in found[finding]["remedy"]


@pytest.mark.parametrize(
    ("path", "error_code", "finding", "state"),
    [
        ("tenant_access_token", 10014, "feishu.credentials", "fail"),
        ("bot/v3/info", 230006, "feishu.bot", "fail"),
        ("members", 99991672, "feishu.members", "warn"),
        ("members", 232011, "feishu.group", "warn"),
    ],
)
def test_each_fault_of_a_feishu_app_is_named(
    tmp_path: Path,
    feishu: FeishuServer,
    sqlite_url: str,
    path: str,
    error_code: int,
    finding: str,
    state: str,
) -> None:
    _given_chat(sqlite_url)
    feishu.fault = failing(path, error_code)
    code, found = examine(tmp_path, sqlite_url, **FEISHU, FEISHU_BASE_URL=feishu.url)
    assert found[finding]["state"] == state
    assert str(error_code) in found[finding]["found"]
    assert code == (1 if state == "fail" else 0)


def _given_chat(url: str) -> None:
    async def write() -> None:
        database = Database(url, SystemClock())
        async with database.begin() as uow:
            await uow.chats.meet("feishu", "oc_group1", ChatKind.GROUP)
        await database.close()

    asyncio.run(write())


@pytest.mark.parametrize(("count", "state"), [(0, "fail"), (1, "pass"), (3, "warn")])
def test_the_number_of_long_connections_tells_a_deaf_bot_and_a_second_consumer(
    tmp_path: Path, feishu: FeishuServer, sqlite_url: str, count: int, state: str
) -> None:
    def fault(call: Call) -> Response | None:
        there = "event/v1/connection" in call.path
        return lark.ok({"online_instance_cnt": count}) if there else None

    feishu.fault = fault
    mode = {"FEISHU_MODE": "websocket", "FEISHU_BASE_URL": feishu.url}
    _, found = examine(tmp_path, sqlite_url, **FEISHU, **mode)
    assert found["feishu.line"]["state"] == state


def test_a_wrong_secret_stays_out_of_the_report(
    tmp_path: Path, feishu: FeishuServer, dingtalk: DingTalkServer, sqlite_url: str
) -> None:
    secrets = {"FEISHU_APP_SECRET": "canary-feishu", "DINGTALK_CLIENT_SECRET": "canary-dingtalk"}
    settings = FEISHU | DINGTALK | secrets | {"DATABASE_URL": sqlite_url}
    settings |= {"FEISHU_BASE_URL": feishu.url, "DINGTALK_API_BASE_URL": dingtalk.url}
    for words in (("doctor",), ("doctor", "--json")):
        done = command(tmp_path, *words, settings=settings)
        assert done.returncode == 1
        assert "canary" not in done.stdout + done.stderr
        assert "feishu.credentials" in done.stdout
        assert "dingtalk.credentials" in done.stdout


def test_dingtalk_contacts_and_address(
    tmp_path: Path, dingtalk: DingTalkServer, sqlite_url: str
) -> None:
    there = {"DINGTALK_API_BASE_URL": dingtalk.url, "DINGTALK_OAPI_BASE_URL": dingtalk.url}
    code, found = examine(tmp_path, sqlite_url, **DINGTALK, **there)
    assert code == 0
    assert found["dingtalk.contacts"]["state"] == "pass"
    assert found["dingtalk.address"]["state"] == "skip"
    dingtalk.fault = lambda call: ding.error(60011) if "user/get" in call.path else None
    assert examine(tmp_path, sqlite_url, **DINGTALK, **there)[1]["dingtalk.contacts"]["state"] == (
        "warn"
    )
    nobody = f"http://127.0.0.1:{free_port()}"
    code, found = examine(tmp_path, sqlite_url, **DINGTALK, **there, PUBLIC_URL=nobody)
    assert (code, found["dingtalk.address"]["state"]) == (1, "fail")


def test_without_a_network_only_what_is_here_is_examined(tmp_path: Path) -> None:
    settings = {"DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path}/none/golive.db", "LANG": "en_GB"}
    done = command(tmp_path, "doctor", "--offline", settings=settings)
    assert done.returncode == 0
    assert "! platforms: No platform is configured" in done.stdout
    assert "! schema" in done.stdout
    assert not (tmp_path / "none").exists()
    wrong = command(tmp_path, "doctor", settings={"TIMEZONE": "Mars/Olympus"})
    assert wrong.returncode == 1
    assert "TIMEZONE" in wrong.stdout


async def test_the_project_manager_asks_in_the_group(
    dingtalk: DingTalkServer, sqlite_url: str
) -> None:
    async with day(sqlite_url, dingtalk) as one:
        await given_project(one)
        await one.says("pm", "诊断", nick="陈静")
        (card,) = one.seen("诊断结果", GROUP)
        assert "Client ID 和 Secret 正确" in card.words
        await one.says("eng0", "诊断", nick="李雷")
        assert len(one.seen("诊断结果")) == 1
        assert one.seen("需要项目经理", "eng0")


def test_what_is_missing_in_the_console_is_named_with_one_address(
    tmp_path: Path, feishu: FeishuServer, sqlite_url: str
) -> None:
    feishu.scopes |= {"im:resource": 2, "im:chat:readonly": 2}
    feishu.subscribed.remove("im.message.receive_v1")
    feishu.about["unaudit_version_id"] = "oav_2"
    code, found = examine(tmp_path, sqlite_url, **FEISHU, FEISHU_BASE_URL=feishu.url)
    assert code == 1
    scopes = found["feishu.scopes"]
    assert scopes["state"] == "fail"
    link = f"/app/{lark.APP_ID}/auth?q=im:chat:readonly,im:resource&op_from=openapi"
    assert link in scopes["remedy"]
    assert found["feishu.events"]["state"] == "fail"
    assert "im.message.receive_v1" in found["feishu.events"]["found"]
    assert found["feishu.published"]["state"] == "warn"
    assert found["serving"]["state"] == "warn", "nobody runs here"

    feishu.about["online_version_id"] = ""
    _, found = examine(tmp_path, sqlite_url, **FEISHU, FEISHU_BASE_URL=feishu.url)
    assert found["feishu.published"]["state"] == "fail"
    feishu.fault = failing("/application/v6/", 99991672)
    _, found = examine(tmp_path, sqlite_url, **FEISHU, FEISHU_BASE_URL=feishu.url)
    assert found["feishu.scopes"]["state"] == found["feishu.published"]["state"] == "skip"
