"""What people say around a question: thanks, "one moment", "still does not work", "any news?".

Short whole texts only: what holds more than these words is said for its own sake.
"""

from __future__ import annotations

import re

from bot.language.normal import fold

_SHORT = 40
_MENTION = re.compile(r"@[\w\u4e00-\u9fff]+")
_NO_WORDS = re.compile(r"[^0-9a-z\u3400-\u9fff]+")
_WHO = "(?:[\u4e00-\u9fff]{0,2}(?:老师|经理|主任|总|工)|您|你|大家|各位|师傅|小助手|机器人|助手|亲)"
_SMALL = re.compile(
    r"(?:你好|您好|哈[喽啰]|嗨|在吗|在么|在不在|有人吗|有人在吗|早上好|上午好|下午好|晚上好|早|晚安|"
    r"再见|拜拜|"
    r"谢谢|多谢|感谢|谢啦|谢了|谢|辛苦了?|麻烦了?|打扰了?|不好意思|抱歉|不客气|没关系|没事|"
    r"耐心|解答|回复|帮助|的|了|啦|哈+|呵+|嘿+|嗯+|哦+|噢|啊+|呀|吧|哇|呢|"
    r"好+|好的|好滴|好嘞|行|可以|ok|okay|收到|知道|明白|懂|了解|清楚|可|对|是|赞|棒|厉害|"
    r"新年快乐|节日快乐|周末愉快|生日快乐|祝|万事如意|身体健康|工作顺利|快乐|愉快|恭喜|"
    r"太|非常|真|很|都|已经|已|先|再|这就|我|我们|"
    r"hi|hello|hey|thanks?|thank|you|a|lot|so|much|very|great|good|cool|nice|fine|no worries|"
    r"no problem|got it|noted|sure|yes|bye|cheers|morning|afternoon|evening|all|"
    rf"{_WHO})+"
)
_SETTLED = re.compile(
    r"(?:哦|噢|嗯|好)?(?:不用|不需要|不必|没事|算|搞定|弄好|解决|好|可以|行)(?:了|啦|咯)(?:我|我们|问题|已经|自己|"
    r"搞定|弄好|解决|好|可以|了|啦|谢谢|谢|不用|麻烦|老师|大家|您|你)*|"
    r"(?:我|我们)?(?:已经|自己)+(?:搞定|弄好|解决|好)(?:了|啦)(?:谢谢|谢|大家|老师|您)*|"
    r"never ?mind|solved|it works(?: now)?|fixed(?: it)?|forget it"
)
_UNHAPPY = re.compile(
    r"(?:还是|仍然|依然)?(?:不行|不对|不好使|不管用|没用|没解决|没懂|不懂|不会|看不懂|没看懂|没看明白|"
    r"不明白|找不到|没有[这那]个(?:按钮|菜单)?)(?:啊|呀|呢|吧|的|了|哦)*(?:第[一二三四五六七八九\d]步.{0,12})?|"
    r"(?:我)?(?:问的)?不是这个(?:意思|问题)?(?:啊|呀|吧)*|答非所问|"
    r"(?:还是|仍然|依然)(?:不行|一样|报错|没有).{0,10}|第[一二三四五六七八九\d]步.{0,12}|"
    r"(?:that is|that s|it s)? ?(?:not it|wrong)|"
    r"(?:it )?still (?:does not|doesn t|not) ?(?:work(?:ing)?)?|"
    r"i (?:do not|don t) (?:understand|get it)|(?:it )?(?:does not|doesn t) (?:work|help)"
)
_AFTER = re.compile(
    r"(?:怎么|咋|为什么|为啥)?(?:还|都)?(?:没|没有)人(?:理|回|管|回复|处理|答)(?:我|一下|呢|啊|呀|吗)*|"
    r"有人(?:处理|回复|回|理|看|管|答)(?:一下|了|吗|么|呢)*|"
    r"[\u4e00-\u9fff]{0,4}(?:答|回复|回|处理|看)了(?:吗|么|没|没有)|"
    r"(?:还|都)?(?:没|没有)(?:结果|消息|回复|答复)(?:吗|么|呢)*|有(?:结果|消息|回复|答复)(?:了|吗|么|没)*|"
    r"(?:多久|什么时候|啥时候)(?:能|可以|会)?(?:回|回复|处理|好|答复|有结果)(?:啊|呢|呀)*|"
    r"any (?:news|updates?)|anybody there|is anyone (?:there|on it)"
)
_STALLING = re.compile(
    r"(?:稍等|等下|等一下|等会|等等|收到|好的?|马上|晚点|回头|一会儿?|"
    r"我(?:先)?(?:看|查|问|确认|去看|来看|试)|正在(?:看|查|处理)|"
    r"checking|one moment|one sec|just a (?:moment|sec)|on it|let me (?:check|see)|"
    r"will (?:check|look))(?!.*(?:怎么|如何|吗)).{0,10}"
)


