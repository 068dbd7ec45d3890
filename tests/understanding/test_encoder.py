"""The optional sentence encoder, with a tiny model made here; and that nothing of it is there without the setting."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.domain.errors import SetupError
from bot.settings import ROOT, read_settings
from bot.understanding.encoder import BATCH, NearestBySense, SentenceEncoder, encoder_or_none
from tests.server import environment
from tests.understanding.tiny_encoder import SENSES, make_encoder

QUESTIONS = ("轮胎轮胎", "轮胎刹车", "刹车", "油耗")
TOPICS = ("tyres", "tyres", "brakes", "fuel")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_encoder(tmp_path / "model")


class CountingEncoder(SentenceEncoder):
    """Notes which texts it was asked for."""

    asked: tuple[str, ...] = ()

    def vectors(self, texts: Sequence[str]) -> Any:
        self.asked = tuple(texts)
        return super().vectors(texts)


def test_vectors_have_length_one_and_the_order_of_the_texts(folder: Path) -> None:
    words = list(SENSES)
    texts = [words[at % len(words)] * (1 + at % 3) for at in range(3 * BATCH + 1)]

    vectors = SentenceEncoder(folder).vectors(texts)

    expected = np.array([SENSES[text[:2]] for text in texts])
    assert vectors.dtype == np.float32
    assert np.allclose(vectors, expected / np.linalg.norm(expected, axis=1, keepdims=True), atol=1e-6)


def test_no_texts_and_a_text_without_known_characters(folder: Path) -> None:
    encoder = SentenceEncoder(folder)

    assert len(encoder.vectors([])) == 0
    assert encoder.vectors(["", "？", "😀"]).tolist() == [[0, 0, 0]] * 3


def test_what_means_the_same_is_found_without_a_common_character(folder: Path, tmp_path: Path) -> None:
    scores = NearestBySense(SentenceEncoder(folder), QUESTIONS, TOPICS, tmp_path).scores("轱辘")

    assert max(scores, key=scores.__getitem__) == "tyres"
    assert scores["tyres"] == pytest.approx(
        0.9 / np.hypot(0.9, 0.1), abs=1e-5
    )  # by the nearest of its questions
    assert scores["brakes"] == pytest.approx(0.1 / np.hypot(0.9, 0.1), abs=1e-5)
    assert scores["fuel"] == 0


def test_scores_are_never_below_zero(tmp_path: Path) -> None:
    folder = make_encoder(tmp_path / "model", {"好": (1.0, 0.0), "坏": (-1.0, 0.0)})

    assert NearestBySense(SentenceEncoder(folder), ["坏"], ["bad"], tmp_path).scores("好") == {"bad": 0.0}


def test_no_questions(folder: Path, tmp_path: Path) -> None:
    assert NearestBySense(SentenceEncoder(folder), [], [], tmp_path).scores("轮胎") == {}


@pytest.mark.parametrize("inputs", [("input_ids",), ("input_ids", "attention_mask")])
def test_a_model_gets_the_inputs_that_it_has(tmp_path: Path, inputs: tuple[str, ...]) -> None:
    vectors = SentenceEncoder(make_encoder(tmp_path, inputs=inputs)).vectors(["轮胎"])

    assert vectors.tolist() == [[1, 0, 0]]


@pytest.mark.parametrize(
    ("pooling", "own_vector"),
    [
        (None, False),
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, False),
        ({"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True, "include_prompt": True}, True),
        ({"word_embedding_dimension": 3, "pooling_mode": "mean"}, True),
    ],
)
def test_the_folder_says_how_tokens_become_a_sentence(
    tmp_path: Path, pooling: dict[str, Any] | None, own_vector: bool
) -> None:
    """[CLS] carries the sum of all alone; the mean has each token's own vector on top. Padding counts for neither."""
    senses = {"甲": (1.0, 0.0), "乙": (0.0, 1.0), "丙": (2.0, 0.0)}
    encoder = SentenceEncoder(make_encoder(tmp_path, senses, pooling=pooling))
    output = encoder._session.run(None, {n: [[2, 4, 5, 3]] for n in encoder._inputs})[0]

    expected = output[0].mean(axis=0) if own_vector else output[0, 0]
    alone, beside_a_longer_one = encoder.vectors(["甲乙"])[0], encoder.vectors(["甲乙", "丙丙丙丙丙"])[0]

    assert encoder._by_mean is own_vector
    assert np.allclose(alone, expected / np.linalg.norm(expected), atol=1e-6)
    assert np.allclose(alone, beside_a_longer_one, atol=1e-6)


def test_a_model_may_give_the_sentence_itself(tmp_path: Path) -> None:
    assert SentenceEncoder(make_encoder(tmp_path, output="sentence")).vectors(["油耗"]).tolist() == [
        [0, 0, 1]
    ]


def test_a_long_text_is_cut_where_the_folder_says(tmp_path: Path) -> None:
    encoder = SentenceEncoder(make_encoder(tmp_path, longest=4))  # [CLS], two characters, [SEP]

    assert encoder.vectors(["轮胎刹车刹车刹车"]).tolist() == [[1, 0, 0]]


def test_known_questions_are_computed_once(folder: Path, tmp_path: Path) -> None:
    encoder = CountingEncoder(folder)
    first = NearestBySense(encoder, QUESTIONS, TOPICS, tmp_path).scores("轱辘")

    encoder = CountingEncoder(folder)
    encoder.asked = ()
    again = NearestBySense(encoder, QUESTIONS, TOPICS, tmp_path)
    assert encoder.asked == ()
    assert again.scores("轱辘") == first

    NearestBySense(encoder, [*QUESTIONS, "油耗轮胎"], [*TOPICS, "fuel"], tmp_path)
    assert encoder.asked == ("油耗轮胎",)


