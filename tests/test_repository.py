"""What does not belong into the repository: paths of one machine, package indexes, loose packages."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NOT_OURS = {"var", "models", "results", "test-results", "__pycache__", "node_modules"}
HIDDEN_OURS = {".ci", ".github"}
TEXT = {
    *("", ".cfg", ".in", ".ini", ".lock", ".mako", ".md", ".py", ".sh", ".toml", ".txt"),
    *(".css", ".html", ".js", ".json", ".jsonl", ".svg", ".yaml", ".yml"),
}
LOCKS = ("requirements.lock", "requirements-encoder.lock", "requirements-dev.lock")

HOME_FOLDER = re.compile(r"""(?<![\w./*:}-])/(home|root|Users)/(?!\.\.\.)\w""")
INDEX_ADDRESS = re.compile(
    r"python[h]osted|pypi[.](org|tuna)|mirrors?[.][a-z]+[.](com|edu|org|cn)|registry[.]npm|deb[.]debian[.]org"
)


def test_no_path_of_a_machine() -> None:
    here = re.compile("|".join(re.escape(path) for path in _paths_of_this_machine()))

    assert list(_lines_with(here)) == []
    assert list(_lines_with(HOME_FOLDER)) == []


def test_no_address_of_a_package_index() -> None:
    assert list(_lines_with(INDEX_ADDRESS)) == []


@pytest.mark.parametrize("name", LOCKS)
def test_locked_packages_have_hashes_and_no_index(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")

    assert [entry.splitlines()[0] for entry in _entries(name) if "--hash=sha256:" not in entry] == []
    assert (
        re.findall(r"^.*(?:://|--(?:extra-)?index-url|--find-links|--trusted-host).*$", text, re.MULTILINE)
        == []
    )


def test_all_lock_files_name_the_same_versions() -> None:
    running, encoder, developing = ({entry.split()[0] for entry in _entries(name)} for name in LOCKS)

    assert (running | encoder) - developing == set()


def test_what_is_asked_for_is_locked() -> None:
    asked = {
        _package(line) for name in ("requirements.in", "requirements-dev.in") for line in _requirements(name)
    }

    assert asked - {_package(entry) for entry in _entries("requirements-dev.lock")} == set()


def test_jiojio_is_not_locked() -> None:
    """jionlp pulls it in: GPL-3 and 145 MB of weights that nothing here needs."""
    assert "jiojio" not in {_package(entry) for name in LOCKS for entry in _entries(name)}


def _paths_of_this_machine() -> Iterator[str]:
    yield str(ROOT)
    if len(Path.home().parts) > 1:
        yield str(Path.home()) + "/"


def _lines_with(pattern: re.Pattern[str]) -> Iterator[str]:
    for path in _our_files():
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            if pattern.search(line):
                yield f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"


def _our_files() -> Iterator[Path]:
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [
            name for name in folders if name not in NOT_OURS and (name[0] != "." or name in HIDDEN_OURS)
        ]
        yield from (Path(folder, name) for name in files if Path(name).suffix in TEXT)


def _entries(lock: str) -> list[str]:
    """The requirements of a lock file, each with its hashes."""
    return re.split(r"\n(?=\S)", (ROOT / lock).read_text("utf-8").strip())


def _requirements(name: str) -> list[str]:
    lines = (ROOT / name).read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith(("#", "-"))]


def _package(requirement: str) -> str:
    name = re.match(r"[\w.-]+", requirement)
    assert name, requirement
    return re.sub(r"[-_.]+", "-", name[0]).lower()
