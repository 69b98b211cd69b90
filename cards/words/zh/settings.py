"""设置里关于提醒和升级的部分。"""

WORDS: dict[str, str] = {
    "settings.remind_at": "里程碑提醒时间",
    "settings.climb_at": "升级时间",
    "settings.owner_days": "几天没人接手提醒负责人",
    "settings.manager_days": "几天升级给项目经理",
    "settings.supervisor_days": "几天升级给主管",
    "settings.listen": "从群聊里发现风险",
    "settings.guests": "群里有客户",
    "settings.urgent": "升级给主管时加急",
    "settings.days.note": "天数按工作日算。打开“从群聊里发现风险”后，我会读群里所有消息，只用来找风险。群里有客户时，内部的风险和里程碑只私聊发给项目组。",
    "doctor.templates.pass": "{count} 个计划模板可用",
    "doctor.templates.fail": "计划模板有误：{why}|机器人无法启动。|按这句话修改 TEMPLATE_DIR 里的文件。",
    "refused.days": "天数要写 1 到 30 的整数，并且 负责人 ≤ 项目经理 ≤ 主管；现在是 {owner} / {manager} / {supervisor}。",
}
