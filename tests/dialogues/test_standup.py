"""Stand-ups as people live them."""

from __future__ import annotations

from tests.chat import Chat, read


async def test_a_round_from_prompt_to_digest(chat: Chat) -> None:
    await chat.given_project()
    await chat.at("09:30")
    prompt = chat.last("每日站会")
    assert "已填 0/2" in read(prompt)
    assert "还没填：李雷、韩梅梅" in read(prompt)

    await chat.presses(
        "li",
        "提交",
        on=prompt,
        done="接口联调",
        plan="写培训手册",
        blockers="测试环境没开",
    )
    assert chat.toast == "已提交"
    assert "已填 1/2" in read(prompt)

    await chat.at("10:15")
    assert "站会还差你一份" in read(chat.private("han")[-1])
    assert not chat.private("li")

    await chat.whispers("han", "昨天：期初数据导入\n今天：对账\n阻碍：无")
    assert "已记录" in read(chat.private("han")[-1])
    assert "已收到，谢谢" in read(chat.private("han")[0])
    assert "全部填完" in read(prompt)

    await chat.at("10:30")
    digest = read(chat.last("站会汇总"))
    assert "2/2 人" in digest
    assert digest.index("阻碍（1）") < digest.index("接口联调")
    assert "李雷  测试环境没开" in digest
    assert "本轮已截止" in read(prompt)
