"""Faults under warranty and cars in exchange. A consultant takes them up."""

from __future__ import annotations

from actions.base import DealerAction, Events, Turn
from actions.by_person import by_person


class ClaimWarranty(DealerAction):
    action_name = "action_claim_warranty"

    def perform(self, turn: Turn) -> Events:
        return by_person(turn, "warranty.claim")


class TradeIn(DealerAction):
    action_name = "action_trade_in"

    def perform(self, turn: Turn) -> Events:
        return by_person(turn, "used.valuation")
