"""The FAQ libraries in memory, read again where they have changed.

Every question first asks the database for the newest change, so what was approved a moment ago on
another replica is found here. Vectors follow a little later, see `bot/librarian.py`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.domain.faq import EntryState, FaqEntry
from bot.embedders import Embedder
from bot.language.faq import Audience, Entry, Library
from bot.language.faq.calibrate import Calibration, VectorOf, calibrate
from bot.language.normal import fold

if TYPE_CHECKING:
    from storage.tables.faq import Faq


@dataclass
class Loaded:
    """A project's library as it was at a change; `newest` is that change's number and entry."""

    library: Library = field(default_factory=Library)
    newest: tuple[int, str] = (0, "")
    calibration: Calibration = field(default_factory=Calibration)
    judged_at: int = -1


@dataclass
class Libraries:
    """One for each project that was asked something.

    `encoder` is there once it has started, `trouble` says why it did not; `changed` tells the
    librarian that there may be something to encode.
    """

    loaded: dict[str, Loaded] = field(default_factory=dict)
    encoder: Embedder | None = None
    trouble: str = ""
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def of(self, project_id: str, faq: Faq) -> Library:
        """The library of a project as it is now: its own entries before those that all share."""
        known = self.loaded.setdefault(project_id, Loaded())
        newest = await faq.newest(project_id)
        if newest == known.newest:
            return known.library
        since = known.newest[0]
        changed = await faq.changed(project_id, since - 1) if since else []
        if not changed or (changed[0].revision, changed[0].id) != known.newest:
            # Nothing was known, or what was read has been rolled back: all of it, anew.
            known = self.loaded[project_id] = Loaded()
            changed = await faq.changed(project_id, 0)
        for entry in changed:
            _take(known.library, entry)
        known.newest = newest
        self.changed.set()
        return known.library

    def judge(self, project_id: str) -> Calibration:
        """How sure is sure in a project's library, found anew when it has changed."""
        known = self.loaded[project_id]
        if known.judged_at != known.newest[0]:
            known.calibration = calibrate(known.library, self._vector_of(known.library))
            known.library.bar = known.calibration.bar
            known.judged_at = known.newest[0]
        return known.calibration

    @staticmethod
    def _vector_of(library: Library) -> VectorOf:
        """The stored vector of an entry's wording, where there is one."""
        store = library.vectors
        if store is None:
            return lambda entry, text: None
        return lambda entry, text: store.wording(library.number(entry.id), text)


def _take(library: Library, entry: FaqEntry) -> None:
    if entry.state is EntryState.REMOVED:
        library.remove(entry.id)
        return
    for other in list(library.entries.values()):
        same = fold(other.question) == fold(entry.question) and other.id != entry.id
        if not same or other.audience.value != entry.readers.value:
            continue
        if other.shared and entry.project_id:
            library.remove(other.id)  # the project has an answer of its own
        elif entry.project_id is None and not other.shared:
            return
    library.put(as_searched(entry))


def as_searched(entry: FaqEntry) -> Entry:
    """A stored entry as the search knows it."""
    return Entry(
        entry.id,
        entry.question,
        entry.variants,
        entry.answer,
        Audience(entry.readers.value),
        shared=entry.project_id is None,
    )
