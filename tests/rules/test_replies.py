"""What people say around a question."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.replies import asks_after, is_settled, is_small_talk, is_stalling, is_unhappy

RULES = (is_small_talk, is_settled, is_unhappy, asks_after, is_stalling)


@pytest.mark.parametrize(
    "text",
    ["谢谢", "谢谢李老师", "老师好", "👍", "OK", "好的谢谢老师，麻烦了", "行", "收到", "在吗",
     "谢谢您的耐心解答", "有人在吗？", "新年快乐，祝大家万事如意身体健康", "哈哈哈哈哈哈",
     "嗯嗯好的",     "thanks a lot!", "ok great", "no worries", "@李雷 谢谢",
     "Thank you so much"],
)  # fmt: skip
def test_nothing_is_asked(text: str) -> None:
    assert is_small_talk(text)


@pytest.mark.parametrize(
    "text",
    [
        "不用了，我自己弄好了",
        "算了，我自己弄好了",
        "好了",
        "搞定了",
        "没事了",
        "哦 好了",
        "never mind",
        "已经解决了，谢谢",
    ],
)
def test_nobody_need_answer(text: str) -> None:
    assert is_settled(text)


@pytest.mark.parametrize(
    "text",
    [
        "还是不行",
        "不是这个意思",
        "没看懂",
        "第二步在哪",
        "还是不懂",
        "没有那个按钮",
        "不对",
        "still not working",
    ],
)
def test_it_did_not_help(text: str) -> None:
    assert is_unhappy(text)


@pytest.mark.parametrize(
    "text",
    [
        "怎么还没人理我",
        "有人处理吗？",
        "李雷答了吗",
        "有结果了吗",
        "还没回复吗",
        "什么时候能好",
        "any news?",
    ],
)
def test_what_became_of_it(text: str) -> None:
    assert asks_after(text)


@pytest.mark.parametrize(
    "text", ["稍等我看一下", "收到，下午看", "好的", "我查查", "checking", "one moment", "马上"]
)
def test_a_colleague_will_see(text: str) -> None:
    assert is_stalling(text)


@pytest.mark.parametrize(
    "text",
    ["密码忘了", "怎么打印出库单", "二期才有，先手工抵消", "好的，先在总账里点试算平衡，再看差额",
     "打印不了", "出库单不对怎么改", "可以导出吗", "收到的单据怎么审核", "系统登不上了",
     "How do I print?", "在系统管理里点重置密码",
     "不行的单据怎么退回", "我要开新账号"],
)  # fmt: skip
def test_a_question_or_an_answer_is_none_of_these(text: str) -> None:
    assert not any(rule(text) for rule in RULES)


@given(st.text(max_size=300))
def test_any_text_is_taken_quickly(text: str) -> None:
    for rule in RULES:
        rule(text * 3)
