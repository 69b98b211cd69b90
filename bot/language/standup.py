"""What somebody did, will do and is held up by, from the text that they typed.

Under headings, in numbered points or in a table (`headings.py`), else told in prose (`prose.py`).
A text may also say that all is as yesterday, that somebody is away, or be no stand-up at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.domain.standup import Entry
from bot.language import headings, prose
from bot.language.grams import grams
from bot.language.linear import load
from bot.language.normal import fold, simplify, tidy

# What a person types is read up to here; the rest is kept whole as the last item.
_LONGEST = 4000
_SAME_WORDS = (
    r"(?:没变化[,，]?|我|[+＋]1\s*|进展|内容|其[他它余]|今天计划|计划)*"
    r"(?:[同跟和与](?:昨[天日晚]?|上一?[日条]?|前一天)(?:的)?(?:计划)?"
    r"(?:一样|差不多|一致|一模一样|相同|无差)*(?:一样的|的)?|照旧(?:照旧)?|昨天?=今天?|老样子|"
    r"一样一样的?|same(?: as (?:yesterday|above|friday|before))?|ditto|"
    r"no change(?: from yesterday)?|没(?:有|啥)?变化|无变[化动])"
)
_SAME = re.compile(
    # Each piece is taken once and kept: "照旧照旧照旧…" can be parted in endless ways.
    rf"^{_SAME_WORDS}(?>[,，\s]*(?:没变化|无变动|一样的|不重复打字了|{_SAME_WORDS}))*+$",
    re.IGNORECASE,
)
_SAME_HEAD = re.compile(
    rf"^{_SAME_WORDS}[,，。;；:：\s]*(?:除了|就是|只是|but|except)?[,，\s]*", re.IGNORECASE
)
_SAME_TAIL = re.compile(rf"(?<![,，。;；\s])[,，。;；\s]+{_SAME_WORDS}[。.!！~～]*$", re.IGNORECASE)
_SAME_ITEM = re.compile(
    rf"^(?:(?P<first>[^,，]{{1,12}})[,，])?{_SAME_WORDS}(?P<more>[,，].+)?$", re.IGNORECASE
)
_STILL = re.compile(
    "(?:问题|阻塞|卡点|卡的地方|困难).{0,4}(?:还是那个|还是老样子|老样子|还在|同上|没变)"
)
_AS_PLANNED = re.compile(
    "(?:昨[天日])?按?(?:昨[天日])?的?(?:计划|安排|说)的?(?:活|事)?都?(?:计划)?(?:全部)?"
    "(?:完成|干完|做完|弄好|搞定)了?"
)
_SOLVED = re.compile("解决|修好|改好|恢复|松口|resolved|fixed")
_NO_TROUBLE = re.compile(
    "(?:没|无)(?:有)?(?:阻塞|问题|卡点)|nothing blocked|阻塞没了|解决|修好|改好|恢复|松口|"
    "resolved|fixed"
)
_CORRECTION = re.compile(
    r"^[@\w\s]{0,8}?(?:刚才?|上面|上条|前面|我那条)?.{0,4}(?:更正|补充|纠正|订正|改一下|改正|说错|"
    r"写错|发错|数错|漏了|漏报|补一[个条下]|重发|撤回|作废|修正|更新[:：]|说早了|correction|typo)",
    re.IGNORECASE,
)
_LEAD_CORRECTION = re.compile(
    r"^[^:：,，。\s]{0,12}(?:更正(?:一下|下)?|补充(?:一下|一条)?|纠正(?:一下)?|订正|改一下|改正|"
    r"说错了?|写错了?|发错(?:群)?了?|数错了?|漏了一[条项]|漏报了?|补一[个条下]卡?点?|重发|"
    r"以这条为准|修正|更新|correction)[:：,，。\s]+",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"[?？]\s*$|吗[。.]?$|^(?:怎么|如何|为什么|谁|什么时候|哪|how|what|why|when|who)", re.IGNORECASE
)
FLAGS = ("same_as_prev", "leave", "not_standup", "correction", "two_projects")


@dataclass(frozen=True, slots=True)
class StandupText:
    """How a text was taken: the entry, the words that led to it and how sure that is (0 to 1).

    `flags` are of `FLAGS`, and `numbered` for three bare points. `categories` has, for each
    blocker, the kinds of risk it may be, the likeliest first.
    """

    entry: Entry
    flags: frozenset[str] = frozenset()
    evidence: tuple[tuple[str, str], ...] = ()
    confidence: float = 0.0
    categories: tuple[tuple[str, ...], ...] = ()


def parse(text: str, prev: Entry | None = None, *, answering: bool = False) -> StandupText:
    """Read a stand-up or daily report. `prev` is the same person's last entry.

    `answering` is for a text that answers a prompt: whatever stands in it is kept.
    """
    whole = tidy(text)
    text = whole[:_LONGEST]
    read = _read(text, prev or Entry(), answering=answering)
    if len(whole) > _LONGEST:
        plan = (*read.entry.plan, whole[_LONGEST:].strip())
        read = replace(read, entry=replace(read.entry, plan=plan))
    return read


def _read(text: str, prev: Entry, *, answering: bool) -> StandupText:
    folded = fold(text).rstrip("。.!！~")
    if _SAME.match(folded):
        return StandupText(prev, frozenset({"same_as_prev"}), ((text, "same_as_prev"),), 1.0)
    headed = headings.read(text) or headings.numbered(text)
    flags = _flags(text, headed)
    if answering:
        flags -= {"not_standup"}
    if "not_standup" in flags:
        return StandupText(Entry(), flags, ((text[:40], "not_standup"),), 0.8)
    if headed:
        return _same_items(_from_headings(headed, flags), prev)
    if "same_as_prev" in flags:
        return _as_before(text, prev, flags)
    said = _LEAD_CORRECTION.sub("", text) if "correction" in flags else text
    taken_back = re.search("撤回|作废|忽略|去掉", text)
    some = "leave" not in flags and (answering or ("correction" in flags and not taken_back))
    return _from_prose(said, flags, some=some)


def features(text: str, *, headed: bool) -> list[str]:
    """What the model of flags sees of a whole text."""
    found = grams(text, 3)
    days = len({day for day, pattern in prose.DAYS if pattern.search(text)})
    told = [one.label for one in prose.tell(text[:_LONGEST])] if not headed else []
    marks = {
        "@headed": headed,
        f"@days={days}": True,
        f"@fields={len(set(told) - {'none'})}": True,
        f"@idle={round(3 * told.count('none') / len(told)) if told else 0}": True,
        "@address": text.lstrip().startswith("@"),
        "@question": is_question(text),
        "@short": len(text) < 14,
        "@correction": bool(_CORRECTION.search(text[:30])),
        "@twice": _topics_twice(text),
        "@same": bool(_SAME_HEAD.match(fold(text)) or _SAME_TAIL.search(fold(text))),
        "@still": bool(_STILL.search(text) or _AS_PLANNED.search(simplify(text))),
        "@leave": bool(_LEAVE.search(text)),
    }
    return [*found, *(mark for mark, present in marks.items() if present)]


_LEAVE = re.compile(
    r"请[了个]?.{0,3}假|年假|病假|事假|产假|婚假|休假|调休|休息一?天|不在岗|on leave|day off|"
    r"\booo\b|\bpto\b|\bsick\b",
    re.IGNORECASE,
)
_TOPIC_WORD = re.compile("昨[天日]?|今[天日]|完成[:：]|计划[:：]")


def _topics_twice(text: str) -> bool:
    words = [m[0][0] for m in _TOPIC_WORD.finditer(text)]
    return max((words.count(w) for w in set(words)), default=0) >= 2


def _flags(text: str, headed: headings.Headed | None) -> frozenset[str]:
    scores = load("flags").scores(features(text, headed=headed is not None))
    found = {flag for flag, score in scores.items() if score > 0}
    if len(text) <= 12 and _LEAVE.search(text) and not is_question(text):
        found = (found | {"leave"}) - {"not_standup"}
    if headed and headed.confidence > 0.9:
        found.discard("not_standup")
    if headed and headed.evidence == (("1 2 3", "numbered"),):
        found.add("numbered")
    return frozenset(found)


def _from_headings(headed: headings.Headed, flags: frozenset[str]) -> StandupText:
    kept = {name: list(found) for name, found in headed.kept.items()}
    stay: list[str] = []
    for one in kept["blockers"]:
        bare = _NOTHING_FIRST.sub("", one)
        if prose.solved(bare):
            kept["done"].append(bare)
        elif bare == one:
            stay.append(one)
    kept["blockers"] = stay
    away = "leave" in flags
    for name in ("done", "plan"):
        kept[name] = [one for one in kept[name] if not (away and _only_leave(one))]
    return _taken(kept, flags, headed.evidence, headed.confidence)


_NOTHING_FIRST = re.compile(r"^(?:暂?无|没有|没啥)[,，。\s]+")


def _only_leave(text: str) -> bool:
    return bool(_LEAVE.search(text)) and len(text) <= 12


def _from_prose(text: str, flags: frozenset[str], *, some: bool) -> StandupText:
    kept, told = prose.items(text, some=some)
    if "leave" in flags:
        kept = {n: [one for one in found if not _only_leave(one)] for n, found in kept.items()}
    evidence = [(one.evidence[0], one.label) for one in told if one.evidence]
    named = len({day for day, pattern in prose.DAYS if pattern.search(text)})
    sure = 0.3 + 0.1 * sum(map(bool, kept.values())) + 0.1 * named
    return _taken(kept, flags, evidence, min(sure, 0.85))


def _taken(
    kept: Mapping[str, Sequence[str]],
    flags: frozenset[str],
    evidence: Sequence[tuple[str, str]],
    confidence: float,
) -> StandupText:
    entry = Entry(tuple(kept["done"]), tuple(kept["plan"]), tuple(kept["blockers"]))
    return StandupText(entry, flags, tuple(evidence), confidence, _categories(entry.blockers))


def _categories(blockers: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """The likely kinds of each, the best first: all that are at least half as likely as that."""
    found = []
    for blocker in blockers:
        chances = load("risk_category").chances(grams(blocker))
        best = sorted(chances, key=lambda name: -chances[name])
        found.append(tuple(n for n in best[:3] if chances[n] >= chances[best[0]] / 2))
    return tuple(found)


def _same_items(read: StandupText, prev: Entry) -> StandupText:
    """Put yesterday's items where a field says "同昨"."""
    fields, same = {}, False
    for name in headings.FIELDS:
        kept: list[str] = []
        for one in getattr(read.entry, name):
            as_before = _SAME_ITEM.match(one)
            if as_before is None:
                kept.append(one)
                continue
            same = True
            first, more = as_before["first"], (as_before["more"] or "").strip(" ,，")
            added = more.startswith(("另外", "还有", "加上", "再加"))
            if added or not (first or more):
                kept += getattr(prev, name)
            kept += [words for words in (first, more) if words]
        fields[name] = tuple(kept)
    flags = read.flags | {"same_as_prev"} if same else read.flags - {"same_as_prev"}
    return replace(read, entry=Entry(**fields), flags=flags)