_ASKS = re.compile(
    r"[?？]|怎么|怎样|如何|咋|为什么|为啥|什么|啥|哪|吗|么[\s。.!！]*$|呢[\s。.!！]*$|谁|多少|几[个天条次点位]|"
    r"(?:能|可|会|是|有|要)(?:不|没|否)|求助|请教|请问|"
    r"\b(?:how|what|why|when|where|who|which|can (?:i|we)|could|is (?:there|it)|do (?:i|we)|"
    r"does)\b",
    re.IGNORECASE,
)


def asks(text: str) -> bool:
    """Whether somebody asks something, wherever in the text."""
    return bool(_ASKS.search(text[:2000]))


def _bare(text: str) -> str:
    said = _NO_WORDS.sub(" ", _MENTION.sub(" ", fold(text[:400])))
    return " ".join(said.split())


def _whole(pattern: re.Pattern[str], text: str) -> bool:
    said = _bare(text)
    joined = said if said.isascii() else said.replace(" ", "")
    return len(joined) <= _SHORT and bool(pattern.fullmatch(joined))


def is_small_talk(text: str) -> bool:
    """Greetings, thanks, wishes, "ok": nothing is asked. What has no word at all is, too."""
    said = _bare(text)
    pieces = [said.replace(" ", "")] if not said.isascii() else [said.replace(" ", ""), said]
    return not said or (
        len(said) <= _SHORT
        and (
            any(_SMALL.fullmatch(piece) for piece in pieces)
            or all(_SMALL.fullmatch(word) for word in said.split())
        )
    )


def is_settled(text: str) -> bool:
    """Whether somebody says that nobody need answer any more."""
    return _whole(_SETTLED, text)


def is_unhappy(text: str) -> bool:
    """Whether somebody says that an answer did not help, or asks on from it."""
    return _whole(_UNHAPPY, text)


def asks_after(text: str) -> bool:
    """Whether somebody asks what became of their question."""
    return _whole(_AFTER, text)


def is_stalling(text: str) -> bool:
    """Whether a colleague only says that they will see."""
    said = _bare(text)
    joined = said if said.isascii() else said.replace(" ", "")
    most = _SHORT if joined.isascii() else 12
    return len(joined) <= most and bool(_STALLING.fullmatch(joined))


_NUMBER = re.compile(
    r"(?:第|选|no ?)?([1-3一二三])(?:个|条|号)?|(?:the )?(first|second|third)(?: one)?"
)
_NUMBERS = {"1": 1, "2": 2, "3": 3, "一": 1, "二": 2, "三": 3, "first": 1, "second": 2, "third": 3}


def number_chosen(text: str) -> int | None:
    """Which of up to three offers somebody names, 1 for the first."""
    found = _NUMBER.fullmatch(_bare(text))
    return _NUMBERS[found[1] or found[2]] if found else None
