"""The pipeline component that puts our entities into Rasa's messages."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot import clock
from bot.understanding.entities import Entity, Lexicon, LexiconEntry, extract_entities
from bot.understanding.time_expressions import TimeKind, parse_time

PROJECT = Path(__file__).parents[2]
LexiconProvider = Callable[[], Lexicon]


@cache
def load_lexicon() -> Lexicon:
    """The words for models, stores and jobs in the files under dealership/, read once.

    Raises OSError or yaml.YAMLError when a file is missing or malformed, KeyError when an entry has no id or name.
    """
    return Lexicon(_entries("models"), _entries("stores"), _entries("services"))


def use_lexicon(provider: LexiconProvider) -> None:
    """Ask `provider` for the words from now on, at every message (the live content instead of the files)."""
    _source.provider = provider


class _Source:
    """Where the words come from; files until the running assistant names something better."""

    def __init__(self, provider: LexiconProvider) -> None:
        self.provider = provider


_source = _Source(load_lexicon)


def _entries(kind: str) -> tuple[LexiconEntry, ...]:
    content = yaml.safe_load((PROJECT / "dealership" / f"{kind}.yml").read_text(encoding="utf-8"))
    return tuple(
        LexiconEntry(str(entry["id"]), str(entry["name"]), tuple(map(str, entry.get("aliases") or ())))
        for entry in content[kind]
    )


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class DealerEntityExtractor(GraphComponent, EntityExtractorMixin):
    """Adds the entities that `extract_entities` finds; commands (/intent) are left to Rasa."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> DealerEntityExtractor:
        """Make the component; it has no settings and nothing to store."""
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Write entities into every message that is not a command, after those it already has."""
        for message in messages:
            text = message.get(TEXT)
            if isinstance(text, str) and text and not text.startswith("/"):
                found = _with_bare_time(text, extract_entities(text, _source.provider(), clock.now()))
                known: list[dict[str, Any]] = message.get(ENTITIES, [])
                message.set(
                    ENTITIES,
                    known + self.add_extractor_name([_as_rasa(e) for e in found]),
                    add_to_output=True,
                )
        return messages


def _with_bare_time(text: str, found: list[Entity]) -> list[Entity]:
    """The entities, and as `bare_time` what is a time only where the dialogue has just asked for one ("3点", "25")."""
    if any(entity.entity == "time" for entity in found):
        return found
    expression = parse_time(text, clock.now(), expects_time=True)
    if expression.kind is TimeKind.NONE or expression.span is None:
        return found
    start, end = expression.span
    return [*found, Entity("bare_time", expression.as_entity(), start, end, text[start:end])]


def _as_rasa(entity: Entity) -> dict[str, Any]:
    return {"entity": entity.entity, "start": entity.start, "end": entity.end, "value": entity.value}
