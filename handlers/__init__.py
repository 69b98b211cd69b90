"""What the bot does when it is spoken to: one module per feature, joined here."""

from bot.router import Router
from handlers import (
    doctor,
    faq,
    faq_handover,
    faq_library,
    followup,
    golive,
    leave,
    milestone,
    notices,
    people,
    plan,
    project,
    report,
    risk,
    risk_acts,
    settings,
    standup,
    suggestion,
    upward,
)
from handlers import help as help_

ROUTER = Router().include(
    help_.router,
    doctor.router,
    project.router,
    people.router,
    settings.router,
    leave.router,
    standup.router,
    risk.router,
    risk_acts.router,
    milestone.router,
    plan.router,
    notices.router,
    golive.router,
    followup.router,
    suggestion.router,
    report.router,
    upward.router,
    faq.router,
    faq_handover.router,
    faq_library.router,
)
