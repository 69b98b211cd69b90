"""Links that open one form for one person: signed, and good for a day or two.

What a link says is signed and not secret: which message's form, for whom, until when. Whoever has
it can open it, so it goes to the person alone, and the first browser that opens it keeps it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from itsdangerous import BadSignature, URLSafeSerializer

from bot.core.clock import Clock
from bot.core.ids import new_id

LASTS = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class FormLink:
    """The form of outbox row `row`, sent to `account` in the private chat `chat`."""

    id: str
    row: str
    platform: str
    chat: str
    account: str


class Links:
    """Makes and reads links under `PUBLIC_URL`."""

    def __init__(self, public_url: str, secret: str, clock: Clock) -> None:
        self._public_url = public_url
        self._signer = URLSafeSerializer(secret, salt="golive-form")
        self._clock = clock

    def make(self, row: str, platform: str, chat: str, account: str) -> str:
        ends = int((self._clock.now() + LASTS).timestamp())
        token = self._signer.dumps([new_id(), row, platform, chat, account, ends])
        return f"{self._public_url}/form/{token}"

    def read(self, token: str) -> FormLink | None:
        """What a token opens; `None` for one that is not ours or has ended."""
        try:
            *parts, ends = self._signer.loads(token)
            link = FormLink(*map(str, parts))
            over = datetime.fromtimestamp(ends, UTC) < self._clock.now()
        except (BadSignature, TypeError, ValueError, OverflowError):
            return None
        return None if over else link
