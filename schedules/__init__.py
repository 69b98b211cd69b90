"""What the bot does by itself: one module per feature, joined here."""

from bot.jobs import Job
from schedules import faq, followup, golive, milestone, report, risk, standup

JOBS: dict[str, Job] = {
    job.name: job
    for job in (
        *standup.JOBS,
        *milestone.JOBS,
        *risk.JOBS,
        *faq.JOBS,
        *golive.JOBS,
        *followup.JOBS,
        *report.JOBS,
    )
}
