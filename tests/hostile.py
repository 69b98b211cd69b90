"""Hostile requests for every address of the web application, without end from a seed.

Each is one of a *family*. What is signed is signed rightly as often as it pays, so that most of
what is broken lies behind the signature: in an envelope, in a text, in the values of a button.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.core.actions import _BY_NAME as ACTIONS
from tests.fakes import dingtalk_push as dingtalk
from tests.fakes import feishu
from tests.fakes.dingtalk import CARD_SECRET, GROUP

_TESTS = Path(__file__).parent
BOOK = json.loads((_TESTS / "wire" / "vectors" / "feishu.json").read_text("utf-8"))
PLAIN = [v["decrypted_plaintext"] for v in BOOK["vectors"] if v.get("decrypted_plaintext")]
JUNK: tuple[Any, ...] = (
    None, True, 0, -1, 1e308, "", "x" * 5000, "\x00", "\u202e", "<at id=all></at>", [], {}, [[]],
    {"a": {"b": None}}, "9" * 40, "ou_1\n", ["x"] * 50, 2**63, -(2**63) - 1, 10**30, "²", "\ud800",
    "１２", "../..", "%00", "'; --", "{{7*7}}", "\u2028", "🧑‍🚒" * 9, float("nan"),
)  # fmt: skip
SAID = [
    json.loads(line)["text"]
    for name in ("commands", "dates", "risk", "standup")
    for line in (_TESTS / "data" / "chat" / f"{name}.jsonl").read_text("utf-8").splitlines()
]
# Pieces from which sentences are made that some rule nearly understands.
PIECES = (
    "风险", "关闭", "转给", "@李雷", "延后", "R3", "R99999999999999999999", "里程碑", "M2", "M0",
    "完成", "延期", "12月31日", "2026-13-45", "99999-01-01", "0001年1月1日", "9999年12月31日",
    "明天", "下下下周", "上线", "新项目", "模板", "四周", "导入计划", "角色", "工程师", "成员",
    "13800000000", "FAQ", "添加", "问：", "答：", "F3", "F²", "修改", "同义词", "=", "满意度",
    "4", "-1", "投诉", "建议", "周报", "发送", "客户版", "导出", "PDF", "我来答", "Q3", "回答",
    "设置", "站会时间", "25:61", "09:30", "请假", "到", "日报", "昨天：", "今天：", "阻碍：",
    "同昨", "撤回", "诊断", "同意上线", "决定上线", "归档", "risk", "close because",
    "postpone to", "set", "leave", "|", "\n", "\t", "，", ",", "。", "\u200b", "\u202e", "¼", "①",
    "〇", "三百六十五天", "9" * 30, "٣", "<at user_id=\"all\"></at>", "![](x)", "**", "`",
    "@_user_1",
)  # fmt: skip
# The names of forms' fields, and near misses.
FIELDS = (
    "done", "plan", "blockers", "text", "reason", "date", "score", "name", "golive", "owner",
    "answer", "question", "template", "title", "state", "time", "role", "likely", "due", "after",
    "category", "variants", "synonyms", "readers", "replies", "right", "version", "stale_months",
    "language", "followups_days", "owner_days", "manager_days", "supervisor_days", "text0",
    "text1", "text²", "text" + "9" * 4500, "standup_at", "daily_at", "quiet_from", "probability",
    "impact",
)  # fmt: skip
NUMBERS = (
    "0",
    "3",
    "-1",
    "²",
    "１２",
    "9" * 4900,
    "1e9",
    "0x1",
    "٣",
    "1,2,3",
    "on",
    "09:30",
    "25:61",
)


@dataclass(frozen=True, slots=True)
class Push:
    """One request; `family` is what it tries."""

    family: str
    path: str
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    query: str = ""
    method: str = "POST"


def deface(push: Any, chance: random.Random, junk: Sequence[Any] = JUNK) -> Any:
    """Replace, drop or double something at a random depth."""
    spot = push
    while isinstance(spot, dict) and spot:
        key = chance.choice(list(spot))
        if chance.random() < 0.4 or not isinstance(spot[key], dict):
            match chance.randrange(4):
                case 0:
                    del spot[key]
                case 1:
                    spot[key] = [spot[key]]
                case _:
                    spot[key] = chance.choice(junk)
            return push
        spot = spot[key]
    return push


def scramble(raw: bytes, chance: random.Random) -> bytes:
    found = bytearray(raw)
    for _ in range(chance.randint(1, 6)):
        if found:
            found[chance.randrange(len(found))] = chance.randrange(256)
    cut = chance.randrange(len(found) + 1) if chance.random() < 0.3 else len(found)
    return bytes(found[:cut])


def packed(value: object) -> bytes:
    """As JSON; halves of letters and numbers that are none go in as they are."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


