"""What a typed line asks for: an intent and its slots, or what it comes near to.

Acting wrongly is worse than asking. The forms stand in `tables/commands.txt`; what is asked,
denied, supposed or only told is no command, whatever words stand in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cache

from bot.language.fields import read_fields, read_loose
from bot.language.grams import grams
from bot.language.linear import load
from bot.language.normal import Line, fold, line, tidy
from bot.language.tables import rows

# A command is short; the forms are not tried on what is longer.
_LONGEST = 320
# What is told may be as long as an FAQ entry with its question.
_LONGEST_TOLD = 4400
# So much at its end is looked through for thanks and the like: the pattern may begin anywhere.
_LAST_WORDS = 80
# What the model takes a line for is done if it is at least so likely as that it is no command,
# and has at least this share among the commands; what is less likely is offered. Chosen on authors
# that the model had not seen (docs/features/understanding.md).
AGAINST_NONE = 0.7
AMONG_COMMANDS = 0.4
LEAST = 0.3
# Questions about the product ("item master 怎么import") look like those about the bot: of the FAQ
# data's 1,260 ten are taken for them at 0.3, one at 0.66. Of 49 learnt calls for help that costs 2.
SURE_OF_HELP = 0.66
OFFER_FROM = 0.1
# Of these a veto counts wherever it stands, also in what is told.
_WHOLE_VETOES = ("risk.open", "project.golive")
# A line that fits a form but reads so much like ordinary talk is no command.
TALK_FROM = 0.85
# Whoever begins with the command's own word and a gap is seldom just talking.
TALK_FROM_TYPED = 0.95
_TYPED = re.compile(r"(?:风险|里程碑|risk|milestone)[\s:]")
_ADDRESS = re.compile(r"@(?:项目助手|golive助?手?|机器人|bot)\s*[,，:：]?\s*", re.IGNORECASE)
# A polite or hesitant beginning says nothing; "请假" and "帮助" are words of their own.
_POLITE = re.compile(
    r"^(?:(?:请(?!个?一?天?假|问)您?|麻烦(?:您|你们?)?|(?:能否)?帮忙|帮我|帮(?=加|记|看|列|出|建|存)|给我|我想|我要|劳驾|烦请|"
    r"您好|你好|hi|hello|嗨|喂|哎|唉|嗯|那个(?=\s)|机器人(?:机器人)?[,，]|golive\s(?!\d)|pls|please|"
    r"can you|could you|早(?=\s))[,，!！\s]*)+",
    re.IGNORECASE,
)
_TRAILING = re.compile(r"(?:一下|谢谢|哈|吧|呗|啊|呢|了|please|[。.!！~～?？\s])+$", re.IGNORECASE)

# What each intent is called when it is offered, in both languages, and lines that come near to it.
_NEAR: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("help", ("帮助", "help", "怎么使用", "说明")),
    ("project.create", ("新项目", "新建项目", "new project", "建个项目")),
    ("project.show", ("项目", "项目怎么样", "进度", "project status", "健康")),
    ("role.list", ("角色", "谁是谁", "成员", "权限", "roles")),
    ("settings", ("设置", "修改时间", "配置", "settings", "提醒时间")),
    ("standup.open", ("站会", "开站会", "发站会", "每日站会", "standup", "开晨会")),
    ("daily.open", ("日报", "发日报", "写日报", "daily report")),
    ("standup.missing", ("谁没填", "谁没交", "没填的人", "催一下", "who is missing")),
    ("leave", ("请假", "我请假", "明天请假", "休息", "leave")),
)
# The intents that may be offered, each by the words that are typed for it.
OFFERED = frozenset(intent for intent, _ in _NEAR)
# Whom a question is put to, or what is looked up, may be put as a question.
_ASKING = ("help", "standup.missing", "duty.who", "report.weekly", "milestone.list", "risk.list")
# What is told in them may have several lines, and words in it that would be a veto elsewhere.
_MAY_HAVE_LINES = ("faq.add", "decision.add", "risk.open")


@dataclass(frozen=True, slots=True)
class Command:
    """What a line asks for. `near` are up to three intents to offer when `intent` is `none`."""

    intent: str
    slots: Mapping[str, str] = field(default_factory=dict)
    evidence: str = ""
    confidence: float = 0.0
    near: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Forms:
    whole: tuple[tuple[str, re.Pattern[str], str], ...]
    begins: tuple[tuple[str, re.Pattern[str]], ...]
    of_lines: tuple[tuple[str, re.Pattern[str]], ...]
    vetoes: Mapping[str, re.Pattern[str]]


@cache
def _forms() -> _Forms:
    """The table, its named pieces put in."""
    found = [
        re.fullmatch(r"(\S+(?: \S+)?) (:=|==|=|\?=|:) (.+)", row) for row in rows("commands.txt")
    ]
    parts = {m[1]: m[3] for m in found if m and m[2] == ":="}
    whole, begins, vetoes = [], [], {}
    for match in found:
        if match is None or match[2] == ":=":
            continue
        pattern = re.compile(_put_in(match[3], parts))
        name = match[1]
        if name.startswith("veto "):
            vetoes[name.removeprefix("veto ")] = pattern
        elif match[2] == ":":
            begins.append((name, pattern))
        else:
            whole.append((name, pattern, match[2]))
    of_lines = (one for one in begins if one[0] in _MAY_HAVE_LINES)
    return _Forms(tuple(whole), tuple(begins), tuple(of_lines), vetoes)


def _put_in(pattern: str, parts: Mapping[str, str]) -> str:
    def piece(match: re.Match[str]) -> str:
        return f"(?:{_put_in(parts[match[1]], parts)})"

    return re.sub(r"\{([A-Z0-9]+)\}", piece, pattern)


def features(text: str) -> list[str]:
    """What the model of intents sees: numbers of risks and milestones, and dates, as one mark."""
    said = _POLITE.sub("", fold(_ADDRESS.sub("", text)))
    marked = _RISK_ID.sub("Ⓡ", _MILESTONE_ID.sub("Ⓜ", said))
    found = grams(marked, 4)
    marks = {
        "@risk": "Ⓡ" in marked,
        "@milestone": "Ⓜ" in marked,
        "@address": bool(_ADDRESS.search(text)),
        "@short": len(said) < 8,
        "@long": len(said) > 40,
        "@question": bool(re.search("[??]|[吗么][。]?$", said)),
        "@who": bool(re.search("@[^项g]", said)),
    }
    return [*found, *(mark for mark, present in marks.items() if present)]


_RISK_ID = re.compile(r"(?<![a-z])r\s?\d{1,3}(?!\d)|风险\s?#?\d{1,3}号?|#\d{1,3}|\d{1,3}号风险")
_MILESTONE_ID = re.compile(r"(?<![a-z])m\s?\d{1,3}(?!\d)")


def understand(text: str) -> Command:
    """Take a line, without the bot's own mention, as a command."""
    whole = tidy(_ADDRESS.sub("", text[:100_000]))
    folded = fold(_POLITE.sub("", whole)).replace("一下", "", 1)
    ends = max(len(folded) - _LAST_WORDS, 0)
    bare = folded[:ends] + _TRAILING.sub("", folded[ends:]) or folded
    return (
        _as_whole(whole, folded, bare, ("=", "=="))
        or _as_form(whole)
        or _as_whole(whole, folded, bare, ("?=",))
        or _as_learnt(whole, bare)
    )


