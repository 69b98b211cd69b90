"""A Feishu that runs here: the calls that Golive makes, and a hand that signs and encrypts pushes
as Feishu does.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import itertools
import json
import os
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.platforms.feishu import doctor
from tests.fakes.serving import serving

APP_ID = "cli_a1b2c3d4e5f60001"
APP_SECRET = "fake-app-secret-0123456789abcdef"
ENCRYPT_KEY = "pmbot-test-encrypt-key-0001"
TOKEN = "pmbotVerifTokenABCDEFGH012345678"
TENANT = "2ca1d211f64f6438"
BOT_OPEN_ID = "ou_b07b07b07b07b07b07b07b07b07b0001"
# What Feishu tells the clients of its long connection.
SLOW_CLIENT = {
    "ReconnectCount": -1,
    "ReconnectInterval": 120,
    "ReconnectNonce": 30,
    "PingInterval": 120,
}


@dataclass
class Call:
    """One call that was made: when (monotonic seconds), what, with which body."""

    at: float
    method: str
    path: str
    body: dict[str, Any]
    status: int = 200


@dataclass
class Sent:
    """One message that people see; `faces` counts its edits."""

    message: str
    to: str
    msg_type: str
    content: dict[str, Any]
    uuid: str
    at: float
    parent: str = ""
    faces: int = 1
    reactions: list[str] = field(default_factory=list)

    @property
    def words(self) -> str:
        return json.dumps(self.content, ensure_ascii=False)


Fault = Callable[[Call], Response | float | None]


class FeishuServer:
    """`fault` may answer a call in Feishu's place, or give seconds to hang before answering."""

    def __init__(self) -> None:
        self.calls: deque[Call] = deque()
        self.sent: dict[str, Sent] = {}
        self.by_uuid: dict[str, str] = {}
        self.tokens = itertools.count(1)
        self.valid_tokens: set[str] = set()
        self.token_lasts = 7200
        self.members: dict[str, list[dict[str, str]]] = {}
        self.images: list[bytes] = []
        self.files: dict[str, bytes] = {}
        self.uploads: dict[str, tuple[str, str, bytes]] = {}  # type, name, content
        self.rung: list[tuple[str, list[str]]] = []
        self.fault: Fault = lambda _: None
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self.port = 0
        self.ws_url = ""
        self.history: dict[str, list[dict[str, Any]]] = {}
        # What the developer console would show of the app.
        self.scopes = dict.fromkeys(doctor.SCOPES, 1)
        self.about: dict[str, Any] = {"status": 1, "online_version_id": "oav_1"}
        self.subscribed = list(doctor.EVENTS)
        self.app = Starlette(
            routes=[Route("/{path:path}", self._any, methods=["GET", "POST", "PATCH"])]
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def messages(self, to: str = "") -> list[Sent]:
        """What people see, in the order in which it was sent."""
        return [sent for sent in list(self.sent.values()) if to in ("", sent.to)]

    async def _any(self, request: Request) -> Response:
        call = Call(time.monotonic(), request.method, request.url.path, await _given(request))
        self.calls.append(call)
        fault = self.fault(call)
        if isinstance(fault, Response):
            call.status = fault.status_code
            return fault
        if fault:
            await asyncio.sleep(fault)
        if call.path == "/callback/ws/endpoint":
            return ok({"URL": self.ws_url, "ClientConfig": SLOW_CLIENT})
        return self._answer(call, request)

    def _answer(self, call: Call, request: Request) -> Response:  # noqa: C901  (a path a case)
        path = call.path.removeprefix("/open-apis/")
        if path == "auth/v3/tenant_access_token/internal":
            return self._token(call)
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self.valid_tokens:
            return error(99991663, "token invalid", 400)
        match path.split("/"):
            case ["bot", "v3", "info"]:
                return JSONResponse({"code": 0, "msg": "ok", "bot": {"open_id": BOT_OPEN_ID}})
            case ["im", "v1", "messages"] if call.method == "GET":
                items = self.history.get(call.body["container_id"], [])
                return ok({"items": items, "has_more": False, "page_token": ""})
            case ["im", "v1", "messages"]:
                return self._send(call, call.body["receive_id"])
            case ["im", "v1", "messages", message, "reply"]:
                parent = self.sent.get(message)
                return self._send(call, parent.to if parent else f"chat_of:{message}", message)
            case ["im", "v1", "messages", message, "reactions"]:
                if message in self.sent:
                    self.sent[message].reactions.append(call.body["reaction_type"]["emoji_type"])
                return ok({"reaction_id": "r1"})
            case ["im", "v1", "messages", _, "resources", key]:
                return Response(self.files[key]) if key in self.files else error(234003, "", 400)
            case ["im", "v1", "images"]:
                self.images.append(call.body["image"])
                return ok({"image_key": f"img_v3_{len(self.images)}"})
            case ["im", "v1", "files"]:
                return self._upload(call)
            case ["im", "v1", "messages", message, "urgent_app"]:
                self.rung.append((message, call.body["user_id_list"]))
                return ok({"invalid_user_id_list": []})
            case ["im", "v1", "messages", message] if call.method == "PATCH":
                if message not in self.sent:
                    return error(230001, "no such message", 400)
                self.sent[message].content = json.loads(call.body["content"])
                self.sent[message].faces += 1
                return ok({})
            case ["application", "v6", "scopes"]:
                granted = [{"scope_name": n, "grant_status": g} for n, g in self.scopes.items()]
                return ok({"scopes": granted})
            case ["application", "v6", "applications", app] if app == APP_ID:
                return ok({"app": {"app_id": app, **self.about}})
            case ["application", "v6", "applications", _, "app_versions", _]:
                infos = [{"event_type": kind} for kind in self.subscribed]
                return ok({"app_version": {"event_infos": infos}})
            case ["contact", "v3", "users", open_id]:
                return ok({"user": {"open_id": open_id, "name": f"name of {open_id}"}})
            case ["im", "v1", "chats", chat, "members"]:
                items = self.members.get(chat, [])
                return ok({"items": items, "has_more": False, "page_token": ""})
            case ["im", "v1", "chats", chat]:
                return ok({"name": f"group {chat[-4:]}", "tenant_key": TENANT})
        return error(230001, f"unknown path {path}", 404)

    def _token(self, call: Call) -> Response:
        if (call.body.get("app_id"), call.body.get("app_secret")) != (APP_ID, APP_SECRET):
            return error(10003, "invalid app_id or app_secret", 200)
        token = f"t-fake-{next(self.tokens)}"
        self.valid_tokens.add(token)
        return JSONResponse(
            {"code": 0, "msg": "ok", "tenant_access_token": token, "expire": self.token_lasts}
        )

    def _upload(self, call: Call) -> Response:
        kind, name, content = (call.body.get(k) for k in ("file_type", "file_name", "file"))
        if kind not in ("opus", "mp4", "pdf", "doc", "xls", "ppt", "stream") or not name:
            return error(234001, "invalid param", 400)
        if not content:
            return error(234010, "file size is zero", 400)
        if len(content) > 30 * 1024 * 1024:
            return error(234006, "file too large", 400)
        key = f"file_v3_{next(self._numbers):08d}"
        self.uploads[key] = (kind, str(name), content)
        return ok({"file_key": key})

    def _send(self, call: Call, to: str, parent: str = "") -> Response:
        uuid = call.body.get("uuid", "")
        if call.body.get("msg_type") == "file":
            content = json.loads(call.body["content"])
            if set(content) != {"file_key"} or content["file_key"] not in self.uploads:
                return error(230055, "the file was not uploaded", 400)
        if len(uuid) > 50:
            return error(230001, "uuid too long", 400)
        with self._lock:
            message = self.by_uuid.get(uuid) if uuid else None
            if message is None:
                message = f"om_fake{next(self._numbers):08d}"
                self.by_uuid[uuid] = message
                content = json.loads(call.body["content"])
                self.sent[message] = Sent(
                    message, to, call.body["msg_type"], content, uuid, call.at, parent
                )
        return ok({"message_id": message, "chat_id": to})


async def _given(request: Request) -> dict[str, Any]:
    """What a call carries: JSON, the parts of a form with files as bytes, or its query."""
    if request.headers.get("content-type", "").startswith("multipart/"):
        async with request.form() as form:
            return {n: v if isinstance(v, str) else await v.read() for n, v in form.items()}
    body = await request.body()
    return json.loads(body) if body else dict(request.query_params)


def ok(data: dict[str, Any]) -> Response:
    return JSONResponse({"code": 0, "msg": "success", "data": data})


def error(code: int, message: str, status: int, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"code": code, "msg": message}, status, headers)