@dataclass
class Hostile:
    """`stamp` is the time; `wild` are values that somebody else has thought of."""

    chance: random.Random
    stamp: Callable[[], str]
    wild: Sequence[Any] = ()
    tokens: Sequence[str] = ()  # of form links

    def __post_init__(self) -> None:
        self.junk = [*JUNK, *self.wild]
        self.know({})

    def know(
        self, ids: Mapping[str, Sequence[str]], buttons: Sequence[tuple[str, str]] = ()
    ) -> None:
        """What exists, by the table that it stands in; messages, and the names of their buttons."""
        self.tables, self.buttons = ids, buttons
        self.ids = [*chain(*ids.values()), "", "x", "0" * 32, "p1"]

    # --- words -----------------------------------------------------------------------------------

    def text(self) -> str:
        """What somebody may say: a sentence, a mangled one, pieces in any order."""
        chance = self.chance
        match chance.randrange(6):
            case 0 | 1:
                return str(chance.choice(SAID))
            case 2:
                return self._mangled(chance.choice(SAID))
            case 3:
                return self._mangled(chance.choice(PIECES)) * chance.choice((1, 1, 2, 30))
        glue = chance.choice(("", " ", " ", "\n"))
        return glue.join(chance.choices(PIECES, k=chance.randint(1, 9)))

    def _mangled(self, text: str) -> str:
        place = self.chance.randrange(len(text) + 1)
        odd = str(self.chance.choice(self.junk))[: self.chance.choice((1, 8, 200))]
        return text[:place] + odd + text[place + self.chance.randrange(3) :]

    def pressed(self) -> dict[str, Any]:
        """The value of a button: the right action with things that exist, or nearly so."""
        kind = self.chance.choice(list(ACTIONS.values()))
        value = {"a": kind.name, "v": {one.name: self._value(one) for one in fields(kind)}}
        return deface(value, self.chance, self.junk) if self.chance.random() < 0.2 else value

    def _value(self, one: Any) -> Any:
        match one.type:
            case "int":
                return self.chance.choice((0, 1, 2, 3, -1, 2**31, 2**63, 10**30))
            case "bool":
                return self.chance.random() < 0.5
        stem = one.name.removesuffix("_id")
        own = next(
            (ids for name, ids in self.tables.items() if name.startswith(stem) and ids), None
        )
        if own and self.chance.random() < 0.8:
            return self.chance.choice(own)
        words = (self.text(), "yes", "no", "2026-12-01", "done", "zh", "3", "²")
        return self.chance.choice((*self.chance.choices(self.ids, k=6), *words))

    def filled(self) -> dict[str, Any]:
        """The fields of a form."""
        names = self.chance.sample(FIELDS, self.chance.randint(0, 6))
        return {name: self._field() for name in names}

    def _field(self) -> Any:
        kind = self.chance.randrange(3)
        return self.text() if not kind else self.chance.choice(NUMBERS if kind < 2 else self.junk)

    def _who(self, *people: str) -> str:
        return self.chance.choice((*people, *people, "nobody", "x" * 120))

    # --- Feishu ----------------------------------------------------------------------------------

    def feishu(self) -> Iterator[Push]:
        chance, path = self.chance, "/webhook/feishu"
        while True:
            for plain in (chance.choice(PLAIN).encode() for _ in range(2)):
                yield self.sealed("feishu cut", scramble(plain, chance))
                bent = deface(json.loads(plain), chance, self.junk)
                yield self.sealed("feishu bent", packed(bent))
                body = feishu.encrypt(plain)
                yield Push("feishu forged", path, scramble(body, chance), feishu.sign(body))
                yield Push("feishu bare", path, scramble(plain, chance))
                yield self.sealed("feishu odd", packed(self._any_json()))
            yield self.sealed("feishu said", packed(self._feishu_event()))
            bent = deface(self._feishu_event(), chance, self.junk)
            yield self.sealed("feishu said, bent", packed(bent))

    def presses(self) -> Iterator[Push]:
        """Buttons of Feishu's cards, pressed by who may."""
        while True:
            card = self.chance.choice(self.ids) or "om_1"
            press = feishu.press("ou_pm", self.pressed(), card=card, form=self.filled())
            yield self.sealed("pressed", packed(press))

    def sealed(self, family: str, plain: bytes) -> Push:
        body = feishu.encrypt(plain)
        return Push(family, "/webhook/feishu", body, feishu.sign(body))

    def _any_json(self) -> Any:
        return self.chance.choice(self.junk)

    def _feishu_event(self) -> dict[str, Any]:
        who = self._who("ou_pm", "ou_li")
        private = self.chance.random() < 0.3
        chat = f"oc_private_{who[:20]}" if private else "oc_group1"
        match self.chance.randrange(8):
            case 0 | 1 | 2:
                card = self.chance.choice(self.ids) or "om_1"
                return feishu.press(who, self.pressed(), card=card, chat=chat, form=self.filled())
            case 3:
                added = feishu.bot_added(f"oc_{self.chance.randrange(50)}", self.text())
                added["header"]["event_type"] = self.chance.choice(
                    ("im.chat.member.bot.added_v1", "im.chat.updated_v1", "im.chat.disbanded_v1",
                     "im.chat.member.user.added_v1", "application.bot.menu_v6", "x")
                )  # fmt: skip
                return added
        parent = self.chance.choice((*self.ids, "", "", ""))
        return feishu.message(
            who, self.text(), chat=chat, private=private, mentions={"李雷": "ou_li"}, parent=parent
        )

    # --- DingTalk --------------------------------------------------------------------------------

    def dingtalk(self) -> Iterator[Push]:
        chance, robot = self.chance, "/webhook/dingtalk"
        while True:
            signed = dingtalk.sign(self.stamp())
            yield Push("robot said", robot, packed(self._robot()), signed)
            bent = deface(self._robot(), chance, self.junk)
            yield Push("robot said, bent", robot, packed(bent), signed)
            yield self._card()
            for _ in range(3):
                yield Push("robot cut", robot, scramble(packed(self._robot()), chance), signed)
                yield Push("robot odd", robot, packed(self._any_json()), signed)
                wrong = {name: self._header(value) for name, value in signed.items()}
                yield Push("robot forged", robot, packed(self._robot()), wrong)
                yield self._org_event()

    def _robot(self) -> dict[str, Any]:
        who, chance = self._who("pm", "li"), self.chance
        shape: dict[str, Any] = {"session": "one", "private": chance.random() < 0.3}
        match chance.randrange(8):
            case 0:
                spoken = {"duration": 1, "recognition": self.text()}
                shape |= {"msgtype": "audio", "content": spoken}
            case 1:
                parts = [{"text": self.text()}, {"type": "picture"}, self._any_json()]
                shape |= {"msgtype": "richText", "content": {"richText": parts}}
            case 2:
                shape |= {"external": True, "nick": self.text()[:80]}
            case 3:
                return dingtalk.quota_body(who, **shape)
        return dingtalk.robot_message(
            who, self.text(), at=("li",), created_ms=int(self.stamp()), **shape
        )

    def _header(self, value: str) -> str:
        return scramble(value.encode(), self.chance).decode("latin-1")

    def _org_event(self) -> Push:
        kinds = ("chat_add_member", "chat_quit", "chat_disband", "chat_update_title", "check_url",
                 "im_cool_app_install", "x")  # fmt: skip
        chats = (GROUP, *(f"cid{n}" for n in range(50)))
        event = dingtalk.org_event(
            self.chance.choice(kinds), openConversationId=self.chance.choice(chats),
            userId=["u1", "li"], title=self.text(), operator="pm",
        )  # fmt: skip
        if self.chance.random() < 0.5:
            event = deface(event, self.chance, [one for one in self.junk if one != "\ud800"])
        try:
            query, body = dingtalk.seal_event(event)
        except UnicodeEncodeError:
            query, body = dingtalk.seal_event({"EventType": "check_url"})
        if self.chance.random() < 0.2:
            body = scramble(body, self.chance)
        return Push("org event", "/webhook/dingtalk/events", body, {}, urlencode(query))

    def _card(self) -> Push:
        params = {"golive": json.dumps(self.pressed()), "form": self.filled()}
        track = "golive-" + self.chance.choice(self.ids)
        body, headers = dingtalk.card_press(
            self._who("pm", "li"), {}, card=track, stamp=self.stamp(), secret=CARD_SECRET
        )
        press = json.loads(body)
        press["content"] = json.dumps({"cardPrivateData": {"actionIds": [], "params": params}})
        if self.chance.random() < 0.4:
            press = deface(press, self.chance, self.junk)
        return Push("card", "/webhook/dingtalk/cards", packed(press), headers)

    # --- pages -----------------------------------------------------------------------------------

    def _typed(self, button: str) -> dict[str, str]:
        said = {name: str(value) for name, value in self.filled().items()}
        said["button"] = button or self.chance.choice(("0", "²", "-1", "9" * 5000, "x", ""))
        said["text"] = self.text()
        return {name: _storable(words) for name, words in said.items()}

    def _form_body(self, button: str = "") -> tuple[bytes, dict[str, str]]:
        body, kind = urlencode(self._typed(button)).encode(), "application/x-www-form-urlencoded"
        match self.chance.randrange(8):
            case 0:
                body = scramble(body, self.chance)
            case 1:
                body = packed(self._any_json())
            case 2:
                body = b"text=%ED%A0%80&text=%00&button=%FF&=&&&" + b"a=" * 900
            case 3:
                kind = "multipart/form-data; boundary=x"
                part = (
                    b'--x\r\nContent-Disposition: form-data; name="text"%s\r\n\r\n%s\r\n--x--\r\n'
                )
                named = self.chance.choice(
                    (b"", b'; filename="a"', b"; name=", b'; filename="\xff"')
                )
                body = part % (named, _storable(self.text()).encode())
                body = scramble(body, self.chance) if self.chance.random() < 0.5 else body
                kind = kind if self.chance.random() < 0.9 else "multipart/form-data"
        return body, {"content-type": kind}

    def forms(self) -> Iterator[Push]:
        while True:
            token = self.chance.choice(self.tokens)
            at = self.chance.randrange(len(token))
            odd = self.chance.choice(("", ".", "é", "\0", "a" * 3000, token))
            body, headers = self._form_body()
            # One browser for good: the first that opens a link keeps it.
            headers["cookie"] = "; ".join(
                f"golive_form_{n}=mine" for n in self._known_links
            ) if self.chance.random() < 0.9 else odd  # fmt: skip
            forged = quote(token[:at] + odd + token[at + 1 :], safe="")
            form = self.chance.choice(("", "form=", f"form={self.chance.choice(self.ids)}"))
            form = self.chance.choice((form, *self.form_names))
            yield Push("form, sent", f"/form/{token}", body, headers, form)
            yield Push("form, forged", f"/form/{forged}", body, headers, form)
            yield Push("form, seen", f"/form/{token}", b"", headers, form, "GET")

    form_names: Sequence[str] = ()
    _known_links: Sequence[str] = ()

    def opened(self, names: Sequence[str], links: Sequence[str]) -> None:
        """Which forms the links show, and the ids of the links for the cookie."""
        self.form_names, self._known_links = names, links

    def playground(self) -> Iterator[Push]:
        """Not the stream, which never ends; the clock is turned seldom, weeks cost seconds."""
        posts = ("say", "say", "say", "press", "press", "understanding", "faq", "language", "clock")
        shown = ("", "/chat", "/side", "/inspect", "/file", "/understanding", "/faq")
        chance = self.chance
        while True:
            message, button = chance.choice((("", ""), *self.buttons))
            body, headers = self._form_body(button)
            where = {"as": chance.choice(("chenjing", "lilei", "zhou", "wang", "zhao", "x")),
                     "chat": chance.choice(("group", "private", "x")),
                     "lang": chance.choice(("zh", "en", "\0"))}  # fmt: skip
            name = chance.choice(("message", "parent", "toast"))
            where[name] = _storable(str(chance.choice((*self.ids, *self.ids, self.text()))))
            if message and chance.random() < 0.8:
                where["message"] = message
            query = urlencode(where)
            if chance.random() < 0.1:
                # The server lets no other bytes through.
                query = quote(scramble(query.encode(), chance), safe="&=%+")
            headers |= {"host": "127.0.0.1:8000"}
            if chance.random() < 0.1:
                bent = {"host": "127.0.0.1:²", "origin": "null", "sec-fetch-site": "cross-site",
                        "hx-request": "true", "content-length": "²"}  # fmt: skip
                chosen = chance.choice(list(bent))
                headers[chosen] = bent[chosen]
            if chance.random() < 0.0005:
                body = b"to=" + chance.choice((b"minutes", b"hour", b"next", b"day"))
                yield Push("clock", "/playground/clock", body, headers, query)
            elif chance.random() < 0.8:
                path = f"/playground/{chance.choice(posts)}"
                yield Push("playground, sent", path, body, headers, query)
            else:
                path = f"/playground{chance.choice(shown)}"
                yield Push("playground, seen", path, b"", headers, query, "GET")

    def all(self, families: Mapping[str, int]) -> Iterator[Push]:
        """The families in turn, without end, each so many times."""
        sources = [getattr(self, name)() for name, times in families.items() for _ in range(times)]
        while True:
            for source in sources:
                yield next(source)


@cache
def wild(count: int) -> list[Any]:
    """Values of JSON as Hypothesis thinks of them."""
    leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
    values = st.recursive(
        leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
    )
    found: list[Any] = []

    @settings(
        max_examples=count, database=None, derandomize=True, phases=[Phase.generate], deadline=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(values)
    def gather(value: Any) -> None:
        found.append(value)

    gather()
    return found


def _storable(words: str) -> str:
    return words.encode("utf-8", "replace").decode()


def forms_on(page: str) -> list[str]:
    """The queries to which the forms of a page are sent."""
    return re.findall(r"\?(form=[0-9a-f]+)", page)
