"""The forms of the settings: which fields of the dealership a person sees, under which words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.services.exchange.dealership_files import OF_KIND

WEEKDAYS = tuple(enumerate(("周一", "周二", "周三", "周四", "周五", "周六", "周日"), start=1))


@dataclass(frozen=True)
class Field:
    """``path`` as "hours.service.opens". ``kind``: text, area, time, date, number, decimal, color, switch, choice,
    weekdays, numbers or words (several, parted by 、)."""

    path: str
    label: str
    kind: str = "text"
    unit: str = ""
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    wide: bool = False
    least: int = 0

    def shown(self, data: Mapping[str, Any]) -> Any:
        """What stands in the input for an entry's plain data."""
        value: Any = data
        for name in self.path.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        if value is None:
            return [] if self.kind == "weekdays" else ""
        if self.kind == "time":
            return str(value)[:5]
        return "、".join(map(str, value)) if self.kind in ("words", "numbers") else value


@dataclass(frozen=True)
class Group:
    title: str
    fields: tuple[Field, ...]
    hint: str = ""


@dataclass(frozen=True)
class Part:
    """One page of the settings: the entries of a kind, each with the same form. ``new``: the words of the button that
    adds one; ``id_field`` is filled in then. ``brief``: the fields that stand beside the name of one that is folded."""

    path: str
    title: str
    kind: str
    groups: tuple[Group, ...]
    hint: str = ""
    new: str = ""
    id_field: str = ""
    brief: tuple[str, ...] = ()

    def name_of(self, data: Mapping[str, Any]) -> str:
        return str(data.get("name") or self.title)

    def brief_of(self, data: Mapping[str, Any]) -> str:
        fields = {field.path: field for group in self.groups for field in group.fields}
        shown = ((fields[path], fields[path].shown(data)) for path in self.brief)
        return "，".join(
            f"{field.label} {value} {field.unit}".rstrip() for field, value in shown if value != ""
        )


def _hours(department: str) -> tuple[Field, ...]:
    base = f"hours.{department}"
    return (
        Field(f"{base}.opens", "开门", "time"),
        Field(f"{base}.closes", "打烊", "time"),
        Field(f"{base}.closed_weekdays", "每周休息", "weekdays", wide=True),
    )


