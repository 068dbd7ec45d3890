"""The two parts of a model, trained apart and put into one archive, by Rasa's own graph and into its own format.

Neither part needs the other for its training (no end-to-end stories), so what one is made of can change without the
other: a new template takes a training of the dialogue, which is short, and no look at twenty thousand sentences.
"""

from __future__ import annotations

import copy
import io
import logging
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from functools import cached_property
from pathlib import Path
from typing import Any

from rasa.engine.constants import PLACEHOLDER_IMPORTER
from rasa.engine.graph import ExecutionContext, GraphNodeHook
from rasa.engine.recipes.recipe import Recipe
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.validation import validate
from rasa.model_training import get_unresolved_slots
from rasa.shared.core.domain import Domain
from rasa.shared.data import TrainingType
from rasa.shared.exceptions import RasaException
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.shared.importers.rasa import RasaFileImporter

from bot.domain.errors import SetupError
from bot.runtime.model_inputs import Part, joined_fingerprint, part_fingerprint, training_files

logger = logging.getLogger(__name__)
TRAINED_AS = {Part.UNDERSTANDING: TrainingType.NLU, Part.DIALOGUE: TrainingType.CORE}
TRIES = 3
UNUSABLE = (OSError, EOFError, ValueError, KeyError, zlib.error, tarfile.TarError, RasaException)
"""What reading an archive raises that was cut off, was written by something else, or lacks a component."""


def build_model(path: Path, root: Path, earlier: Callable[[Part, str], Iterable[Path]]) -> str:
    """Write the model of the project in ``root`` to ``path``; the fingerprint of what it was made of.

    Each part comes from the first archive that ``earlier`` has for the part and its fingerprint and that can be read,
    else it is trained. Raises ``SetupError`` when Rasa reports an error.
    """
    config = root / "config.yml"
    with tempfile.TemporaryDirectory(prefix="zhanting-model-") as folder, _rasas_errors():
        joined = Path(folder) / "joined"
        joined.mkdir()
        made_of, domain = {}, None
        for part in Part:
            made_of[part] = part_fingerprint(part, root)
            needed = _components(configuration_of(config, TRAINED_AS[part]))
            domain = _earlier(part, earlier(part, made_of[part]), needed, joined)
            if domain is None:
                made_of[part], domain = _trained(part, root, joined)
        # The dialogue comes last: the domain is its part's.
        write_model(path, joined, configuration_of(config, TrainingType.BOTH), domain)
    return joined_fingerprint(made_of)


def run_training(
    config: Path, domain: Path | None, files: Iterable[Path], kind: TrainingType, into: Path
) -> Any:
    """Train from nothing and write the components to the folder ``into``; the domain.

    It is what ``rasa.train`` does when it is forced, without what only its cache needs: a fingerprint of every sentence
    after every step, which is a fifth of the time.
    """
    schema = configuration_of(config, kind).train_schema
    importer = _Once(
        TrainingDataImporter.load_from_config(
            str(config), str(domain) if domain else None, [str(path) for path in files]
        )
    )
    loaded = importer.get_domain()
    if unknown := get_unresolved_slots(loaded, importer.get_stories()):
        raise SetupError(f"the stories set slots that the domain has not: {', '.join(sorted(unknown))}")
    as_written = copy.deepcopy(loaded)
    context, hooks = ExecutionContext(graph_schema=schema), [_FingerprintOfDomains()]
    runner = DaskGraphRunner.create(schema, LocalModelStorage(into), context, hooks)
    runner.run(inputs={PLACEHOLDER_IMPORTER: importer})
    return as_written


def write_model(path: Path, components: Path, configuration: Any, domain: Any) -> None:
    """Rasa's archive of the components in a folder."""
    LocalModelStorage(components).create_model_package(path, configuration, domain)