@contextmanager
def running(server: FeishuServer) -> Iterator[FeishuServer]:
    """Serve on a loopback port (a free one, or that of `server.port`)."""
    with serving(server.app, server.port) as server.port:
        yield server


# --- pushing -------------------------------------------------------------------------------------


def plain(words: str) -> str:
    """A card's words without its markup, for looking whether something stands in them."""
    bare = re.sub(r"&#(\d+);", lambda found: chr(int(found[1])), words)
    return re.sub(r"\*|<[^>]{0,40}>|\s+", "", bare).replace("&nbsp;", "")


def encrypt(plain: bytes, key: str = ENCRYPT_KEY) -> bytes:
    """A push's body as Feishu encrypts it."""
    iv = os.urandom(16)
    pad = 16 - len(plain) % 16
    cipher = Cipher(algorithms.AES(hashlib.sha256(key.encode()).digest()), modes.CBC(iv))
    encryptor = cipher.encryptor()
    sealed = iv + encryptor.update(plain + bytes([pad]) * pad) + encryptor.finalize()
    return json.dumps({"encrypt": base64.b64encode(sealed).decode()}).encode()


def sign(body: bytes, key: str = ENCRYPT_KEY, stamp: str = "1789000005") -> dict[str, str]:
    nonce = base64.b16encode(os.urandom(5)).decode()
    digest = hashlib.sha256((stamp + nonce + key).encode() + body).hexdigest()
    return {
        "Content-Type": "application/json; charset=utf-8",
        "X-Lark-Request-Timestamp": stamp,
        "X-Lark-Request-Nonce": nonce,
        "X-Lark-Signature": digest,
    }


