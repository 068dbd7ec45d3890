"""Which templates the code utters and with which values, read from the source without running it.

Where the name is made at run time (``f"utter_refused_{reason}"``), every template that fits counts.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bot.services.replies import FAQ_PREFIX

UTTERERS = {"say", "hand_over", "_say"}
WRITERS = {"tell_customer": 3, "reply_for": 1, "approved": 1}
"""Functions with the place of the template among their arguments; a mapping with the values follows."""
NOT_VALUES = {"buttons", "reason", "summary"}
PREFIX = "utter_"


@dataclass(frozen=True)
class Utterance:
    """One call: patterns of template ids, the values given along, and its place."""

    patterns: frozenset[str]
    values: frozenset[str]
    place: str

    def templates(self, known: set[str]) -> set[str]:
        """The ids that it names, and those of ``known`` that fit its patterns."""
        exact = {re.sub(r"\\(.)", r"\1", pattern) for pattern in self.patterns if ".+" not in pattern}
        return exact | {id_ for id_ in known for pattern in self.patterns if re.fullmatch(pattern, id_)}


class Source:
    """All modules of some folders."""

    def __init__(self, root: Path, *folders: str) -> None:
        files = sorted(file for folder in folders for file in (root / folder).rglob("*.py"))
        self._modules = {str(file.relative_to(root)): ast.parse(file.read_text("utf-8")) for file in files}

    def utterances(self) -> Iterator[Utterance]:
        for path, module in self._modules.items():
            for function in _functions(module):
                for call in _calls(function):
                    place = f"{path}:{call.lineno}"
                    patterns = frozenset(self._patterns(call.args[0], module, function))
                    yield Utterance(patterns, frozenset(self._values(call, module)), place)
                for template, values, line in _written(function):
                    patterns = frozenset(self._patterns(template, module, function))
                    if patterns:  # else the name is the function's own argument, and its callers count
                        given = frozenset(self._spread(values, module))
                        yield Utterance(patterns, given, f"{path}:{line}")

    def _patterns(self, name: ast.expr, module: ast.Module, function: ast.AST) -> Iterator[str]:
        """Regular expressions of the ids that an expression may stand for."""
        match name:
            case ast.Constant(value=str(text)):
                yield re.escape(text)
            case ast.JoinedStr(values=parts):
                yield "".join(_part(part) for part in parts)
            case ast.IfExp():
                yield from self._patterns_of((name.body, name.orelse), module, function)
            case ast.Name(id=variable):
                yield from self._patterns_of(_assigned(variable, function), module, function)
            case ast.Attribute(value=ast.Name(id="self"), attr=attribute):
                for owner in self._modules.values():  # a subclass that sets it may be in another module
                    yield from self._patterns_of(_assigned(attribute, owner), owner, function)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=table), attr="get"), args=[_, default]):
                yield from self._patterns(default, module, function)
                yield from _texts(table, module)
            case ast.Subscript(value=ast.Name(id=table)):
                yield from _texts(table, module)

    def _patterns_of(self, names: Iterable[ast.expr], module: ast.Module, function: ast.AST) -> Iterator[str]:
        for name in names:
            yield from self._patterns(name, module, function)

    def _values(self, call: ast.Call, module: ast.Module) -> Iterator[str]:
        for keyword in call.keywords:
            if keyword.arg is not None:
                yield from {keyword.arg} - NOT_VALUES
            else:
                yield from self._spread(keyword.value, module)

    def _spread(self, value: ast.expr, module: ast.Module) -> Iterator[str]:
        """The keys of a dictionary that is spread with ``**``."""
        match value:
            case ast.Dict(keys=keys):
                yield from (key.value for key in keys if isinstance(key, ast.Constant))
            case ast.Name(id=variable):
                for assigned in _assigned(variable, module):
                    yield from self._spread(assigned, module)
            case ast.Call(func=ast.Name(id=function)):
                yield from self._returned.get(function, ())

    @cached_property
    def _returned(self) -> dict[str, set[str]]:
        """By function: the keys of the dictionaries that it returns."""
        return {
            function.name: {
                key.value
                for node in ast.walk(function)
                if isinstance(node, ast.Return) and isinstance(node.value, ast.Dict)
                for key in node.value.keys
                if isinstance(key, ast.Constant)
            }
            for module in self._modules.values()
            for function in _functions(module)
        }


def _part(part: ast.expr) -> str:
    """A piece of an f-string as a regular expression."""
    match part:
        case ast.Constant(value=str(text)):
            return re.escape(text)
        case ast.FormattedValue(value=ast.Name(id="FAQ_PREFIX")):
            return re.escape(FAQ_PREFIX)
    return ".+"


def _functions(module: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (n for n in ast.walk(module) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))


def _calls(function: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(function):
        match node:
            case ast.Call(func=ast.Attribute(attr=name), args=[_, *_]) if name in UTTERERS:
                yield node


def _written(function: ast.AST) -> Iterator[tuple[ast.expr, ast.expr, int]]:
    """Templates with their values that no dialogue says: what a customer reads when the owner changes."""
    for node in ast.walk(function):
        match node:
            case ast.Call(func=ast.Name(id=name), args=arguments) if (
                len(arguments) > WRITERS.get(name, 99) + 1
            ):
                at = WRITERS[name]
                yield arguments[at], arguments[at + 1], node.lineno


def _assigned(name: str, scope: ast.AST) -> Iterator[ast.expr]:
    """What is assigned to a name or attribute anywhere in the scope."""
    for node in ast.walk(scope):
        match node:
            case ast.AnnAssign(target=ast.Name(id=found), value=ast.expr() as value) if found == name:
                yield value
            case ast.Assign(targets=[ast.Name(id=found)], value=value) if found == name:
                yield value
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
                pairs = zip(targets, values, strict=True)
                yield from (v for t, v in pairs if isinstance(t, ast.Name) and t.id == name)


def _texts(table: str, module: ast.Module) -> Iterator[str]:
    """The template ids in a table of the module."""
    for value in _assigned(table, module):
        if isinstance(value, ast.Dict):
            constants = (v.value for v in value.values if isinstance(v, ast.Constant))
            yield from (re.escape(text) for text in constants if str(text).startswith(PREFIX))
