"""The fields of a command, from what stands behind its verb: owner, date, reason, title, text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime

from bot.language.dates import Seen, read
from bot.language.normal import line
from bot.language.risk import CATEGORIES

_STOP = r"(?=$|[\s,，。;；:：|/！!])"
_OWNER = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?:(?:负责人|责任人|owner)\s*[:是为]?\s*)?@(?P<who>[\u4e00-\u9fff]{{2,4}}?|[a-z]\w*)\s*(?:跟进?|负责|来?盯|你来)?{_STOP}",
        r"(?:负责人|责任人|owner)\s*[:是为]?\s*@?(?P<who>(?![不没要在已还也都说未无离换出])[\u4e00-\u9fff]{2,3}|[a-z]\w*)",
        rf"@(?P<who>[\u4e00-\u9fff]{{2,4}}?|[a-z]\w*)\s*(?:跟进?|负责|来?盯|你来)?{_STOP}",
        rf"(?:^|[\s,，。;；|])(?:由|归|让)?(?P<who>我|[\u4e00-\u9fff]{{2,3}}?|[a-z]\w*)\s*(?:来?负责|来[弄跟做]?|盯|跟进?){_STOP}",
        r"(?:事儿?|都)归(?P<who>[\u4e00-\u9fff]{2,3})",
        r"\bfor (?P<who>[a-z]\w*)",
    )
)
_BEFORE = re.compile(r"下班(?:之?前)?|[晚早]上?|之?前|以前|之?内|以内|前后|左右")
_REASON = re.compile(
    r"[\s,，。;；:(（]*(?:因为|由于|(?:理由|原因)(?:是|(?=[\s:：]))|because|due to)[\s:：]*"
)
_EDGES = " ,，。;；:：|/、-—–>→=()（）\t\n"
_POLITE_END = re.compile(
    "(?:吧|呗|哈|啊|谢谢|麻烦同步|帮改下|更新吧|更新一下|please update|请更新|关一下|，关了?|"
    "来着)*$"
)
_BY = re.compile(
    r"[,，\s(（]*(?:(?:由|决策人|决定人|approved by|by)\s*"
    r"(?P<a>[^,，。\s]+?)(?:确认|拍板?的?|定的)?"
    r"|(?P<b>[^,，。\s]{2,9}?)(?:确认|拍的|拍板|定的|同意))[。\s]*$",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[「“\"『《](?P<title>[^」”\"』》]{1,40})[」”\"』》]")
_NOW = Seen(datetime(2026, 1, 5, 9, tzinfo=UTC), anchors={"go_live": date(2026, 3, 2)})
_SEVERITY = re.compile(
    r"(?:^|[\s,，、;；])(?:严重(?:程度|性)|等级|级别|severity)?[\s:：]*(?P<severity>高|中|低|high|medium|low)(?=$|[\s,，、;；。])"
)


def read_fields(intent: str, slots: dict[str, str], rest: str) -> dict[str, str]:
    """Add to `slots` what an intent's rest holds. All values are as they were typed."""
    reader = _READERS.get(intent)
    if intent == "milestone.postpone" and not {"id", "title"} & slots.keys():
        reader = _renamed
    if reader and rest:
        for name, value in reader(rest).items():
            if value and name not in slots:
                slots[name] = value
    return slots


_IDS = {
    "milestone": re.compile(r"(?<![a-z])m\s?\d{1,4}(?!\d)"),
    "risk": re.compile(
        r"(?<![a-z])r\s?\d{1,4}(?!\d)|#\s?\d{1,4}|(?<=风险)\s?\d{1,4}号?|\d{1,4}号(?=风险)"
    ),
}
_CLOCK = re.compile(
    r"(?:早上|上午|中午|下午|傍晚|晚上)?\s*(?:\d{1,2}\s*[:点时]\s*(?:半|一刻|三刻|\d{1,2}|[一二三四五六七八九十]{1,3})?分?|"
    r"\d{1,2}\s?[ap]m|[一二三四五六七八九十两]{1,2}点(?:半|一刻|三刻|[一二三四五六七八九十]{1,3}分?)?)"
)


