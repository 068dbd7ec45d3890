"""The two parts of a model, trained apart and put into one archive: Rasa's own trainings, and its own archive.

Neither part needs the other for its training (no end-to-end stories), so what one is made of can change without the
other: a new template takes a training of the dialogue, which is short, and no look at twenty thousand sentences.
"""

from __future__ import annotations

import io
import logging
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

import rasa
from rasa.engine.recipes.recipe import Recipe
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.shared.data import TrainingType
from rasa.shared.exceptions import RasaException
from rasa.shared.importers.rasa import RasaFileImporter

from bot.domain.errors import SetupError
from bot.runtime.model_inputs import Part, training_files

logger = logging.getLogger(__name__)
TRAINED_AS = {Part.UNDERSTANDING: TrainingType.NLU, Part.DIALOGUE: TrainingType.CORE}
UNUSABLE = (OSError, EOFError, ValueError, KeyError, zlib.error, tarfile.TarError, RasaException)
"""What reading an archive raises that was cut off, was written by something else, or lacks a component."""


def build_model(path: Path, root: Path, earlier: Mapping[Part, Iterable[Path]]) -> None:
    """Write the model of the project in ``root`` to ``path``: each part from the first archive in ``earlier`` that can
    be read, else trained. Raises ``SetupError`` when Rasa reports an error.
    """
    configurations = _configurations(root)
    with tempfile.TemporaryDirectory(prefix="zhanting-model-") as folder:
        joined = Path(folder) / "joined"
        joined.mkdir()
        domain = None
        for part in Part:
            needed = _components(configurations[TRAINED_AS[part]])
            found = _earlier(part, earlier.get(part, ()), needed, joined)
            domain = found or _take(_trained(part, root, Path(folder)), needed, joined)
        # The dialogue comes last: the domain is its part's.
        LocalModelStorage(joined).create_model_package(path, configurations[TrainingType.BOTH], domain)


def _configurations(root: Path) -> dict[TrainingType, Any]:
    """What Rasa makes of config.yml for each kind of training."""
    importer = RasaFileImporter(config_file=str(root / "config.yml"))
    return {kind: _configuration(importer, kind) for kind in (*TRAINED_AS.values(), TrainingType.BOTH)}


def _configuration(importer: RasaFileImporter, kind: TrainingType) -> Any:
    config = importer.get_config()
    recipe = Recipe.recipe_for_name(config.get("recipe"))
    complete, _, _ = recipe.auto_configure(importer.get_config_file_for_auto_config(), config, kind)
    return recipe.graph_config_for_recipe(complete, {}, training_type=kind)


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


def _trained(part: Part, root: Path, folder: Path) -> Path:
    """Train one part from nothing; its archive in ``folder``."""
    with _said() as said:
        result = rasa.train(
            domain=str(root / "domain.yml") if part is Part.DIALOGUE else "",
            config=str(root / "config.yml"),
            training_files=[str(path) for path in training_files(part, root)],
            output=str(folder),
            fixed_model_name=part.value,
            force_training=True,
        )
    if not result.model:
        raise SetupError(f"the model could not be trained: {said().strip()}")
    return Path(result.model)


@contextmanager
def _said() -> Iterator[Callable[[], str]]:
    """What Rasa prints, which is its reason; also what it raises becomes a ``SetupError``."""
    said = io.StringIO()
    try:
        with redirect_stdout(said):
            yield said.getvalue
    except RasaException as error:
        raise SetupError(f"the model could not be trained: {error}") from error
