"""A DingTalk that runs here: the calls that Golive makes, and a hand that signs and seals pushes as
DingTalk does. Both of its base addresses (api and oapi) are served on one port.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.fakes.serving import serving

CLIENT_ID = "dingfakeclient000001"
CLIENT_SECRET = "fake-client-secret_0123456789-abcdefghijklmnop"
ROBOT_CODE = "dingfakerobot0000001"
CORP = "dingfakecorp00000001"
EVENT_TOKEN = "pmbotEventToken01"
EVENT_AES_KEY = "pmbotEventAesKey0123456789abcdefghijklmnopq"
CARD_SECRET = "fake-card-secret-0123456789"
BOT = "$:LWCP_v1:$fakebot0001"
GROUP = "cidGROUP1=="
SINGLE = "cidSINGLE"  # how conversations of two begin here; nothing can be sent to them

Json = dict[str, Any]

_CARD = {"title", "text"}
# The keys of each message's `msgParam`; it has them all and no others.
MESSAGES = {
    "sampleText": {"content"},
    "sampleMarkdown": _CARD,
    "sampleImageMsg": {"photoURL"},
    "sampleLink": _CARD | {"picUrl", "messageUrl"},
    "sampleActionCard": _CARD | {"singleTitle", "singleURL"},
    "sampleActionCard6": _CARD | {"buttonTitle1", "buttonUrl1", "buttonTitle2", "buttonUrl2"},
    "sampleAudio": {"mediaId", "duration"},
    "sampleFile": {"mediaId", "fileName", "fileType"},
    "sampleVideo": {"duration", "videoMediaId", "videoType", "picMediaId", "height", "width"},
}
for _count in range(2, 6):
    _buttons = {f"action{part}{n + 1}" for n in range(_count) for part in ("Title", "URL")}
    MESSAGES[f"sampleActionCard{_count}"] = _CARD | _buttons
# What a reply through a session has at least.
REPLIES = {"text": {"content"}, "markdown": _CARD, "link": _CARD | {"messageUrl"}}
REPLIES |= {"actionCard": _CARD, "feedCard": {"links"}}
SESSIONS: dict[str, tuple[str, str]] = {}  # whom each answers, as `robot_message` made it

UPLOADED = (".doc", ".docx", ".xls", ".xlsx", ".ppt", ".pptx", ".zip", ".pdf", ".rar")

REPLY_PATH = "/robot/sendBySession"
_COUNTED = ("/v1.0/robot/", "/v1.0/card/")
_TOKENLESS = ("/v1.0/oauth2/", "/v1.0/gateway/", "/files/", REPLY_PATH)


@dataclass
class Call:
    """One call that was made; `counted` once it has cost something of the month's quota."""

    at: float
    method: str
    path: str
    body: Json
    status: int = 200
    counted: bool = False
    query: dict[str, str] = field(default_factory=dict)
    parts: dict[str, bytes] = field(default_factory=dict)  # of a form, by their name


@dataclass
class Sent:
    """What one chat or person got. A card's `msg_key` is "card"; its updates change `param`."""

    to_kind: str
    to: str
    msg_key: str
    param: Json
    via: str
    at: float
    number: str = ""
    at_users: tuple[str, ...] = ()
    recalled: bool = False

    @property
    def words(self) -> str:
        return json.dumps(self.param, ensure_ascii=False)


Fault = Callable[[Call], Response | float | None]


def now_ms() -> int:
    return int(time.time() * 1000)


class Refused(Exception):  # noqa: N818
    """A code, and the status of a word of the new API."""


