"""The set-up script through its only door, with stand-ins for uv and Python: no network."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PYTHON = Path(sys.executable).resolve()
TOOLS = ("sh", "cat", "date", "dirname", "env", "ln", "mkdir", "mv", "rm", "sed", "tail")
BROKEN_SHIM = "#!/bin/sh\necho 'pyenv: version 3.10 is not installed' >&2\nexit 127\n"

# Notes its arguments; `venv` links to the Python of this test, `pip sync` does what $UV_FAILS says.
UV = f"""#!/bin/sh
[ "$*" = --version ] && exit 0
echo "$* index=${{UV_DEFAULT_INDEX:-}}" >>"$UV_LOG"
case "$1" in
venv) mkdir -p .venv/bin && ln -s '{PYTHON}' .venv/bin/python ;;
pip) echo "Installed 2 packages"; echo " + rasa==3.6.21"; [ -z "${{UV_FAILS:-}}" ] ;;
esac
"""


class Checkout:
    """A checkout with the script and small lock files, on a machine that has what ``has`` was told."""

    def __init__(self, folder: Path, machine: Path) -> None:
        self.folder, self.bin, self.home, self.log = (
            folder,
            machine / "bin",
            machine / "home",
            machine / "uv.log",
        )
        self.environment: dict[str, str] = {}
        for made in (folder / "scripts", self.bin, self.home):
            made.mkdir(parents=True)
        shutil.copy(ROOT / "scripts" / "setup.sh", folder / "scripts")
        for lock in ("requirements.lock", "requirements-encoder.lock", "requirements-dev.lock"):
            (folder / lock).write_text("rasa==3.6.21\n")
        for tool in TOOLS:
            (self.bin / tool).symlink_to(shutil.which(tool) or f"/bin/{tool}")

    def has(self, name: str, script: str) -> None:
        _write_program(self.bin / name, script)

    def set_up(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.bin / "sh", self.folder / "scripts" / "setup.sh", *arguments],
            env={"PATH": str(self.bin), "HOME": str(self.home), "UV_LOG": str(self.log)} | environment,
            capture_output=True,
            text=True,
            timeout=30,
        )

    def uv_calls(self) -> list[str]:
        """What uv was called for since the last look."""
        calls = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return [call.partition(" index=")[0] for call in calls]


def _write_program(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(script)
    path.chmod(0o755)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "a folder with spaces", tmp_path / "machine")


@pytest.fixture
def ready(checkout: Checkout) -> Checkout:
    """A checkout that has been set up once to run the assistant."""
    checkout.has("uv", UV)
    assert checkout.set_up().returncode == 0
    checkout.uv_calls()
    return checkout


SYNC = "pip sync --python .venv/bin/python --require-hashes --compile-bytecode"
MAKE = "venv --quiet --python"


def test_without_python_it_says_what_to_install(checkout: Checkout) -> None:
    done = checkout.set_up()

    assert done.returncode != 0
    assert "Python 3.10" in done.stderr
    assert "pyenv install 3.10" in done.stderr
    assert not (checkout.folder / ".venv").exists()


def test_a_shim_for_a_version_that_is_missing_does_not_count(checkout: Checkout) -> None:
    for name in ("python3.10", "python3", "python"):
        checkout.has(name, BROKEN_SHIM)

    done = checkout.set_up()

    assert done.returncode != 0
    assert "Python 3.10" in done.stderr


def test_a_fresh_checkout_gets_the_locked_packages(checkout: Checkout) -> None:
    checkout.has("uv", UV)

    done = checkout.set_up()

    assert done.returncode == 0, done.stderr
    assert checkout.uv_calls() == [f"{MAKE} 3.10 .venv", f"{SYNC} requirements.lock"]
    assert "Installed 2 packages" in done.stderr
    assert "rasa==3.6.21" not in done.stderr
    assert done.stdout == ""


def test_python_is_found_behind_pyenvs_broken_shims(checkout: Checkout) -> None:
    checkout.has("uv", UV)
    checkout.has("python3.10", BROKEN_SHIM)
    behind = checkout.home / ".pyenv" / "versions" / "3.10.13" / "bin" / "python3.10"
    _write_program(behind, f"#!/bin/sh\nexec '{PYTHON}' \"$@\"\n")

    assert checkout.set_up().returncode == 0
    assert checkout.uv_calls()[0] == f"{MAKE} {PYTHON} .venv"


def test_a_mirror_from_pips_environment_is_uvs_too(checkout: Checkout) -> None:
    checkout.has("uv", UV)

    checkout.set_up(PIP_INDEX_URL="https://mirror.example/simple")

    assert "index=https://mirror.example/simple" in checkout.log.read_text()


def test_it_does_nothing_when_all_is_up_to_date(ready: Checkout) -> None:
    began = time.monotonic()
    done = ready.set_up()

    assert time.monotonic() - began < 1  # some 30 ms; the margin is for a busy machine
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert ready.uv_calls() == []


def test_a_changed_lock_file_updates_what_is_there(ready: Checkout) -> None:
    (ready.folder / "requirements.lock").write_text("rasa==3.6.20\n")

    ready.set_up()

    assert ready.uv_calls() == [f"{SYNC} requirements.lock"]
    ready.set_up()
    assert ready.uv_calls() == []


def test_a_developers_packages_stay_when_the_assistant_runs(ready: Checkout) -> None:
    ready.set_up("dev")
    assert ready.uv_calls() == [f"{SYNC} requirements-dev.lock"]

    ready.set_up("run")
    assert ready.uv_calls() == []

    (ready.folder / "requirements.lock").write_text("rasa==3.6.20\n")
    ready.set_up("run")
    assert ready.uv_calls() == [f"{SYNC} requirements-dev.lock"]


def test_the_encoders_packages_come_with_its_setting(ready: Checkout) -> None:
    with_encoder = {"ZHANTING_ENCODER": "model"}

    ready.set_up(**with_encoder)
    assert ready.uv_calls() == [f"{SYNC} requirements.lock requirements-encoder.lock"]
    ready.set_up(**with_encoder)
    ready.set_up()
    assert ready.uv_calls() == []

    (ready.folder / "requirements-encoder.lock").write_text("onnxruntime==1.0\n")
    ready.set_up()  # without the setting they go at the next change
    assert ready.uv_calls() == [f"{SYNC} requirements.lock"]


def test_a_developer_has_the_encoders_packages_already(ready: Checkout) -> None:
    ready.set_up("dev")
    ready.uv_calls()

    ready.set_up("run", ZHANTING_ENCODER="model")
    ready.set_up("dev", ZHANTING_ENCODER="model")
    assert ready.uv_calls() == []


def test_an_interrupted_installation_starts_afresh(ready: Checkout) -> None:
    (ready.folder / "requirements.lock").write_text("rasa==3.6.20\n")
    failed = ready.set_up(UV_FAILS="yes")
    assert failed.returncode != 0
    assert "did not succeed" in failed.stderr
    ready.uv_calls()

    assert ready.set_up().returncode == 0
    assert ready.uv_calls() == [f"{MAKE} 3.10 .venv", f"{SYNC} requirements.lock"]


def test_a_moved_checkout_gets_a_new_environment(ready: Checkout) -> None:
    ready.folder = ready.folder.rename(ready.folder.with_name("moved"))

    assert ready.set_up().returncode == 0
    assert ready.uv_calls() == [f"{MAKE} 3.10 .venv", f"{SYNC} requirements.lock"]


@pytest.mark.parametrize("broken", ["python of another machine", "another version"])
def test_an_environment_that_does_not_run_is_made_anew(ready: Checkout, broken: str) -> None:
    python = ready.folder / ".venv" / "bin" / "python"
    python.unlink()
    if broken == "another version":
        _write_program(python, "#!/bin/sh\necho AssertionError >&2\nexit 1\n")
    else:
        python.symlink_to("/nowhere/python3.10")

    assert ready.set_up().returncode == 0
    assert ready.uv_calls() == [f"{MAKE} 3.10 .venv", f"{SYNC} requirements.lock"]


def test_an_environment_made_by_hand_is_filled_and_kept(checkout: Checkout) -> None:
    checkout.has("uv", UV)
    python = checkout.folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(PYTHON)

    assert checkout.set_up().returncode == 0
    assert checkout.uv_calls() == [f"{SYNC} requirements.lock"]


@pytest.mark.slow
def test_without_uv_pip_installs_byte_compiled_and_checks_hashes(checkout: Checkout, tmp_path: Path) -> None:
    checkout.has("python3.10", f"#!/bin/sh\nexec '{PYTHON}' \"$@\"\n")
    wheel = _make_wheel(tmp_path)
    lock = checkout.folder / "requirements.lock"
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}

    lock.write_text(f"bonnet==1.0 --hash=sha256:{'0' * 64}\n")
    assert checkout.set_up(**offline).returncode != 0

    lock.write_text(f"bonnet==1.0 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n")
    done = checkout.set_up(**offline)
    assert done.returncode == 0, done.stderr
    assert list((checkout.folder / ".venv").glob("lib/python3.10/site-packages/__pycache__/bonnet.*.pyc"))
    assert checkout.set_up(**offline).stderr == ""


def test_lock_files_are_compiled_without_the_address_of_an_index(checkout: Checkout) -> None:
    checkout.has("uv", UV)

    assert checkout.set_up("lock").returncode == 0

    running, encoder, developing = checkout.uv_calls()
    assert "--generate-hashes" in running
    assert "--no-emit-index-url" in running
    assert running.endswith("--output-file requirements.lock requirements.in")
    assert encoder.endswith("--output-file requirements-encoder.lock requirements-encoder.in")
    assert developing.endswith("--output-file requirements-dev.lock requirements-dev.in")


def test_make_alone_lists_the_commands() -> None:
    listed = subprocess.run(
        ["make"], cwd=ROOT, capture_output=True, text=True, check=True, env=_without_make()
    ).stdout

    for command in ("run", "test", "check", "train", "chat", "lock", "clean"):
        assert f"make {command} " in listed


def _make_wheel(folder: Path) -> Path:
    """The smallest package that pip installs."""
    wheel, about = folder / "bonnet-1.0-py3-none-any.whl", "bonnet-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("bonnet.py", "OPEN = False\n")
        archive.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: bonnet\nVersion: 1.0\n")
        archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{about}/RECORD", "")
    return wheel


def _without_make() -> dict[str, str]:
    """The environment as it was before ``make test`` added its own."""
    return {
        name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")
    }
