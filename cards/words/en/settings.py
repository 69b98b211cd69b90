"""Settings of reminders and escalation."""

WORDS: dict[str, str] = {
    "settings.remind_at": "Milestone reminders at",
    "settings.climb_at": "Escalation at",
    "settings.owner_days": "Days until the owner hears",
    "settings.manager_days": "Days until the manager hears",
    "settings.supervisor_days": "Days until the supervisor hears",
    "settings.listen": "Listen for risks in the group",
    "settings.guests": "Customers are in the group",
    "settings.urgent": "Ring when it reaches the supervisor",
    "settings.days.note": "Days are working days. With “Listen for risks” on I read every message of the group, for risks only. With customers in the group, internal risks and milestones are sent to the team in private.",
    "doctor.templates.pass": "{count} plan templates can be used",
    "doctor.templates.fail": "A plan template is wrong: {why}|The bot cannot start.|Mend the file in TEMPLATE_DIR as it says.",
    "refused.days": "Days are whole numbers from 1 to 30 with owner ≤ manager ≤ supervisor; they are {owner} / {manager} / {supervisor}.",
}
