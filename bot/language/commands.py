"""What a typed line asks for: an intent and its slots, or what it comes near to.

Acting wrongly is worse than asking: a pattern takes the whole line or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from bot.language.normal import fold, tidy

_POLITE = re.compile(
    r"^(?:(?:请(?!个?一?天?假)|麻烦你?|帮我|帮忙|给我|我想|我要|劳驾|please)\s*)+",
    re.IGNORECASE,
)
_TRAILING = re.compile(r"(?:一下|谢谢|哈|吧|呗|啊|呢|了|please|[。.!！~～?？\s])+$", re.IGNORECASE)

# Each row: intent, pattern over the folded line. The first that takes the whole line wins.
# Named groups become slots. `\s*` stands wherever people leave a space out or put one in.
_ROLE = (
    r"(?P<role>工程师|实施|项目经理|经理|主管|客户管理员|客户用户|"
    r"engineer|project manager|manager|pm|supervisor|customer[ _]admin|customer[ _]user)"
)
_CREATE = (
    r"(?:新项目|新建项目|创建项目|new project)[\s:]*(?P<name>.*?)"
    r"(?:\s*(?:上线|golive|go-live)\s*(?:日期|时间)?[\s:]*(?P<golive>.+?))?"
    r"(?:\s*模板[\s:]*(?P<template>四周|两周迭代|空白|four weeks|sprint|blank))?"
)
_TO = r"(?:改到|改成|改为|定在|设为|at)?[\s:]*"
_CLOCK = (
    r"(?P<time>(?:早上|上午|下午)?\s*(?:\d{1,2}|[一二三四五六七八九十两]{1,2})\s*[:点时].{0,5})"
)
_WHO = r"谁(?:还)?(?:没|没有|未)(?:填|交|写|提交)(?:站会|日报)?"
_START = r"(?:开|发起|开始|发)?(?:个|下)?"
# Only numbers, roles and what stands between them: a sentence about somebody imports nobody.
_IMPORT = (
    r"(?:导入成员|成员|添加成员|members?)[\s:]*(?:导入|添加|import|add)?[\s:]*"
    r"(?P<people>\+?\d(?:[\d\s,、;:|+-]|工程师|实施|项目经理|经理|主管|客户管理员|客户用户|"
    r"engineer|manager|supervisor)+)"
)
# A value that a setting can have; anything else after the word is talk.
_SET = (
    r"(?:设置|settings?)[ :]+(?P<name>[^\n:]{2,40}?)[ :]+(?:为|to)?\s*"
    r"(?P<value>开|关|on|off|中文|english|\d{1,2}[:点][^\s,;]{0,4})"
)
_TABLE: tuple[tuple[str, str], ...] = (
    ("help", r"帮助|帮帮我|help|使用说明|怎么用|你会(?:做)?(?:什么|啥)|菜单|/help|\?"),
    ("project.create", _CREATE),
    ("project.show", r"(?:查?看下?)?(?:项目|项目(?:情况|状态|进展|卡片)|project|status)"),
    (
        "role.assign",
        rf"(?:设置?)?(?:角色|role)[\s:]*(?P<who>@.+?)\s*:?\s*(?:为|是|设为|->)?\s*{_ROLE}",
    ),
    ("member.import", _IMPORT),
    ("role.list", r"(?:角色|roles?|谁是谁)"),
    ("doctor", r"(?:诊断|自检|体检|doctor|diagnose)"),
    ("settings", r"(?:项目)?(?:设置|settings?)"),
    ("settings.set", _SET),
    ("standup.time", rf"(?:站会|standup|晨会)\s*(?:时间|time)?\s*{_TO}{_CLOCK}"),
    ("daily.time", rf"日报\s*(?:时间|time)\s*{_TO}(?P<time>.*\d.*|.*点.*)"),
    ("standup.missing", rf"(?:还有)?(?:今天)?{_WHO}|missing|who is missing"),
    ("standup.open", rf"{_START}(?:站会|晨会|standup|stand-up)"),
    ("daily.open", rf"{_START}(?:日报|晚报|daily|daily report)"),
    ("standup.fill", r"(?:我来|我要)?填(?:写|一下|个)?(?:站会|日报|晨会|表)?|fill(?: in)?"),
    ("answer.withdraw", r"撤回(?:我的)?(?:站会|日报|内容)?|withdraw"),
    ("leave.cancel", r"(?:撤销|取消|撤回)(?:我的)?(?:请假|休假)|cancel leave"),
    ("leave", r"(?:请(?:个|一天)?假|休假|leave)[\s:]*(?P<when>.*?)"),
    ("answer", r"(?:日报|站会|晨会|晚报|standup|daily)[\s:]+(?P<text>(?s:.+))"),
)
# What takes something back or away is meant only word for word: "撤回了" tells, it does not ask.
_LITERAL = frozenset({"answer.withdraw", "leave.cancel", "standup.fill"})
_COMPILED = tuple((intent, re.compile(pattern)) for intent, pattern in _TABLE)

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


@dataclass(frozen=True, slots=True)
class Command:
    """What a line asks for. `near` are up to three intents to offer when `intent` is `none`."""

    intent: str
    slots: Mapping[str, str] = field(default_factory=dict)
    evidence: str = ""
    confidence: float = 0.0
    near: tuple[str, ...] = ()


def understand(text: str) -> Command:
    """Take a line, without the bot's own mention, as a command."""
    whole = tidy(text)
    line = fold(_POLITE.sub("", whole)).replace("一下", "", 1)
    bare = _TRAILING.sub("", line) or line
    for intent, pattern in _COMPILED:
        for candidate in (line,) if intent in _LITERAL else (line, bare):
            found = pattern.fullmatch(candidate)
            if found:
                slots = {k: _original(v.strip(), whole) for k, v in found.groupdict().items() if v}
                return Command(intent, slots, found[0], 1.0)
    return Command("none", near=_nearest(bare))


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


def _nearest(line: str) -> tuple[str, ...]:
    if not line or len(line) > 24:
        return ()
    scores = {
        intent: max(_likeness(line, example) for example in examples) for intent, examples in _NEAR
    }
    best = sorted(scores, key=lambda intent: -scores[intent])[:3]
    return tuple(intent for intent in best if scores[intent] >= 0.5)


def _likeness(line: str, example: str) -> float:
    if example in line and len(example) > 1:
        return 0.6 + 0.4 * len(example) / len(line)
    return SequenceMatcher(None, line, example).ratio()
