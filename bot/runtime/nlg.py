"""Rasa's response generator: every utterance comes from the reviewed templates in the database.

``endpoints.yml`` names ``TemplateNlg`` (``nlg: type:``), so that stock commands say the same words.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.shared.core.trackers import DialogueStateTracker

from bot.domain.replies import UnfitValue
from bot.services.content.snapshot import Content, ContentStore
from bot.services.replies import GENERIC, reply_for

logger = logging.getLogger(__name__)
_unsayable: ContextVar[list[str]] = ContextVar("unsayable")


@contextmanager
def noting_what_cannot_be_said() -> Iterator[list[str]]:
    """The names of the replies that had to be replaced by generic words in this turn."""
    names: list[str] = []
    token = _unsayable.set(names)
    try:
        yield names
    finally:
        _unsayable.reset(token)


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
        """The message as Rasa's dictionary, with ``SOURCE`` naming the id and version that was used.

        What is not approved, or cannot be filled in, is logged with the conversation's id and replaced by generic
        words: the customer never sees a gap, and is never left without an answer.
        """
        content = self._content().current()
        try:
            reply = reply_for(content, utter_action, kwargs, output_channel)
            problem = "is not approved"
        except UnfitValue as error:
            reply, problem = None, f"cannot be filled in: {error}"
        if reply is not None:
            return reply
        logger.error("template %s %s (conversation %s)", utter_action, problem, tracker.sender_id)
        _unsayable.get([]).append(utter_action)
        return self._generic(content, output_channel)

    def _generic(self, content: Content, channel: str) -> dict[str, Any] | None:
        try:
            return reply_for(content, GENERIC, {}, channel)
        except UnfitValue:
            logger.exception("%s cannot be filled in", GENERIC)
            return None

    def _content(self) -> ContentStore:
        if self._shared is None:
            from bot.services.installation import open_installation

            type(self).use(open_installation().content)
        assert self._shared is not None
        return self._shared
