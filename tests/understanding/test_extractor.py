"""The pipeline components: Rasa's form of the entities, and tokens of Chinese."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.training_data.message import Message

from bot.understanding import extractor
from bot.understanding.entities import Lexicon, LexiconEntry, extract_entities
from bot.understanding.extractor import DealerEntityExtractor, load_lexicon, use_lexicon
from bot.understanding.tokenizer import CharacterTokenizer

NOW = datetime.fromisoformat("2026-11-22T10:00:00+08:00")
LEXICON = Lexicon(models=(LexiconEntry("x5", "青岚 X5", ("X5",)), LexiconEntry("x7", "青岚 X7", ("X7",))))


@pytest.fixture
def component(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DealerEntityExtractor:
    monkeypatch.setattr("bot.clock.clock.now", lambda: NOW)
    context = ExecutionContext(GraphSchema({}))
    return DealerEntityExtractor.create({}, LocalModelStorage(tmp_path), Resource("extractor"), context)


@pytest.fixture
def small_lexicon() -> Iterator[None]:
    use_lexicon(lambda: LEXICON)
    yield
    use_lexicon(load_lexicon)


@pytest.mark.usefixtures("small_lexicon")
def test_component_writes_entities_in_rasas_form(component: DealerEntityExtractor) -> None:
    message = Message(data={"text": "明天试驾X5"})
    component.process([message])
    day = {
        "kind": "day",
        "start": "2026-11-23T00:00:00+08:00",
        "end": "2026-11-23T23:59:00+08:00",
        "grain": "day",
    }
    assert message.get("entities") == [
        {"entity": "time", "start": 0, "end": 2, "value": day, "extractor": "DealerEntityExtractor"},
        {"entity": "model", "start": 4, "end": 6, "value": "x5", "extractor": "DealerEntityExtractor"},
    ]
    assert message.as_dict_nlu()["entities"] == message.get("entities")


@pytest.mark.usefixtures("small_lexicon")
def test_component_leaves_commands_and_earlier_entities_alone(component: DealerEntityExtractor) -> None:
    command = Message(
        data={"text": '/book_test_drive{"model": "x5"}', "entities": [{"entity": "model", "value": "x5"}]}
    )
    other = Message(data={"text": "X7", "entities": [{"entity": "topic", "value": "a"}]})
    component.process([command, other, Message(data={"text": ""})])
    assert command.get("entities") == [{"entity": "model", "value": "x5"}]
    assert [entity["entity"] for entity in other.get("entities")] == ["topic", "model"]


def test_lexicon_is_read_from_the_dealership_and_can_be_replaced() -> None:
    lexicon = load_lexicon()
    assert {entry.id for entry in lexicon.stores} == {"east", "west"}
    assert [entity.value for entity in extract_entities("城西店做首保,X5", lexicon, NOW)] == [
        "west",
        "first_service",
        "x5",
    ]
    use_lexicon(lambda: LEXICON)
    assert extractor._source.provider() is LEXICON
    use_lexicon(load_lexicon)


def test_tokens_are_characters_and_latin_runs() -> None:
    tokenizer = CharacterTokenizer(CharacterTokenizer.get_default_config())
    tokens = tokenizer.tokenize(Message(data={"text": "试驾 X5吗"}), "text")
    assert [(token.text, token.start, token.end) for token in tokens] == [
        ("试", 0, 1),
        ("驾", 1, 2),
        ("X5", 3, 5),
        ("吗", 5, 6),
    ]
