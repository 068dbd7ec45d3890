"""Chinese words for what the content pages name: categories, actions, intents, entities."""

from __future__ import annotations

from bot.domain.replies import VariableType

CATEGORIES = {
    "booking": "预约规则",
    "buy": "购车流程",
    "care": "投诉与回访",
    "drive": "试驾",
    "member": "会员与活动",
    "price": "价格与金融",
    "privacy": "隐私",
    "product": "车型",
    "repair": "维修与救援",
    "service": "保养",
    "store": "门店",
    "use": "用车",
    "used": "二手车置换",
    "warranty": "质保",
    "other": "其他",
}
ACTIONS = {
    "book_test_drive": "预约试驾",
    "book_service": "预约保养维修",
    "check_booking": "查预约",
    "change_booking": "改预约",
    "cancel_booking": "取消预约",
    "ask_service_due": "下次保养什么时候",
    "ask_warranty_status": "还在不在保",
    "report_breakdown": "救援",
    "complain": "投诉",
    "ask_human": "找人工顾问",
    "join_waitlist": "登记候补",
    "request_change": "要修改",
    "affirm": "是",
    "deny": "不是",
    "stop": "先不办了",
    "back_to_bot": "回到智能助手",
}
"""What a button may do instead of leading to a topic."""

INTENTS = {
    "faq": "问问题",
    "greet": "打招呼",
    "goodbye": "告别",
    "thank": "感谢",
    "chitchat": "闲聊",
    "out_of_scope": "与本店无关",
    "inform": "补充信息",
    "haggle": "讲价",
    "nlu_fallback": "没听懂",
}
ENTITIES = {
    "model": "车型",
    "store": "门店",
    "phone": "手机号",
    "plate": "车牌",
    "name": "称呼",
    "mileage": "里程",
    "time": "时间",
    "job": "项目",
    "service": "项目",
    "items": "项目",
    "code": "预约码",
}
CHANNEL_NAMES = {"web": "网站", "rest": "接口", "wechat": "微信", "terminal": "终端"}
VARIABLE_TYPES = {
    VariableType.TEXT: "文字",
    VariableType.OPTIONAL: "文字（可能为空）",
    VariableType.NUMBER: "数字",
    VariableType.PRICE: "价格",
    VariableType.WHEN: "时间",
    VariableType.PHONE: "电话",
}