class DingTalkServer:
    """`fault` may answer a call in DingTalk's place, or give seconds to hang before answering."""

    def __init__(self) -> None:
        self.calls: deque[Call] = deque()
        self.sent: list[Sent] = []
        self.fault: Fault = lambda _: None
        self.users: dict[str, Json] = {}
        self.files: dict[str, bytes] = {}  # by download code
        self.media: dict[str, tuple[str, str, bytes]] = {}  # kind, name, content
        self.callbacks: dict[str, str] = {}
        self.cards: dict[str, Sent] = {}  # by outTrackId
        self.valid_tokens: set[str] = set()
        self.tickets: set[str] = set()  # of streams; whoever connects takes one away
        self.token_lasts = 7200
        self.quota: int | None = None
        self.qps: int | None = None
        self.flow_controlled: set[str] = set()
        self.invalid: set[str] = set()
        self.gone: set[str] = set()
        self.expired_sessions: set[str] = set()
        self.port = self.ws_port = 0
        self._token_now = ""
        self._recent: dict[str, list[float]] = {}
        self._numbers = itertools.count(1)
        self.rung: list[tuple[list[str], str]] = []
        self._doors: dict[str, Callable[[Call], Json]] = {
            "POST /v1.0/oauth2/accessToken": self._token,
            "POST /v1.0/gateway/connections/open": self._open_stream,
            "POST /v1.0/robot/groupMessages/send": self._send_to_chat,
            "POST /v1.0/robot/oToMessages/batchSend": self._send_to_people,
            "POST /v1.0/robot/groupMessages/recall": self._recall,
            "POST /v1.0/robot/otoMessages/batchRecall": self._recall,
            "POST /v1.0/robot/messageFiles/download": self._download,
            "POST /v1.0/card/instances/createAndDeliver": self._deliver_card,
            "PUT /v1.0/card/instances": self._update_card,
            "POST /v1.0/card/callbacks/register": self._register_callback,
            "POST /topapi/v2/user/get": self._user,
            "POST /topapi/v2/user/getbymobile": self._user_by_mobile,
            f"POST {REPLY_PATH}": self._reply,
            "POST /media/upload": self._upload,
            "POST /v1.0/robot/ding/send": self._ding,
        }
        route = Route("/{path:path}", self._any, methods=["GET", "POST", "PUT"])
        self.app = Starlette(routes=[route])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def api_calls(self) -> int:
        """How much of the month's quota is used."""
        return sum(call.counted for call in list(self.calls))

    def messages(self, to: str = "") -> list[Sent]:
        """What was sent, in that order; what was recalled is still among it."""
        return [sent for sent in list(self.sent) if to in ("", sent.to)]

    async def _any(self, request: Request) -> Response:
        body, parts = await _body(request)
        call = Call(time.monotonic(), request.method, request.url.path, body, parts=parts)
        call.query = dict(request.query_params)
        self.calls.append(call)
        answer = self.fault(call)
        if not isinstance(answer, Response):
            await asyncio.sleep(answer or 0)
            try:
                self._admit(call, request.headers.get("x-acs-dingtalk-access-token", ""))
                answer = self._answer(call)
            except Refused as refused:
                answer = error(*refused.args)
        call.status = answer.status_code
        # What the gateway itself turns away costs nothing; what the robot turns away does.
        call.counted = call.path.startswith(_COUNTED) and call.status not in (401, 403)
        return answer

    def _admit(self, call: Call, token: str) -> None:
        new, limit = call.path.startswith("/v1.0/"), "Forbidden.AccessDenied."
        if not call.path.startswith(_TOKENLESS):
            token = token if new else call.query.get("access_token", "")
            _need(token in self.valid_tokens, "InvalidAuthentication" if new else 40014, 401)
        if self.qps is not None and call.path != REPLY_PATH:  # each call has a limit of its own
            recent = [at for at in self._recent.get(call.path, ()) if call.at - at < 1]
            _need(len(recent) < self.qps, limit + "QpsLimitForAppkeyAndApi" if new else 90018, 403)
            self._recent[call.path] = [*recent, call.at]
        if self.quota is not None and call.path.startswith(_COUNTED):
            _need(self.api_calls < self.quota, limit + "ApiCountLimitForOrg", 403)

    def _answer(self, call: Call) -> Response:
        if (code := call.path.removeprefix("/files/")) in self.files:
            return Response(self.files[code])
        door = self._doors.get(f"{call.method} {call.path}")
        if door is None:
            return error("InvalidAction.NotFound", 404)
        old = {} if call.path.startswith("/v1.0/") else {"errcode": 0, "errmsg": "ok"}
        return JSONResponse(old | door(call))

    def _token(self, call: Call) -> Json:
        pair = (call.body.get("appKey"), call.body.get("appSecret"))
        _need(pair == (CLIENT_ID, CLIENT_SECRET), "invalidClientIdOrSecret")
        if self._token_now not in self.valid_tokens:  # while one is valid, it is given again
            self._token_now = f"fake-token-{next(self._numbers)}"
            self.valid_tokens.add(self._token_now)
        return {"accessToken": self._token_now, "expireIn": self.token_lasts}

    def _open_stream(self, call: Call) -> Json:
        pair = (call.body.get("clientId"), call.body.get("clientSecret"))
        _need(pair == (CLIENT_ID, CLIENT_SECRET), "authFailed", 401)
        ticket = f"fake+ticket/{next(self._numbers)}=="  # survives no address that does not quote
        self.tickets.add(ticket)
        return {"endpoint": f"ws://127.0.0.1:{self.ws_port}/connect", "ticket": ticket}

    def _keep(self, call: Call, kind: str, people: list[str], key: str, param: Json) -> str:
        number = f"fakeKey{next(self._numbers):08d}/+w=="
        self.sent += [Sent(kind, to, key, param, "api", call.at, number) for to in people]
        return number

    def _reaches(self, kind: str, to: str) -> bool:
        wrong = (SINGLE,) if kind == "chat" else ("cid",)
        return to not in self.gone | self.invalid and not to.startswith(wrong)

    def _message(self, body: Json) -> tuple[str, Json]:
        key, param = _message(body)
        known = key != "sampleFile" or param["mediaId"] in self.media
        _need(known, "invalidParameter.msgParam.invalid")
        return key, param

    def _send_to_chat(self, call: Call) -> Json:
        key, param = self._message(call.body)
        chat = call.body.get("openConversationId", "")
        _need(chat, "miss.openConversationId")
        _need(self._reaches("chat", chat), "invalid.openConversationId")
        return {"processQueryKey": self._keep(call, "chat", [chat], key, param)}

    def _send_to_people(self, call: Call) -> Json:
        key, param = self._message(call.body)
        people = call.body.get("userIds") or []
        _need(people, "invalidParameter.userIds.empty")
        _need(len(people) <= 20, "invalidParameter.userIds.overMax")
        invalid = [one for one in people if one in self.invalid]
        slowed = [one for one in people if one in self.flow_controlled - self.invalid]
        reached = [one for one in people if one not in self.invalid | self.flow_controlled]
        number = self._keep(call, "person", reached, key, param)
        lists = {"invalidStaffIdList": invalid, "flowControlledStaffIdList": slowed}
        return {"processQueryKey": number} | lists

    def _recall(self, call: Call) -> Json:
        _robot(call.body)
        keys, chat = call.body.get("processQueryKeys") or [], call.body.get("openConversationId")
        kind = "chat" if "groupMessages" in call.path else "person"
        _need(keys, "invalidParameter.processQueryKey.missing")
        _need(chat or kind == "person", "miss.openConversationId")
        done = set()
        for sent in self.sent:
            if sent.number in keys and sent.to_kind == kind and chat in (None, sent.to):
                sent.recalled = True
                done.add(sent.number)
        failed = {key: "invalid.processQueryKey" for key in keys if key not in done}
        return {"successResult": sorted(done), "failedResult": failed}

    def _download(self, call: Call) -> Json:
        _robot(call.body)
        _need(call.body.get("downloadCode") in self.files, "invalidParameter.param.invalid")
        return {"downloadUrl": f"{self.url}/files/{call.body['downloadCode']}"}

    def _deliver_card(self, call: Call) -> Json:
        track, param = call.body.get("outTrackId", ""), _card_param(call.body)
        _need(track, "param.outTrackIdEmpty")
        _need(call.body.get("cardTemplateId"), "param.templateNotExist")
        _need(track not in self.cards, "param.cardAlreadyExist")
        space = call.body.get("openSpaceId", "")
        found = re.fullmatch(r"dtv1\.card//IM_(GROUP|ROBOT)\.([^;]+)", space)
        _need(found, "param.openSpaceIdInvalid")
        where, to = found.groups() if found else ("", "")
        model = call.body.get(f"im{where.capitalize()}OpenDeliverModel") or {}
        _need(model.get("robotCode") == ROBOT_CODE, "param.openDeliverModelError")
        kind = "chat" if where == "GROUP" else "person"
        # The call succeeds, and the card exists, even where it cannot be delivered.
        reached = self._reaches(kind, to)
        result: Json = {"spaceType": f"IM_{where}", "spaceId": to, "success": reached}
        result |= {"carrierId": self._keep(call, kind, [to] * reached, "card", param)}
        result |= {"errorMsg": "" if reached else "spaceId is illegal"}
        card = self.sent[-1] if reached else Sent(kind, to, "card", param, "api", call.at)
        card.at_users = tuple(model.get("atUserIds") or ())
        self.cards[track] = card
        return {"success": True, "result": {"outTrackId": track, "deliverResults": [result]}}

    def _register_callback(self, call: Call) -> Json:
        wanted = ("callbackRouteKey", "callbackUrl", "apiSecret")
        _need(all(call.body.get(name) for name in wanted), "param.invalid")
        self.callbacks[call.body["callbackRouteKey"]] = call.body["callbackUrl"]
        return {"success": True, "result": {name: call.body[name] for name in wanted[1:]}}

    def _update_card(self, call: Call) -> Json:
        track, param = call.body.get("outTrackId", ""), _card_param(call.body)
        _need(track in self.cards, "param.cardNotExist")
        by_key = (call.body.get("cardUpdateOptions") or {}).get("updateCardDataByKey")
        kept = self.cards[track].param if by_key else {}  # else what is not named is lost
        self.cards[track].param = kept | param
        return {"success": True, "result": True}

    def _user(self, call: Call) -> Json:
        person = call.body.get("userid", "")
        _need(person in self.users, 33012)
        return {"result": {"userid": person, "unionid": f"union-{person}"} | self.users[person]}

    def _user_by_mobile(self, call: Call) -> Json:
        mobile = call.body.get("mobile", "")
        found = [one for one, known in self.users.items() if known.get("mobile") == mobile]
        _need(found, 60121)
        return {"result": {"userid": found[0]}}

    def _reply(self, call: Call) -> Json:
        session, kind = call.query.get("session", ""), str(call.body.get("msgtype"))
        whom, to = SESSIONS.get(session, ("chat", session))
        param, at = call.body.get(kind) or {}, call.body.get("at") or {}
        _need(session and session not in self.expired_sessions, 300001)
        _need(to not in self.gone, 400106)
        _need(REPLIES.get(kind), 400105)
        _need(set(param) >= REPLIES[kind], 40035)
        sent = Sent(whom, to, kind, param, "session", call.at)
        _need(len(sent.words.encode()) <= 20000, 460101)
        # Nobody is mentioned whom the words do not name as well.
        users = at.get("atUserIds") or []
        sent.at_users = tuple(one for one in users if f"@{one}" in sent.words)
        self.sent.append(sent)
        return {}

    def _upload(self, call: Call) -> Json:
        kind = call.query.get("type") or call.body.get("type")
        name, content = str(call.body.get("media") or ""), call.parts.get("media", b"")
        _need(kind in ("image", "voice", "video", "file") and name, 40004)
        _need(kind != "file" or name.endswith(UPLOADED), 40005)
        _need(0 < len(content) <= 20 * 1024 * 1024, 40006)
        media = f"@lADfake{next(self._numbers)}"
        self.media[media] = (str(kind), name, content)
        return {"media_id": media, "type": kind, "created_at": now_ms()}

    def _ding(self, call: Call) -> Json:
        _need(call.body.get("remindType") == 1 and call.body.get("content"), 40004)
        self.rung.append((call.body["receiverUserIdList"], call.body["content"]))
        return {"openDingId": f"ding{next(self._numbers)}", "failedList": {}}


