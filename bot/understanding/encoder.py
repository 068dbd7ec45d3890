"""The optional sentence encoder: a Chinese embedding model in ONNX form, as BGE-small-zh is published.

The setting ``ZHANTING_ENCODER`` names its folder; docs/encoder.md says how to get one. onnxruntime and tokenizers are
imported by ``SentenceEncoder`` alone: without the setting they need not be installed.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from bot.domain.errors import SetupError
from bot.settings import NAMES, read_settings
from bot.understanding.text import MAX_LENGTH, FloatArray

MODEL_FILES = ("model.onnx", "onnx/model.onnx")
TOKENIZER_FILE = "tokenizer.json"
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
LONGEST = 512
"""Tokens of a text that are read where the folder does not say."""
BATCH = 32
THREADS = 2
_TYPES = {"tensor(int64)": np.int64, "tensor(int32)": np.int32}


@lru_cache(maxsize=1)
def encoder_or_none() -> SentenceEncoder | None:
    """The encoder of the settings, loaded once; raises ``SetupError`` when its folder cannot be used."""
    folder = read_settings().encoder
    return None if folder is None else SentenceEncoder(folder)


class SentenceEncoder:
    """Turns texts into vectors of length one, which point the same way when the texts mean the same."""

    def __init__(self, folder: Path) -> None:
        """Load the model; raises ``SetupError`` that names what the folder or the installation lacks."""
        self._folder = folder
        self._model_file = self._existing(MODEL_FILES)
        tokenizer_file = self._existing((TOKENIZER_FILE,))
        self._by_mean = self._pools_by_mean()
        self._tokenizer = self._load_tokenizer(tokenizer_file)
        self._session = self._load_session()
        self._inputs = {node.name: _TYPES.get(node.type) for node in self._session.get_inputs()}
        self._check_inputs()
        self._output = self._find_output()
        self._check_output()

    def vectors(self, texts: Sequence[str]) -> FloatArray:
        """One row per text, float32, each of length one (or zero for a text without any token)."""
        short = [text[:MAX_LENGTH] for text in texts]
        found: list[FloatArray] = [np.zeros(0, dtype=np.float32)] * len(short)
        by_length = sorted(range(len(short)), key=lambda at: len(short[at]))  # little padding in a batch
        for start in range(0, len(short), BATCH):
            places = by_length[start : start + BATCH]
            for at, vector in zip(places, self._encode([short[at] for at in places]), strict=True):
                found[at] = vector
        return np.array(found, dtype=np.float32)

    @cached_property
    def fingerprint(self) -> str:
        """The same for the same model, tokenizer and pooling: what stored vectors are kept under."""
        digest = hashlib.sha256(b"mean" if self._by_mean else b"cls")
        for path in (self._model_file, self._folder / TOKENIZER_FILE):
            digest.update(path.read_bytes())
        return digest.hexdigest()[:16]

    def _encode(self, texts: list[str]) -> FloatArray:
        encoded = self._tokenizer.encode_batch(texts)
        values = {
            "input_ids": [row.ids for row in encoded],
            "attention_mask": [row.attention_mask for row in encoded],
            "token_type_ids": [row.type_ids for row in encoded],
        }
        feed = {name: np.array(values[name], dtype=type_) for name, type_ in self._inputs.items()}
        [output] = self._session.run([self._output], feed)
        return _unit(self._pooled(np.asarray(output), np.array(values["attention_mask"])))

    def _pooled(self, output: Any, mask: Any) -> FloatArray:
        """The model's output per sentence: as it is, or from that of its tokens."""
        if output.ndim == 2:
            return np.asarray(output, dtype=np.float32)
        if not self._by_mean:
            return np.asarray(output[:, 0], dtype=np.float32)
        weights = mask[:, :, None].astype(np.float32)
        return np.asarray(
            (output * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1), dtype=np.float32
        )

    def _existing(self, names: tuple[str, ...]) -> Path:
        if not self._folder.is_dir():
            raise self._problem("is not a folder")
        found = next((path for name in names if (path := self._folder / name).is_file()), None)
        if found is None:
            raise self._problem(f"has no {' or '.join(names)}")
        return found

    def _load_tokenizer(self, path: Path) -> Any:
        try:
            from tokenizers import Tokenizer
        except ImportError as error:
            raise self._missing("tokenizers") from error
        try:
            tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # the library raises nothing more precise
            raise self._problem(
                f"has a {TOKENIZER_FILE} that cannot be read: {_first_line(error)}"
            ) from error
        padding = tokenizer.padding or {}
        token = padding.get("pad_token", "[PAD]")
        tokenizer.enable_padding(
            pad_id=padding.get("pad_id", tokenizer.token_to_id(token) or 0), pad_token=token
        )
        tokenizer.enable_truncation(self._longest())
        return tokenizer

    def _load_session(self) -> Any:
        try:
            import onnxruntime
        except ImportError as error:
            raise self._missing("onnxruntime") from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = min(THREADS, os.cpu_count() or 1)
        options.inter_op_num_threads = 1
        options.log_severity_level = 4  # what fails is raised as well
        try:
            return onnxruntime.InferenceSession(
                str(self._model_file), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # each fault of a file has a class of its own in onnxruntime
            name = self._model_file.relative_to(self._folder)
            raise self._problem(f"has a {name} that cannot be loaded: {_first_line(error)}") from error

    def _check_inputs(self) -> None:
        names = ", ".join(self._inputs)
        if "input_ids" not in self._inputs or not self._inputs.keys() <= set(INPUTS):
            raise self._problem(f"has a model with the inputs {names}; known are {', '.join(INPUTS)}")
        if None in self._inputs.values():
            raise self._problem(f"has a model whose inputs ({names}) are not whole numbers")

    def _find_output(self) -> str:
        """The vectors of the tokens, by name or else the first output."""
        names = [node.name for node in self._session.get_outputs()]
        preferred = ("last_hidden_state", "token_embeddings", "sentence_embedding")
        return next((name for name in preferred if name in names), names[0])

    def _check_output(self) -> None:
        try:
            vectors = self.vectors(["你好", "预约试驾"])
        except Exception as error:  # onnxruntime's own classes, or an array of another shape
            raise self._problem(f"has a model that fails: {_first_line(error)}") from error
        if vectors.ndim != 2 or not np.isfinite(vectors).all():
            raise self._problem(
                f"has a model whose output {self._output} has no vector for each text or token"
            )

    def _pools_by_mean(self) -> bool:
        """How the tokens' vectors become the sentence's: what the folder says, else that of the first (CLS) as BGE."""
        config = self._json("1_Pooling/config.json")
        prefix = "pooling_mode_"
        modes = {name.removeprefix(prefix) for name in config if name.startswith(prefix) and config[name]}
        modes |= {str(config["pooling_mode"])} if config.get("pooling_mode") else set()
        if not modes or modes & {"cls_token", "cls"}:
            return False
        if modes & {"mean_tokens", "mean"}:
            return True
        raise self._problem(f"wants {', '.join(sorted(modes))}; only cls_token and mean_tokens are known")

    def _longest(self) -> int:
        lengths = (
            self._json("sentence_bert_config.json").get("max_seq_length"),
            self._json("config.json").get("max_position_embeddings"),
        )
        return min([length for length in lengths if isinstance(length, int) and length > 2] or [LONGEST])

    def _json(self, name: str) -> dict[str, Any]:
        """A file that need not be there."""
        path = self._folder / name
        if not path.is_file():
            return {}
        try:
            found = json.loads(path.read_text("utf-8"))
        except ValueError as error:
            raise self._problem(f"has a {name} that is not JSON") from error
        return found if isinstance(found, dict) else {}

    def _missing(self, package: str) -> SetupError:
        return SetupError(
            f"{NAMES['encoder']} is set, but the package {package} is not installed: run `make run` with the "
            "setting in its environment (or install requirements-encoder.lock)"
        )

    def _problem(self, what: str) -> SetupError:
        return SetupError(f"{NAMES['encoder']} {self._folder} {what}")


class NearestBySense:
    """How near a text is to the known questions of each topic in sense; their vectors are stored between starts."""

    def __init__(
        self,
        encoder: SentenceEncoder,
        questions: Sequence[str],
        topics: Sequence[str],
        store: Path | None = None,
    ) -> None:
        """``topics`` names the topic of each question. ``store`` is the folder for vectors (in the home folder)."""
        self._encoder = encoder
        order = sorted(range(len(topics)), key=lambda at: topics[at])
        by_topic = [topics[at] for at in order]
        self._starts = [at for at, topic in enumerate(by_topic) if not at or by_topic[at - 1] != topic]
        self._topics = [by_topic[at] for at in self._starts]
        folder = store or read_settings().home / "encoder"
        self._known = _stored_vectors(encoder, [questions[at] for at in order], folder)

    def scores(self, text: str) -> dict[str, float]:
        """Per topic the cosine with its nearest question, from 0 to 1."""
        if not self._topics:
            return {}
        cosines = self._known @ self._encoder.vectors([text])[0]
        best = np.clip(np.maximum.reduceat(cosines, self._starts), 0, 1)
        return dict(zip(self._topics, map(float, best), strict=True))


def _stored_vectors(encoder: SentenceEncoder, texts: list[str], folder: Path) -> FloatArray:
    """The vectors of the texts; those not stored yet are computed, and then stored."""
    path = folder / f"{encoder.fingerprint}.npz"
    known = _read_store(path)
    keys = [hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32] for text in texts]
    missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
    if missing:
        known.update(zip(missing, encoder.vectors(list(missing.values())), strict=True))
        _write_store(path, known)
    return np.array([known[key] for key in keys], dtype=np.float32)


def _read_store(path: Path) -> dict[str, FloatArray]:
    """Empty when there is none, or none that can be used: the vectors are computed anew then."""
    try:
        with np.load(path) as stored:
            return dict(zip(map(str, stored["keys"]), stored["vectors"], strict=True))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return {}


def _write_store(path: Path, vectors: dict[str, FloatArray]) -> None:
    """In one step: another process may read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.npz")
    np.savez(partial, keys=np.array(list(vectors)), vectors=np.array(list(vectors.values())))
    os.replace(partial, path)


def _unit(vectors: FloatArray) -> FloatArray:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1), dtype=np.float32)


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:200]
