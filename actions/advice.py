"""Which model suits somebody, and how models differ. The FAQ answers, a consultant goes into it."""

from __future__ import annotations

from actions.base import DealerAction, Events, Turn
from actions.by_person import with_person_offered


class Recommend(DealerAction):
    action_name = "action_recommend"

    def perform(self, turn: Turn) -> Events:
        return with_person_offered(turn, "product.recommend")


class Compare(DealerAction):
    action_name = "action_compare"

    def perform(self, turn: Turn) -> Events:
        return with_person_offered(turn, "product.compare")
