"""Tasks and the ends of cases in Chinese."""

from __future__ import annotations

from bot.domain.cases import RescueStep
from bot.domain.events import EventMoment, SignupStatus
from bot.domain.tasks import TaskKind, TaskStatus

TASK_KINDS = {
    TaskKind.OUTREACH_CALL: "邀约电话",
    TaskKind.DELIVERY_DAY: "交车",
    TaskKind.FOLLOW_UP_CALL: "购车回访",
    TaskKind.COMPLAINT_FOLLOW_UP: "投诉跟进",
    TaskKind.RESCUE_FOLLOW_UP: "救援跟进",
    TaskKind.WARRANTY_CLAIM: "质保索赔",
    TaskKind.TRADE_IN: "置换意向",
    TaskKind.LOW_SCORE: "低分回访",
    TaskKind.ESCALATION: "工单升级",
    TaskKind.EVENT_REPLY: "活动联络",
    TaskKind.DATA_REQUEST: "个人信息请求",
}
EVENT_MOMENTS = {
    EventMoment.CARE_SALON: "爱车养护沙龙",
    EventMoment.SEASONAL_CAMPAIGN: "四季服务活动",
    EventMoment.THEME_EVENT: "主题客户活动",
}
SIGNUP_STATUSES = {
    SignupStatus.SIGNED_UP: "已报名",
    SignupStatus.WAITING: "候补",
    SignupStatus.CANCELLED: "已取消",
    SignupStatus.ATTENDED: "已到场",
    SignupStatus.ABSENT: "没有来",
}
TASK_STATUSES = {TaskStatus.OPEN: "待办", TaskStatus.DONE: "已完成", TaskStatus.CANCELLED: "已取消"}
TASK_OUTCOMES = {
    "booked": "已约好",
    "refused": "客户不需要",
    "done_elsewhere": "已在别处做",
    "reached": "已联系上",
    "unreached": "联系不上",
    "wrong_number": "号码不对",
    "delivered": "已交车",
    "postponed": "改期交车",
    "cancelled": "取消",
    "settled": "已解决",
    "goes_on": "继续跟进",
    "accepted": "受理",
    "declined": "不受理",
    "withdrawn": "客户撤回",
    "appraisal_booked": "已约评估",
    "done": "已办理",
}
CASE_OUTCOMES = {
    "repaired_on_site": "现场修好",
    "towed": "拖车进店",
    "self_resolved": "客户自行解决",
    "withdrawn": "客户撤回",
    "settled": "已解决，客户认可",
    "compensated": "补偿后解决",
    "rejected": "不成立，已说明",
    "accepted": "受理索赔",
    "reached": "已联系上",
    "booked": "已约好",
    "refused": "客户不需要",
    "unreached": "联系不上",
    "not_needed": "不用再联系",
}
RESCUE_STEPS = {
    RescueStep.DISPATCHED: "已派车",
    RescueStep.ARRIVED: "已到现场",
    RescueStep.TOWING: "拖车回店",
}
