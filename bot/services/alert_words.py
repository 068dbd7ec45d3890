"""What staff read when work waits: the message of the WeCom group robot and the mail.

No words of a customer are in them: a link or a mention in these would work in the group.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.domain.alerts import Occasion
from bot.domain.cases import CaseKind
from bot.domain.conversation import HandoffReason
from bot.domain.staff import SKILL_NAMES, Skill
from bot.services.masking import mask_phone
from bot.services.notices import Letter

LONGEST = 4096
"""Bytes of UTF-8 in a markdown message (https://developer.work.weixin.qq.com/document/path/91770)."""
REASONS = {
    HandoffReason.ASKED.value: "要求人工",
    HandoffReason.MISUNDERSTOOD.value: "连续两次没听懂",
    HandoffReason.NO_ANSWER.value: "问题没有答案",
    HandoffReason.HAGGLING.value: "谈价格",
    HandoffReason.LATE_CHANGE.value: "临近改约",
    HandoffReason.COMPLAINT.value: "投诉",
    HandoffReason.RESCUE.value: "道路救援",
    HandoffReason.FAILURE.value: "系统故障",
    HandoffReason.LOW_SCORE.value: "评分低",
    HandoffReason.RULE.value: "按门店规则转人工",
    HandoffReason.TAKEN.value: "同事主动接手",
    CaseKind.WARRANTY_CLAIM.value: "质保申请",
    CaseKind.CALLBACK.value: "回电",
}
_Alert = Mapping[str, Any]


def robot_text(alerts: Sequence[_Alert], public_url: str, now: datetime) -> str:
    """One markdown message about all of them; what does not fit is counted."""
    lines = [f"**{_headline(alerts)}**"]
    for number, alert in enumerate(alerts):
        rest = f"\n还有 {len(alerts) - number} 项，[打开工作台]({public_url}/console)"
        line = f"> {_colour(alert, _said(alert, now))}\n> [打开]({_link(alert, public_url)})"
        if _bytes([*lines, line]) + len(rest.encode()) > LONGEST:
            return "\n".join(lines) + rest
        lines.append(line)
    return "\n".join(lines)


def alert_letter(alerts: Sequence[_Alert], public_url: str, now: datetime) -> Letter:
    """The mail about all of them."""
    lines = [f"{_said(alert, now)}\n{_link(alert, public_url)}\n" for alert in alerts]
    subject = _said(alerts[0], now) if len(alerts) == 1 else _headline(alerts)
    return Letter(f"【工作台】{subject}", "\n".join(lines))


def _headline(alerts: Sequence[_Alert]) -> str:
    urgent = sum(alert["occasion"] == Occasion.URGENT.value for alert in alerts)
    late = len(alerts) - urgent
    parts = [f"{urgent} 项紧急事项" if urgent else "", f"{late} 项工作等得太久" if late else ""]
    return "，".join(part for part in parts if part)


def _said(alert: _Alert, now: datetime) -> str:
    skill = SKILL_NAMES[Skill(alert["skill"])]
    reason = REASONS.get(alert["reason"] or "", "")
    waited = _waited(now - datetime.fromisoformat(alert["since"]))
    phone = f"，电话 {mask_phone(alert['phone'])}" if alert["phone"] else ""
    words = {
        Occasion.URGENT: f"紧急：{reason}，请马上处理",
        Occasion.WAITING: f"{_of(skill, reason)}：排队已等 {waited}",
        Occasion.UNANSWERED: f"{_of(skill, reason)}：顾问接手后，客户已等 {waited}，还没有回复",
        Occasion.ESCALATED: f"{_of(skill, reason)}：还没有办结，已升级给负责人",
        Occasion.OVERDUE: f"{_of(skill, reason)}：超过约定时间 {waited}",
    }
    return words[Occasion(alert["occasion"])] + phone


def _of(skill: str, reason: str) -> str:
    return skill if reason in ("", skill) else f"{skill}·{reason}"


def _waited(time: Any) -> str:
    minutes = max(1, int(time.total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} 分钟"
    return f"{minutes // 60} 小时" if minutes < 48 * 60 else f"{minutes // (24 * 60)} 天"


def _colour(alert: _Alert, text: str) -> str:
    return f'<font color="warning">{text}</font>' if alert["occasion"] == Occasion.URGENT.value else text


def _link(alert: _Alert, public_url: str) -> str:
    if alert["conversation_id"]:
        return f"{public_url}/console/conversations/{alert['conversation_id']}"
    return f"{public_url}/console/cases"


def _bytes(lines: Iterable[str]) -> int:
    return len("\n".join(lines).encode())
