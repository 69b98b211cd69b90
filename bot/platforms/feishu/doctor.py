"""What is wrong with a Feishu app, as far as its own calls can tell."""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.findings import Finding, State
from bot.platforms.feishu.client import FeishuClient
from bot.platforms.port import DeliveryError, Trouble

# Without these something that people see does not work; docs/feishu.md has a reason for each.
SCOPES = (
    "im:message:send_as_bot",
    "im:message.p2p_msg:readonly",
    "im:message.group_at_msg:readonly",
    "im:chat:readonly",
    "im:chat.members:read",
    "im:chat.members:bot_access",
    "im:message.reactions:write_only",
    "im:resource",
)
EVENTS = ("im.message.receive_v1", "im.chat.member.bot.added_v1")
_ENABLED = 1


async def examine(
    client: FeishuClient, chats: Sequence[tuple[str, str]], *, line: bool, console: str = ""
) -> list[Finding]:
    """Credentials first: without them nothing else can be said. `chats` are ids and names,
    `console` the app's page in the developer console.
    """
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
    if console:
        found.append(await _scopes(client, console))
        found += await _published(client, console)
    found += [await _chat(client, chat, name) for chat, name in chats[:20]]
    if line:
        found.append(await _line(client))
    return found


async def _scopes(client: FeishuClient, console: str) -> Finding:
    """What is granted against what is needed, and one address that asks for all the rest."""
    try:
        granted = await client.scopes()
    except DeliveryError as error:
        return Finding("feishu.scopes", State.SKIP, {"why": error.reason})
    missing = [scope for scope in SCOPES if not granted.get(scope)]
    link = f"{console}/auth?q={','.join(missing)}&op_from=openapi&token_type=tenant"
    state = State.FAIL if missing else State.PASS
    return Finding("feishu.scopes", state, {"missing": ", ".join(missing), "link": link})


async def _published(client: FeishuClient, console: str) -> list[Finding]:
    """Whether a version is published, and what it hears. What is set up is silent until then."""
    try:
        app = await client.application()
        version = str(app.get("online_version_id") or "")
        heard = await client.subscribed(version) if version else set()
    except DeliveryError as error:
        # To look at the app itself is a permission that the bot does not need otherwise.
        return [Finding("feishu.published", State.SKIP, {"why": error.reason})]
    values = {"link": f"{console}/version"}
    if not version or app.get("status") != _ENABLED:
        return [Finding("feishu.published", State.FAIL, values)]
    waits = State.WARN if app.get("unaudit_version_id") else State.PASS
    missing = [event for event in EVENTS if event not in heard]
    events = {"missing": ", ".join(missing), "link": f"{console}/event"}
    return [
        Finding("feishu.published", waits, values),
        Finding("feishu.events", State.FAIL if missing else State.PASS, events),
    ]


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
