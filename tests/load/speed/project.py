"""The stock Rasa project: what `rasa init` writes (3.6.21), our sentences, our dialogues, our actions over HTTP.

It is trained once for the data at hand, and kept outside git. What differs from `rasa init`: the language and its tokenizer; two epochs;
topics of the FAQ as retrieval intents, answered by the ResponseSelector; the words of our templates as responses of the domain.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from bot.domain.replies import Button
from bot.services.content.snapshot import Content
from bot.services.installation import open_installation
from bot.services.replies import payload_of
from bot.settings import read_settings
from tests.understanding.evaluation.cache import cache_folder
from tests.understanding.evaluation.predictions import QUIET
from tests.understanding.evaluation.rows import ROOT, as_rasa, fingerprint, training_rows

CONFIG = """\
recipe: default.v1
assistant_id: stock
language: zh
pipeline:
  - name: JiebaTokenizer
  - name: RegexFeaturizer
  - name: LexicalSyntacticFeaturizer
  - name: CountVectorsFeaturizer
  - name: CountVectorsFeaturizer
    analyzer: char_wb
    min_ngram: 1
    max_ngram: 4
  - name: DIETClassifier
    epochs: 2
    constrain_similarities: true
  - name: EntitySynonymMapper
  - name: ResponseSelector
    epochs: 2
    constrain_similarities: true
  - name: FallbackClassifier
    threshold: 0.3
    ambiguity_threshold: 0.1
policies:
  - name: MemoizationPolicy
  - name: RulePolicy
  - name: UnexpecTEDIntentPolicy
    max_history: 5
    epochs: 2
  - name: TEDPolicy
    max_history: 5
    epochs: 2
    constrain_similarities: true
"""
CREDENTIALS = 'rest:\nrasa:\n  url: "http://localhost:5002/api"\n'
MINUTES_PER_SENTENCE = 11 / 20000
"""For the estimate printed before a training, on two cores."""
_VARIABLE = re.compile(r"\{([a-z][a-z0-9_]*)\}")


class StockProject:
    """The project of the data at hand; `folder` holds its files and `models/` once it is trained."""

    def __init__(self) -> None:
        self._rows = training_rows()
        self._dialogues = {
            folder: {
                path.name: _answered_by_selector(path)
                for path in sorted((ROOT / "data" / folder).glob("*.yml"))
            }
            for folder in ("rules", "stories")
        }
        self._domain = (ROOT / "domain.yml").read_text("utf-8")
        names = self._domain.partition("\nresponses:")[0]
        self.key = fingerprint(self._rows, CONFIG, repr(self._dialogues), names)
        self.folder = cache_folder() / f"stock-project-{self.key}"

    @property
    def model(self) -> Path:
        return self.folder / "models" / "stock.tar.gz"

    @property
    def is_trained(self) -> bool:
        return self.model.exists()

    @cached_property
    def answers(self) -> Mapping[str, str]:
        """What stock says to each topic of the FAQ."""
        responses = yaml.safe_load((self.folder / "domain.yml").read_text("utf-8"))["responses"]
        return {
            name.partition("/")[2]: said[0]["text"]
            for name, said in responses.items()
            if name.startswith("utter_faq/")
        }

    def train(self, tell: Callable[[str], None]) -> None:
        """Nothing where it is trained; raises CalledProcessError when Rasa does not train (see its log)."""
        if self.is_trained:
            return
        minutes = max(1, round(MINUTES_PER_SENTENCE * len(self._rows)))
        tell(f"stock: training on {len(self._rows)} sentences, 2 epochs, about {minutes} min …")
        with _alone(self.folder, waiting=True):
            if not self.is_trained:
                self._train()
        _forget_all_but(self.folder)

    def _train(self) -> None:
        self._write()
        command = [sys.executable, "-m", "rasa", "train", "--fixed-model-name", "unfinished"]
        with (self.folder / "log.txt").open("a") as log:
            subprocess.run(
                command,
                cwd=self.folder,
                env={**os.environ, **QUIET, "LOG_LEVEL": "INFO"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                check=True,
                preexec_fn=_politely,
            )
        self.model.with_name("unfinished.tar.gz").replace(self.model)

    def _write(self) -> None:
        for folder, texts in self._dialogues.items():
            (self.folder / "data" / folder).mkdir(parents=True, exist_ok=True)
            for name, text in texts.items():
                (self.folder / "data" / folder / name).write_text(text, "utf-8")
        (self.folder / "data" / "nlu.yml").write_text(as_rasa(self._rows, retrieval=True), "utf-8")
        (self.folder / "config.yml").write_text(CONFIG, "utf-8")
        (self.folder / "credentials.yml").write_text(CREDENTIALS, "utf-8")
        with tempfile.TemporaryDirectory() as home:
            content = open_installation(read_settings({"ZHANTING_HOME": home})).content.current()
            topics = {row.topic for row in self._rows if row.topic}
            domain = {**yaml.safe_load(self._domain), "responses": responses_of(content, topics)}
        domain["actions"] = [name for name in domain["actions"] if not name.startswith("utter_")]
        (self.folder / "domain.yml").write_text(
            yaml.safe_dump(domain, allow_unicode=True, sort_keys=False), "utf-8"
        )


def responses_of(content: Content, topics: set[str]) -> dict[str, list[dict[str, Any]]]:
    """Our templates and answers as responses of a domain; what an action gives stays a variable."""
    responses = {
        template.id: [_response(content, template.text_for("rest"), template.buttons)]
        for template in content.templates.values()
    }
    answers = {
        f"utter_faq/{topic}": [_response(content, content.faq[topic].answer, ())]
        for topic in sorted(topics & content.faq.keys())
    }
    return {**responses, **answers}


def _response(content: Content, text: str, buttons: tuple[Button, ...]) -> dict[str, Any]:
    said: dict[str, Any] = {"text": _filled(text, content.variables)}
    if buttons:
        said["buttons"] = [_button(button, _filled(button.title, content.variables)) for button in buttons]
    return said


def _button(button: Button, title: str) -> dict[str, str]:
    """One that asks about a topic says its title: stock's intents have no topics, and it takes a payload's braces for variables."""
    return {"title": title, "payload": title if button.topic else payload_of(button)}


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda found: str(values.get(found[1], found[0])), text)


def _answered_by_selector(path: Path) -> str:
    """Rules or stories in which the ResponseSelector answers the FAQ and not our action."""
    return path.read_text("utf-8").replace("action: action_answer_faq", "action: utter_faq")


@contextmanager
def _alone(folder: Path, waiting: bool) -> Iterator[None]:
    """One training in a folder at a time; raises BlockingIOError at once where another is at it and this is not `waiting`."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | (0 if waiting else fcntl.LOCK_NB))
        yield


def _forget_all_but(folder: Path) -> None:
    """The other projects, a gigabyte each, unless another process trains one."""
    for old in set(cache_folder().glob("stock-project-*")) - {folder}:
        with suppress(BlockingIOError), _alone(old, waiting=False):
            shutil.rmtree(old)


def _politely() -> None:
    os.nice(10)


def main() -> None:
    StockProject().train(lambda line: sys.stdout.write(line + "\n"))


if __name__ == "__main__":
    main()