def _as_learnt(whole: str, bare: str) -> Command:
    """What a model takes the line for, if it is sure; else what to offer."""
    if not 1 < len(whole) <= _LONGEST or "\n" in whole:
        return Command("none", near=_nearest(bare))
    chances = load("intents").chances(features(whole))
    idle = chances.pop("none")
    intent = max(chances, key=lambda name: chances[name])
    least = max(AGAINST_NONE * idle, AMONG_COMMANDS * (1 - idle), LEAST)
    sure = chances[intent] >= (SURE_OF_HELP if intent == "help" else least)
    if sure and not _vetoed(whole, intent):
        slots = read_loose(intent, whole)
        if _complete(intent, whole, slots, chances[intent]):
            return Command(intent, slots, _words(whole, intent), round(chances[intent], 2))
    likely = [name for name, _ in _NEAR if chances.get(name, 0.0) >= OFFER_FROM]
    near = sorted(likely, key=lambda name: -chances[name]) + list(_nearest(bare))
    return Command("none", near=tuple(dict.fromkeys(near))[:3])


def _words(whole: str, intent: str) -> str:
    """The words that speak for an intent."""
    return " ".join(load("intents").evidence(features(whole), intent))


def _complete(intent: str, whole: str, slots: Mapping[str, str], chance: float) -> bool:
    """Whether a line that no form took names what it wants changed."""
    if intent in ("milestone.postpone", "project.golive"):
        return "date" in slots
    if intent == "standup.time":
        return "time" in slots and chance >= 0.5
    told = {
        "decision.add": "text",
        "faq.add": "answer",
        "risk.open": "text",
        "milestone.add": "title",
    }
    if intent in told:
        return len(slots.get(told[intent], "")) > 1
    if intent in ("milestone.done", "risk.close", "risk.assign"):
        named = re.search("里程|节点|milestone|风险|risk", fold(whole))
        marked = re.search("勾|标记|✅|更新|了|done|complete|@", fold(whole))
        return "id" in slots or bool(named) or (chance >= 0.6 and bool(marked))
    return True


