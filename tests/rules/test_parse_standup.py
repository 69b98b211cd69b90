"""Free text becomes done, plan and blockers, in the person's own words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.standup import Entry
from bot.language.standup import lines, parse

BEFORE = Entry(("旧",), ("旧计划",), ())


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("昨天：联调\n今天：测试\n阻碍：环境没开", Entry(("联调",), ("测试",), ("环境没开",))),
        ("昨天: 联调 \n今天: 测试 \n阻碍: 无", Entry(("联调",), ("测试",))),
        ("【昨日】联调\n【今日】测试\n【问题】没有", Entry(("联调",), ("测试",))),
        (
            "昨天：\n1. 联调\n2、写文档\n今天：\n- 测试\n阻碍：暂无",
            Entry(("联调", "写文档"), ("测试",)),
        ),
        ("昨天：联调；写文档\n今天：测试", Entry(("联调", "写文档"), ("测试",))),
        ("Yesterday: API done\nToday: tests\nBlockers: none", Entry(("API done",), ("tests",))),
        (
            "Done: API\nPlan: tests\nBlocked: no test env",
            Entry(("API",), ("tests",), ("no test env",)),
        ),
        ("今天：联调\n明天：测试\n风险：人手不够", Entry(("联调",), ("测试",), ("人手不够",))),
        ("今日完成：联调\n明日计划：测试\n问题：无", Entry(("联调",), ("测试",))),
        ("已完成：联调\n计划：测试", Entry(("联调",), ("测试",))),
        ("1. 联调 2. 测试 3. 无", Entry(("联调",), ("测试",))),
        ("①联调②测试③环境没开", Entry(("联调",), ("测试",), ("环境没开",))),
    ],
)
def test_headed_and_numbered_text(text: str, entry: Entry) -> None:
    assert parse(text).entry == entry


def test_in_the_evening_today_is_what_was_done() -> None:
    morning, evening = parse("今天：联调\n阻碍：无"), parse("今天：联调\n明天：测试")
    assert morning.entry.plan == ("联调",)
    assert evening.entry == Entry(("联调",), ("测试",))


@pytest.mark.parametrize(
    "text", ["同昨", "同昨天", "同上", "和昨天一样", "same", "+1 同昨", "同昨。"]
)
def test_the_same_as_before(text: str) -> None:
    found = parse(text, BEFORE)
    assert (found.entry, found.confidence) == (BEFORE, 1.0)
    assert "same_as_prev" in found.flags


def test_the_same_without_a_before_is_empty() -> None:
    assert parse("同昨").entry.empty


@pytest.mark.parametrize("text", ["请假", "今天请假一天", "我请了病假", "休年假", "on leave today"])
def test_leave_is_noticed(text: str) -> None:
    found = parse(text)
    assert "leave" in found.flags
    assert found.entry.empty


def test_leave_that_is_only_spoken_of_is_work() -> None:
    found = parse("昨天：请假模块联调\n今天：测试请假审批\n阻碍：无")
    assert "leave" not in found.flags
    assert found.entry == Entry(("请假模块联调",), ("测试请假审批",))


@pytest.mark.parametrize(
    "words", ["无", "没有", "暂无", "没有。", "none", "None.", "N/A", "-", "一切正常", "没啥哈"]
)
def test_words_for_nothing_are_nothing(words: str) -> None:
    assert parse(f"昨天：联调\n今天：测试\n阻碍：{words}").entry.blockers == ()
    assert lines(words) == ()


@pytest.mark.parametrize("words", ["没有测试环境", "无法登录", "no test env", "没有权限，等客户开"])
def test_a_lack_of_something_is_a_blocker(words: str) -> None:
    assert parse(f"昨天：联调\n今天：测试\n阻碍：{words}").entry.blockers == (words,)


def test_prose_is_split_where_it_says_when() -> None:
    found = parse("昨天写完接口，今天联调。卡在测试环境")
    assert found.entry == Entry(("昨天写完接口",), ("今天联调",), ("卡在测试环境",))
    assert found.confidence < 0.9


def test_what_is_not_understood_is_kept_with_low_confidence() -> None:
    found = parse("接口联调", answering=True)
    assert "接口联调" in (*found.entry.done, *found.entry.plan)
    assert found.confidence <= 0.5


def test_a_form_field_becomes_its_lines() -> None:
    assert lines("1. 联调\n2. 写文档；评审\n\n- 测试") == ("联调", "写文档", "评审", "测试")


@given(text=st.text(max_size=200))
def test_any_text_is_taken_somehow(text: str) -> None:
    found = parse(text, BEFORE)
    assert 0 <= found.confidence <= 1


@given(
    word=st.text(alphabet="接口联调测试文档abc", min_size=1, max_size=8).filter(
        lambda w: "abc".find(w) < 0
    )
)
def test_nobodys_words_are_changed(word: str) -> None:
    assert parse(f"昨天：{word}\n今天：{word}\n阻碍：{word}").entry == Entry(
        (word,), (word,), (word,)
    )
