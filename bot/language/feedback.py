"""What people write after go-live: scores, complaints, wishes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.language.normal import fold, tidy

_DIGITS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "零": 0, "六": 6, "七": 7,
           "八": 8, "九": 9, "十": 10}  # fmt: skip
_N = r"(?P<n>\d{1,3}|[零一二两三四五六七八九十])"
_LIKELY = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?:nps|推荐(?:度|意愿|分|打分|指数)?|recommend)\s*[:：=是为给打]*\s*{_N}\s*分?",
        rf"{_N}\s*分?\s*(?:愿意|会)?(?:推荐|recommend)",
    )
)
_SCORE = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?:满意度?|评分|打分|总体|整体|rate|score)\s*[:：=是为给打]*\s*{_N}\s*(?:分|stars?|/\s*5)?",
        rf"(?:打|给|评|算)\s*(?:个|了)?\s*{_N}\s*分",
        rf"^{_N}\s*(?:分|stars?)(?![钟之数])",
        rf"^{_N}(?=$|[\s,，。:：;；])",
        rf"{_N}\s*分\s*(?:吧|了|。|$)",
    )
)
_COMPLAINT = re.compile(
    r"投诉|不满意|很不满|太差|很差|差劲|失望|没人管|没人理|一直没(?:人)?(?:解决|处理|回)|拖了?(?:很|好|这么)久|"
    r"用不了|没法用|不能用|崩溃|老是(?:出错|报错|卡)|三天两头|忍无可忍|退货|"
    r"complain|terrible|awful|unacceptable|useless|disappointed|very bad|nobody (?:cares|answers)"
)
_WISH = re.compile(
    r"^(?:我们?)?(?:建议|希望.{0,14}?(?:能|可以|支持|增加|加上|有个)|要是(?:能|可以)|如果(?:能|可以).{2,30}就好|"
    r"最好(?:能|可以|加|有)|"
    r"(?:能不能|可不可以|可以|能否)(?:给我们)?(?:增加|加个|加上|加一?[个列项]|新增|改成|支持)|"
    r"(?:it would be (?:nice|good|great)|(?:i|we) (?:suggest|wish)|please add|could you add))"
)


@dataclass(frozen=True, slots=True)
class Said:
    """A score 1 to 5, how likely somebody is to recommend 0 to 10, and all of their words.

    `odd` is a number that was meant as either but is out of its range.
    """

    score: int | None = None
    likely: int | None = None
    text: str = ""
    complains: bool = False
    odd: int | None = None


def read(text: str) -> Said:
    """What an answer to a follow-up says. Words that are nothing but the numbers are left out."""
    words = tidy(text)
    folded = fold(words[:400])
    likely, rest = _number(_LIKELY, folded)
    score, left = _number(_SCORE, rest)
    odd = next(
        (n for n, low, high in ((likely, 0, 10), (score, 1, 5))
         if n is not None and not low <= n <= high), None
    )  # fmt: skip
    bare = not left.strip(" ,，。.!！:：;；分") and (score is not None or likely is not None)
    return Said(
        score if score is not None and 1 <= score <= 5 else None,
        likely if likely is not None and 0 <= likely <= 10 else None,
        "" if bare else _without_score(words),
        complains(words),
        odd,
    )


def _without_score(words: str) -> str:
    """The words without a bare score that they begin with: "2 分，太慢" is "太慢"."""
    left = re.sub(r"^\s*[1-5１-５]\s*分?\s*[,，。:：;；\s]\s*", "", words)
    return left.strip() or words


def _number(patterns: tuple[re.Pattern[str], ...], text: str) -> tuple[int | None, str]:
    for pattern in patterns:
        found = pattern.search(text)
        if found:
            said = found["n"]
            number = int(said) if said.isdecimal() else _DIGITS[said]
            return number, f"{text[: found.start()]} {text[found.end() :]}"
    return None, text


def complains(text: str) -> bool:
    """Whether somebody is unhappy enough that a person should answer them."""
    return bool(_COMPLAINT.search(fold(text[:2000])))


def wishes(text: str) -> bool:
    """Whether somebody suggests something for the product rather than asks how it works."""
    return bool(_WISH.search(fold(tidy(text)[:400])))
