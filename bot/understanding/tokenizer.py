"""Tokens for Chinese: each character by itself, Latin words and numbers whole."""

from __future__ import annotations

import re
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.constants import TOKENS_NAMES
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

_TOKEN = re.compile(r"[A-Za-z0-9A-Za-z0-9]+|\S")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class CharacterTokenizer(Tokenizer):
    """Splits a message at every character that is no Latin letter or digit; white space is no token."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Rasa's settings of a tokenizer, at their usual values."""
        return {
            "intent_tokenization_flag": False,
            "intent_split_symbol": "_",
            "token_pattern": None,
            "prefix_separator_symbol": None,
        }

    def process(self, messages: list[Message]) -> list[Message]:
        """Tokens of what was said: a message that comes in has nothing else, for which Rasa looks too."""
        for message in messages:
            if isinstance(message.get(TEXT), str):
                message.set(TOKENS_NAMES[TEXT], self.tokenize(message, TEXT))
        return messages

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        """The tokens of one attribute of a message, with their places in its text."""
        text: str = message.get(attribute) or ""
        return self._apply_token_pattern([Token(match[0], match.start()) for match in _TOKEN.finditer(text)])
