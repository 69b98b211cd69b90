"""Where a message can be answered without a counted call: DingTalk's session webhooks.

A robot message brings an address at which its chat can be answered for about ninety minutes. The
address comes in a body that is not signed, so it is never called: only its session token is taken,
and only from an address that is DingTalk's own to the letter; what is called is the configured
host. The token works like a password, so it is kept in memory alone; after a restart, or on another
replica, an answer simply costs a call.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

_MOST = 2_000
# A session about to end may have ended when the answer arrives.
_MARGIN = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Session:
    """A place to answer; `asker` is the staff id of who spoke, empty when it is not told."""

    token: str = field(repr=False)
    expires: datetime
    asker: str = ""


class Sessions:
    """The newest session of each chat and message."""

    def __init__(self, host: str) -> None:
        """`host` is `https://oapi.dingtalk.com`, or where a test stands in for it."""
        self._address = re.compile(
            re.escape(host) + r"/robot/sendBySession\?session=([A-Za-z0-9_.~%-]{1,200})"
        )
        self._known: OrderedDict[str, Session] = OrderedDict()

    def keep(self, address: object, expires: datetime, asker: str, *places: str) -> bool:
        """Remember a session for a chat and a message; whether the address was DingTalk's."""
        found = self._address.fullmatch(address) if isinstance(address, str) else None
        if found is None:
            return False
        for place in places:
            self._known[place] = Session(found[1], expires, asker)
            self._known.move_to_end(place)
        while len(self._known) > _MOST:
            self._known.popitem(last=False)
        return True

    def find(self, place: str, now: datetime) -> Session | None:
        """A session that still holds for a while."""
        session = self._known.get(place)
        return session if session and session.expires - now > _MARGIN else None

    def forget(self, session: Session) -> None:
        """DingTalk does not know it any more."""
        for place in [place for place, known in self._known.items() if known == session]:
            del self._known[place]
