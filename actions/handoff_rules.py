"""The dealer's own rules of when a person is called (``dealership/handoff.yml``), evaluated here alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.domain.conversation import HandoffReason
from bot.domain.handoff import HandoffRule, RuleAction

if TYPE_CHECKING:
    from actions.base import Turn

OFFER, QUEUE = "action_offer_adviser", "action_request_human"
_MAY_CALL = frozenset(
    {
        "action_answer_faq",
        "action_not_understood",
        "action_small_talk",
        "action_take_up_facts",
        "action_haggle",
        "action_start_test_drive",
        "action_start_service_visit",
        "action_start_existing_booking",
        "action_start_own_car",
        "action_change_afterwards",
        "action_leave_dialogue",
    }
)
_RECORDS = frozenset({"rescue_form", "complaint_form", "callback_form"})
"""Somebody will come, or call, anyway."""


def redirected(action: str, turn: Turn) -> str | None:
    """The action that a rule of the dealer's puts in the place of another; an offer is made once."""
    if action not in _MAY_CALL or turn.is_payload or turn.active_form in _RECORDS:
        return None
    rule = rule_for(turn)
    if rule is None:
        return None
    if rule.action is RuleAction.QUEUE:
        return QUEUE
    return None if was_offered(turn, rule) else OFFER


def rule_for(turn: Turn) -> HandoffRule | None:
    """The first rule that the message meets."""
    return next((rule for rule in turn.dealership.handoff.rules if _meets(rule, turn)), None)


def reason_of(rule: HandoffRule) -> dict[str, Any]:
    """What is kept of a rule until the person reads it."""
    return {
        "reason": HandoffReason.RULE.value,
        "skill": rule.skill.value,
        "rule": rule.id,
        **({"note": rule.note} if rule.note else {}),
    }


def was_offered(turn: Turn, rule: HandoffRule) -> bool:
    """Whether a person was offered for this rule in the part of the conversation that is remembered."""
    return any(
        event.get("event") == "slot"
        and event.get("name") == "handoff_reason"
        and isinstance(event.get("value"), dict)
        and event["value"].get("rule") == rule.id
        for event in turn.tracker.events
    )


def _meets(rule: HandoffRule, turn: Turn) -> bool:
    text = turn.text.casefold()
    is_clear = turn.decision.get("kind") == "answer"
    return (
        any(word.casefold() in text for word in rule.words)
        or turn.intent in rule.intents
        or (is_clear and turn.faq.get("id") in rule.topics)
        or any(model in rule.models for model in turn.values("model"))
    )
