"""What the bot does when it is spoken to: one module per feature, joined here."""

from bot.router import Router
from handlers import doctor, leave, people, project, settings, standup
from handlers import help as help_

ROUTER = Router().include(
    help_.router,
    doctor.router,
    project.router,
    people.router,
    settings.router,
    leave.router,
    standup.router,
)
