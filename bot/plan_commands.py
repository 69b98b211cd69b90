"""`golive plan import FILE --project NAME`: a plan from a table, shown first and then taken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bot import plan_files, sealed
from bot.context import Context
from bot.core.clock import SystemClock
from bot.named import project_named
from bot.plan_import import from_table
from bot.shelf import Shelf
from cards.words import Words
from storage.unit_of_work import Database


def read(path: Path) -> plan_files.PlanFile:
    """The file's rows and mistakes; what is too large is not read as a whole."""
    with path.open("rb") as file:
        return plan_files.read(path.name, file.read(sealed.LARGEST + 1))


async def take_in(
    url: str, shelf: Shelf, file: plan_files.PlanFile, project_name: str, *, write: bool
) -> tuple[list[str], list[str]]:
    """The lines of the preview and what is wrong; written only when nothing is and `write` is set.

    Raises `SetupError` for a project that does not exist or is not alone in its name.
    """
    database = Database(url, SystemClock())
    try:
        async with database.begin() as uow:
            project = await project_named(uow, project_name)
            ctx = Context(uow, shelf).for_project(project)
            table = await from_table(ctx, project, file)
            wrong = [ctx.w(p.key, line=p.line, **p.values) for p in table.problems]
            if write and not wrong:
                await uow.milestones.add(table.milestones)
                ctx.note("plan.imported", count=len(table.milestones))
            told = [f"{m.label} {m.name} {m.due.isoformat()}" for m in table.milestones]
            return [*told, *_unknown(ctx.w, table.unknown)], wrong
    finally:
        await database.close()


def _unknown(w: Words, names: tuple[str, ...]) -> Iterator[str]:
    if names:
        yield w("plan.import.unknown", names=w.comma.join(names))
