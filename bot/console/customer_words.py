"""What the pages about customers say for ids and states."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from bot.console.work_words import TASK_KINDS, TASK_STATUSES
from bot.domain.booking import VisitStatus
from bot.domain.cases import CaseKind, CaseStatus
from bot.domain.conversation import OUTCOME_NAMES, HandoffReason, Outcome, Owner
from bot.domain.dealership import Dealership
from bot.domain.tasks import TaskKind, TaskStatus
from bot.domain.waitlist import WaitState
from bot.services.exchange.words import KINDS, STATUSES
from bot.services.leads import LeadKind, LeadStatus
from bot.services.masking import mask_phones
from bot.services.wording import say_preference, say_time

CASE_KINDS = {
    CaseKind.RESCUE: "道路救援",
    CaseKind.COMPLAINT: "投诉",
    CaseKind.WARRANTY_CLAIM: "质保申请",
    CaseKind.CALLBACK: "回电",
}
SURVEYS = {"test_drive": "试驾体验", "service": "售后服务", "complaint": "投诉处理"}
CASE_STATUSES = {CaseStatus.OPEN: "待处理", CaseStatus.CLOSED: "已办结"}
CASE_FACTS = {
    "first_message": "客户最初的话",
    "text": "内容",
    "place": "地点",
    "reason": "原因",
    "name": "姓名",
    "code": "预约码",
    "plate": "车牌",
    "model": "车型",
    "safe": "人是否安全",
    "when": "时间",
    "start": "时间",
    "store": "门店",
    "wish": "想要的时间",
    "message": "客户的话",
    "topic": "话题",
    "note": "备注",
}
CASE_REASONS = {
    "visit_needs_new_time": "预约需要改时间",
    "visit_needs_approval": "多次未到店，预约需要确认",
    "waitlist_offer": "候补到位，等客户答复",
}
LEAD_KINDS = {
    LeadKind.TEST_DRIVE: "试驾",
    LeadKind.PRICE: "询价",
    LeadKind.PERSON: "想找顾问",
    LeadKind.CALLBACK: "求回电",
    LeadKind.ADVISER: "顾问登记",
}
LEAD_STATUSES = {
    LeadStatus.NEW: "新线索",
    LeadStatus.CONTACTED: "已联系",
    LeadStatus.WON: "已成交",
    LeadStatus.LOST: "已流失",
}
REASONS = {
    HandoffReason.ASKED: "客户要求人工",
    HandoffReason.MISUNDERSTOOD: "连续两次没听懂",
    HandoffReason.NO_ANSWER: "问题没有答案",
    HandoffReason.HAGGLING: "谈价格",
    HandoffReason.LATE_CHANGE: "临近改约",
    HandoffReason.COMPLAINT: "投诉",
    HandoffReason.RESCUE: "道路救援",
    HandoffReason.FAILURE: "系统故障",
    HandoffReason.LOW_SCORE: "评分低",
    HandoffReason.RULE: "按规则转人工",
    HandoffReason.TAKEN: "主动接手",
}
OWNERS = {Owner.BOT: "机器人", Owner.QUEUE: "排队中", Owner.ADVISER: "顾问接待中", Owner.CLOSED: "已结束"}
CHANNELS = {"web": "网站", "rest": "接口", "wechat": "微信", "terminal": "终端", "staff": "顾问登记"}
KNOWN_BY = {
    "linked": "",
    "booking": "按对话里的预约电话匹配",
    "case": "按对话里留的电话匹配",
    "lead": "按线索电话匹配",
    "waitlist": "按候补电话匹配",
    "message": "客户在对话里写的",
}
OCCASIONS = {"handoff": "人工服务", "visit": "到店"}
WAIT_STATES = {WaitState.WAITING: "候补中", WaitState.OFFERED: "有空位，等客户答复"}
BADGES = {
    VisitStatus.CONFIRMED: "accent",
    VisitStatus.CHECKED_IN: "good",
    VisitStatus.COMPLETED: "",
    VisitStatus.CANCELLED: "",
    VisitStatus.NO_SHOW: "warn",
}


class Words:
    """Ids as words, for one state of the dealership; used by the templates."""

    def __init__(self, dealership: Dealership) -> None:
        things: tuple[tuple[Any, ...], ...] = (
            dealership.stores,
            dealership.models,
            dealership.services,
            dealership.resources,
        )
        self._names: dict[str, str] = {thing.id: thing.name for each in things for thing in each}

    def name(self, id_: str | None) -> str:
        return self._names.get(id_ or "", id_ or "")

    def names(self, ids: Iterable[str]) -> str:
        return "、".join(map(self.name, ids))

    def of(self, value: Any) -> str:
        """The word for a state, kind or reason."""
        for words in _ALL:
            if value in words and type(value) in map(type, words):
                return words[value]
        return str(getattr(value, "value", value))

    def reason(self, value: str | None) -> str:
        """Why a conversation came to a person; a rule of the dealer may have a reason of its own."""
        known = {reason.value: word for reason, word in REASONS.items()}
        return known.get(value or "", value or "")

    def outcome(self, value: str | None) -> str:
        known = {outcome.value: OUTCOME_NAMES[outcome] for outcome in Outcome}
        return known.get(value or "", value or "")

    def channel(self, value: str | None) -> str:
        return CHANNELS.get(value or "", value or "")

    def page(self, address: str) -> str:
        """Where somebody wrote from, as one would say it: "dealer.example/models/x5"."""
        parts = _parts(address)
        return f"{parts.netloc.removeprefix('www.')}{unquote(parts.path)}".rstrip("/") if parts else address

    def link(self, address: str) -> str | None:
        """The address where a browser may be sent to it; what calls itself a page can be anything."""
        return address if _parts(address) else None

    def known_by(self, value: str) -> str:
        return KNOWN_BY.get(value, "")

    def task(self, kind: TaskKind) -> str:
        return TASK_KINDS[kind]

    def task_status(self, status: TaskStatus) -> str:
        return TASK_STATUSES[status]

    def survey(self, kind: str) -> str:
        return SURVEYS.get(kind, kind)

    def occasion(self, value: str) -> str:
        return OCCASIONS.get(value, value)

    def badge(self, status: VisitStatus) -> str:
        return BADGES[status]

    def day(self, day: date | None) -> str:
        return f"{day.year}年{day.month}月{day.day}日" if day else ""

    def preference(self, preference: Any) -> str:
        return say_preference(preference)

    def details(self, details: dict[str, Any]) -> list[tuple[str, str]]:
        """What a case tells, with the names of things and masked numbers."""
        said = []
        for name, label in CASE_FACTS.items():
            value = details.get(name)
            if value not in (None, "", [], {}):
                said.append((label, mask_phones(self._say(name, value))))
        if details.get("withdrawn"):
            said.append(("客户", "表示不需要了"))
        return said

    def _say(self, name: str, value: Any) -> str:
        if isinstance(value, bool):
            return "是" if value else "否"
        if isinstance(value, list):
            return "、".join(self._say(name, item) for item in value)
        text = str(value)
        if name == "reason":
            return CASE_REASONS.get(text, self.reason(text))
        if name in ("start", "when") and "T" in text:
            return say_time(datetime.fromisoformat(text))
        return self.name(text)


def _parts(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return parts if parts.scheme in ("http", "https") and parts.netloc else None


_ALL: tuple[dict[Any, str], ...] = (
    KINDS,
    STATUSES,
    CASE_KINDS,
    CASE_STATUSES,
    LEAD_KINDS,
    LEAD_STATUSES,
    OWNERS,
    WAIT_STATES,
)