def _as_before(text: str, prev: Entry, flags: frozenset[str]) -> StandupText:
    """As yesterday, but for what else is said: new plans and troubles replace the old ones."""
    rest = _SAME_TAIL.sub("", _SAME_HEAD.sub("", text))
    said, told = prose.items(rest) if rest.strip() else ({n: [] for n in headings.FIELDS}, [])
    still = bool(_STILL.search(text))
    no_trouble = bool(_NO_TROUBLE.search(text))
    done = [one for one in said["done"] if not _AS_PLANNED.search(simplify(one))]
    plan = said["plan"]
    if _SOLVED.search(rest) and not done and not said["blockers"] and prev.blockers:
        done, plan = [rest.strip(" ,，。.")], []
    planned = tuple(prev.plan) if _AS_PLANNED.search(simplify(text)) else tuple(prev.done)
    blockers = () if no_trouble else tuple(prev.blockers)
    new = tuple(one for one in said["blockers"] if not _STILL.search(one))
    entry = Entry(
        (*planned, *done),
        tuple(plan) or tuple(prev.plan),
        blockers if still or not new else new,
    )
    evidence = (
        (text[:40], "same_as_prev"),
        *((o.evidence[0], o.label) for o in told if o.evidence),
    )
    return StandupText(entry, flags, evidence, 0.7, _categories(entry.blockers))


def lines(text: str) -> tuple[str, ...]:
    """One form field as list items; "无" and its like are nothing."""
    return tuple(headings.items(tidy(text)))


def is_question(text: str) -> bool:
    """Whether somebody asks rather than reports."""
    return bool(_QUESTION.search(fold(text)))
