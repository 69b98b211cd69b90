"""What is wrong with a DingTalk app, as far as its own calls can tell.

No call tells whether the robot may send without sending; contacts and credentials can be asked.
"""

from __future__ import annotations

from bot.core.findings import Finding, State
from bot.platforms.dingtalk.client import DingTalkClient
from bot.platforms.port import DeliveryError, Trouble

# Nobody's staff id: where contacts may be read, the answer is that there is no such person.
_NOBODY = "golive-doctor"


async def examine(client: DingTalkClient) -> list[Finding]:
    """Credentials first: without them nothing else can be said."""
    try:
        await client.check_credentials()
    except DeliveryError as error:
        network = error.trouble is Trouble.PASSING and not error.reason.startswith("DingTalk")
        code = "dingtalk.network" if network else "dingtalk.credentials"
        return [Finding(code, State.FAIL, {"why": error.reason})]
    found = [Finding("dingtalk.credentials", State.PASS)]
    try:
        await client.user(_NOBODY)
    except DeliveryError as error:
        known = "33012" in error.reason or "60121" in error.reason
        state = State.PASS if known else State.WARN
        found.append(Finding("dingtalk.contacts", state, {"why": error.reason}))
    else:
        found.append(Finding("dingtalk.contacts", State.PASS))
    return found
