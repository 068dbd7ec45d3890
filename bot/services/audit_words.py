"""What the audit log tells, in Chinese."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bot.services.audit import SYSTEM, AuditLine
from bot.services.staff_words import ROLE_WORDS, SKILL_WORDS

GROUPS = {
    "session": "登录",
    "user": "人员",
    "conversation": "对话",
    "customer": "客户资料",
    "lead": "线索",
    "case": "工单",
    "appointment": "预约",
    "waitlist": "候补",
    "resource": "工位和车辆",
    "outage": "停用",
    "content": "问答与话术",
    "unanswered": "未答问题",
    "dealership": "设置",
    "file": "文件",
    "outbox": "消息",
}
"""What an action is about: what stands before its dot."""
_VERBS = {
    "begun": "开始",
    "ended": "结束",
    "created": "新建",
    "booked": "预约",
    "joined": "加入",
    "left": "退出",
    "changed": "修改",
    "corrected": "更正",
    "moved": "改时间",
    "cancelled": "取消",
    "removed": "删除",
    "deleted": "删除",
    "switched_on": "启用",
    "switched_off": "停用",
    "password_reset": "重置密码",
    "password_changed": "修改自己的密码",
    "opened": "打开",
    "seen": "查看",
    "read": "查看",
    "listed": "查看列表",
    "searched": "搜索",
    "exported": "导出",
    "revealed": "查看完整电话",
    "linked": "关联",
    "unlinked": "取消关联",
    "vehicle_changed": "修改车辆",
    "vehicle_removed": "删除车辆",
    "taken": "接手",
    "assigned": "分配",
    "transferred": "转接",
    "released": "交还给助手",
    "queued": "排队",
    "closed": "结束",
    "replied": "回复",
    "noted": "写备注",
    "checked_in": "登记到店",
    "completed": "登记完成",
    "no_show": "登记未到店",
    "approved": "批准",
    "edited": "修改",
    "drafted": "存草稿",
    "retired": "停用",
    "withdrawn": "撤回草稿",
    "restored": "恢复",
    "rolled_back": "退回旧版",
    "resolved": "处理",
    "ignored": "忽略",
    "sent": "发送",
    "retried": "重新发送",
    "feed_renewed": "更换日历地址",
    "continued": "补充",
    "published": "发布",
    "uploaded": "上传",
    "downloaded": "下载",
}
_SESSION = {
    "begun": "登录",
    "refused": "登录失败",
    "ended": "退出",
    "ended_everywhere": "退出所有设备",
}
_DETAILS = {
    "kind": "类型",
    "name": "姓名",
    "role": "角色",
    "email": "邮箱",
    "skills": "技能",
    "skill": "技能",
    "stores": "门店",
    "store": "门店",
    "resource": "顾问或技师",
    "conversation_limit": "对话上限",
    "version": "版本",
    "fields": "改了",
    "reason": "原因",
    "outcome": "结果",
    "status": "状态",
    "to": "给",
    "from": "从",
    "count": "数量",
    "code": "预约码",
}


def action_words(action: str) -> str:
    """ "customer.revealed" as 客户资料：查看完整电话; one that has no words as it is."""
    group, _, verb = action.partition(".")
    group = group if group in GROUPS else group.removesuffix("s")  # a list of them
    if group == "session" and verb in _SESSION:
        return _SESSION[verb]
    if group not in GROUPS or verb not in _VERBS:
        return action
    return f"{GROUPS[group]}：{_VERBS[verb]}"


def details_words(details: Mapping[str, Any]) -> str:
    """The details in one line."""
    return "；".join(f"{_DETAILS.get(name, name)} {_value(value)}" for name, value in details.items())


def subject_words(line: AuditLine) -> str:
    """What it was done to; a person to themselves needs no words."""
    return "" if line.subject in (None, line.username, line.conversation_id) else str(line.subject)


def actor_words(username: str, names: Mapping[str, str]) -> str:
    """Who did it, by name where they have an account."""
    return "系统" if username == SYSTEM else names.get(username, username)


_VALUES = {
    "token": "接口",
    "session": "工作台",
    **{role.value: words for role, words in ROLE_WORDS.items()},
    **{skill.value: words for skill, words in SKILL_WORDS.items()},
}


def _value(value: Any) -> str:
    if value is None or value in ("", [], {}):
        return "空"
    if isinstance(value, list):
        return "、".join(map(_value, value))
    return _VALUES.get(value, value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
