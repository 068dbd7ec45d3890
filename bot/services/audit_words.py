"""What the audit log tells, in Chinese."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from bot.domain.conversation import OUTCOME_NAMES
from bot.services.audit import SYSTEM
from bot.services.staff_words import ROLE_WORDS, SKILL_WORDS

GROUPS = {
    "session": "登录",
    "user": "人员",
    "conversation": "对话",
    "customer": "客户资料",
    "lead": "线索",
    "case": "工单",
    "task": "任务",
    "event": "活动",
    "indicator": "指标",
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
    "booked": "新建",
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
    "erased": "删除全部资料",
    "progress": "告知进展",
    "seen": "查看",
    "read": "查看",
    "listed": "查看列表",
    "searched": "搜索",
    "exported": "导出",
    "imported": "导入",
    "revealed": "查看完整电话",
    "linked": "关联",
    "link_code_made": "生成微信绑定码",
    "link_refused": "微信绑定码不对",
    "unlinked": "取消关联",
    "vehicle_changed": "修改车辆",
    "vehicle_removed": "删除车辆",
    "taken": "接手",
    "assigned": "分配",
    "lost": "断线太久，回到排队",
    "transferred": "转接",
    "released": "交还给助手",
    "queued": "排队",
    "closed": "结束",
    "replied": "回复",
    "noted": "写备注",
    "checked_in": "登记到店",
    "attendance": "登记活动到场",
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
    "entered": "人工填写",
}
_SESSION = {
    "begun": "登录",
    "refused": "登录失败",
    "ended": "退出",
    "ended_everywhere": "退出所有设备",
}
_DETAILS = {
    "kind": "类型",
    "period": "期间",
    "value": "数值",
    "name": "姓名",
    "role": "角色",
    "email": "邮箱",
    "skills": "技能",
    "skill": "技能",
    "stores": "门店",
    "store": "门店",
    "resource": "对应的顾问或技师",
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
    "plate": "车牌",
    "by": "来自",
    "before": "原来",
    "adviser": "负责人",
    "model": "车型",
    "settled": "已解决",
    "found": "找到",
    "type": "类型",
    "size": "大小",
    "customers": "新客户",
    "cars": "新车",
    "changed": "更新",
    "rows": "行数",
}
_FIELDS = {"name": "姓名", "email": "邮箱", "adviser": "专属顾问", "phone": "电话"}
"""What of a customer was changed."""
_UNITS = {"found": "位"}
_HIDDEN = {"id"}
"""What only the program needs."""
_OPAQUE = re.compile(r"[0-9a-f]{32}")
_IDS = {"conversation_id", "appointment_id"}


def action_words(action: str) -> str:
    """ "customer.revealed" as 客户资料：查看完整电话; one that has no words as it is."""
    group, _, verb = action.partition(".")
    group = group if group in GROUPS else group.removesuffix("s")  # a list of them
    if group == "session" and verb in _SESSION:
        return _SESSION[verb]
    if group not in GROUPS or verb not in _VERBS:
        return action
    return f"{GROUPS[group]}：{_VERBS[verb]}"


def details_words(
    details: Mapping[str, Any],
    name_of: Callable[[str], str] = str,
    fields: Mapping[str, str] = _FIELDS,
    labels: Mapping[str, str] | None = None,
) -> str:
    """The details in one line. ``name_of`` gives the name behind an id, ``fields`` the words for what was changed,
    ``labels`` those that are named otherwise for this action."""
    named = {**_DETAILS, **(labels or {})}
    said = []
    for key, value in details.items():
        if key in _HIDDEN or key in _IDS:
            continue
        words = _listed(value, fields) if key == "fields" else _value(value, name_of, key)
        if words:
            said.append(f"{named.get(key, key)} {words}{_unit(key)}")
    return "；".join(said)


def actor_words(username: str, names: Mapping[str, str]) -> str:
    """Who did it, by name where they have an account."""
    return "系统" if username == SYSTEM else names.get(username, username)


_VALUES = {
    "wechat_code": "微信绑定码",
    "token": "接口",
    "session": "工作台",
    "customers": "客户资料",
    "conversations": "对话",
    "messages": "客户的消息",
    "cases": "工单",
    "tasks": "任务",
    "event-signups": "活动报名",
    "leads": "线索",
    "appointments": "预约",
    "waitlist": "候补",
    "test_drive": "试驾",
    "price": "询价",
    "person": "想找顾问",
    "callback": "求回电",
    "new": "新线索",
    "contacted": "已联系",
    "won": "已成交",
    "lost": "已流失",
    "signed_up": "已报名",
    "waiting": "候补",
    "attended": "已到场",
    "absent": "没有来",
    "image/png": "图片",
    "image/jpeg": "图片",
    "image/gif": "图片",
    "image/webp": "图片",
    "application/pdf": "PDF",
    **{role.value: words for role, words in ROLE_WORDS.items()},
    **{skill.value: words for skill, words in SKILL_WORDS.items()},
}
_OUTCOMES = {outcome.value: words for outcome, words in OUTCOME_NAMES.items()}


def _value(value: Any, name_of: Callable[[str], str], key: str = "") -> str:
    if value is None or value in ("", [], {}):
        return "空"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return "、".join(_value(each, name_of) for each in value)
    if isinstance(value, dict):
        said = (_value(each, name_of) for name, each in value.items() if name not in _IDS)
        return "、".join(filter(None, said))
    if key == "size" and isinstance(value, int):
        return f"{max(1, round(value / 1024))} KB"
    return _word(value, name_of, key) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _word(value: str, name_of: Callable[[str], str], key: str) -> str:
    if key == "outcome":
        return _OUTCOMES.get(value, value)
    if _OPAQUE.fullmatch(value):
        return ""
    name = name_of(value)
    return name if name != value else _VALUES.get(value, value)


def _listed(names: Any, fields: Mapping[str, str]) -> str:
    return "、".join(dict.fromkeys(fields.get(name, name) for name in names)) or "空"


def _unit(key: str) -> str:
    return f" {_UNITS[key]}" if key in _UNITS else ""