def test_another_model_does_not_take_the_stored_vectors(folder: Path, tmp_path: Path) -> None:
    NearestBySense(SentenceEncoder(folder), QUESTIONS, TOPICS, tmp_path)
    other = make_encoder(tmp_path / "other", {**SENSES, "轱辘": (0.0, 0.0, 1.0)})

    scores = NearestBySense(SentenceEncoder(other), QUESTIONS, TOPICS, tmp_path).scores("轱辘")

    assert max(scores, key=scores.__getitem__) == "fuel"
    assert len(list(tmp_path.glob("*.npz"))) == 2


@pytest.mark.parametrize("rubbish", [b"", b"rubbish", b"PK\x03\x04 and no more"])
def test_a_store_that_cannot_be_read_is_made_anew(folder: Path, tmp_path: Path, rubbish: bytes) -> None:
    first = NearestBySense(SentenceEncoder(folder), QUESTIONS, TOPICS, tmp_path).scores("轱辘")
    [stored] = tmp_path.glob("*.npz")
    stored.write_bytes(rubbish)

    assert NearestBySense(SentenceEncoder(folder), QUESTIONS, TOPICS, tmp_path).scores("轱辘") == first


def _write(name: str, content: str) -> Callable[[Path], object]:
    def write(folder: Path) -> None:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content)

    return write


FAULTS: dict[str, tuple[dict[str, Any], Callable[[Path], object], str]] = {
    "no model": (
        {},
        lambda folder: (folder / "onnx/model.onnx").unlink(),
        "no model.onnx or onnx/model.onnx",
    ),
    "no tokenizer": ({}, lambda folder: (folder / "tokenizer.json").unlink(), "no tokenizer.json"),
    "not a tokenizer": (
        {},
        _write("tokenizer.json", '{"version": "1.0"}'),
        "tokenizer.json that cannot be read",
    ),
    "not a model": (
        {},
        _write("onnx/model.onnx", "<html>404</html>"),
        "onnx/model.onnx that cannot be loaded",
    ),
    "another input": ({"inputs": ("pixels",)}, str, "inputs pixels; known are input_ids"),
    "one input too many": ({"inputs": ("input_ids", "position_ids")}, str, "inputs input_ids, position_ids"),
    "a number": ({"output": "number"}, str, "a model that fails"),
    "another pooling": ({"pooling": {"pooling_mode_max_tokens": True}}, str, "wants max_tokens"),
    "not JSON": ({}, _write("1_Pooling/config.json", "{"), "1_Pooling/config.json that is not JSON"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_folder_is_one_line_that_names_the_fault(tmp_path: Path, fault: str) -> None:
    options, spoil, expected = FAULTS[fault]
    spoil(make_encoder(tmp_path, **options))

    with pytest.raises(SetupError) as raised:
        SentenceEncoder(tmp_path)

    line = str(raised.value)
    assert line.startswith(f"ZHANTING_ENCODER {tmp_path} ")
    assert expected in line
    assert "\n" not in line


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"^ZHANTING_ENCODER=.*nowhere' cannot be used: is not a folder$"):
        read_settings({"ZHANTING_ENCODER": str(tmp_path / "nowhere")})


@pytest.mark.parametrize("package", ["onnxruntime", "tokenizers"])
def test_a_missing_package_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    monkeypatch.setitem(sys.modules, package, None)  # makes the import fail

    with pytest.raises(SetupError, match=f"package {package} is not installed: run `make run`"):
        SentenceEncoder(folder)


def test_the_setting_names_the_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHANTING_ENCODER", str(folder))
    encoder_or_none.cache_clear()
    encoder = encoder_or_none()
    try:
        assert encoder is not None
        assert encoder is encoder_or_none()
    finally:
        encoder_or_none.cache_clear()


@pytest.mark.slow
def test_without_the_setting_nothing_of_it_is_imported(tmp_path: Path) -> None:
    script = (
        "import sys; from bot.understanding import encoder; import bot.understanding.topics; "
        "assert encoder.encoder_or_none() is None; print(*{'onnxruntime', 'tokenizers', 'onnx'} & set(sys.modules))"
    )
    done = _run(tmp_path, "-c", script)

    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr


def test_without_the_setting_nothing_of_it_is_installed() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")

    assert re.findall(r"^(?:onnx|onnxruntime|tokenizers)==", lock, re.MULTILINE) == []


@pytest.mark.slow
def test_understand_with_an_encoder(folder: Path, tmp_path: Path) -> None:
    row = json.dumps({"text": "停车免费吗"}, ensure_ascii=False)
    done = _run(tmp_path, "-m", "bot", "understand", stdin=row, ZHANTING_ENCODER=str(folder))

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["faq"]["id"] == "store.parking"


@pytest.mark.slow
@pytest.mark.parametrize("command", ["understand", "serve"])
def test_a_command_with_a_faulty_encoder_ends_with_one_line(tmp_path: Path, command: str) -> None:
    done = _run(tmp_path, "-m", "bot", command, ZHANTING_ENCODER=str(tmp_path))

    assert done.returncode == 1
    assert done.stderr.strip().endswith("has no model.onnx or onnx/model.onnx")
    assert "Traceback" not in done.stderr


def _run(home: Path, *arguments: str, stdin: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**environment(home / "home"), **settings},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=300,
    )
