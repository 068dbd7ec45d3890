"""How the console and the commands name messages of the outbox, in Chinese."""

from __future__ import annotations

from bot.services.alerts import KIND
from bot.store.outbox import DROPPED, FAILED, PENDING, SENT, TAKEN

STATE_WORDS = {PENDING: "待发送", TAKEN: "发送中", SENT: "已发送", FAILED: "失败", DROPPED: "已作废"}
CHANNEL_WORDS = {"chat": "对话", "email": "邮件", "webhook": "系统推送", "wecom": "企业微信"}
_KINDS = {
    "confirmation": "预约确认",
    "moved": "改约通知",
    "cancelled": "取消通知",
    "disrupted": "需要改时间",
    "restored": "恢复原时间",
    "approved": "顾问已确认",
    "adviser_changed": "换了接待人",
    "waitlist_offer": "候补有位",
    "waitlist_passed": "候补过期",
    "waitlist_lapsed": "候补没有回复",
    "waitlist_over": "候补结束",
    "ask_score": "请客户评分",
    "ask_complaint": "请客户评价投诉处理",
    "outreach": "保养和关怀提醒",
    "event_reminder": "活动提醒",
    "event_moved_up": "活动候补转正",
    "booked": "新预约",
    "checked_in": "已到店",
    "completed": "已完成",
    "no_show": "未到店",
    "promised": "客户确认会来",
    "lead.created": "新线索",
    "lead.updated": "线索有变",
    "handoff.queued": "要人工",
    "handoff.taken": "顾问接手",
    "handoff.ended": "人工结束",
    "case.opened": "新工单",
    "case.updated": "工单有变",
    "case.closed": "工单办结",
    KIND: "提醒员工",
}


def kind_words(kind: str) -> str:
    """In words; "reminder_24" is a reminder 24 hours before."""
    hours = kind.removeprefix("reminder_")
    return f"提前 {hours} 小时提醒" if hours != kind else _KINDS.get(kind, kind)
