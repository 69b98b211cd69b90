"""Pictures of cards, for platforms that show a picture only once it has been given to them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from bot import logs
from bot.platforms.port import DeliveryError
from cards.elements import Bars, Card, Gantt, Matrix, Picture
from cards.render.png import key_of

log = logs.get(__name__)

# Drawing one takes about a third of a second of a processor; a child that takes longer than this
# is not worth waiting for.
WITHIN = 20.0
REMEMBERED = 500
Upload = Callable[[bytes], Awaitable[str]]


class Pictures:
    """Draws what a card shows and hands it over; the same picture is handed over once.

    It is drawn in a child process: the library holds the interpreter while it works, and nobody
    else could be served meanwhile. What cannot be drawn or handed over is told in words instead.
    """

    def __init__(self, upload: Upload, *kinds: type[Picture]) -> None:
        """`kinds` are the pictures that the platform cannot draw by itself; all when none."""
        self._upload = upload
        self._kinds: tuple[type[Any], ...] = kinds or (Matrix, Bars, Gantt)
        self._known: dict[str, str] = {}

    def known(self, card: Card) -> dict[str, str]:
        """What has been handed over already of a card's pictures, by `key_of`."""
        keys = [key_of(picture) for picture in self._of(card)]
        return {key: self._known[key] for key in keys if key in self._known}

    async def of(self, card: Card) -> dict[str, str]:
        """The platform's names of a card's pictures, by `key_of`."""
        for picture in self._of(card):
            key = key_of(picture)
            if key not in self._known:
                try:
                    self._keep(key, await self._upload(await png(picture)))
                except (DeliveryError, OSError, TimeoutError, ValueError) as error:
                    log.warning("picture left out", kind=type(picture).__name__, why=str(error))
        return self.known(card)

    def _of(self, card: Card) -> list[Picture]:
        return [e for e in card.elements if isinstance(e, self._kinds)]

    def _keep(self, key: str, name: str) -> None:
        if not name:
            return
        while len(self._known) >= REMEMBERED:
            del self._known[next(iter(self._known))]
        self._known[key] = name


async def png(picture: Picture) -> bytes:
    """The picture as PNG. Raises `OSError`, `TimeoutError` or `ValueError` when it has none."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "cards.render.png",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(WITHIN):
            drawn, _ = await child.communicate(msgspec.json.encode(picture))
    except BaseException:
        child.kill()
        await child.wait()
        raise
    if child.returncode or not drawn:
        msg = f"the child ended with {child.returncode}"
        raise ValueError(msg)
    return drawn
