"""What the bot does when it is spoken to: one module per feature, joined here."""

from bot.router import Router
from handlers import help as help_
from handlers import leave, people, project, settings, standup

ROUTER = Router().include(
    help_.router,
    project.router,
    people.router,
    settings.router,
    leave.router,
    standup.router,
)
