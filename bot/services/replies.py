"""What is said: a template or FAQ answer, filled with values, as Rasa's message dictionary."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bot.domain.replies import Button, Template, check_value, render, variables_of
from bot.services.content.snapshot import Content

FAQ_PREFIX = "utter_faq/"
GENERIC = "utter_technical_problem"
"""The approved words for when nothing better can be said."""
SOURCE = "approved_as"
"""The key of a message that names template and version; the SDK writes its own "template" over one of that name."""


def reply_for(
    content: Content, name: str, values: Mapping[str, Any], channel: str | None = None
) -> dict[str, Any] | None:
    """The reply ``name`` ("utter_…", or "utter_faq/<topic>") for a channel; None where nothing approved has that name.

    Raises ``UnfitValue`` when a value of the template is missing or not of its type. ``SOURCE`` in the message
    names the id and version that was used.
    """
    if name.startswith(FAQ_PREFIX):
        topic = name.removeprefix(FAQ_PREFIX)
        entry = content.faq.get(topic)
        if entry is None:
            return None
        return _message(content, f"faq/{topic}", entry.answer, entry.buttons, content.variables)
    template = content.templates.get(name)
    if template is None:
        return None
    text = template.text_for(channel)
    return _message(
        content, f"template/{name}", text, template.buttons, _values(content, template, text, values)
    )


def payload_of(button: Button) -> str:
    """What a click on the button sends."""
    if button.payload:
        return button.payload
    if button.topic:
        return topic_payload(button.topic)
    return f"/{button.intent}"


def topic_payload(topic: str) -> str:
    return "/faq" + json.dumps({"topic": topic})


def _values(content: Content, template: Template, text: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The dealership's variables and the declared ones that the text needs, each checked against its type."""
    needed = variables_of("\n".join([text, *(button.title for button in template.buttons)]))
    declared = {name: type_ for name, type_ in template.variables.items() if name in needed}
    for name, type_ in declared.items():
        check_value(name, type_, given.get(name))
    return {**content.variables, **{name: given[name] for name in declared}}


def _message(
    content: Content, id_: str, text: str, buttons: tuple[Button, ...], values: Mapping[str, Any]
) -> dict[str, Any]:
    message: dict[str, Any] = {
        "text": render(text, values),
        SOURCE: {"id": id_, "version": content.versions[id_]},
    }
    reachable = [button for button in buttons if button.topic is None or button.topic in content.faq]
    if reachable:
        message["buttons"] = [
            {"title": render(button.title, values), "payload": payload_of(button)} for button in reachable
        ]
    return message
