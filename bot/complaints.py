"""A complaint is a risk of its own source: it has an owner, a date and the ladder, and its end is
told to whoever complained."""

from __future__ import annotations

from bot.context import Context
from bot.domain.risk import Risk

SOURCE = "complaint"


async def close_loop(ctx: Context, risk: Risk) -> None:
    """Tell whoever complained what became of it, and ask whether it is solved."""
    said = await ctx.uow.followups.of_task(risk.id)
    person = await ctx.uow.people.get(said.person_id) if said else None
    project = await ctx.uow.projects.get(risk.project_id)
    if person is None or project is None:
        return
    chat = await ctx.uow.chats.get(project.chat_id)
    if await ctx.uow.living.find("complaint.end", risk.id):
        await ctx.hang_again("complaint.end", risk.id)
    elif not person.external:
        ctx.hang("complaint.end", risk.id, person, project.id)
    elif chat.present:
        # Platforms let nobody write to people outside the organisation but where they are.
        ctx.hang("complaint.end", risk.id, chat, project.id)
