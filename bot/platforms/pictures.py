"""Pictures of cards, for platforms that show a picture only once it has been given to them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any

import msgspec

from bot import logs
from bot.platforms.port import DeliveryError
from bot.sealed import own_environment
from cards.elements import Bars, Card, Gantt, Matrix, Picture, Trend
from cards.render.png import key_of

log = logs.get(__name__)

# Drawing one takes about a third of a second of a processor; a child that takes longer than this
# is not worth waiting for.
WITHIN = 20.0
REMEMBERED = 500
# A picture that could not be handed over is not tried again for so many seconds.
NOT_AGAIN_FOR = 300.0
Upload = Callable[[bytes], Awaitable[str]]


class Pictures:
    """Draws what a card shows and hands it over; the same picture is handed over once.

    It is drawn in a child process: the library holds the interpreter while it works, and nobody
    else could be served meanwhile. What cannot be drawn or handed over is told in words instead.
    """

    def __init__(self, upload: Upload, *kinds: type[Picture]) -> None:
        """`kinds` are the pictures that the platform cannot draw by itself; all when none."""
        self._upload = upload
        self._kinds: tuple[type[Any], ...] = kinds or (Matrix, Bars, Gantt, Trend)
        self._known: dict[str, str] = {}
        self._drawing: dict[str, asyncio.Task[None]] = {}
        self._failed: dict[str, float] = {}
        self._children = asyncio.Semaphore(2)

    def known(self, card: Card) -> dict[str, str]:
        """What has been handed over already of a card's pictures, by `key_of`."""
        keys = [key_of(picture) for picture in self._of(card)]
        return {key: self._known[key] for key in keys if key in self._known}

    async def of(self, card: Card) -> dict[str, str]:
        """The platform's names of a card's pictures, by `key_of`."""
        for picture in self._of(card):
            key = key_of(picture)
            if key in self._known or monotonic() < self._failed.get(key, 0.0):
                continue
            # Whoever asks for the same picture meanwhile waits for the same child.
            task = self._drawing.get(key)
            if task is None:
                task = asyncio.create_task(self._hand_over(key, picture), name="picture")
                self._drawing[key] = task
                task.add_done_callback(lambda _, key=key: self._drawing.pop(key, None))  # type: ignore[misc]
            await asyncio.shield(task)
        return self.known(card)

    async def _hand_over(self, key: str, picture: Picture) -> None:
        try:
            self._keep(key, await self._upload(await self._png(picture)))
        except (DeliveryError, OSError, TimeoutError, ValueError) as error:
            log.warning("picture left out", kind=type(picture).__name__, why=str(error))
            if len(self._failed) >= REMEMBERED:
                self._failed.clear()
            self._failed[key] = monotonic() + NOT_AGAIN_FOR

    async def _png(self, picture: Picture) -> bytes:
        async with self._children:
            return await png(picture)

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
        "-P",
        "-m",
        "cards.render.png",
        env=own_environment(),
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
