"""A project as the command line names it."""

from __future__ import annotations

from bot.core.errors import SetupError
from bot.domain.project import Project
from storage.unit_of_work import UnitOfWork


async def project_named(uow: UnitOfWork, name: str) -> Project:
    """Raises `SetupError` for a project that does not exist or is not alone in its name."""
    found = [p for p in await uow.projects.all() if p.name == name]
    if len(found) != 1:
        many = "more than one project is" if found else "no project is"
        msg = f"{many} called {name!r}; see `项目` in its group for the name."
        raise SetupError(msg)
    return found[0]
