"""What people write after go-live, and what is none of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.followup import Feedback, mean, promoters
from bot.domain.followup import given as given_again
from bot.language.commands import understand
from bot.language.feedback import complains, read, wishes
from tests.chat import START


@pytest.mark.parametrize(
    ("text", "score", "likely", "kept"),
    [
        ("4", 4, None, ""),
        ("4分", 4, None, ""),
        ("４ 分！", 4, None, ""),
        ("三分", 3, None, ""),
        ("5星", 5, None, ""),
        ("打4分吧", 4, None, ""),
        ("我给3分", 3, None, ""),
        ("3分，报表打开慢", 3, None, "3分，报表打开慢"),
        ("2 太慢了", 2, None, "2 太慢了"),
        ("满意度 5", 5, None, ""),
        ("满意度：2，客服不回", 2, None, "客服不回"),
        ("推荐 9", None, 9, ""),
        ("9分会推荐", None, 9, ""),
        ("nps 10", None, 10, ""),
        ("满意度 4 推荐 8", 4, 8, ""),
        ("很满意", 5, None, "很满意"),
        ("非常不满意，没人管", 1, None, "非常不满意，没人管"),
        ("一般吧", 3, None, "一般吧"),
        ("rate 4 it is fine", 4, None, "it is fine"),
        ("satisfaction 3", 3, None, ""),
        # What is no score.
        ("3点开会", None, None, "3点开会"),
        ("给我5分钟", None, None, "给我5分钟"),
        ("给了5分钟演示就走了", None, None, "给了5分钟演示就走了"),
        ("10:30 以后特别卡", None, None, "10:30 以后特别卡"),
        ("2 楼的打印机坏了", None, None, "2 楼的打印机坏了"),
        ("7 月报表打不开", None, None, "7 月报表打不开"),
        ("3 people can't log in", None, None, "3 people can't log in"),
        ("3,000 条数据对不上", None, None, "3,000 条数据对不上"),
        ("推荐 3 种报表给我们", None, None, "推荐 3 种报表给我们"),
        ("2024年的数据没导", None, None, "2024年的数据没导"),
        ("打了10分钟电话没人接", None, None, "打了10分钟电话没人接"),
        ("十分满意", 5, None, "十分满意"),
    ],
)
def test_scores(text: str, score: int | None, likely: int | None, kept: str) -> None:
    said = read(text)
    assert (said.score, said.likely, said.odd) == (score, likely, None)
    assert said.text == kept


@pytest.mark.parametrize(("text", "odd"), [("满意度 9", 9), ("0分", 0), ("推荐 11", 11)])
def test_numbers_out_of_range_are_named(text: str, odd: int) -> None:
    assert read(text).odd == odd


@pytest.mark.parametrize(
    ("text", "unhappy"),
    [
        ("打印模板错了三次都没人管", True),
        ("我要投诉", True),
        ("系统老是报错", True),
        ("nobody answers our calls", True),
        ("没有不满意的地方", False),
        ("没什么可投诉的", False),
        ("再也不崩溃了", False),
        ("都挺好的", False),
    ],
)
def test_complaints(text: str, unhappy: bool) -> None:
    assert complains(text) is unhappy


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("建议报表能导出 Excel", True),
        ("希望库存报表可以直接导出", True),
        ("要是能批量审批就好了", True),
        ("it would be nice to export", True),
        ("建议单在哪里填", False),
        ("建议怎么提", False),
        ("建议零售价在哪里维护", False),
        ("怎么导出报表", False),
    ],
)
def test_wishes(text: str, wish: bool) -> None:
    assert wishes(text) is wish


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("满意度 4", "feedback.give"),
        ("评分 3，太慢", "feedback.give"),
        ("rate 5", "feedback.give"),
        ("评分 10 分制还是 5 分制？", "none"),
        ("推荐 5 个供应商给我", "none"),
        ("推荐一本像将夜这样的小说", "none"),
        ("投诉 没人接电话", "feedback.complain"),
        ("投诉电话是多少", "none"),
        ("投诉 在哪里填？", "none"),
        ("建议 首页换成蓝色", "suggestion.add"),
        ("建议 什么时候有答复？", "none"),
        ("建议", "suggestion.list"),
        ("建议 S1 采纳 下个版本", "suggestion.answer"),
        ("同意上线", "golive.vote"),
        ("同意上线！", "golive.vote"),
        ("同意上线吗", "none"),
        ("不同意上线 数据没核对完", "golive.vote"),
        ("决定不上线", "golive.decide"),
        ("已上线", "golive.happened"),
        ("已上线的模块有哪些", "none"),
        ("上线评审", "golive.gate"),
        ("回访", "followup.list"),
        ("回访记录在哪里看", "none"),
        ("周报 客户版", "report.face"),
        ("周报 修改 客户版 风险：都在控制中", "report.edit"),
        ("周报 修改", "report.edit"),
        ("weekly edit customer done this week: all well", "report.edit"),
        ("weekly redraw next week", "report.redraw"),
        ("周报 发送 客户版", "report.send"),
        ("周报 导出 PDF", "report.export"),
        ("周报怎么写", "none"),
        ("我的成长", "growth.show"),
        ("项目归档", "project.archive"),
        ("设置 回访天数 2、5", "settings.set"),
        ("设置 回访", "settings.more"),
    ],
)
def test_what_is_a_command_and_what_is_none(text: str, intent: str) -> None:
    assert understand(text).intent == intent


@given(st.text(max_size=300))
def test_nothing_that_somebody_writes_is_too_odd(text: str) -> None:
    said = read(text)
    assert said.score is None or 1 <= said.score <= 5
    assert said.likely is None or 0 <= said.likely <= 10


@given(st.lists(st.text("甲乙丙", max_size=5), max_size=6), st.lists(st.integers(1, 5), max_size=6))
def test_answering_again_loses_no_words(texts: list[str], scores: list[int]) -> None:
    before = None
    for n, text in enumerate(texts):
        score = scores[n] if n < len(scores) else None
        before = given_again(before, Feedback(f"f{n}", "p", "u", START, "a", score, text=text))
    for text in texts:
        assert before
        assert text in before.text


def test_averages() -> None:
    assert mean([]) is None
    assert mean([1, 2]) == 1.5
    assert promoters([]) is None
    assert promoters([10, 9, 8, 6]) == 25
    assert promoters([0]) == -100
