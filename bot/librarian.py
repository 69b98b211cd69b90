"""Gives the FAQ libraries their vectors, off the way of questions.

The encoder starts only when a library has something to encode, so that a bot without an FAQ stays
small. Until a library is encoded as a whole, and where the encoder is missing or unfit, it is
searched by letters and sounds alone.
"""

from __future__ import annotations

import asyncio

from bot import logs
from bot.embedders import Unfit, bundled
from bot.libraries import Libraries, Loaded
from bot.metrics import Metrics

log = logs.get(__name__)

# Entries encoded in one go; in between, whoever waits for the processor gets it.
AT_ONCE = 4


class Librarian:
    """One per process."""

    def __init__(self, libraries: Libraries, encoder: str, metrics: Metrics) -> None:
        self._libraries = libraries
        self._name = encoder
        self._metrics = metrics

    async def run(self) -> None:
        """Encode what is new whenever a library has changed, until cancelled."""
        self._metrics.encoder.set(0)
        if self._name == "none":
            return
        while True:
            await self._libraries.changed.wait()
            self._libraries.changed.clear()
            try:
                for known in list(self._libraries.loaded.values()):
                    if len(known.library) and await self._ready():
                        await self._encode(known)
            except Exception as error:
                log.error("encoding failed", exc_info=error)
                self._libraries.trouble = type(error).__name__

    async def _ready(self) -> bool:
        """Whether there is an encoder; it is started at the first need, and tried once."""
        libraries = self._libraries
        if libraries.encoder is None and not libraries.trouble:
            try:
                libraries.encoder = await asyncio.to_thread(bundled, self._name)
                self._metrics.encoder.set(1)
            except Unfit as error:
                libraries.trouble = str(error)
                log.warning("FAQ is searched by letters and sounds alone", why=str(error))
        return libraries.encoder is not None

    async def _encode(self, known: Loaded) -> None:
        from bot.vectors import Store, vectors_of  # noqa: PLC0415  (numpy, of the extra `semantic`)

        encoder, library = self._libraries.encoder, known.library
        store = library.vectors if isinstance(library.vectors, Store) else Store()
        todo = [number for number in library.entries if number not in store]
        if encoder is None or not (todo or library.vectors is None):
            return
        for start in range(0, len(todo), AT_ONCE):
            part = [(n, library.entries[n]) for n in todo[start : start + AT_ONCE]
                    if n in library.entries]  # fmt: skip
            found = await asyncio.to_thread(
                lambda part=part: [vectors_of(entry, encoder) for _, entry in part]  # type: ignore[misc]
            )
            for (number, _), (texts, answer) in zip(part, found, strict=True):
                store.put(number, texts, answer)
        store.keep_only(library.entries)
        await asyncio.to_thread(store.build)
        library.vectors = store
        known.judged_at = -1
