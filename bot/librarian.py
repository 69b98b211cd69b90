"""Looks after the FAQ libraries off the way of questions: their vectors and their bars.

The encoder starts only when a library has something to encode, so that a bot without an FAQ stays
small. Until a library is encoded as a whole, and where the encoder is missing or unfit, it is
searched by letters and sounds alone. What was encoded is stored: another replica, or this one after
a start, reads it instead of doing it again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

from bot import logs
from bot.core.errors import Conflict
from bot.embedders import Encoder, Unfit, started
from bot.language.faq import Entry
from bot.libraries import Libraries, Loaded
from bot.metrics import Metrics
from storage.unit_of_work import Database

log = logs.get(__name__)

# Texts encoded in one go; in between, whoever waits for the processor gets it.
AT_ONCE = 16
# Between two questions that a library asks itself, so that people's come first.
PAUSE = 0.002
# Seconds after which what failed is tried again.
AGAIN_AFTER = 60.0


class Librarian:
    """One per process."""

    def __init__(
        self, database: Database, libraries: Libraries, encoder: Encoder, metrics: Metrics
    ) -> None:
        self._database = database
        self._libraries = libraries
        self._encoder = encoder
        self._metrics = metrics

    async def run(self) -> None:
        """Do what is to be done whenever a library has changed, until cancelled."""
        self._metrics.encoder.set(0)
        while True:
            await self._libraries.changed.wait()
            self._libraries.changed.clear()
            for project_id, known in list(self._libraries.loaded.items()):
                try:
                    await self._look_after(project_id, known)
                except Exception as error:
                    log.error("FAQ library not looked after", exc_info=error)
                    loop = asyncio.get_running_loop()
                    loop.call_later(AGAIN_AFTER, self._libraries.changed.set)

    async def _look_after(self, project_id: str, known: Loaded) -> None:
        if not len(known.library):
            return
        await _judge(known)
        if await self._ready() and await self._encode(project_id, known):
            known.due = True
            await _judge(known)

    async def _ready(self) -> bool:
        """Whether there is an encoder; it is started at the first need, and tried once."""
        libraries = self._libraries
        if libraries.encoder is None and not libraries.trouble and self._encoder.name != "none":
            try:
                libraries.encoder = await asyncio.to_thread(started, self._encoder)
                self._metrics.encoder.set(1)
            except Unfit as error:
                libraries.trouble = str(error)
                log.warning("FAQ is searched by letters and sounds alone", why=str(error))
        return libraries.encoder is not None

    async def _encode(self, project_id: str, known: Loaded) -> bool:
        """Give a library the vectors that it lacks; whether it has others than before."""
        from bot.vectors import (  # noqa: PLC0415  (numpy, of the extra `semantic`)
            Store,
            of_made,
        )

        library = known.library
        store = library.vectors if isinstance(library.vectors, Store) else Store()
        todo = {n: entry for n, entry in library.entries.items() if n not in store}
        if not todo and library.vectors is not None:
            return False
        for number, vectors in (await self._vectors(project_id, todo)).items():
            store.put(number, *of_made(todo[number], vectors))
        store.keep_only(library.entries)
        await asyncio.to_thread(store.build)
        library.vectors = store
        return True

    async def _vectors(self, project_id: str, todo: dict[int, Entry]) -> dict[int, Sequence[Any]]:
        """The vectors of entries: those that are stored, and the others made and stored."""
        from bot.vectors import packed, unpacked  # noqa: PLC0415

        encoder = self._libraries.encoder
        if encoder is None:
            return {}
        async with self._database.read() as uow:
            stored = await uow.faq.vectors(project_id, encoder.name)
        found: dict[int, Sequence[Any]] = {}
        for number, entry in todo.items():
            # Wordings that were there before are not encoded again.
            had = stored.get(entry.id, {})
            digests = [_digest(text) for text in entry.encoded]
            missing = [n for n, digest in enumerate(digests) if digest not in had]
            made = dict(enumerate(had.get(digest) for digest in digests))
            for start in range(0, len(missing), AT_ONCE):
                part = missing[start : start + AT_ONCE]
                texts = [entry.encoded[n] for n in part]
                vectors = await asyncio.to_thread(encoder.embed, texts)
                made |= {n: packed([v]) for n, v in zip(part, vectors, strict=True)}
            rows = [unpacked(vector) for vector in made.values() if vector]
            found[number] = rows
            if missing:
                await self._store(encoder.name, entry.id, digests, list(made.values()))
        return found

    async def _store(
        self, encoder: str, entry_id: str, digests: Sequence[str], vectors: Sequence[bytes | None]
    ) -> None:
        made = {d: v for d, v in zip(digests, vectors, strict=True) if v is not None}
        try:
            async with self._database.begin() as uow:
                await uow.faq.keep_vectors(encoder, entry_id, made)
        except Conflict:
            log.info("another replica has stored these vectors", entry=entry_id)


async def _judge(known: Loaded) -> None:
    if known.due:
        for _ in known.judging():
            await asyncio.sleep(PAUSE)


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=8).hexdigest()