def read_loose(intent: str, text: str) -> dict[str, str]:
    """The fields of a line that no form took: an id, a date, an owner, wherever they stand."""
    folded = line(text)
    slots: dict[str, str] = {}
    place = _IDS.get(intent.partition(".")[0])
    number = place.search(folded.text) if place else None
    if number:
        slots["id"] = folded.words(*number.span())
    if intent == "standup.time":
        clock = _CLOCK.search(folded.text)
        if clock:
            slots["time"] = folded.words(*clock.span())
        return slots
    if intent in ("milestone.add", "risk.open", "decision.add", "faq.add"):
        return read_fields(intent, slots, re.split(r"[:：]", text, maxsplit=1)[-1])
    owner, left = (
        _owner(text) if intent in ("risk.assign", "milestone.list", "risk.list") else ("", text)
    )
    day, _ = _date(left) if intent not in ("help", "standup.open") else ("", left)
    for name, value in (("owner", owner), ("date", day)):
        if value:
            slots["period" if intent == "report.weekly" else name] = value
    title = _QUOTED.search(text)
    if title and "id" not in slots and not intent.startswith(("standup", "duty", "report", "help")):
        slots["title"] = title["title"]
    return slots


def _trim(text: str) -> str:
    return _POLITE_END.sub("", text.strip(_EDGES)).strip(_EDGES)


def _take(text: str, start: int, end: int) -> str:
    """The text without a stretch of it."""
    return f"{text[:start]} {text[end:]}"


def _owner(text: str) -> tuple[str, str]:
    """Whose it is, and the text without that."""
    folded = line(text)
    for pattern in _OWNER:
        found = pattern.search(folded.text)
        if found:
            who = folded.words(*found.span("who"))
            begin = folded.at[found.start()]
            end = folded.at[found.end() - 1] + 1
            return who, _take(folded.original, begin, end)
    return "", text


def _date(text: str) -> tuple[str, str]:
    """The words that name a date, and the text without them."""
    words = read(text, _NOW).words if text else ""
    place = text.find(words) if words else -1
    if place < 0:
        return "", text
    end = place + len(words)
    more = _BEFORE.match(text, end)
    if more:
        end = more.end()
    return text[place:end].strip(), _take(text, place, end)


def _last_date(text: str) -> tuple[str, str]:
    """The last words that name a date, since a name may have one in it, and the rest."""
    best: tuple[str, str] = ("", text)
    start = 0
    while start < len(text):
        day, _ = _date(text[start:])
        place = text.find(day, start) if day else -1
        if place < 0:
            break
        best = day, _take(text, place, place + len(day))
        start = place + len(day)
    return best


def _reason(text: str) -> tuple[str, str]:
    found = _REASON.search(text)
    if found is None:
        return "", text
    return _trim(text[found.end() :]), text[: found.start()]


def _milestone(rest: str) -> Mapping[str, str]:
    rest = re.sub(r"(?:列|设|建|记|加|当|作为|算)(?:一?个|为|成|入|进)*里程[碑牌].{0,2}", " ", rest)
    rest = re.sub(r"(?:计划|截止|日期|时间|due|by)\s*[:：]?\s*|要完成|(?<=[前底])完成", " ", rest)
    owner, left = _owner(rest)
    day, left = _last_date(left)
    quoted = _QUOTED.search(left)
    if quoted:
        return {"title": quoted["title"], "owner": owner, "date": day}
    pieces = [p for p in re.split(r"[\s,，;；|]*[,，;；|]+[\s]*|\s{1,}", left) if p.strip(_EDGES)]
    title = _trim(pieces[0]) if pieces else ""
    if (
        not owner
        and len(pieces) > 1
        and re.fullmatch(r"[\u4e00-\u9fff]{2,3}|[A-Za-z]\w*", pieces[-1].strip(_EDGES))
    ):
        owner = pieces.pop().strip(_EDGES)
    if title and title.isascii():
        title = _trim(" ".join(pieces))
    return {"title": re.sub(r"(?:这个)?事儿?$", "", title), "owner": owner, "date": day}


def _postponed(rest: str) -> Mapping[str, str]:
    reason, left = _reason(rest)
    day, left = _date(left)
    if not day:
        span = re.match(
            r"[\s,，]*((?:\d{1,3}|[一二两三四五六七八九十半]{1,3})个?(?:工作日|天|周|星期|礼拜|月))",
            left,
        )
        if span:
            day, left = span[1], left[span.end() :]
    return {"date": day, "reason": reason or _trim(re.sub(r"^[\s,，到至吧]+", "", left))}


def _renamed(rest: str) -> Mapping[str, str]:
    title, _, left = rest.strip().partition(" ")
    return {"title": _trim(title), **_postponed(left)}


