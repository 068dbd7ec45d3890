"""A model and tokenizer as BGE-small-zh is published, but of a few characters: its vectors are given by a test."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Regex, Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Split
from tokenizers.processors import TemplateProcessing

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
SENSES = {
    "轮胎": (1.0, 0.0, 0.0),
    "轱辘": (0.9, 0.1, 0.0),  # no character in common, and nearly the same sense
    "刹车": (0.0, 1.0, 0.0),
    "油耗": (0.0, 0.0, 1.0),
}


def make_encoder(
    folder: Path,
    senses: Mapping[str, tuple[float, ...]] = SENSES,
    inputs: tuple[str, ...] = INPUTS,
    output: str = "tokens",
    pooling: Mapping[str, Any] | None = None,
    longest: int | None = None,
    model: str = "onnx/model.onnx",
) -> Path:
    """Every character of a word gets the word's vector; the first token ([CLS]) that of all of them together.

    ``output``: "tokens" (rank 3), "sentence" (rank 2) or "number" (rank 1, which is of no use).
    """
    of_character = {character: vector for word, vector in senses.items() for character in word}
    (folder / model).parent.mkdir(parents=True, exist_ok=True)
    _tokenizer(list(of_character)).save(str(folder / "tokenizer.json"))
    onnx.save(
        _model(np.array(list(of_character.values()), dtype=np.float32), inputs, output), str(folder / model)
    )
    if pooling is not None:
        (folder / "1_Pooling").mkdir()
        (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    if longest is not None:
        (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": longest}))
    return folder


def _tokenizer(characters: list[str]) -> Tokenizer:
    ids = {token: at for at, token in enumerate([*SPECIAL, *characters])}
    tokenizer = Tokenizer(WordLevel(ids, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Split(Regex("."), "isolated")
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", ids["[CLS]"]), ("[SEP]", ids["[SEP]"])]
    )
    return tokenizer


def _model(vectors: Any, inputs: tuple[str, ...], output: str) -> Any:
    """Tokens' vectors looked up; their sum is added to each at half its weight, so that [CLS] is half the sum."""
    table = np.concatenate([np.zeros((len(SPECIAL), vectors.shape[1]), dtype=np.float32), vectors])
    constants = [
        numpy_helper.from_array(table, "table"),
        numpy_helper.from_array(np.array([1], dtype=np.int64), "tokens"),
        numpy_helper.from_array(np.array(0.5, dtype=np.float32), "half"),
    ]
    nodes = [
        helper.make_node("Gather", ["table", inputs[0]], ["looked_up"]),
        helper.make_node("ReduceSum", ["looked_up", "tokens"], ["sum"], keepdims=1),
        helper.make_node("Mul", ["sum", "half"], ["half_sum"]),
        helper.make_node("Add", ["looked_up", "half_sum"], ["last_hidden_state"]),
        helper.make_node("ReduceSum", ["last_hidden_state", "tokens"], ["sentence_embedding"], keepdims=0),
        helper.make_node("ReduceSum", ["last_hidden_state"], ["number"], keepdims=0),
    ]
    name, shape = {
        "tokens": ("last_hidden_state", ["texts", "tokens", vectors.shape[1]]),
        "sentence": ("sentence_embedding", ["texts", vectors.shape[1]]),
        "number": ("number", []),
    }[output]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, TensorProto.INT64, ["texts", "length"]) for name in inputs],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)],
        constants,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
