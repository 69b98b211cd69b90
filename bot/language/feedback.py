"""What people write after go-live: scores, complaints, wishes.

A number is a score only where it is said to be one: behind its word (满意度, 打, rate), or as the
whole first clause ("4", "4 分", "四星"). What counts, dates or measures something is none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.language.normal import fold, tidy

_DIGITS = {"零": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8,
           "九": 9, "十": 10}  # fmt: skip
# A whole number that is no part of a longer one, a decimal, a time or a date.
_NUMERAL = "零一二两三四五六七八九十"
_N = rf"(?<![\d./-])(?<!\d:)(?P<n>\d{{1,3}}|[{_NUMERAL}])(?![\d.:/]|[{_NUMERAL}])"
_POINTS = r"\s*(?:分(?![钟之数别类析])|颗?星|stars?|points?|/\s*5)"
# What is counted or measured with the number.
_MEASURE = (
    r"(?:楼|层|月|日|号|点|天|周|年|个|人|台|次|条|家|种|本|款|套|位|名|张|份|分钟|小时|万|千|百|"
    r"people|days?|hours?|times?|users?)"
)
_END = rf"(?=$|[,，。.!！;；:：~～、](?!\d)|\s+(?!{_MEASURE})|吧|了|哈|啊)"
_LIKELY = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?:nps|推荐(?:度|意愿|分|打分|指数)?|recommend)\s*[:：=是为给打]*\s*{_N}(?:{_POINTS})?{_END}",
        rf"{_N}{_POINTS}?\s*(?:愿意|会)推荐",
    )
)
_SCORE = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?:满意度?|评分|打分|总体|整体|rate|score|satisfaction)\s*[:：=是为给打]*\s*{_N}(?:{_POINTS})?{_END}",
        rf"(?:打|给|评)\s*(?:个|了|你们|您)?\s*{_N}{_POINTS}{_END}",
        rf"^(?:我?(?:打|给|评)?)\s*{_N}{_POINTS}{_END}",
        rf"^{_N}(?=$|\s*[,，。;；!！~～](?!\d))",
        rf"^{_N}(?=\s+[\u4e00-\u9fff])(?!\s*{_MEASURE})",
    )
)
_WORDS = (
    (1, re.compile(r"^(?:非常|很|极|特别|十分)(?:的)?(?:不满意?|差|失望)|^very (?:bad|unhappy)")),
    (2, re.compile(r"^(?:不满意|不太满意|不怎么样|较差)|^(?:unhappy|not happy)")),
    (
        3,
        re.compile(
            r"^(?:一般(?:般)?|还行|还可以|凑合|马马虎虎)(?=$|[,，。!！吧\s])|^(?:so so|okay|ok)$"
        ),
    ),
    (
        5,
        re.compile(
            r"^(?:非常|很|特别|十分|超级?)(?:满意|好用?|不错|棒)|^very (?:good|happy)|^excellent"
        ),
    ),
    (
        4,
        re.compile(
            r"^(?:满意|挺好|不错|比较满意|挺满意)(?=$|[,，。!！的啊\s])|^(?:good|happy)(?=$|[,. ])"
        ),
    ),
)
_COMPLAINT = re.compile(
    r"投诉|不满意|太差|很差|差劲|失望|没人管|没人理|一直没(?:人)?(?:解决|处理|回)|拖了?(?:很|好|这么)久|"
    r"用不了|没法用|不能用|崩溃|老是(?:出错|报错|卡)|三天两头|忍无可忍|退货|"
    r"complain|terrible|awful|unacceptable|useless|disappointed|very bad|nobody (?:cares|answers)"
)
_NO_COMPLAINT = re.compile(
    r"(?:没有?(?:什么)?(?:可|好)?|不|不会|再也不|从不|不用|不再|无)(?:觉得|感到|有)?(?:投诉|不满意|失望|崩溃)|"
    r"没有不满|no complaints?|nothing to complain|not (?:disappointed|terrible|bad)"
)
_WISH = re.compile(
    r"^(?:我们?)?(?:建议(?!单|书|零售|价|怎么|如何|在哪|表|类|稿|人)|希望.{0,14}?(?:能|可以|支持|增加|加上|有个)|"
    r"要是(?:能|可以)|如果(?:能|可以).{2,30}就好|最好(?:能|可以|加|有)|"
    r"(?:it would be (?:nice|good|great)|(?:i|we) (?:suggest|wish)|please add|could you add))"
)


# The word for a score with its number, which says no more than the score: "满意度 4，还行".
_SAID_FIRST = re.compile(
    r"^(?:满意度?|评分|打分|rate|score|satisfaction)\s*[:：]?\s*\d{1,3}\s*(?:分|stars?)?[\s,，。;；:：]*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Said:
    """A score 1 to 5, how likely somebody is to recommend 0 to 10, and all of their words.

    `odd` is a number that was meant as either but is out of its range, where nothing else was said.
    """

    score: int | None = None
    likely: int | None = None
    text: str = ""
    complains: bool = False
    odd: int | None = None

    @property
    def scored(self) -> bool:
        return self.score is not None or self.likely is not None


def read(text: str, *, numbers_alone: bool = False) -> Said:
    """What an answer to a follow-up says; words that are nothing but the numbers are left out.

    With `numbers_alone` "very happy" is no score: where there is a field for it, nobody means that.
    """
    words = tidy(text)
    folded = fold(words[:400])
    likely, rest = _number(_LIKELY, folded)
    score, left = _number(_SCORE, rest)
    bare = not re.sub(r"[\s,，。.!！:：;；~～、吧了哈啊分我]", "", left)
    odd = None
    if score is not None and not 1 <= score <= 5:
        odd, score = (score if bare else None), None
    if likely is not None and not 0 <= likely <= 10:
        odd, likely = (likely if bare else odd), None
    if score is None and likely is None and odd is None and not numbers_alone:
        score = next((n for n, pattern in _WORDS if pattern.search(folded)), None)
    scored = score is not None or likely is not None
    kept = "" if bare and scored else _SAID_FIRST.sub("", words) if scored else words
    return Said(score, likely, kept, complains(words), odd)


def _number(patterns: tuple[re.Pattern[str], ...], text: str) -> tuple[int | None, str]:
    """The number that one of the patterns finds, and the text without it."""
    for pattern in patterns:
        found = pattern.search(text)
        if found:
            said = found["n"]
            number = int(said) if said.isdecimal() else _DIGITS[said]
            return number, f"{text[: found.start()]} {text[found.end() :]}"
    return None, text


def complains(text: str) -> bool:
    """Whether somebody is unhappy enough that a person should answer them."""
    said = _NO_COMPLAINT.sub(" ", fold(text[:2000]))
    return bool(_COMPLAINT.search(said))


def wishes(text: str) -> bool:
    """Whether somebody suggests something for the product rather than asks how it works."""
    return bool(_WISH.search(fold(tidy(text)[:400])))
