"""Codes with which customers bring others. A consultant looks them up and notes them."""

from __future__ import annotations

from actions.base import DealerAction, Events, Turn
from actions.by_person import by_person


class Referral(DealerAction):
    action_name = "action_referral"

    def perform(self, turn: Turn) -> Events:
        return by_person(turn, "member.referral")
