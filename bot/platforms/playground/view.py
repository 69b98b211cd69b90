"""What the playground's pages share: who looks from where, and who may look at all."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cache, wraps
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from bot.core.events import FormValue
from bot.platforms.playground.people import BY_ACCOUNT, GROUP, PLAYERS, Player, private_chat
from cards.elements import unpack
from cards.words import Words
from storage.tables.playground import Said

VENDOR = Path(__file__).parent / "static" / "vendor"
HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # Not `no-referrer`: under it a browser sends `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
Endpoint = Callable[[Request], Awaitable[Response]]


def guard(endpoint: Endpoint) -> Endpoint:
    """Only for pages of ours on this machine; always with the headers that a page needs."""

    @wraps(endpoint)
    async def guarded(request: Request) -> Response:
        host = request.headers.get("host", "").rsplit(":", 1)
        name = host[0] if len(host) == 2 and host[1].isdigit() else ":".join(host)
        site = request.headers.get("sec-fetch-site", "same-origin")
        origin = request.headers.get("origin", "")
        foreign = request.method == "POST" and (
            site not in ("same-origin", "none")
            or (origin not in ("", f"{request.url.scheme}://{request.headers.get('host')}"))
        )
        if name not in HOSTS or foreign:
            return Response("Not for you.", 403, HEADERS)
        response: Response = await endpoint(request)
        response.headers.update(HEADERS)
        return response

    return guarded


class View:
    """Who looks, where, in which language: all of it stands in the address."""

    def __init__(self, params: Mapping[str, str]) -> None:
        self.player: Player = BY_ACCOUNT.get(params.get("as", ""), PLAYERS[1])
        self.players: Sequence[Player] = PLAYERS
        self.in_private = params.get("chat") == "private"
        self.language = "en" if params.get("lang") == "en" else "zh"
        self.w = Words(self.language)
        self.private = private_chat(self.player.account)
        self.chat = self.private if self.in_private else GROUP
        self.parent = params.get("parent", "")
        self.toast = params.get("toast", "")[:200]

    def query(self, **more: str) -> str:
        base = {
            "as": self.player.account,
            "chat": "private" if self.in_private else "group",
            "lang": self.language,
        }
        return urlencode(base | more, quote_via=quote)


@cache
def integrity() -> dict[str, str]:
    """What the page promises its browser about the vendored scripts: SHA-384 in base64."""
    return {
        path.name: b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()
        for path in VENDOR.glob("*.js")
    }


def fields(form: FormData) -> dict[str, FormValue]:
    return {
        name: value for name, value in form.items() if isinstance(value, str) and name != "button"
    }


def excerpt(said: Said) -> str:
    words = said.body.get("text") or unpack(said.body["card"]).title
    return str(words)[:40]


def pretty(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2, default=str)
