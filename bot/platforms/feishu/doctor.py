"""What is wrong with a Feishu app, as far as its own calls can tell."""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.findings import Finding, State
from bot.platforms.feishu.client import FeishuClient
from bot.platforms.port import DeliveryError, Trouble


async def examine(client: FeishuClient, chats: Sequence[tuple[str, str]], *, line: bool
                  ) -> list[Finding]:  # fmt: skip
    """Credentials first: without them nothing else can be said. `chats` are ids and names."""
    try:
        await client.check_credentials()
    except DeliveryError as error:
        code = "feishu.network" if _is_network(error) else "feishu.credentials"
        return [Finding(code, State.FAIL, {"why": error.reason})]
    found = [Finding("feishu.credentials", State.PASS)]
    try:
        await client.bot_open_id()
        found.append(Finding("feishu.bot", State.PASS))
    except DeliveryError as error:
        found.append(Finding("feishu.bot", State.FAIL, {"why": error.reason}))
    found += [await _chat(client, chat, name) for chat, name in chats[:20]]
    if line:
        found.append(await _line(client))
    return found


async def _chat(client: FeishuClient, chat: str, name: str) -> Finding:
    values = {"name": name or chat[-6:]}
    try:
        async for _ in client.members(chat):
            break
    except DeliveryError as error:
        gone = error.trouble is Trouble.GONE
        code = "feishu.group" if gone else "feishu.members"
        return Finding(code, State.WARN, values | {"why": error.reason})
    return Finding("feishu.members", State.PASS, values)


async def _line(client: FeishuClient) -> Finding:
    try:
        count = await client.online_connections()
    except DeliveryError as error:
        return Finding("feishu.line", State.SKIP, {"why": error.reason})
    if count == 0:
        return Finding("feishu.line", State.FAIL)
    state = State.PASS if count == 1 else State.WARN
    return Finding("feishu.line", state, {"count": str(count)})


def _is_network(error: DeliveryError) -> bool:
    """Whether the call did not get through at all: then the reason is a name of httpx's."""
    return error.trouble is Trouble.PASSING and not error.reason.startswith("Feishu")
