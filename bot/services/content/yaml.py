"""YAML without its traps: a key that occurs twice is an error, 18:00 is a time of day and not 1080, off is a word."""

from __future__ import annotations

import re
from typing import Any

import yaml

from bot.domain.errors import ImportRefused


def read_yaml(text: str) -> Any:
    """Plain data; raises ``yaml.YAMLError`` with the line."""
    try:
        return yaml.load(text, Loader=_FastLoader)
    except yaml.YAMLError:
        return yaml.load(text, Loader=_Loader)  # which is the better one at naming the line


def parse_upload(name: str, data: bytes, largest: int) -> Any:
    """A file that somebody gives us, of at most ``largest`` bytes; raises ``ImportRefused`` in Chinese."""
    if len(data) > largest:
        raise ImportRefused(name, (f"文件超过 {largest // 1024 // 1024} MB，太大了",))
    try:
        return read_yaml(data.decode("utf-8-sig"))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        where = f"第 {line + 1} 行" if line is not None else "文件"
        raise ImportRefused(name, (f"{where}不是有效的 YAML（UTF-8）",)) from error


class _Strict(yaml.constructor.SafeConstructor):
    """Safe, and stricter than YAML 1.1."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"{key.value!r} occurs twice", key.start_mark
                    )
                seen.add(key.value)
        return super().construct_mapping(node, deep)

    def construct_yaml_timestamp(self, node: yaml.ScalarNode) -> Any:
        """A day that does not exist (2026-02-30) stays text, so that whoever reads the field names its place."""
        try:
            return super().construct_yaml_timestamp(node)
        except (ValueError, OverflowError):
            return node.value


class _Loader(_Strict, yaml.SafeLoader):
    """In Python."""


class _FastLoader(_Strict, yaml.CSafeLoader):
    """With libyaml, in a quarter of the time: every start reads all of the content."""


def _without_base_60() -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    """The resolvers that decide what a bare word is; YAML 1.1 reads 18:00 as a number to the base 60, off as false."""
    numbers = {
        "tag:yaml.org,2002:int": re.compile(r"^[-+]?(0|[1-9][0-9]*)$"),
        "tag:yaml.org,2002:bool": re.compile(r"^(true|True|TRUE|false|False|FALSE)$"),
        "tag:yaml.org,2002:float": re.compile(r"^[-+]?[0-9]+\.[0-9]*([eE][-+]?[0-9]+)?$"),
    }
    return {
        first: [(tag, numbers.get(tag, pattern)) for tag, pattern in resolvers]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _timestamp(loader: Any, node: Any) -> Any:
    return loader.construct_yaml_timestamp(node)


_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_Loader.add_constructor(_TIMESTAMP, _timestamp)
_FastLoader.add_constructor(_TIMESTAMP, _timestamp)
_Loader.yaml_implicit_resolvers = _FastLoader.yaml_implicit_resolvers = _without_base_60()
