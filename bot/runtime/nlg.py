"""Rasa's response generator: every utterance comes from the reviewed templates in the database.

``endpoints.yml`` names ``TemplateNlg`` (``nlg: type:``), so that stock commands say the same words.
"""

from __future__ import annotations

import logging
from typing import Any

from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.shared.core.trackers import DialogueStateTracker

from bot.services.content.snapshot import ContentStore
from bot.services.replies import reply_for

logger = logging.getLogger(__name__)


class TemplateNlg(NaturalLanguageGenerator):
    """Renders ``utter_*`` names with the values that an action gives."""

    _shared: ContentStore | None = None

    def __init__(self, endpoint_config: Any = None, domain: Any = None) -> None:
        """``endpoint_config`` and ``domain`` are what Rasa hands to any NLG extension; neither is needed."""

    @classmethod
    def use(cls, content: ContentStore) -> None:
        """Read templates from ``content``; without it the settings' database is opened at first use."""
        cls._shared = content

    async def generate(
        self, utter_action: str, tracker: DialogueStateTracker, output_channel: str, **kwargs: Any
    ) -> dict[str, Any] | None:
        """The message as Rasa's dictionary, with ``template`` naming the id and version that was used."""
        reply = reply_for(self._content().current(), utter_action, kwargs)
        if reply is None:
            logger.error("no approved template %s (conversation %s)", utter_action, tracker.sender_id)
            return None
        return reply

    def _content(self) -> ContentStore:
        if self._shared is None:
            from bot.services.installation import open_installation

            type(self).use(open_installation().content)
        assert self._shared is not None
        return self._shared
