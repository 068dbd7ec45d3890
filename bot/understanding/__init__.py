"""Rasa pipeline components: time expressions, entities, intents, FAQ retrieval."""