def _vetoed(whole: str, intent: str) -> bool:
    said = fold(whole)
    return any(veto.search(said) for kind, veto in _forms().vetoes.items() if _counts(kind, intent))


def _counts(kind: str, intent: str) -> bool:
    """Whether a kind of veto concerns an intent."""
    if "." in kind:
        return kind == intent
    return not (kind == "question" and intent in _ASKING)


def _as_whole(whole: str, folded: str, bare: str, kinds: Sequence[str]) -> Command | None:
    for intent, pattern, kind in _forms().whole:
        if kind not in kinds:
            continue
        for candidate in (folded,) if kind == "==" else (folded, bare):
            found = pattern.fullmatch(candidate)
            if found:
                slots = {
                    name.removesuffix("2"): _original(value.strip(), whole)
                    for name, value in found.groupdict().items()
                    if value
                }
                return Command(intent, slots, found[0], 1.0)
    return None


def _as_form(whole: str) -> Command | None:
    if not 1 < len(whole) <= _LONGEST_TOLD:
        return None
    typed = line(whole)
    forms = _forms()
    begins = _POLITE.match(typed.text)
    shift = begins.end() if begins else 0
    said = typed.text[shift:]
    told = "\n" in whole or len(whole) > _LONGEST
    for intent, pattern in forms.of_lines if told else forms.begins:
        found = pattern.match(said)
        if found is None:
            continue
        if any(_forbids(kind, veto, intent, said, found) for kind, veto in forms.vetoes.items()):
            return None
        least = TALK_FROM_TYPED if _TYPED.match(said) else TALK_FROM
        if load("intents").chances(features(whole))["none"] > least:
            return None
        slots = _slots(intent, found, typed, shift)
        if intent == "milestone.postpone" and not {"id", "date"} & slots.keys():
            continue  # without a number, only a date tells that a milestone is spoken of
        return Command(intent, slots, found[0], 0.9)
    return None


def _forbids(
    kind: str, veto: re.Pattern[str], intent: str, said: str, found: re.Match[str]
) -> bool:
    """Whether a veto keeps a line that fits a form from being a command.

    What is told behind the command's own words (a reason, a description) may have any words in it
    where the veto is about one intent, or the intent is one in which people tell.
    """
    if not _counts(kind, intent) or not veto.search(said):
        return False
    begins = found.start("rest") if "rest" in found.re.groupindex else -1
    tells = kind in ("question", "report", "negation") and intent in _MAY_HAVE_LINES
    if begins > 0 and (tells or ("." in kind and kind not in _WHOLE_VETOES)):
        return bool(veto.search(said[:begins]))
    return True


def _slots(intent: str, found: re.Match[str], typed: Line, shift: int) -> dict[str, str]:
    """The named groups as they were typed, and the fields that stand in the rest."""
    slots: dict[str, str] = {}
    rest = ""
    for name in found.groupdict():
        start, end = found.span(name)
        if start < 0 or start == end:
            continue
        words = typed.words(start + shift, end + shift)
        if name == "rest":
            rest = words
        else:
            slots.setdefault(name.removesuffix("2"), words.strip(' @,，「」“”"『』《》'))
    return read_fields(intent, slots, rest)


def _original(value: str, whole: str) -> str:
    """The slot as it was typed: folding must not change a project's name."""
    if "\n" in whole or len(fold(whole)) != len(whole):
        squeezed = re.sub(r"\s+", "", value)
        start = _find_folded(whole, squeezed)
        return start if start is not None else value
    position = fold(whole).find(value)
    return whole[position : position + len(value)] if position >= 0 else value


def _find_folded(whole: str, squeezed: str) -> str | None:
    """The stretch of `whole` whose folded letters are `squeezed`, spaces aside."""
    letters = [(i, f) for i, c in enumerate(whole) for f in fold(c).replace(" ", "")]
    position = "".join(f for _, f in letters).find(squeezed)
    if position < 0 or not squeezed:
        return None
    return whole[letters[position][0] : letters[position + len(squeezed) - 1][0] + 1]


def _nearest(bare: str) -> tuple[str, ...]:
    if not bare or len(bare) > 24:
        return ()
    scores = {
        intent: max(_likeness(bare, example) for example in examples) for intent, examples in _NEAR
    }
    best = sorted(scores, key=lambda intent: -scores[intent])[:3]
    return tuple(intent for intent in best if scores[intent] >= 0.5)


def _likeness(bare: str, example: str) -> float:
    if example in bare and len(example) > 1:
        return 0.6 + 0.4 * len(example) / len(bare)
    return SequenceMatcher(None, bare, example).ratio()
