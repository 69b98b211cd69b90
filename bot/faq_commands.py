"""`golive faq import` and `golive faq export`: a project's FAQ from files and into one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot import sealed
from bot.core.clock import SystemClock
from bot.core.ids import new_id
from bot.domain.faq import EntryState, FaqEntry, Readers
from bot.faq_files import FaqFile, FaqRow, read, written
from bot.language.normal import fold
from bot.named import project_named
from cards.words import Words
from storage.unit_of_work import Database, UnitOfWork

KINDS = ("csv", "jsonl", "md", "docx", "xlsx")


@dataclass
class Told:
    """What to print of a file."""

    taken: list[str]
    refused: list[str]


async def take_in(
    url: str, paths: Sequence[Path], project: str | None, w: Words, *, write: bool
) -> list[Told]:
    """Read files and keep what is right; each file in a transaction of its own.

    Without a project the entries go to the library that all projects share. Raises `SetupError` for
    a project that does not exist or is not alone in its name.
    """
    found = [(path, _read(path)) for path in paths]
    database = Database(url, SystemClock())
    told = []
    try:
        for path, file in found:
            async with database.begin() as uow:
                id_ = (await project_named(uow, project)).id if project else None
                told.append(await _take(uow, path, file, id_, w, write=write))
    finally:
        await database.close()
    return told


def _read(path: Path) -> FaqFile:
    with path.open("rb") as file:
        return read(path.name, file.read(sealed.LARGEST + 1))


async def _take(
    uow: UnitOfWork, path: Path, file: FaqFile, project_id: str | None, w: Words, *, write: bool
) -> Told:
    own = [e for e in await uow.faq.changed(project_id or "", 0) if e.project_id == project_id]
    standing = {(fold(e.question), e.readers): e for e in own if e.state is not EntryState.REMOVED}
    told = Told([], [f"{path.name}: {_refusal(w, one.line, one.key, one.values)}"
                     for one in file.refused])  # fmt: skip
    for row in file.rows:
        readers = Readers(row.readers)
        known = standing.get((fold(row.question), readers))
        if known:
            same = fold(known.answer) == fold(row.answer)
            key = "faq.file.known" if same else "faq.file.conflict"
            values = {"id": known.label, "question": row.question[:60]}
            told.refused.append(f"{path.name}: {_refusal(w, row.line, key, values)}")
            continue
        told.taken.append(f"{path.name}: {w('faq.file.line', line=row.line)} {row.question}")
        if write:
            await uow.faq.add(
                FaqEntry(new_id(), project_id, 0, row.question, row.answer, readers, row.variants,
                         row.category, version=row.version, source=path.name[:40],
                         changed_at=uow.now)
            )  # fmt: skip
    if write:
        uow.audit.note(
            uow.now, "faq.imported", project_id=project_id, file=path.name, count=len(told.taken)
        )
    return told


def _refusal(w: Words, line: int, key: str, values: Mapping[str, object]) -> str:
    said = w(key, **values)
    return f"{w('faq.file.line', line=line)} {said}" if line else said


async def export(url: str, project: str | None, kind: str, w: Words) -> bytes:
    """A library as a file."""
    database = Database(url, SystemClock())
    try:
        async with database.read() as uow:
            id_ = (await project_named(uow, project)).id if project else None
            entries = await uow.faq.changed(id_ or "", 0)
    finally:
        await database.close()
    rows = [
        FaqRow(e.number, e.question, e.answer, e.variants, str(e.readers), e.category, e.version)
        for e in sorted(entries, key=lambda one: one.number)
        if e.project_id == id_ and e.state is not EntryState.REMOVED
    ]
    head = (w("faq.question"), w("faq.answer"), w("faq.file.variants"), w("faq.readers"),
            w("risk.category"), w("faq.file.version"))  # fmt: skip
    return written(kind, head, rows)