def configuration_of(config: Path, kind: TrainingType) -> Any:
    """What Rasa makes of config.yml for this kind of training."""
    importer = RasaFileImporter(config_file=str(config))
    read = importer.get_config()
    recipe = Recipe.recipe_for_name(read.get("recipe"))
    complete, _, _ = recipe.auto_configure(importer.get_config_file_for_auto_config(), read, kind)
    configuration = recipe.graph_config_for_recipe(complete, {}, training_type=kind)
    validate(configuration)
    return configuration


class _FingerprintOfDomains(GraphNodeHook):
    """The one fingerprint that has an effect, so that a model is the same as Rasa's.

    ``Domain.fingerprint`` of Rasa 3.6.21 takes `use_entities` out of the domain. So a forced training gives the
    policies the entities of every intent, after the domain for the answers was stored as it is. Our rules and stories
    are tested with such policies.
    """

    def on_before_node(self, *_: Any, **__: Any) -> dict[str, Any]:
        return {}

    def on_after_node(self, *_: Any, output: Any, **__: Any) -> None:
        if isinstance(output, Domain):
            output.fingerprint()


class _Once(TrainingDataImporter):
    """The training data of another importer, read once for all languages: Rasa's steps name different ones."""

    def __init__(self, importer: TrainingDataImporter) -> None:
        self._importer = importer

    def get_domain(self) -> Any:
        return self._importer.get_domain()

    def get_stories(self, exclusion_percentage: int | None = None) -> Any:
        return self._importer.get_stories(exclusion_percentage)

    def get_conversation_tests(self) -> Any:
        return self._importer.get_conversation_tests()

    def get_config(self) -> Any:
        return self._importer.get_config()

    def get_config_file_for_auto_config(self) -> Any:
        return self._importer.get_config_file_for_auto_config()

    def get_nlu_data(self, language: str | None = None) -> Any:
        return self._nlu_data

    @cached_property
    def _nlu_data(self) -> Any:
        return self._importer.get_nlu_data()


def _components(configuration: Any) -> set[str]:
    """The folders that the answering assistant reads from a model of this kind."""
    nodes = configuration.predict_schema.nodes.values()
    return {node.resource.name for node in nodes if node.resource is not None}


def _earlier(part: Part, archives: Iterable[Path], needed: set[str], joined: Path) -> Any | None:
    """The domain of the first archive whose components could be taken; None when there is none."""
    for archive in archives:
        try:
            return _take(archive, needed, joined)
        except UNUSABLE as error:
            logger.warning("%s cannot be used again for the %s: %s", archive.name, part.value, error)
    return None


def _take(archive: Path, needed: set[str], joined: Path) -> Any:
    """Move the components that are needed to ``joined``; the domain of the archive. All of them, or an error."""
    with tempfile.TemporaryDirectory(dir=joined.parent) as folder:
        _, metadata = LocalModelStorage.from_model_archive(Path(folder), archive)
        if missing := sorted(name for name in needed if not (Path(folder) / name).is_dir()):
            raise KeyError(f"no {', '.join(missing)}")
        for name in needed:
            shutil.rmtree(joined / name, ignore_errors=True)
            shutil.move(str(Path(folder) / name), str(joined / name))
    return metadata.domain


def _trained(part: Part, root: Path, joined: Path) -> tuple[str, Any]:
    """Train one part from nothing; the fingerprint of what it was trained on, and the domain."""
    domain = root / "domain.yml" if part is Part.DIALOGUE else None
    for _ in range(TRIES):
        made_of, files = part_fingerprint(part, root), training_files(part, root)
        found = run_training(root / "config.yml", domain, files, TRAINED_AS[part], joined)
        if part_fingerprint(part, root) == made_of:
            return made_of, found
    raise SetupError("the training data was changed again and again while the model was trained")


@contextmanager
def _rasas_errors() -> Iterator[None]:
    """What Rasa raises becomes a ``SetupError``; what it prints is not for us."""
    try:
        with redirect_stdout(io.StringIO()):
            yield
    except RasaException as error:
        raise SetupError(f"the model could not be trained: {error}") from error
