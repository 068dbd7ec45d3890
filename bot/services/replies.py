"""What is said: a template or FAQ answer, filled with values, as Rasa's message dictionary."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bot.domain.replies import Button, render
from bot.services.content.snapshot import Content

FAQ_PREFIX = "utter_faq/"


def reply_for(content: Content, name: str, values: Mapping[str, Any]) -> dict[str, Any] | None:
    """The reply ``name`` ("utter_…", or "utter_faq/<topic>"); None where nothing approved has that name."""
    variables = {**content.variables, **{key: value for key, value in values.items() if value is not None}}
    if name.startswith(FAQ_PREFIX):
        topic = name.removeprefix(FAQ_PREFIX)
        entry = content.faq.get(topic)
        if entry is None:
            return None
        return _message(content, f"faq/{topic}", entry.answer, entry.buttons, variables)
    template = content.templates.get(name)
    if template is None:
        return None
    return _message(content, f"template/{name}", template.text, template.buttons, variables)


def payload_of(button: Button) -> str:
    """What a click on the button sends."""
    if button.payload:
        return button.payload
    if button.topic:
        return topic_payload(button.topic)
    return f"/{button.intent}"


def topic_payload(topic: str) -> str:
    return "/faq" + json.dumps({"topic": topic})


def _message(
    content: Content, id_: str, text: str, buttons: tuple[Button, ...], values: Mapping[str, Any]
) -> dict[str, Any]:
    message: dict[str, Any] = {
        "text": render(text, values),
        "template": {"id": id_, "version": content.versions[id_]},
    }
    if buttons:
        message["buttons"] = [
            {"title": render(button.title, values), "payload": payload_of(button)} for button in buttons
        ]
    return message
