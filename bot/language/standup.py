"""What somebody did, will do and is held up by, from the text that they typed.

Reads headed (`昨天：… 今天：… 阻碍：…`), numbered (three points) and simply split text; anything
else is kept as it is with a low confidence, so that the person sees how it was taken.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.domain.standup import Entry
from bot.language.normal import fold, tidy

# What a heading speaks of, asked in this order; the words are what people write, simplified and
# traditional. "今天" is a plan in the morning and a result in the evening, which shows in a heading
# for tomorrow beside it.
_TOPICS = (
    (
        "blockers",
        r"阻|堵|卡|风险|風險|问题|問題|困难|困難|难点|难处|求助|协调|协助|支持|遗留|block|issue|risk|^b$",
    ),
    ("done", r"昨|yesterday|^y$"),
    (
        "plan",
        r"明|接下来|下一步|计划|計劃|待办|待辦|待完成|进行中|拟办|tomorrow|plan|to ?do|next|^p$",
    ),
    ("today", r"今|today|^t$"),
    ("done", r"已|完成|进展|进度|進度|搞定|done|^d$"),
)
_COMPILED_TOPICS = tuple((topic, re.compile(words, re.IGNORECASE)) for topic, words in _TOPICS)
# These may be headings with nothing but a space or a line end behind them.
_BARE = (
    r"(?:昨[天日]|今[天日]|明[天日]|存在|遇到|需)?(?:的)?"
    r"(?:完成|计划|工作|安排|阻[碍塞]|风险|问题|协助)?"
)
_HEADING = re.compile(
    r"(?:^|(?<=[\n;；。|｜]))[ \t\-*·#【\[(（]*(?:[一二三四五六]、|\d+\s*[.、)）]\s*)?"
    rf"(?:(?P<colon>[^\n:：;；。|｜,，、】\]*]{{1,10}}?)\s*(?:[】\]）)*]+\s*[:：]?|[:：?？]|\s-\s|;(?=\S))"
    rf"|(?P<line>{_BARE})\s*(?:\n|$)"
    r"|(?P<space>昨[天日]?|今[天日]?|明[天日]?|阻[碍塞]?|堵|问题|done|todo|blockers?)[ \t]+(?=\S))",
    re.IGNORECASE,
)
_NOTHING = re.compile(
    r"(?:暂?无|没有?|暂时没有|没啥|无阻碍|无阻塞|一切正常|none|nothing|no|n/?a|nil|[-—/])"
    r"(?:[,，。.!！、~～哈了呢].{0,8})?",
    re.IGNORECASE,
)
_SAME = re.compile(
    r"^(?:\+1\s*)?(?:同昨[天日]?|同上|[跟和]昨[天日]一样|same(?: as yesterday)?)$",
    re.IGNORECASE,
)
_LEAVE = re.compile(
    r"请[了]?.{0,3}假|年假|病假|事假|休假|调休一天|今[天日]调休|on leave|day off",
    re.IGNORECASE,
)
_POINT = re.compile(r"^\s*(?:[-*·•●√✓→×]|[①-⑳]|\(?\d{1,2}\s*[.、)）]|[一二三四五六]、)\s*")
_NUMBERED = re.compile(r"(?:^|(?<=[\s;；。]))([1-3])\s*[.、)）]\s*|([①②③])\s*")
_QUESTION = re.compile(
    r"[?？]\s*$|吗[。.]?$|^(?:怎么|如何|为什么|谁|什么时候|哪|how|what|why|when|who)", re.IGNORECASE
)
_FIELDS = ("done", "plan", "blockers")


@dataclass(frozen=True, slots=True)
class StandupText:
    """How a text was taken: the entry, the words that led to it and how sure that is (0 to 1)."""

    entry: Entry
    flags: frozenset[str] = frozenset()
    evidence: tuple[tuple[str, str], ...] = ()
    confidence: float = 0.0


def parse(text: str, prev: Entry | None = None) -> StandupText:
    """Read a stand-up or daily report. `prev` is the same person's last entry."""
    text = tidy(text)
    folded = fold(text).rstrip("。.!！~")
    if _SAME.match(folded):
        return StandupText(
            prev or Entry(), frozenset({"same_as_prev"}), ((text, "same_as_prev"),), 1.0
        )
    read = _headed(text) or _numbered(text) or _split(text)
    if _LEAVE.search(text) and not read.entry.blockers and read.confidence < 0.9:
        flags = read.flags | {"leave"}
        return StandupText(Entry(), flags, ((text, "leave"),), 0.8)
    return read


