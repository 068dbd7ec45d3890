"""How the console and the commands name roles, skills, presence and what the audit log tells, in Chinese."""

from __future__ import annotations

from bot.domain.staff import Presence, Role, Skill

ROLE_WORDS = {
    Role.CONSULTANT: "销售顾问",
    Role.SERVICE_ADVISER: "服务顾问",
    Role.CONTENT_EDITOR: "内容编辑",
    Role.MANAGER: "经理",
    Role.ADMINISTRATOR: "管理员",
}
ROLE_HINTS = {
    Role.CONSULTANT: "接待客户、预约、看客户资料、写问答草稿",
    Role.SERVICE_ADVISER: "同销售顾问，另外可以处理工位停用和候补",
    Role.CONTENT_EDITOR: "修改和审批问答与话术",
    Role.MANAGER: "除了人员管理，其他都可以",
    Role.ADMINISTRATOR: "什么都可以，包括人员管理",
}
SKILL_WORDS = {Skill.SALES: "销售", Skill.SERVICE: "售后", Skill.COMPLAINT: "投诉"}
PRESENCE_WORDS = {Presence.ONLINE: "在线", Presence.AWAY: "离开", Presence.OFFLINE: "离线"}
