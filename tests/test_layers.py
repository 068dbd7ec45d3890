"""Who may import whom: the contracts of pyproject.toml, and what import-linter cannot say."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import tomli

ROOT = Path(__file__).resolve().parents[1]
MAY_BE_IMPORTED_BY_RULES = {*sys.stdlib_module_names, "dateutil"}


def test_imports_keep_the_contracts() -> None:
    """In a process of its own: import-linter sets hooks that do not suit a long test run."""
    command = [Path(sys.executable).parent / "lint-imports", "--no-cache"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert result.returncode == 0, result.stdout + result.stderr


def test_every_part_of_the_program_has_its_layer() -> None:
    parts = {
        f"bot.{path.stem}" for path in (ROOT / "bot").iterdir() if path.suffix == ".py" or _is_package(path)
    }

    assert parts - {"bot.__init__"} <= _layered_modules()


def test_rules_import_the_standard_library_alone() -> None:
    outsiders = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in sorted((ROOT / "bot" / "domain").rglob("*.py"))
        for name in _imported(path)
        if not name.startswith("bot.domain") and name.partition(".")[0] not in MAY_BE_IMPORTED_BY_RULES
    ]

    assert outsiders == []


def _is_package(path: Path) -> bool:
    return (path / "__init__.py").is_file()


def _layered_modules() -> set[str]:
    contracts = tomli.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["id"] == "layers")
    return {name.strip(" ()") for layer in layers for name in layer.split("|")}


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "."
