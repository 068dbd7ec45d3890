"""Which of Rasa's modules were defined with stand-ins, and which of their code runs: a process of its own.

    python -m tests.runtime.stand_in_watch MODEL [--control]

Loads what the server loads, finds every function of Rasa that names a stand-in or belongs to a class made of one, then
loads the model and talks, and prints as JSON what it found (``modules``: stand-ins by module; ``watched``: functions)
and what of it ran (``ran``). ``--control`` calls one such function on purpose.
"""

from __future__ import annotations

import asyncio
import dis
import gc
import json
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType

from bot.runtime.no_tensorflow import NEVER_CALLED, TENSORFLOW, Inert, keep_tensorflow_out

SAID = (
    ("你好", "保修几年", "X5续航多少公里", "今天天气怎么样", "asdf", "有什么优惠吗？我叫王芳", "讲个笑话"),
    (
        "我想周六上午十点去城东店试驾X5",
        "张伟 13812345678",
        "符合",
        "确认预约",
        "改到周日下午",
        "取消预约",
        "是的",
    ),
    ("做个首保", "晋A12345，跑了4800公里", "周一上午", "城西店", "李四 13912345678", "算了"),
    ("我要投诉，你们修了三次都没修好", "转人工", "车在高速上抛锚了", "不需要", "谢谢", "再见"),
)


def main(model: Path, control: bool) -> None:
    keep_tensorflow_out(NEVER_CALLED)
    from bot.commands import serving  # noqa: F401 - all that the server imports
    from bot.runtime.dialogue import load_agent

    load_agent(model)  # imports what the model's parts need
    modules = {
        name: module for name, module in sys.modules.items() if name.split(".")[0] in ("rasa", "rasa_sdk")
    }
    bound = {name: sorted(_stand_ins(module)) for name, module in sorted(modules.items())}
    watched = dict(_watched(modules))
    ran: set[str] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code in watched:
            ran.add(watched[frame.f_code])

    threading.setprofile(note)
    sys.setprofile(note)
    asyncio.run(_talk(model))
    if control:
        _call_one_on_purpose()
    sys.setprofile(None)
    print(json.dumps({"modules": bound, "watched": sorted(watched.values()), "ran": sorted(ran)}))


def _stand_ins(module: ModuleType) -> Iterator[str]:
    """The names in a module that are stand-ins, or classes made of one."""
    for name, value in vars(module).items():
        is_made_of_one = isinstance(value, type) and issubclass(value, Inert)
        if is_made_of_one or (
            isinstance(value, ModuleType) and _root(value.__name__) in TENSORFLOW | NEVER_CALLED
        ):
            yield name


def _watched(modules: dict[str, ModuleType]) -> Iterator[tuple[CodeType, str]]:
    """Functions, methods and what is nested in them, where they load a stand-in or belong to a class made of one."""
    names = {name: set(_stand_ins(module)) for name, module in modules.items()}
    gc.unfreeze()  # what the server keeps from the collector is not told else
    for function in [each for each in gc.get_objects() if isinstance(each, FunctionType)]:
        if function.__module__ in names:
            told = f"{function.__module__}.{function.__qualname__}"
            owner = getattr(modules[function.__module__], function.__qualname__.split(".")[0], None)
            of_one = isinstance(owner, type) and issubclass(owner, Inert)
            for code in _nested(function.__code__):
                if of_one or _loads(code, names[function.__module__]):
                    yield code, told


def _nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _nested(constant)


def _loads(code: CodeType, names: set[str]) -> bool:
    for step in dis.get_instructions(code):
        if step.opname in ("LOAD_GLOBAL", "LOAD_NAME") and step.argval in names:
            return True
        if step.opname == "IMPORT_NAME" and _root(step.argval) in TENSORFLOW | NEVER_CALLED:
            return True
    return False


def _root(name: str) -> str:
    return name.partition(".")[0]


async def _talk(model: Path) -> None:
    from actions import context
    from bot.runtime.dialogue import RasaDialogue
    from bot.services.installation import open_installation
    from bot.services.messages import Inbound
    from bot.services.turns import Turns
    from bot.services.wakeups import Wakeups
    from bot.settings import read_settings
    from bot.understanding.live import use_content

    with tempfile.TemporaryDirectory() as home:
        installation = open_installation(read_settings({"ZHANTING_HOME": home}))
        context.use(installation)
        use_content(installation.content.current)
        dialogue = RasaDialogue(installation, model)
        turns = Turns(installation.database, installation.content, dialogue, Wakeups(), 1000)
        for number, said in enumerate(SAID):
            for text in said:
                await turns.handle(Inbound("test", f"somebody-{number}", text))
        installation.database.close()


def _call_one_on_purpose() -> None:
    from rasa.nlu.selectors.response_selector import ResponseSelector

    ResponseSelector.model_class(True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), "--control" in sys.argv)
