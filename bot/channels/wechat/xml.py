"""The platform's XML, read from people who may be hostile: no document type, no entity, nothing deep, nothing twice.

The standard library's ``expat`` does the reading; each of its events that we do not need is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

DEEPEST = 6
MOST_ELEMENTS = 200
LONGEST_NAME = 64
LISTS = frozenset({"item", "List"})
"""The elements that may come more than once: of pictures chosen from a menu, and of a subscription's templates."""
Value = Any
"""A text, a dictionary, or a list of either."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*", re.ASCII)
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class BadXml(Exception):
    """The body is not what the platform sends; the text names no content of it."""


def parse(body: bytes) -> dict[str, Value]:
    """The fields in ``<xml>``; elements of ``LISTS`` are a list even when alone. Raises ``BadXml``."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadXml("not UTF-8") from error
    reader = _Reader()
    try:
        reader.parser.Parse(body, True)
    except expat.ExpatError as error:
        raise BadXml(f"not XML (expat error {error.code})") from error
    return reader.fields()


def write(fields: Mapping[str, Value]) -> bytes:
    """``<xml>`` with the fields: numbers bare, texts as CDATA without what XML 1.0 forbids; a list as ``item``s.

    ``]]>`` within a text is split over two sections.
    """
    return f"<xml>{_inner(fields)}</xml>".encode()


def _inner(value: Value) -> str:
    if isinstance(value, Mapping):
        return "".join(_element(name, each) for name, each in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "".join(_element("item", each) for each in value)
    if isinstance(value, int):
        return str(value)
    return f"<![CDATA[{_writable(str(value))}]]>"


def _element(name: str, value: Value) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError("not the name of an element")
    return f"<{name}>{_inner(value)}</{name}>"


def _writable(text: str) -> str:
    """A reader makes every end of line a newline (XML 1.0, 2.11), so they are written as such."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _FORBIDDEN.sub("", text).replace("]]>", "]]]]><![CDATA[>")


@dataclass
class _Open:
    """An element that has begun."""

    name: str
    text: list[str] = field(default_factory=list)
    fields: dict[str, Value] = field(default_factory=dict)

    def value(self) -> Value:
        text = "".join(self.text)
        if not self.fields:
            return text
        if text.strip():
            raise BadXml("text beside elements")
        return self.fields

    def take(self, name: str, value: Value) -> None:
        if name in LISTS:
            self.fields.setdefault(name, []).append(value)
        elif name in self.fields:
            raise BadXml("a field comes twice")
        else:
            self.fields[name] = value


class _Reader:
    """Keeps the open elements, and counts."""

    def __init__(self) -> None:
        self._open: list[_Open] = []
        self._count = 0
        self._root: Value = ""
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.XmlDeclHandler = self._declaration
        for refused in (
            "StartDoctypeDeclHandler",
            "EntityDeclHandler",
            "ProcessingInstructionHandler",
            "CommentHandler",
            "ExternalEntityRefHandler",
            "SkippedEntityHandler",
        ):
            setattr(self.parser, refused, _refuse)

    def fields(self) -> dict[str, Value]:
        if not isinstance(self._root, dict):
            raise BadXml("no fields")
        return self._root

    def _begin(self, name: str, attributes: Mapping[str, str]) -> None:
        self._count += 1
        if len(self._open) >= DEEPEST or self._count > MOST_ELEMENTS:
            raise BadXml("too deep or too many elements")
        if attributes or len(name) > LONGEST_NAME or (not self._open and name != "xml"):
            raise BadXml("an element that the platform does not send")
        self._open.append(_Open(name))

    def _end(self, name: str) -> None:
        value = self._open.pop().value()
        if self._open:
            self._open[-1].take(name, value)
        else:
            self._root = value

    def _text(self, text: str) -> None:
        self._open[-1].text.append(text)

    def _declaration(self, version: str, encoding: str | None, standalone: int) -> None:
        if encoding is not None and encoding.lower() != "utf-8":
            raise BadXml("another encoding than UTF-8")


def _refuse(*_: object) -> None:
    raise BadXml("a document type, entity, instruction or comment")
