"""Calls to DingTalk's two APIs over one pooled client, with one token for both."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx
import msgspec
from pydantic import SecretStr

from bot.core.clock import Clock
from bot.platforms.dingtalk.errors import TOKEN, classify, code_of
from bot.platforms.port import DeliveryError, Trouble

TIMEOUT = httpx.Timeout(10.0, connect=5.0, pool=20.0)
# For an upload: megabytes take a while, and so does looking them over.
UPLOAD_TIMEOUT = httpx.Timeout(60.0, connect=5.0, pool=20.0)
# A token lasts two hours; it is renewed after four fifths of them.
KEPT = 0.8
CALLBACK_ROUTE = "golive"
LARGEST_FILE = 20 * 1024 * 1024
# There is nobody with this number.
_NOBODY = ("60121", "60104")


class DingTalkClient:
    """The calls that Golive makes. `api` is the new API's address, `oapi` the old one's."""

    def __init__(
        self, api: str, oapi: str, client_id: str, secret: SecretStr, robot: str, clock: Clock
    ) -> None:
        self._http = httpx.AsyncClient(
            timeout=TIMEOUT,
            follow_redirects=False,
            limits=httpx.Limits(max_connections=32, max_keepalive_connections=32),
        )
        self._api = api
        self._oapi = oapi
        self._client_id = client_id
        self._secret = secret
        self._robot = robot
        self._clock = clock
        self._token = ""
        self._renew_at: datetime | None = None
        self._asking = asyncio.Lock()

    async def close(self) -> None:
        await self._http.aclose()

    async def check_credentials(self) -> None:
        """Ask for a token, whatever one is at hand; raises `DeliveryError`."""
        self._token = ""
        await self._current_token()

    async def to_group(self, chat: str, message: Mapping[str, Any]) -> str:
        """Send to a group; gives back the message's query key."""
        answer = await self._new(
            "/v1.0/robot/groupMessages/send",
            {"openConversationId": chat, **self._stringified(message)},
            sends=True,
        )
        return str(answer.get("processQueryKey") or "")

    async def to_people(
        self, people: Sequence[str], message: Mapping[str, Any]
    ) -> dict[str, str | DeliveryError]:
        """Send to up to twenty people in private; what became of it for each.

        Whom DingTalk holds back is busy, whom it does not know (or show us) is gone.
        """
        answer = await self._new(
            "/v1.0/robot/oToMessages/batchSend",
            {"userIds": list(people), **self._stringified(message)},
            sends=True,
        )
        held = set(answer.get("flowControlledStaffIdList") or ())
        unknown = set(answer.get("invalidStaffIdList") or ())
        key = str(answer.get("processQueryKey") or "")
        busy = DeliveryError(Trouble.BUSY, "DingTalk holds the person's messages back")
        gone = DeliveryError(Trouble.GONE, "DingTalk does not know the person, or hides them")
        return {
            person: busy if person in held else gone if person in unknown else key
            for person in people
        }

    async def create_card(
        self,
        track: str,
        template: str,
        place: tuple[str, str],
        values: Mapping[str, str],
        *,
        by_stream: bool,
    ) -> None:
        """Show a card made from a template in a group or (`IM_ROBOT`) to a person.

        `track` is the idempotency key: a card that is there already was sent.
        """
        space, to = place
        kind = "imGroup" if space == "IM_GROUP" else "imRobot"
        model = {"robotCode": self._robot} | ({} if kind == "imGroup" else {"spaceType": space})
        body = {
            "cardTemplateId": template,
            "outTrackId": track,
            "cardData": {"cardParamMap": values},
            "openSpaceId": f"dtv1.card//{space}.{to}",
            f"{kind}OpenSpaceModel": {"supportForward": False},
            f"{kind}OpenDeliverModel": model,
            "userIdType": 1,
        }
        body |= (
            {"callbackType": "STREAM"}
            if by_stream
            else {"callbackType": "HTTP", "callbackRouteKey": CALLBACK_ROUTE}
        )
        try:
            answer = await self._new("/v1.0/card/instances/createAndDeliver", body, sends=False)
        except DeliveryError as error:
            if "cardAlreadyExist" in error.reason:
                return
            raise
        results = _tree(answer.get("result")).get("deliverResults")
        for result in results if isinstance(results, list) else ():
            if not _tree(result).get("success"):
                said = str(_tree(result).get("errorMsg"))[:80]
                raise DeliveryError(Trouble.DENIED, f"DingTalk did not deliver the card: {said}")

    async def update_card(self, track: str, values: Mapping[str, str]) -> None:
        """Give a card made from a template new values."""
        body = {
            "outTrackId": track,
            "cardData": {"cardParamMap": values},
            # Without it, what is not named is lost.
            "cardUpdateOptions": {"updateCardDataByKey": True},
            "userIdType": 1,
        }
        await self._new("/v1.0/card/instances", body, method="PUT")

    async def register_callback(self, address: str, secret: str) -> None:
        """Say where presses of cards go, and how they are signed."""
        await self._new(
            "/v1.0/card/callbacks/register",
            {
                "callbackRouteKey": CALLBACK_ROUTE,
                "callbackUrl": address,
                "apiSecret": secret,
                "forceUpdate": True,
            },
        )

    async def in_session(self, token: str, message: Mapping[str, Any]) -> None:
        """Answer where somebody has just spoken; costs no counted call."""
        response, answer = await self._once(
            f"{self._oapi}/robot/sendBySession", message, params={"session": token}, sends=True
        )
        self._raise(response, answer, sends=True)

    async def ding(self, staff: str, words: str) -> None:
        """Ring at somebody in the app (protocols/dingtalk.md §3.9)."""
        body = {
            "robotCode": self._robot,
            "remindType": 1,
            "receiverUserIdList": [staff],
            "content": words[:200],
        }
        await self._new("/v1.0/robot/ding/send", body)

    async def upload(self, kind: str, name: str, content: bytes) -> str:
        """Give DingTalk an `image`, `voice`, `video` or `file` to send; its media id. Not counted.

        Not empty and up to 20 MB (voice 2 MB) of the kinds of protocols/dingtalk.md §3.9.
        """
        if not 0 < len(content) <= LARGEST_FILE:
            msg = f"DingTalk takes files of 1 byte to 20 MB, this one has {len(content)} bytes"
            raise DeliveryError(Trouble.CONTENT, msg)
        for last in (False, True):
            token = await self._current_token()
            response, answer = await self._uploaded(token, kind, name, content)
            if not last and TOKEN.fullmatch(code_of(answer)):
                if self._token == token:
                    self._token = ""
                continue
            self._raise(response, answer, sends=False)
            return str(answer.get("media_id") or "")
        raise AssertionError

    async def _uploaded(
        self, token: str, kind: str, name: str, content: bytes
    ) -> tuple[httpx.Response, dict[str, Any]]:
        try:
            response = await self._http.post(
                f"{self._oapi}/media/upload",
                params={"access_token": token},
                data={"type": kind},
                files={"media": (name, content)},
                timeout=UPLOAD_TIMEOUT,
            )
            return response, _tree(msgspec.json.decode(response.content))
        except (httpx.HTTPError, msgspec.DecodeError) as error:
            raise DeliveryError(Trouble.PASSING, type(error).__name__) from error

    async def download(self, code: str) -> bytes:
        """What somebody sent, by its download code; at most `LARGEST_FILE` bytes."""
        body = {"downloadCode": code, "robotCode": self._robot}
        answer = await self._new("/v1.0/robot/messageFiles/download", body)
        content = bytearray()
        try:
            async with self._http.stream("GET", str(answer.get("downloadUrl") or "")) as response:
                if not response.is_success:
                    raise DeliveryError(Trouble.PASSING, f"HTTP {response.status_code}")
                async for part in response.aiter_bytes():
                    content += part
                    if len(content) > LARGEST_FILE:
                        raise DeliveryError(Trouble.CONTENT, "the file is too large")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise DeliveryError(Trouble.PASSING, type(error).__name__) from error
        return bytes(content)

    async def recall(self, chat: str, keys: Sequence[str]) -> None:
        """Take messages back, in a group or (with an empty `chat`) in private."""
        path = "groupMessages/recall" if chat else "otoMessages/batchRecall"
        body: dict[str, Any] = {"robotCode": self._robot, "processQueryKeys": list(keys)}
        body |= {"openConversationId": chat} if chat else {}
        answer = await self._new(f"/v1.0/robot/{path}", body)
        if failed := answer.get("failedResult"):
            raise DeliveryError(Trouble.DENIED, f"DingTalk did not recall {len(failed)}")

    async def user(self, staff: str) -> dict[str, Any]:
        """What DingTalk tells of a person: `name` and more. Not counted."""
        answer = await self._old("/topapi/v2/user/get", {"userid": staff, "language": "zh_CN"})
        return _tree(answer.get("result"))

    async def by_mobile(self, mobile: str) -> str:
        """The staff id behind a mobile number; empty when there is none. Not counted."""
        try:
            answer = await self._old("/topapi/v2/user/getbymobile", {"mobile": mobile})
        except DeliveryError as error:
            if any(code in error.reason for code in _NOBODY):
                return ""
            raise
        return str(_tree(answer.get("result")).get("userid") or "")

    def _stringified(self, message: Mapping[str, Any]) -> dict[str, Any]:
        param = msgspec.json.encode(message["msgParam"]).decode()
        return {"robotCode": self._robot, "msgKey": message["msgKey"], "msgParam": param}

    async def _new(
        self, path: str, body: Mapping[str, Any], *, sends: bool = False, method: str = "POST"
    ) -> dict[str, Any]:
        return await self._with_token(
            f"{self._api}{path}", body, sends=sends, in_header=True, method=method
        )

    async def _old(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return await self._with_token(f"{self._oapi}{path}", body, sends=False, in_header=False)

    async def _with_token(
        self,
        url: str,
        body: Mapping[str, Any],
        *,
        sends: bool,
        in_header: bool,
        method: str = "POST",
    ) -> dict[str, Any]:
        """One call; a token that is not taken any more is renewed once."""
        for last in (False, True):
            token = await self._current_token()
            named: dict[str, Any] = (
                {"headers": {"x-acs-dingtalk-access-token": token}}
                if in_header
                else {"params": {"access_token": token}}
            )
            response, answer = await self._once(url, body, sends=sends, method=method, **named)
            code = code_of(answer)
            if not last and (response.status_code == 401 or TOKEN.fullmatch(code)):
                if self._token == token:
                    self._token = ""
                continue
            self._raise(response, answer, sends=sends)
            return answer
        raise AssertionError

    def _raise(self, response: httpx.Response, answer: Mapping[str, Any], *, sends: bool) -> None:
        if response.is_success and not code_of(answer):
            return
        raise classify(response, self._clean(answer, response.request), sends=sends)

    async def _once(
        self, url: str, body: Mapping[str, Any], *, sends: bool, method: str = "POST", **named: Any
    ) -> tuple[httpx.Response, dict[str, Any]]:
        try:
            response = await self._http.request(
                method, url, content=msgspec.json.encode(body), **_with_type(named)
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise DeliveryError(Trouble.PASSING, type(error).__name__) from error
        except httpx.HTTPError as error:
            trouble = Trouble.UNKNOWN if sends else Trouble.PASSING
            raise DeliveryError(trouble, type(error).__name__) from error
        try:
            answer = msgspec.json.decode(response.content)
        except msgspec.DecodeError:
            if response.is_success:
                # Whoever asks too often gets a page that says so, and nothing is done.
                raise DeliveryError(Trouble.PASSING, "DingTalk answered with a page") from None
            answer = {}
        return response, _tree(answer)

    async def _current_token(self) -> str:
        """The token, asked for by one call at a time."""
        if self._fresh():
            return self._token
        async with self._asking:
            if self._fresh():
                return self._token
            body = {"appKey": self._client_id, "appSecret": self._secret.get_secret_value()}
            response, answer = await self._once(
                f"{self._api}/v1.0/oauth2/accessToken", body, sends=False
            )
            token = answer.get("accessToken")
            if not response.is_success or not isinstance(token, str):
                error = classify(response, self._clean(answer, response.request), sends=False)
                # A wrong secret is mended by the operator; until then everything stays owed.
                if error.trouble is Trouble.DENIED:
                    error.trouble = Trouble.PASSING
                raise error
            lasts = answer.get("expireIn")
            seconds = lasts if isinstance(lasts, int) else 0
            self._token = token
            self._renew_at = self._clock.now() + timedelta(seconds=seconds * KEPT)
            return token

    def _fresh(self) -> bool:
        return (
            bool(self._token)
            and self._renew_at is not None
            and (self._clock.now() < self._renew_at)
        )

    def _clean(self, answer: Mapping[str, Any], call: httpx.Request) -> dict[str, Any]:
        """DingTalk's words about an error, without anything of ours that it may repeat: neither
        what is configured nor what the call itself carried."""
        carried = (call.url.params.get(name) for name in ("access_token", "session"))
        secrets = {self._secret.get_secret_value(), self._token, *carried}
        secrets.add(call.headers.get("x-acs-dingtalk-access-token"))
        known = re.compile("|".join(re.escape(secret) for secret in secrets if secret))
        cleaned: dict[str, Any] = _without(known, answer)
        return cleaned


def _without(known: re.Pattern[str], value: Any) -> Any:
    """The same with the words that must not be seen struck out, however deep they stand."""
    match value:
        case str():
            return known.sub("***", value)
        case dict():
            return {key: _without(known, inner) for key, inner in value.items()}
        case list():
            return [_without(known, inner) for inner in value]
    return value


def _with_type(named: dict[str, Any]) -> dict[str, Any]:
    # Without `Accept` the gateway may answer in XML.
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    return {**named, "headers": headers | named.get("headers", {})}


def _tree(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