def _risk(rest: str) -> Mapping[str, str]:
    owner, left = _owner(rest)
    last = re.search(r"[,，]\s*([\u4e00-\u9fff]{2,3})$", left)
    if not owner and last and _SEVERITY.search(left[: last.start()] + ","):
        owner, left = last[1], left[: last.start()]
    severity = _SEVERITY.search(left)
    if severity:
        left = _take(left, *severity.span())
    category = next((c for c in CATEGORIES if c in left), "")
    if category:
        left = re.sub(rf"(?:类别|分类)?[\s:：]*{re.escape(category)}", " ", left, count=1)
    day, bare = _date(left)
    # A date inside the description belongs to it; one at its end is the deadline.
    at_end = day and left.rstrip(_EDGES).endswith(day)
    text = _trim(re.sub(r"\s*[,，;；]\s*(?=[,，;；\s]|$)", "", bare if at_end else left))
    return {
        "text": text,
        "owner": owner,
        "severity": severity["severity"] if severity else "",
        "category": category,
        "date": day if at_end else "",
    }


def _closed(rest: str) -> Mapping[str, str]:
    reason, _ = _reason(rest)
    return {"reason": reason or _trim(rest)}


def _assigned(rest: str) -> Mapping[str, str]:
    day, left = _date(rest)
    left = re.split(r"[\s,，。;；]", left.strip(_EDGES + "@"))[0]
    owner = re.sub(
        r"(?:跟进?|盯着?|处理|负责|接手?|了|哈|吧|一下|去跟|来跟|他熟|跟到底|by)*$", "", left
    )
    return {"owner": owner, "date": day}


def _decision(rest: str) -> Mapping[str, str]:
    rest = re.sub(r"[,，\s]*(?:麻烦|帮)?(?:录入|存到|入|记到)?(?:决策库|决策里去?|决策)$", "", rest)
    by = _BY.search(rest)
    if by:
        rest = rest[: by.start()]
    reason, text = _reason(rest)
    spaced = re.search(r"\s+(?:原因|理由)\s+", text)
    if not reason and spaced:
        reason, text = _trim(text[spaced.end() :]), text[: spaced.start()]
    return {"text": _trim(text), "reason": reason, "by": (by["a"] or by["b"]) if by else ""}


def _answer(rest: str) -> Mapping[str, str]:
    marked = re.search(
        r"(?:[问問][题題]?|\b[QqＱｑ](?:uestion)?\b)(?:\s*(?:是|[:：]))?(?P<q>.+?)"
        r"(?:(?:答案?|回答)\s*(?:是|[:：\s])|(?<![A-Za-z])[AaＡａ](?:nswer)?\s*[:：])\s*(?P<a>.+)$",
        rest,
        re.DOTALL,
    )
    if marked is None:
        marked = re.search(r"^[\s:：]*(?P<q>.+?[?？])[\s—–-]*(?P<a>.+)$", rest, re.DOTALL)
    if marked is None:
        marked = re.search(
            r"^(?P<q>.+?)\s*(?:=>|->|→|=|\||——|／|/|，|,)\s*(?P<a>.+)$", rest, re.DOTALL
        )
    if marked is None:
        return {"question": _trim(rest)}
    answer = marked["a"].strip()
    readers = _READERS_SAID.search(answer)
    told = {"readers": readers[1]} if readers else {}
    return {
        "question": marked["q"].strip(_EDGES + "?？"),
        "answer": answer[: readers.start() + 1].strip(" ,，;；") if readers else answer,
    } | told


# For whom an answer is, said behind it.
_READERS_SAID = re.compile(
    r"(?:[。;；.!！\n]\s*(?:仅限?|只给|给|for )?|[\s,，]+(?:仅限?|只给|给|for )"
    # What somebody is told to ask is part of the answer: 请找 管理员.
    r"|(?<=[^找请给问让])\s+)"
    r"(管理员|全员|所有人|普通用户|用户|admins?|everybody|users?)\s*$",
    re.IGNORECASE,
)


def _moved(rest: str) -> Mapping[str, str]:
    day, _ = _date(rest)
    return {"date": day or _trim(re.split("[,，]", rest)[0])}


_READERS = {
    "milestone.add": _milestone,
    "milestone.postpone": _postponed,
    "risk.open": _risk,
    "risk.close": _closed,
    "risk.assign": _assigned,
    "risk.postpone": _postponed,
    "decision.add": _decision,
    "faq.add": _answer,
    "project.golive": _moved,
}