def _headed(text: str) -> StandupText | None:
    marks = [(m, topic) for m in _HEADING.finditer(text) if (topic := _topic(_word(m)))]
    topics = {topic for _, topic in marks}
    if not marks or (len(topics) == 1 and not marks[0][0]["colon"]):
        return None
    evening = any(re.match("明|tomorrow", _word(m), re.IGNORECASE) for m, _ in marks)
    kept: dict[str, list[str]] = {field: [] for field in _FIELDS}
    evidence: list[tuple[str, str]] = []
    ends = [m.start() for m, _ in marks[1:]] + [len(text)]
    for (mark, topic), end in zip(marks, ends, strict=True):
        field = topic if topic != "today" else ("done" if evening else "plan")
        kept[field] += _items(text[mark.end() : end])
        evidence.append((_word(mark), field))
    return StandupText(_entry(kept), frozenset(), tuple(evidence), 0.95 if len(topics) > 1 else 0.8)


def _word(mark: re.Match[str]) -> str:
    return (mark["colon"] or mark["line"] or mark["space"] or "").strip()


def _topic(word: str) -> str | None:
    """What a heading speaks of; `None` for the likes of `姓名` and `工时`."""
    folded = fold(word)
    return next((topic for topic, words in _COMPILED_TOPICS if words.search(folded)), None)


def _numbered(text: str) -> StandupText | None:
    marks = list(_NUMBERED.finditer(text))
    order = [m[1] or "123"["①②③".index(m[2])] for m in marks]
    if order != ["1", "2", "3"]:
        return None
    ends = [m.start() for m in marks[1:]] + [len(text)]
    kept = {
        field: _items(text[m.end() : end])
        for field, m, end in zip(_FIELDS, marks, ends, strict=True)
    }
    return StandupText(_entry(kept), frozenset({"numbered"}), (("1 2 3", "numbered"),), 0.7)


_CLAUSE = re.compile(r"[\n。;；!！]+|[,，](?=\s*(?:今天|今日|明天|明日|接下来|today))")
_PROSE = (
    (
        "plan",
        re.compile(
            r"^(?:今天|今日|明天|明日|接下来|准备|计划|打算|today|will|going to)",
            re.IGNORECASE,
        ),
    ),
    (
        "done",
        re.compile(
            r"^(?:昨天|昨日|上午|已|完成|做完|搞定|yesterday|finished|done)|完成了|做完了|搞定了",
            re.IGNORECASE,
        ),
    ),
    ("blockers", re.compile(r"阻塞|阻碍|卡在|卡住|被卡|blocked", re.IGNORECASE)),
)


def _split(text: str) -> StandupText:
    kept: dict[str, list[str]] = {field: [] for field in _FIELDS}
    evidence: list[tuple[str, str]] = []
    last = "done"
    for clause in _CLAUSE.split(text):
        words = clause.strip(" ,，、")
        if not words:
            continue
        found = next(((f, m) for f, p in _PROSE if (m := p.search(words))), None)
        if found:
            last = found[0]
            evidence.append((found[1][0], last))
        kept[last] += _items(words)
    fields = {field for _, field in evidence}
    return StandupText(_entry(kept), frozenset(), tuple(evidence), 0.3 + 0.15 * len(fields))


def _items(text: str) -> list[str]:
    lines = [part for line in text.splitlines() for part in re.split(r"[;；]", line)]
    items = [_POINT.sub("", line).strip(" \t。.,，、|｜*#【】[]") for line in lines]
    return [item for item in items if item and not _NOTHING.fullmatch(item)]


def _entry(kept: dict[str, list[str]]) -> Entry:
    return Entry(tuple(kept["done"]), tuple(kept["plan"]), tuple(kept["blockers"]))


def lines(text: str) -> tuple[str, ...]:
    """One form field as list items; "无" and its like are nothing."""
    return tuple(_items(tidy(text)))


def is_question(text: str) -> bool:
    """Whether somebody asks rather than reports."""
    return bool(_QUESTION.search(fold(text)))
