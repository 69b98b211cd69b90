"""Secrets stay where they belong: in no log, no answer, no row, whatever goes wrong."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
from starlette.responses import Response

from tests.acceptance.conftest import Make
from tests.acceptance.crowd import questions
from tests.acceptance.server import Golive, until
from tests.fakes import feishu as fake
from tests.fakes.feishu import (
    Call,
    FeishuServer,
    Sent,
    bot_added,
    error,
    find_action,
    message,
    press,
    sign,
)

CANARIES = {
    "FEISHU_APP_SECRET": "canary-secret-5f1d0c",
    "FEISHU_ENCRYPT_KEY": "canary-encrypt-77ab21",
    "FEISHU_VERIFICATION_TOKEN": "canary-token-903ee4",
}
TOKENS = "t-fake-"


def failing_now_and_then(feishu: FeishuServer) -> None:
    """Every third call fails, in turn in each of the ways that Feishu has."""
    turns = itertools.count()
    secret = CANARIES["FEISHU_APP_SECRET"]
    ways = (
        lambda: error(99991663, "token invalid", 400),
        lambda: error(99991400, "slow down", 429, {"x-ogw-ratelimit-reset": "0"}),
        lambda: Response(b"<html>bad gateway</html>", 502),
        lambda: error(230099, "card refused", 400),
        lambda: error(10003, f"invalid app_secret {secret}", 400),
    )

    def fault(_: Call) -> Response | None:
        turn = next(turns)
        return ways[turn // 3 % len(ways)]() if turn % 3 == 2 else None

    feishu.fault = fault


def prompts(feishu: FeishuServer) -> list[Sent]:
    return [sent for sent in feishu.messages() if "standup.submit" in sent.words]


def play(bot: Golive, feishu: FeishuServer) -> list[str]:
    """A stand-up with things that go wrong; everything that was answered."""
    said: list[str] = []

    def push(*events: dict[str, object]) -> None:
        for event in events:
            answer = bot.push(event)
            said.append(f"{answer.status_code} {answer.headers} {answer.text}")

    push(bot_added(), message("ou_pm", "新项目 华鼎ERP"))
    push(
        message("ou_pm", "角色 @李雷 工程师", mentions={"李雷": "ou_li"}), message("ou_pm", "站会")
    )
    until(lambda: prompts(feishu), "the prompt")
    prompt = prompts(feishu)[0]
    failing_now_and_then(feishu)
    submit = find_action(prompt.content, "standup.submit")
    push(press("ou_li", submit, card=prompt.message, form={"done": "a", "plan": "b"}))
    push(*questions(12), message("ou_li", "谁没填"), {**message("ou_li", "x"), "event": {}})
    body, _ = bot.sealed(message("ou_li", "谁没填"))
    for sent, headers in ((body, {}), (body, sign(body, "wrong")), (b"{", sign(b"{"))):
        said.append(bot.post(sent, headers).text)
    said += [bot.get(path).text for path in ("/healthz", "/readyz", "/metrics", "/nothing")]
    until(lambda: bot.metric("golive_retries_total") > 2, "some failed")
    feishu.fault = lambda _: None
    until(lambda: not bot.owed(), "all is sent or dead", within=15)
    said.append(bot.get("/metrics").text)
    return said


def test_canaries_are_seen_nowhere(
    golive: Make,
    feishu: FeishuServer,
    sqlite_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fake, "APP_SECRET", CANARIES["FEISHU_APP_SECRET"])
    bot = golive(sqlite_url, **CANARIES)
    said = play(bot, feishu)
    bot.push(message("ou_li", "谁没填"))
    bot.terminate()
    bot.process.wait(10)

    lines = bot.stderr().splitlines()
    assert any("delivery put off" in line for line in lines)
    assert all(json.loads(line) for line in lines)
    files = [path for path in tmp_path.iterdir() if path.is_file()]
    assert tmp_path / "golive.db" in files
    for canary in (*CANARIES.values(), TOKENS):
        assert [line for line in lines if canary in line] == []
        assert [answer for answer in said if canary in answer] == []
        assert [path.name for path in files if canary.encode() in path.read_bytes()] == []