async def _body(request: Request) -> tuple[Json, dict[str, bytes]]:
    """JSON, or a form whose files are named there and stand beside it."""
    if not request.headers.get("content-type", "").startswith("multipart/"):
        return dict(json.loads(await request.body() or b"{}")), {}
    async with request.form() as form:
        named = {key: getattr(part, "filename", part) for key, part in form.items()}
        files = {k: await p.read() for k, p in form.items() if not isinstance(p, str)}
        return named, files


def _need(held: object, code: str | int, status: int = 400) -> None:
    if not held:
        raise Refused(code, status)


def _robot(body: Json) -> None:
    _need(body.get("robotCode"), "invalidParameter.robotCode.empty")
    _need(body["robotCode"] == ROBOT_CODE, "invalidParameter.robotCode.notExsit")  # their spelling


def _message(body: Json) -> tuple[str, Json]:
    _robot(body)
    key, raw, wrong = body.get("msgKey", ""), body.get("msgParam"), "invalidParameter.msgParam."
    _need(key, "invalidParameter.msgKey.empty")
    _need(key in MESSAGES, "invalidParameter.msgKey.invalid")
    _need(isinstance(raw, str), wrong + "invalid")
    _need(len(str(raw).encode()) <= 15000, wrong + "tooLong")
    param: Any = None
    with suppress(ValueError):
        param = json.loads(str(raw))
    _need(isinstance(param, dict) and set(param) == MESSAGES[key], wrong + "invalid")
    _need(all(isinstance(value, str) for value in param.values()), wrong + "invalid")
    return key, param


def _card_param(body: Json) -> Json:
    param: Json = (body.get("cardData") or {}).get("cardParamMap") or {}
    _need(all(isinstance(value, str) for value in param.values()), "param.invalid")
    return param


def error(code: str | int, status: int = 400, **more: Any) -> Response:
    """A refusal: a word of the new API with a status, a number of the old one (an HTTP 200)."""
    if isinstance(code, int):
        return JSONResponse({"errcode": code, "errmsg": f"refused: {code}", "request_id": "r"})
    return JSONResponse({"code": code, "message": code, "requestid": "R"} | more, status)


@contextmanager
def running(server: DingTalkServer) -> Iterator[DingTalkServer]:
    """Serve on a loopback port (a free one, or that of `server.port`)."""
    with serving(server.app, server.port) as server.port:
        yield server
