"""A model whose parts are trained apart is the one that Rasa would train at once; what did not change is taken over."""

from __future__ import annotations

import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.domain.errors import SetupError
from bot.runtime import training
from bot.runtime.model_inputs import Part, fingerprint, part_fingerprint, training_files
from bot.runtime.training import model_path, train
from bot.settings import ROOT
from tests.conversations.conftest import _quiet

pytestmark = pytest.mark.slow
INTENTS = {"greet": "你好", "goodbye": "再见", "thank": "谢谢"}
DOMAIN = """version: '3.1'
intents: [greet, goodbye, thank, faq: {use_entities: []}]
entities: [model]
actions: [action_not_understood]
responses:
"""
RULES = """version: '3.1'
stories:
- story: one
  steps:
  - {intent: faq, entities: [{model: x5}]}
  - action: utter_faq
  - intent: goodbye
  - action: utter_goodbye
rules:
"""


@pytest.fixture(autouse=True)
def _no_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.runtime.no_tensorflow import keep_tensorflow_out

    keep_tensorflow_out()
    _quiet()
    monkeypatch.setenv("LOG_LEVEL", "ERROR")  # what a training sets is taken back


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small project with our pipeline and policies."""
    root = tmp_path / "project"
    for folder in ("data/nlu", "data/rules", "data/validation", "bot/understanding"):
        (root / folder).mkdir(parents=True)
    shutil.copy(ROOT / "config.yml", root)
    (root / "requirements.lock").write_text("")
    (root / "data/nlu/all.yml").write_text(_sentences("吗 呀 啊 哦 了 哈"), "utf-8")
    (root / "data/validation/all.yml").write_text(_sentences("嘛 呢", ", use: validation"), "utf-8")
    (root / "data/rules/all.yml").write_text(_rules(*INTENTS, "faq"), "utf-8")
    _write_domain(root, *INTENTS, "faq")
    return root


def test_parts_trained_apart_are_what_one_training_gives(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import rasa

    monkeypatch.setenv("RASA_MAX_CACHE_SIZE", "0")  # else it writes a cache into this checkout
    at_once = rasa.train(
        domain=str(root / "domain.yml"),
        config=str(root / "config.yml"),
        training_files=[str(root / "data")],
        output=str(tmp_path / "at_once"),
        force_training=True,
    )

    apart = train(tmp_path / "models", root)

    assert _components(apart) == _components(Path(at_once.model))
    assert len(_components(apart)) > 6


def test_a_change_of_the_domain_trains_the_dialogue_alone(
    root: Path, tmp_path: Path, trained: list[Part]
) -> None:
    before = _components(train(tmp_path / "models", root))
    _write_domain(root, *INTENTS, "faq", "more")
    (root / "data/rules/all.yml").write_text(_rules("greet"), "utf-8")

    after = _components(train(tmp_path / "models", root, changed_only=True))

    assert trained == [Part.UNDERSTANDING, Part.DIALOGUE, Part.DIALOGUE]
    assert after == _components(train(tmp_path / "from_nothing", root))
    changed = {name.partition("/")[0] for name in after if after[name] != before[name]}
    assert "train_RulePolicy0" in changed
    assert not any("understanding" in name for name in changed)


def test_a_change_of_the_sentences_trains_the_understanding_alone(
    root: Path, tmp_path: Path, trained: list[Part]
) -> None:
    train(tmp_path / "models", root)
    (root / "data/nlu/all.yml").write_text(_sentences("吗 呀 啊 哦 啦"), "utf-8")

    after = _components(train(tmp_path / "models", root, changed_only=True))

    assert trained == [Part.UNDERSTANDING, Part.DIALOGUE, Part.UNDERSTANDING]
    assert after == _components(train(tmp_path / "from_nothing", root))


@pytest.mark.parametrize("damage", ["cut off", "not an archive", "without a component"])
def test_a_model_that_cannot_be_read_is_not_needed(
    root: Path, tmp_path: Path, trained: list[Part], damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    models = tmp_path / "models"
    before = train(models, root)
    whole = _components(before)
    _damage(before, damage)
    _write_domain(root, *INTENTS, "faq", "more")

    after = _components(train(models, root, changed_only=True))

    assert trained[2:] == [Part.UNDERSTANDING, Part.DIALOGUE]
    assert after.keys() == whole.keys()
    assert "cannot be used again for the understanding" in caplog.text


def test_a_model_is_named_after_what_it_was_trained_on(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody edits while it is trained: the first change comes in the middle of the dialogue's training."""
    from bot.runtime import model_parts

    really, changes = model_parts.run_training, [*INTENTS, "faq", "more"]

    def edited_meanwhile(config: Path, domain: Path | None, *rest: Any) -> Any:
        result = really(config, domain, *rest)
        if domain and "more" in changes:
            _write_domain(root, *changes)
            changes.remove("more")
        return result

    monkeypatch.setattr(model_parts, "run_training", edited_meanwhile)

    made = train(tmp_path / "models", root)

    assert made == model_path(tmp_path / "models", root)
    assert "utter_more" in json.dumps(_components(made)["domain"])


