"""Keeps TensorFlow out of the server: inert stand-ins, put in place before Rasa is imported.

Rasa 3.6.21 imports TensorFlow and Keras with every recipe, although a pipeline without DIET, TED and
ResponseSelector never calls them: 350 MB and most of the start (DESIGN.md, *Decisions*). The stand-ins let
those modules be *defined*; calling one of them raises ``TensorFlowCalled``. Stock commands (``rasa train`` …)
never come here. The same goes for what Rasa imports for channels, stores, charts and classifiers that are not ours.
Drop this module when Rasa imports its components lazily.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

TENSORFLOW = frozenset({"tensorflow", "keras", "tensorflow_addons", "tensorflow_hub", "tensorflow_text"})
NEVER_CALLED = frozenset(
    {
        "aiogram",
        "boto3",
        "botocore",
        "matplotlib",
        "mattermostwrapper",
        "fbmessenger",
        "prompt_toolkit",
        "pymongo",
        "questionary",
        "rocketchat_API",
        "slack_sdk",
        "sklearn",
        "twilio",
        "webexteamssdk",
    }
)
"""What Rasa imports for channels, stores, charts and classifiers that are not ours: 60 MB and a second of the start.

The server and the commands do without; the evaluation, which draws and compares, does not.
"""


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
        raise TensorFlowCalled(
            f"{cls.__name__} was called, but this process runs without TensorFlow and what else is never called"
        )


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
    def __init__(self) -> None:
        self.names = TENSORFLOW

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] not in self.names:
            return None
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _InertModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to run: attributes come into being when they are asked for."""


def keep_tensorflow_out(others: frozenset[str] = frozenset()) -> None:
    """Install the stand-ins, also for ``others``; what is loaded already stays what it is.

    Does nothing if they are there, or if the real TensorFlow is loaded already.
    """
    finder = next((each for each in sys.meta_path if isinstance(each, _InertFinder)), None)
    if finder is None and "tensorflow" in sys.modules:
        return
    if finder is None:
        finder = _InertFinder()
        sys.meta_path.insert(0, finder)
    finder.names |= others - sys.modules.keys()


def _unchanged(function: Any) -> Any:
    return function
