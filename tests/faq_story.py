"""How a question becomes knowledge, told once and played over HTTP.

A customer asks in odd words and is answered; an administrator gets the administrator's answer; what
nobody knows goes to the engineer, whose answer comes back, is kept, and meets the next who asks.
"""

from __future__ import annotations

from typing import Protocol

from tests.four_weeks import Stage

CUSTOMERS = {"admin": "客户管理员老王", "user": "客户小赵"}
LIBRARY = (
    "FAQ 添加 问：忘记登录密码怎么办 答：在登录页点“忘记密码”，按短信验证码重设。 普通用户",
    "FAQ 添加 问：管理员如何重置用户密码 答：系统管理-用户管理里勾选用户，点“重置密码”。 管理员",
    "FAQ 添加 问：如何打印出库单 答：打开出库单，点右上角“打印”。",
)
UNKNOWN = "期初余额对不上要找谁处理？"
ANSWER = "在总账-期初里点“试算平衡”，差额会标红。"


class Answering(Protocol):
    """How the engineer answers and keeps it, on a platform of its own ways."""

    async def __call__(self, stage: Stage) -> None: ...


async def play(stage: Stage, answer: Answering) -> None:
    await stage.begin()
    await stage.says("pm", "新项目 华鼎ERP")
    await stage.says("pm", "设置 群里有客户 开")
    await stage.says("pm", "角色 @李雷 工程师", ["li"])
    await stage.says("pm", "角色 @客户管理员老王 客户管理员", ["admin"])
    await stage.says("pm", "角色 @客户小赵 客户用户", ["user"])
    for words in LIBRARY:
        await stage.whispers("li", words)
    assert await stage.sees("已存入问答库", "li") == len(LIBRARY)

    await stage.says("user", "你好，忘计登录密码怎么办呀，谢谢老师")
    assert await stage.sees("按短信验证码重设") == 1
    await stage.says("admin", "管理员如何重置用户密码")
    assert await stage.sees("勾选用户") == 0, "not where users read it"
    assert await stage.sees("勾选用户", "admin") == 1

    await stage.says("user", UNKNOWN)
    assert await stage.sees("已转给同事") == 1
    assert await stage.sees("有人提问，等您回答", "li") == 1
    await answer(stage)
    assert await stage.sees("李雷 的回答"), "the answer comes back"
    assert await stage.sees("差额会标红")
    before = await stage.sees("差额会标红")
    await stage.says("admin", "期初余额对不上怎么办")
    assert await stage.sees("差额会标红") == before + 1, "the next who asks gets it at once"
    assert await stage.sees("F4")
