"""A stand-up under headings, in numbered points or in a table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from bot.language.normal import fold
from bot.language.tables import rows

FIELDS = ("done", "plan", "blockers")
_MARK = re.compile(r"^[\s\-*·•●◆▶■□○#【\[(（>|｜~～]+|[\s*】\])）:：?？|｜]+$")
_EMOJI = re.compile(r"[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\u200d\ufe0f]+")
_NUMBER = re.compile(
    r"^(?:[一二三四五六]\s*[、.]|\d{1,2}\s*[.、)）]|[①-⑳]|[a-z]\s*[.)）]|\d(?=\s*[\u4e00-\u9fff]))\s*"
)
# Where a heading may stand, and what ends it: a colon, a bracket, a dash, a line end, or a space.
# Blanks before the end are bounded, or a line of them is looked through over its square.
_BEGIN = (
    r"(?:^|(?<=[\n;；。|｜!！，,】])|(?<=[.?] ))[^\w\n【\[(（]{0,6}"
    r"(?:[一二三四五六]、|\d+\s*[.、)）]?\s*|[①②③④]\s*)?[【\[(（*#]{0,3}"
)
_END = r"[】\])）*]*\s{0,9}(?:[:：?？]|[】\])）]|\s[-—]\s|\*\*(?=\s*\n)|;(?=\S))[】\])）*]*"
# A heading that has a line of its own, without a mark behind it.
_ALONE = (
    r"(?:昨[天日]|今[天日]|明[天日]|存在|遇到|当前|主要|需要?|的|已)*(?:完成|计划|工作|安排|阻[碍塞]|风险|"
    r"问题|困难|难点|卡点|协助|支持|协调|内容|事项|进展|做了什么|做什么|[与/和])+|昨[天日]|今[天日]|明[天日]|"
    r"done|to ?do|plan|next|doing|blockers?|yesterday|today|tomorrow"
)
_HEADING = re.compile(
    rf"{_BEGIN}(?:(?P<colon>[^\n:：;；。|｜，,、】\])）*?？]{{1,12}}?)\s{{0,9}}{_END}"
    rf"|(?:^|(?<=\n))[^\w\n]{{0,6}}(?:[一二三四五六]、|\d+\s*[.、)）]\s*)?"
    rf"(?P<line>{_ALONE})[】\])）*]*[ \t]*\n"
    r"|(?P<glued>(?:昨日|今日|明日|昨天|今天|明天)(?:完成|计划|工作|安排))(?=[^\s:：，,。])"
    r"|(?:^|(?<=[\n;；。|｜]))(?P<space>昨[天日]?|今[天日]?|明[天日]?|难|阻[碍塞]?|堵|卡|问题|"
    r"done|todo|next|blockers?)[ \t]+(?=\S))",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"(?:^|(?<=[\s;；。]))([1-3])\s*[.、)）]\s*|([①②③])\s*")
# The name of the next project, which stands above that one's first heading.
_NEXT_PROJECT = re.compile(r"\n\s*[【\[][^】\]\n]{1,20}[】\]]\s*$")
# "信访-无": nothing in one of several projects.
_NOTHING_THERE = re.compile(r"[^-—:：\s]{1,8}\s*[-—:：]\s*(?:暂?无|没有)")
_POINT = re.compile(r"^\s*(?:[-*·•●√✓→×]+|[①-⑳]|\(?\d{1,2}\s*[.、)）](?!\d)|[一二三四五六]、)\s*")
_INLINE = re.compile(r"(?<=\S)\s*(?:(?=[①-⑳])|(?<![\d.])(?=[2-9]\s*[、)）.]\s*[^\d\s]))")


@dataclass(frozen=True, slots=True)
class Headed:
    """The items by field, the headings that led there, and the text before the first of them."""

    kept: Mapping[str, Sequence[str]]
    evidence: tuple[tuple[str, str], ...]
    confidence: float
    lead: str = ""


@cache
def _table() -> tuple[tuple[str, re.Pattern[str]], ...]:
    parts: dict[str, str] = {}
    found: list[tuple[str, re.Pattern[str]]] = []
    for row in rows("headings.txt"):
        name, sign, pattern = re.split(r" (:=|:) ", row, maxsplit=1)
        whole = re.sub(r"\{([A-Z]+)\}", lambda m: f"(?:{parts[m[1]]})", pattern)
        if sign == ":=":
            parts[name] = whole
        else:
            found.append((name, re.compile(whole)))
    return tuple(found)


def topic(word: str) -> str | None:
    """What a heading speaks of; `None` for what is no heading."""
    folded = _NUMBER.sub("", _MARK.sub("", _EMOJI.sub("", fold(word)))).strip(" :-?")
    return next((n for n, p in _table() if n != "nothing" and p.fullmatch(folded)), None)


def is_nothing(text: str) -> bool:
    """Whether a field's text says that there is nothing."""
    folded = _EMOJI.sub("", fold(text)).strip(" 。.,，!！~～;；")
    return not folded or any(n == "nothing" and p.fullmatch(folded) for n, p in _table())


