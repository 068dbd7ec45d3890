"""What customers may ask of us about their data. A consultant checks who asks."""

from __future__ import annotations

from actions.base import DealerAction, Events, Turn
from actions.by_person import by_person


class ExportData(DealerAction):
    action_name = "action_export_data"

    def perform(self, turn: Turn) -> Events:
        return by_person(turn)


class DeleteData(DealerAction):
    action_name = "action_delete_data"

    def perform(self, turn: Turn) -> Events:
        return by_person(turn, "privacy.delete")
