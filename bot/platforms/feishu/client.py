"""Calls to Feishu's open API over one pooled client, with one token for all of them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
import msgspec
from pydantic import SecretStr

from bot.core.clock import Clock
from bot.platforms.feishu.errors import TOKEN, classify
from bot.platforms.port import DeliveryError, Trouble

# Feishu gives out a new token when less than 30 minutes of the old one are left; both then work.
REFRESH_BEFORE = timedelta(minutes=30)
TIMEOUT = httpx.Timeout(10.0, connect=5.0, pool=20.0)
# For an upload: megabytes take a while, and so does looking them over.
UPLOAD_TIMEOUT = httpx.Timeout(60.0, connect=5.0, pool=20.0)
LARGEST_FILE = 30 * 1024 * 1024
# What Feishu calls our kinds of files; any other is a stream of bytes to it.
_FILE_TYPES = {"pdf": "pdf", "docx": "doc", "xlsx": "xls"}
_PAGE = 50
# How every token begins that Feishu gives to an app for its organisation, old ones too.
_TENANT_TOKEN = re.compile(r"\bt-[\w.-]{6,}")
# `grant_status` of a permission: 1 is granted, 2 is not.
_GRANTED = 1


class FeishuClient:
    """The dozen calls that Golive makes."""

    def __init__(self, base_url: str, app_id: str, app_secret: SecretStr, clock: Clock) -> None:
        self._http = httpx.AsyncClient(
            base_url=base_url,
            timeout=TIMEOUT,
            follow_redirects=False,
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=64),
        )
        self._app_id = app_id
        self._app_secret = app_secret
        self._clock = clock
        self._token = ""
        self._expires: datetime | None = None
        self._asking = asyncio.Lock()

    async def close(self) -> None:
        await self._http.aclose()

    async def send(
        self, to_kind: str, to: str, msg_type: str, content: dict[str, Any], uuid: str
    ) -> str:
        """Send a message to a chat or a person; gives back its id."""
        data = await self._call(
            "POST",
            "/open-apis/im/v1/messages",
            params={"receive_id_type": "chat_id" if to_kind == "chat" else "open_id"},
            json={
                "receive_id": to,
                "msg_type": msg_type,
                "content": _json(content),
                "uuid": uuid,
            },
        )
        return _message_id(data)

    async def reply(self, to: str, msg_type: str, content: dict[str, Any], uuid: str) -> str:
        """Answer a message; an answer to a message in a thread stays in the thread."""
        data = await self._call(
            "POST",
            _path("/open-apis/im/v1/messages/{}/reply", to),
            json={"msg_type": msg_type, "content": _json(content), "uuid": uuid},
        )
        return _message_id(data)

    async def edit(self, message: str, card: dict[str, Any]) -> None:
        """Give a card that was sent a new face."""
        await self._call(
            "PATCH",
            _path("/open-apis/im/v1/messages/{}", message),
            json={"content": _json(card)},
        )

    async def react(self, message: str, emoji: str) -> None:
        await self._call(
            "POST",
            _path("/open-apis/im/v1/messages/{}/reactions", message),
            json={"reaction_type": {"emoji_type": emoji}},
        )

    async def fetch(self, message: str, key: str, most: int) -> bytes:
        """A file that somebody sent, at most so many bytes of it."""
        path = _path("/open-apis/im/v1/messages/{}/resources/{}", message, key)
        token = await self._current_token()
        headers = {"Authorization": f"Bearer {token}"}
        content = bytearray()
        try:
            async with self._http.stream(
                "GET", path, params={"type": "file"}, headers=headers
            ) as response:
                if not response.is_success:
                    raise DeliveryError(Trouble.DENIED, f"HTTP {response.status_code}")
                async for part in response.aiter_bytes():
                    content += part
                    if len(content) > most:
                        break
        except httpx.HTTPError as error:
            raise DeliveryError(Trouble.PASSING, type(error).__name__) from error
        return bytes(content)

    async def upload_image(self, content: bytes) -> str:
        """Give Feishu a picture for a card; its image key (at most 10 MB, protocols §3.4)."""
        files = {"image": ("picture.png", content, "image/png")}
        data = await self._call(
            "POST", "/open-apis/im/v1/images", data={"image_type": "message"}, files=files
        )
        return str(data.get("image_key") or "")

    async def upload_file(self, kind: str, name: str, content: bytes) -> str:
        """Give Feishu a file to send; its file key. Not empty and at most 30 MB (protocols §3.2).

        `kind` is the name's ending.
        """
        if not 0 < len(content) <= LARGEST_FILE:
            msg = f"Feishu takes files of 1 byte to 30 MB, this one has {len(content)} bytes"
            raise DeliveryError(Trouble.CONTENT, msg)
        data = await self._call(
            "POST",
            "/open-apis/im/v1/files",
            data={"file_type": _FILE_TYPES.get(kind, "stream"), "file_name": name},
            # What people see is `file_name`; a name beyond ASCII here is read in several ways.
            files={"file": (f"file.{kind}", content, "application/octet-stream")},
            timeout=UPLOAD_TIMEOUT,
        )
        key = data.get("file_key")
        if not isinstance(key, str) or not key:
            raise DeliveryError(Trouble.PASSING, "Feishu gave no file_key")
        return key

    async def urge(self, message: str, open_id: str) -> None:
        """Ring at somebody in the app because of a message of ours that they were sent."""
        await self._call(
            "PATCH",
            _path("/open-apis/im/v1/messages/{}/urgent_app", message),
            params={"user_id_type": "open_id"},
            json={"user_id_list": [open_id]},
        )

    async def check_credentials(self) -> None:
        """Ask for a token, whatever one is at hand; raises `DeliveryError`."""
        self._token = ""
        await self._current_token()

    async def online_connections(self) -> int:
        """How many long connections the app has now."""
        data = await self._call("GET", "/open-apis/event/v1/connection")
        count = data.get("online_instance_cnt")
        return count if isinstance(count, int) else 0

    async def scopes(self) -> dict[str, bool]:
        """The permissions that the app asks for, and whether each is granted."""
        data = await self._call("GET", "/open-apis/application/v6/scopes")
        found = [item for item in data.get("scopes") or () if isinstance(item, dict)]
        return {str(item.get("scope_name")): item.get("grant_status") == _GRANTED for item in found}

    async def application(self) -> dict[str, Any]:
        """What Feishu knows of the app; needs `application:application:self_manage`."""
        path = _path("/open-apis/application/v6/applications/{}", self._app_id)
        app = (await self._call("GET", path, params={"lang": "zh_cn"})).get("app")
        return app if isinstance(app, dict) else {}

    async def subscribed(self, version: str) -> set[str]:
        """The types of events that a version of the app is subscribed to."""
        path = _path(
            "/open-apis/application/v6/applications/{}/app_versions/{}", self._app_id, version
        )
        found = (await self._call("GET", path, params={"lang": "zh_cn"})).get("app_version")
        infos = found.get("event_infos") if isinstance(found, dict) else None
        return {str(one.get("event_type")) for one in infos or () if isinstance(one, dict)}

    async def bot_open_id(self) -> str:
        """Our own id, to know when a message mentions us."""
        answer = await self._ask("GET", "/open-apis/bot/v3/info")
        bot = answer.get("bot")
        found = bot.get("open_id") if isinstance(bot, dict) else None
        if not isinstance(found, str) or not found:
            raise DeliveryError(Trouble.DENIED, "Feishu bot info has no open_id")
        return found

    async def chat(self, chat: str) -> dict[str, Any]:
        return await self._call("GET", _path("/open-apis/im/v1/chats/{}", chat))

    async def members(self, chat: str) -> AsyncIterator[dict[str, Any]]:
        """Everybody in a chat but bots; a page may hold fewer people than asked for."""
        params: dict[str, Any] = {"member_id_type": "open_id", "page_size": _PAGE}
        while True:
            page = await self._call(
                "GET", _path("/open-apis/im/v1/chats/{}/members", chat), params=params
            )
            for item in page.get("items") or ():
                if isinstance(item, dict):
                    yield item
            token = page.get("page_token")
            if not page.get("has_more") or not token:
                return
            params["page_token"] = token

    async def messages(self, chat: str, since: datetime) -> AsyncIterator[dict[str, Any]]:
        """What was said in a chat since then, the oldest first."""
        params: dict[str, Any] = {
            "container_id_type": "chat",
            "container_id": chat,
            "start_time": str(int(since.timestamp())),
            "sort_type": "ByCreateTimeAsc",
            "page_size": _PAGE,
        }
        while True:
            page = await self._call("GET", "/open-apis/im/v1/messages", params=params)
            for item in page.get("items") or ():
                if isinstance(item, dict):
                    yield item
            token = page.get("page_token")
            if not page.get("has_more") or not token:
                return
            params["page_token"] = token

    async def by_mobiles(self, mobiles: Sequence[str]) -> dict[str, str]:
        """Open ids by mobile number, for the numbers that belong to somebody."""
        data = await self._call(
            "POST",
            "/open-apis/contact/v3/users/batch_get_id",
            params={"user_id_type": "open_id"},
            json={"mobiles": list(mobiles)},
        )
        found = [item for item in data.get("user_list") or () if isinstance(item, dict)]
        return {str(i["mobile"]): str(i["user_id"]) for i in found if i.get("user_id")}

    async def user(self, open_id: str) -> dict[str, Any]:
        data = await self._call(
            "GET",
            _path("/open-apis/contact/v3/users/{}", open_id),
            params={"user_id_type": "open_id"},
        )
        user = data.get("user")
        return user if isinstance(user, dict) else {}

    async def _call(self, method: str, path: str, **named: Any) -> dict[str, Any]:
        data = (await self._ask(method, path, **named)).get("data")
        return data if isinstance(data, dict) else {}

    async def _ask(self, method: str, path: str, **named: Any) -> dict[str, Any]:
        """One call; an expired token is renewed once."""
        for last in (False, True):
            token = await self._current_token()
            response, answer = await self._once(
                method, path, headers={"Authorization": f"Bearer {token}"}, **named
            )
            code = _code(answer)
            if response.is_success and code == 0:
                return answer
            if code in TOKEN and not last:
                self._drop(token)
                continue
            raise classify(response, code, self._clean(answer))
        raise AssertionError

    async def _once(
        self, method: str, path: str, **named: Any
    ) -> tuple[httpx.Response, dict[str, Any]]:
        try:
            response = await self._http.request(method, path, **named)
        except httpx.HTTPError as error:
            raise DeliveryError(Trouble.PASSING, type(error).__name__) from error
        try:
            answer = msgspec.json.decode(response.content)
        except msgspec.DecodeError:
            answer = {}
        return response, answer if isinstance(answer, dict) else {}

    async def _current_token(self) -> str:
        """The token, asked for by one call at a time and renewed before it ends."""
        if self._fresh():
            return self._token
        async with self._asking:
            if self._fresh():
                return self._token
            response, answer = await self._once(
                "POST",
                "/open-apis/auth/v3/tenant_access_token/internal",
                json={
                    "app_id": self._app_id,
                    "app_secret": self._app_secret.get_secret_value(),
                },
            )
            token, code = answer.get("tenant_access_token"), _code(answer)
            if not response.is_success or code != 0 or not isinstance(token, str):
                error = classify(response, code, self._clean(answer))
                # A wrong secret is mended by the operator; until then everything stays owed.
                if error.trouble is Trouble.DENIED:
                    error.trouble = Trouble.PASSING
                raise error
            expire = answer.get("expire")
            lasts = timedelta(seconds=expire if isinstance(expire, int) else 0)
            self._token, self._expires = token, self._clock.now() + lasts
            return token

    def _fresh(self) -> bool:
        if not self._token or self._expires is None:
            return False
        return self._expires - self._clock.now() > REFRESH_BEFORE

    def _clean(self, answer: dict[str, Any]) -> str:
        """Feishu's own words about an error, without anything of ours that it may repeat."""
        said = _TENANT_TOKEN.sub("***", str(answer.get("msg", "")))
        for secret in (self._app_secret.get_secret_value(), self._token):
            said = said.replace(secret, "***") if secret else said
        return said

    def _drop(self, token: str) -> None:
        if self._token == token:
            self._token = ""


def _path(path: str, *ids: str) -> str:
    """An address with ids in it, whatever they consist of."""
    return path.format(*(quote(id_, safe="") for id_ in ids))


def _json(content: dict[str, Any]) -> str:
    return msgspec.json.encode(content).decode()


def _code(answer: dict[str, Any]) -> int:
    code = answer.get("code", -1)
    return code if isinstance(code, int) else -1


def _message_id(data: dict[str, Any]) -> str:
    found = data.get("message_id")
    return found if isinstance(found, str) else ""
