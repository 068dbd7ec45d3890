"""Keeps TensorFlow out of the server: inert stand-ins, put in place before Rasa is imported.

Rasa 3.6.21 imports TensorFlow and Keras with every recipe, although a pipeline without DIET, TED and
ResponseSelector never calls them: 350 MB and most of the start (DESIGN.md, *Decisions*). The stand-ins let
those modules be *defined*; calling one of them raises ``TensorFlowCalled``. Stock commands (``rasa train`` …)
never come here. Drop this module when Rasa imports its components lazily.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

STANDS_IN_FOR = ("tensorflow", "keras", "tensorflow_addons", "tensorflow_hub", "tensorflow_text")


class TensorFlowCalled(RuntimeError):
    """Something that needs TensorFlow ran in a process that does without."""


class _InertType(type):
    """Classes whose every attribute is such a class again, so that annotations and bases resolve."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        made = _InertType(name, (Inert,), {})
        setattr(cls, name, made)
        return made


class Inert(metaclass=_InertType):
    """Usable as a base class, an annotation and a decorator; anything else raises."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        decorated = len(args) == 1 and not kwargs and callable(args[0])
        if decorated:
            return args[0]
        if kwargs.keys() <= {"experimental_relax_shapes", "reduce_retracing", "package"} and not args:
            return _unchanged
        raise TensorFlowCalled(f"{cls.__name__} was called, but this process runs without TensorFlow")


class _InertModule(ModuleType):
    __path__: list[str] = []  # noqa: RUF012 - a package, as ModuleType declares it
    __version__ = "0"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        made = _InertType(name, (Inert,), {})
        setattr(self, name, made)
        return made


class _InertFinder(MetaPathFinder, Loader):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] not in STANDS_IN_FOR:
            return None
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _InertModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to run: attributes come into being when they are asked for."""


def keep_tensorflow_out() -> None:
    """Install the stand-ins; does nothing if they are there, or if the real TensorFlow is loaded already."""
    if "tensorflow" in sys.modules or any(isinstance(finder, _InertFinder) for finder in sys.meta_path):
        return
    sys.meta_path.insert(0, _InertFinder())


def _unchanged(function: Any) -> Any:
    return function