def test_data_that_never_stays_the_same_is_told(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.runtime import model_parts

    def edit(*_: Any) -> None:
        file = root / "data/nlu/all.yml"
        file.write_text(file.read_text("utf-8") + "# once more\n", "utf-8")

    monkeypatch.setattr(model_parts, "run_training", edit)

    with pytest.raises(SetupError, match="changed again and again"):
        train(tmp_path / "models", root)
    assert list((tmp_path / "models").iterdir()) == []


def test_rasas_reason_is_told(root: Path, tmp_path: Path) -> None:
    (root / "data/rules/all.yml").write_text(_rules("greet") + "  - rule: [\n", "utf-8")

    with pytest.raises(SetupError, match="could not be trained"):
        train(tmp_path / "models", root)


def test_only_the_newest_models_are_kept(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.runtime import model_parts

    def build(path: Path, *_: Any) -> str:
        path.write_bytes(b"model")
        return fingerprint(root)

    monkeypatch.setattr(model_parts, "build_model", build)
    for number in range(5):
        _write_domain(root, *(["greet"] * (number + 1)))
        newest = train(tmp_path / "models", root)
        os.utime(newest, (number, number))

    assert newest == model_path(tmp_path / "models", root)
    assert len(list((tmp_path / "models").glob("*.tar.gz"))) == training.MODELS_KEPT
    assert newest.exists()


def test_every_file_of_ours_counts_for_one_part_alone() -> None:
    understanding, dialogue = (set(training_files(part)) for part in Part)

    assert understanding | dialogue == set((ROOT / "data").rglob("*.yml"))
    assert understanding & dialogue == set()
    assert part_fingerprint(Part.UNDERSTANDING) != part_fingerprint(Part.DIALOGUE)


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Part]]:
    """Which parts were trained, in order."""
    from bot.runtime import model_parts

    parts: list[Part] = []
    really = model_parts.run_training

    def note(config: Path, domain: Path | None, *rest: Any) -> Any:
        parts.append(Part.DIALOGUE if domain else Part.UNDERSTANDING)
        return really(config, domain, *rest)

    monkeypatch.setattr(model_parts, "run_training", note)
    return parts


def _sentences(endings: str, use: str = "") -> str:
    rows = [(intent, "null", words) for intent, words in INTENTS.items()]
    rows += [("faq", "store.hours", "几点开门"), ("faq", "store.parking", "停车场在哪里")]
    return "version: '3.1'\nnlu:\n" + "".join(
        f"- intent: {intent}\n  examples:\n"
        + "".join(
            f"  - text: {words}{ending}\n    metadata: {{intent: {{topic: {topic}{use}}}}}\n"
            for ending in endings.split()
        )
        for intent, topic, words in rows
    )


def _rules(*intents: str) -> str:
    return RULES + "".join(
        f"- rule: {intent}\n  steps: [{{intent: {intent}}}, {{action: utter_{intent}}}]\n"
        for intent in intents
    )


def _write_domain(root: Path, *templates: str) -> None:
    (root / "domain.yml").write_text(
        DOMAIN + "".join(f"  utter_{name}: [{{text: {name}}}]\n" for name in templates), "utf-8"
    )


def _components(model: Path) -> dict[str, Any]:
    """The files that the answering assistant reads. Lists in Rasa's JSON come from sets."""
    found: dict[str, Any] = {}
    with tarfile.open(model) as archive:
        for member in archive.getmembers():
            name = member.name.removeprefix("components/")
            if member.isfile() and not name.startswith("finetuning_validator"):
                content = archive.extractfile(member).read()  # type: ignore[union-attr]
                found[name] = _in_order(json.loads(content)) if name.endswith(".json") else content
    found["domain"] = found.pop("metadata.json")["domain"]  # the rest is of the day, and of one training
    return found


def _in_order(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _in_order(each) for key, each in value.items()}
    return sorted(map(_in_order, value), key=repr) if isinstance(value, list) else value


def _damage(model: Path, damage: str) -> None:
    if damage == "not an archive":
        model.write_bytes(b"model")
    elif damage == "cut off":
        model.write_bytes(model.read_bytes()[:-200])
    else:
        _without(model, "TopicRetriever")


def _without(model: Path, component: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(model) as archive:
            archive.extractall(folder)
        for path in Path(folder).glob(f"components/*{component}*"):
            shutil.rmtree(path)
        with tarfile.open(model, "w:gz") as archive:
            archive.add(folder, arcname="")