_PROFILE = Part(
    "profile",
    "品牌与热线",
    "profile",
    (
        Group(
            "品牌",
            (
                Field("brand", "品牌"),
                Field("assistant", "助手的名字", hint="它这样向客户介绍自己"),
                Field("city", "城市"),
                Field("accent_color", "主色", "color", hint="聊天窗口和工作台用这个颜色"),
            ),
        ),
        Group(
            "人工在线",
            (
                Field("consultants_online.opens", "开始", "time"),
                Field("consultants_online.closes", "结束", "time"),
            ),
            "这段时间以外，客户可以预约回电。",
        ),
        Group(
            "客户常问的",
            (
                Field("rescue_line", "24 小时救援电话"),
                Field("complaint_hours", "投诉多久内答复", "number", "小时", least=1),
                Field("parking", "停车", "area", wide=True),
            ),
        ),
        Group(
            "质保",
            (
                Field("warranty.months", "整车", "number", "个月", least=1),
                Field("warranty.km", "整车里程", "number", "公里", least=1),
                Field("warranty.ev_years", "三电", "number", "年", least=1),
                Field("warranty.ev_km", "三电里程", "number", "公里", least=1),
            ),
        ),
    ),
)
_HANDOFF = Part(
    "handoff",
    "接待规则",
    "handoff",
    (
        Group(
            "分配",
            (
                Field(
                    "assignment",
                    "排队的对话",
                    "choice",
                    choices=(("automatic", "自动分给空闲的人"), ("by_hand", "由顾问自己接")),
                ),
                Field(
                    "conversation_limit",
                    "每人同时接待",
                    "number",
                    "个",
                    "人员页面里可以给某个人单独设",
                    least=1,
                ),
            ),
        ),
        Group(
            "等太久要提醒",
            (
                Field("waiting_limit_minutes.sales", "销售", "number", "分钟", least=1),
                Field("waiting_limit_minutes.service", "售后", "number", "分钟", least=1),
                Field("waiting_limit_minutes.complaint", "投诉", "number", "分钟", least=1),
            ),
        ),
        Group(
            "顾问掉线",
            (
                Field("lease_seconds", "多久没有反应算掉线", "number", "秒", least=1),
                Field("grace_seconds", "再等多久回到队列", "number", "秒"),
                Field("presence_seconds", "多久没有反应算离线", "number", "秒", least=1),
            ),
        ),
        Group(
            "请客户评分",
            (
                Field("score.after_handoff", "人工接待结束后", "switch"),
                Field("score.after_visit", "到店以后", "switch"),
                Field("score.low", "几分及以下要跟进", "number", "分", least=1),
            ),
        ),
    ),
    "哪些话题直接转人工，在资料文件里设定，要改请找负责部署的同事。",
)
_RULES = Part(
    "rules",
    "预约规则",
    "rules",
    (
        Group(
            "时间",
            (
                Field("slot_minutes", "每隔多久一个开始时间", "number", "分钟", least=5),
                Field("horizon_days", "最多提前", "number", "天", least=1),
                Field("change_notice_hours", "改约和取消要提前", "number", "小时"),
                Field("hold_minutes", "填资料时保留时段", "number", "分钟", least=1),
                Field("no_show_limit", "爽约几次后要顾问确认", "number", "次", least=1),
                Field("reminder_hours", "到店前提醒", "numbers", "小时", "几次提醒用顿号分开，如 24、2"),
            ),
        ),
        Group(
            "试驾",
            (
                Field("test_drive.minutes", "试驾时长", "number", "分钟", least=1),
                Field("test_drive.preparation_minutes", "之后整备", "number", "分钟"),
                Field("test_drive.notice_hours", "至少提前", "number", "小时"),
                Field("test_drive.last_start", "最晚开始", "time"),
                Field("test_drive.min_age", "最小年龄", "number", "岁"),
                Field("test_drive.max_age", "最大年龄", "number", "岁"),
                Field("test_drive.licence_months", "驾龄至少", "number", "个月"),
            ),
        ),
        Group("保养维修", (Field("service.notice_hours", "至少提前", "number", "小时"),)),
        Group(
            "候补",
            (
                Field("waitlist.reply_minutes", "有位后等客户答复", "number", "分钟", least=1),
                Field("waitlist.offers_from", "最早通知", "time"),
                Field("waitlist.offers_until", "最晚通知", "time"),
            ),
        ),
    ),
)
_STORES = Part(
    "stores",
    "门店与营业时间",
    "store",
    (
        Group(
            "门店",
            (
                Field("name", "名称"),
                Field("sales_phone", "销售热线"),
                Field("service_phone", "服务热线"),
                Field("address", "地址", wide=True),
                Field("aliases", "客户的叫法", "words", hint="用顿号分开", wide=True),
            ),
        ),
        Group("展厅营业时间", _hours("showroom")),
        Group("售后营业时间", _hours("service")),
    ),
    "已经约好的预约不会因为改营业时间而取消，保存后会列出来。",
)
_SERVICES = Part(
    "services",
    "项目与价格",
    "service",
    (
        Group(
            "",
            (
                Field("name", "名称"),
                Field("price", "价格（起）", "number", "元", "0 就是免费"),
                Field("minutes", "工时", "number", "分钟", least=1),
                Field("detail", "包括"),
                Field("note", "备注", hint="例如 在店维修免收"),
                Field("aliases", "客户的叫法", "words", hint="用顿号分开", wide=True),
            ),
        ),
    ),
    brief=("price", "minutes"),
)
_MODELS = Part(
    "models",
    "车型与指导价",
    "model",
    (
        Group(
            "",
            (
                Field("name", "名称"),
                Field("price_from", "指导价从", "decimal", "万元"),
                Field("price_to", "到", "decimal", "万元"),
                Field("kind", "级别"),
                Field("engine", "动力"),
                Field("seats", "座位", "numbers", "座", "用顿号分开，如 5、7"),
                Field("range_km", "纯电续航", "numbers", "公里", "没有就不填"),
                Field("aliases", "客户的叫法", "words", hint="用顿号分开", wide=True),
            ),
        ),
    ),
    brief=("price_from", "price_to"),
)
_CLOSURES = Part(
    "closures",
    "店休日",
    "closure",
    (
        Group(
            "",
            (
                Field("date", "从哪天开始", "date"),
                Field("lunar", "或者农历", hint="月-日，如 01-01 是春节，每年都休"),
                Field("days", "休几天", "number", "天", least=1),
            ),
        ),
    ),
    "两家店都不营业的日子。公历日期和农历写一个就行。",
    "添加店休日",
    "name",
    ("date", "lunar", "days"),
)
PARTS = tuple(
    part
    for part in (_PROFILE, _HANDOFF, _RULES, _STORES, _SERVICES, _MODELS, _CLOSURES)
    if part.kind in OF_KIND
)
