"""The stand-ins let modules be defined and refuse to be used; each case in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

from bot.settings import ROOT

PREPARE = (
    "from bot.runtime.no_tensorflow import TensorFlowCalled, keep_tensorflow_out\nkeep_tensorflow_out()\n"
)

DEFINITIONS = """
import tensorflow as tf
import tensorflow.keras.backend as K
import keras.utils
from tensorflow.python.framework.ops import SomeError
from tensorflow_addons.utils.types import Number, TensorLike
class Layer(tf.keras.layers.Layer): x: tf.Tensor = None
class Other(Layer, tf.Module): ...
@tf.keras.utils.register_keras_serializable()
class Registered: ...
@tf.function
def plain(a): return a
@tf.function(experimental_relax_shapes=True)
def relaxed(a): return a
try: pass
except tf.errors.NotFoundError: pass
assert plain(3) == relaxed(3) == 3
assert tf.__version__
"""

CALLS = [
    "import tensorflow as tf; tf.constant([1, 2])",
    "import tensorflow as tf; tf.keras.Sequential([])",
    "import tensorflow as tf; tf.random.set_seed(1)",
    "from tensorflow.keras.models import load_model; load_model('x')",
    "import tensorflow as tf\nclass Model(tf.keras.Model):\n    def __init__(self): ...\nModel(1, 2)",
]


def test_modules_that_mention_tensorflow_can_be_defined() -> None:
    assert _run(PREPARE + DEFINITIONS) == ""


@pytest.mark.parametrize("call", CALLS)
def test_a_call_is_refused(call: str) -> None:
    assert "TensorFlowCalled" in _run(PREPARE + call)


def test_a_module_that_python_asks_about_has_no_invented_dunders() -> None:
    assert _run(PREPARE + "import tensorflow; assert not hasattr(tensorflow, '__wrapped__')") == ""


def test_installing_twice_changes_nothing() -> None:
    script = "import sys\nbefore = list(sys.meta_path)\nkeep_tensorflow_out()\nassert sys.meta_path == before"

    assert _run(PREPARE + script) == ""


def test_what_is_never_called_is_kept_out_where_it_is_asked_for() -> None:
    script = """
import json, sys
from bot.runtime.no_tensorflow import NEVER_CALLED
import matplotlib
assert matplotlib.__file__
keep_tensorflow_out(NEVER_CALLED)
import sklearn.model_selection, slack_sdk.web.client, matplotlib as again
assert again is matplotlib
try: sklearn.model_selection.train_test_split([1])
except TensorFlowCalled: pass
else: raise AssertionError("it was called")
"""
    assert _run(PREPARE + script) == ""


def test_a_process_that_has_the_real_one_is_left_alone() -> None:
    script = """
import sys, types
sys.modules["tensorflow"] = types.ModuleType("tensorflow")
before = list(sys.meta_path)
from bot.runtime.no_tensorflow import keep_tensorflow_out
keep_tensorflow_out()
assert sys.meta_path == before
"""
    assert _run(script) == ""


def _run(script: str) -> str:
    """The last line of what Python complains of, empty when it does not."""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    return done.stderr.strip().rpartition("\n")[2]