def items(text: str) -> list[str]:
    """One field's text as list items; "无" and its like are nothing."""
    parts = [part for row in text.splitlines() for part in re.split(r"[;；]", row)]
    parts = [part for row in parts for part in _INLINE.split(row)]
    parts = [part for row in parts for part in re.split(r"。(?=\S)", row)]
    found = [_POINT.sub("", part).strip(" \t。.,，、|｜*#【】[]") for part in parts]
    return [
        one for one in found if one and not is_nothing(one) and not _NOTHING_THERE.fullmatch(one)
    ]


def read(text: str) -> Headed | None:
    """A text under headings; `None` for any other."""
    if text.count("|") >= 4 or "\t" in text:
        table = _columns(text) or _states(text)
        if table:
            return table
    marks = list(_marks(text))
    topics = {found for _, found in marks} - {"skip"}
    sure = [mark for mark, _ in marks if mark["colon"] or mark["line"]]
    if not topics or (len(topics) == 1 and not sure):
        return None
    if len(topics) == 1 and len(text) - marks[0][0].end() > 4 * len(text) / 5 and not sure:
        return None
    return _fields(text, marks)


def _marks(text: str) -> Iterator[tuple[re.Match[str], str]]:
    """Each heading with its topic. A third, unknown one after two known ones is for trouble."""
    found = [(m, topic(_word(m))) for m in _HEADING.finditer(text)]
    known = [t for _, t in found if t and t != "skip"]
    for mark, what in found:
        if what:
            yield mark, what
        elif mark["colon"] and len(set(known)) >= 2 and "blockers" not in known:
            begins = text[: mark.start()].rstrip(" ").endswith("\n") or mark.start() == 0
            if begins and mark[0].rstrip()[-1:] in ":：" and len(_word(mark)) <= 6:
                yield mark, "blockers"


def _fields(text: str, marks: Sequence[tuple[re.Match[str], str]]) -> Headed:
    evening = any(re.match("明|次日|tomorrow", _word(m), re.IGNORECASE) for m, _ in marks)
    seen = {t for _, t in marks}
    kept: dict[str, list[str]] = {name: [] for name in FIELDS}
    evidence: list[tuple[str, str]] = []
    ends = [m.start() for m, _ in marks[1:]] + [len(text)]
    for (mark, what), end in zip(marks, ends, strict=True):
        if what == "skip":
            continue
        over = evening or ("plan" in seen and "done" not in seen)
        name = what if what != "today" else ("done" if over else "plan")
        kept[name] += items(_NEXT_PROJECT.sub("", text[mark.end() : end]))
        evidence.append((_word(mark), name))
    sure = 0.95 if len({n for _, n in evidence}) > 1 else 0.8
    return Headed(kept, tuple(evidence), sure, text[: marks[0][0].start()].strip())


def _word(mark: re.Match[str]) -> str:
    return (mark["colon"] or mark["line"] or mark["glued"] or mark["space"] or "").strip()


def numbered(text: str) -> Headed | None:
    """Three numbered points in the usual order."""
    marks = list(_NUMBERED.finditer(text))
    order = [m[1] or "123"["①②③".index(m[2])] for m in marks]
    if order != ["1", "2", "3"]:
        return None
    ends = [m.start() for m in marks[1:]] + [len(text)]
    kept = {
        name: items(text[m.end() : end]) for name, m, end in zip(FIELDS, marks, ends, strict=True)
    }
    return Headed(kept, (("1 2 3", "numbered"),), 0.7)


def _columns(text: str) -> Headed | None:
    """A table whose first row names the fields."""
    grid = [_cells(row) for row in text.splitlines() if row.strip()]
    heads = [topic(cell) for cell in grid[0]]
    if len(grid) < 2 or len({h for h in heads if h}) < 2:
        return None
    kept: dict[str, list[str]] = {name: [] for name in FIELDS}
    for row in grid[1:]:
        for head, cell in zip(heads, row, strict=False):
            name = "plan" if head == "today" else head
            if name in kept and not re.fullmatch(r"[\s:-]*", cell):
                kept[name] += items(cell)
    return Headed(
        kept, tuple((cell, head or "") for cell, head in zip(grid[0], heads, strict=False)), 0.9
    )


def _states(text: str) -> Headed | None:
    """A table with a task a row and its state in a cell."""
    kept: dict[str, list[str]] = {name: [] for name in FIELDS}
    for row in text.splitlines():
        cells = _cells(row)
        state = next((t for cell in cells[1:] if (t := _state(cell)) in kept), None)
        if state and cells[0]:
            kept[state].append(cells[0])
    return Headed(kept, (("\t", "table"),), 0.8) if sum(map(bool, kept.values())) > 1 else None


def _state(cell: str) -> str | None:
    found = topic(cell)
    if found != "today":
        return found
    return "done" if re.search("完|done", cell, re.IGNORECASE) else "plan"


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"[|\t]", row.strip().strip("|"))]