def push(event: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
    """Body and headers of a push that carries this decrypted object."""
    body = encrypt(json.dumps(event, ensure_ascii=False).encode())
    return body, sign(body)


_events = itertools.count(1)


def envelope(kind: str, event: dict[str, Any], event_id: str = "") -> dict[str, Any]:
    return {
        "schema": "2.0",
        "header": {
            "event_id": event_id or f"ev-{os.getpid()}-{next(_events)}",
            "event_type": kind,
            "create_time": str(int(time.time() * 1000)),
            "token": TOKEN,
            "app_id": APP_ID,
            "tenant_key": TENANT,
        },
        "event": event,
    }


def _triple(open_id: str) -> dict[str, str]:
    return {"union_id": f"on_{open_id}", "user_id": "", "open_id": open_id}


def message(
    sender: str,
    text: str,
    *,
    chat: str = "oc_group1",
    private: bool = False,
    at_bot: bool = True,
    mentions: dict[str, str] | None = None,
    parent: str = "",
    event_id: str = "",
    message_id: str = "",
) -> dict[str, Any]:
    """`mentions` maps names in the text (`@name`) to open ids."""
    found = []
    if at_bot and not private:
        text = f"@_user_1 {text}"
        found.append(("@_user_1", "Golive", BOT_OPEN_ID, "bot"))
    for number, (name, open_id) in enumerate((mentions or {}).items(), start=2):
        text = text.replace(f"@{name}", f"@_user_{number}")
        found.append((f"@_user_{number}", name, open_id, "user"))
    inner: dict[str, Any] = {
        "message_id": message_id or f"om_in{os.getpid()}x{next(_events)}",
        "create_time": str(int(time.time() * 1000)),
        "chat_id": chat,
        "chat_type": "p2p" if private else "group",
        "message_type": "text",
        "content": json.dumps({"text": text}, ensure_ascii=False),
        "mentions": [
            {"key": k, "id": _triple(i), "name": n, "mentioned_type": t, "tenant_key": TENANT}
            for k, n, i, t in found
        ],
    }
    if parent:
        inner |= {"parent_id": parent, "root_id": parent}
    event = {
        "sender": {"sender_id": _triple(sender), "sender_type": "user", "tenant_key": TENANT},
        "message": inner,
    }
    return envelope("im.message.receive_v1", event, event_id)


def as_history(pushed: dict[str, Any]) -> dict[str, Any]:
    """A pushed message as the list of a chat's messages shows it."""
    said, sender = pushed["event"]["message"], pushed["event"]["sender"]
    mentions = [
        {"key": m["key"], "id": m["id"]["open_id"], "id_type": "open_id", "name": m["name"]}
        for m in said["mentions"]
    ]
    return {
        "message_id": said["message_id"],
        "msg_type": "text",
        "create_time": said["create_time"],
        "chat_id": said["chat_id"],
        "deleted": False,
        "sender": {
            "id": sender["sender_id"]["open_id"],
            "id_type": "open_id",
            "sender_type": "user",
            "tenant_key": TENANT,
        },
        "body": {"content": said["content"]},
        "mentions": mentions,
    }


def press(
    sender: str,
    value: dict[str, Any],
    *,
    card: str,
    chat: str = "oc_group1",
    form: dict[str, Any] | None = None,
    event_id: str = "",
) -> dict[str, Any]:
    """A button of card message `card` with callback `value`."""
    action: dict[str, Any] = {"value": value, "tag": "button"}
    if form is not None:
        action |= {"form_value": form, "name": "submit"}
    event = {
        "operator": {"tenant_key": TENANT, "open_id": sender, "union_id": "", "user_id": ""},
        "token": "c-fake",
        "action": action,
        "host": "im_message",
        "context": {"open_message_id": card, "open_chat_id": chat},
    }
    return envelope("card.action.trigger", event, event_id)


def bot_added(chat: str = "oc_group1", name: str = "华鼎ERP项目群") -> dict[str, Any]:
    event = {
        "chat_id": chat,
        "operator_id": _triple("ou_pm"),
        "external": False,
        "operator_tenant_key": TENANT,
        "name": name,
    }
    return envelope("im.chat.member.bot.added_v1", event)


def find_action(card: dict[str, Any], name: str) -> dict[str, Any]:
    """The callback value of the first button with that action in a drawn card."""

    def search(node: Any) -> Iterator[dict[str, Any]]:
        if isinstance(node, dict):
            value = node.get("value")
            if node.get("type") == "callback" and isinstance(value, dict):
                yield value
            for inner in node.values():
                yield from search(inner)
        elif isinstance(node, list):
            for inner in node:
                yield from search(inner)

    return next(value for value in search(card) if value.get("a") == name)
