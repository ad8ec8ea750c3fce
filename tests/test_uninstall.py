"""`pip uninstall netwright` leaves nothing of it behind. The long tier: it builds a wheel."""

from __future__ import annotations

import os
import subprocess
import sysconfig
import venv
from typing import TYPE_CHECKING

import pytest

from tests.test_first_start import copy_of_the_code

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]


def test_what_pip_installed_it_takes_away_again(tmp_path: Path) -> None:
    code = copy_of_the_code(tmp_path / "code")
    environment = tmp_path / "environment"
    venv.create(environment, with_pip=True)
    binaries = environment / ("Scripts" if os.name == "nt" else "bin")

    # The packages that it needs are those of this environment.
    libraries = next(environment.glob("[Ll]ib*/**/site-packages"))
    (libraries / "others.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    before = _files(environment)

    def pip(*arguments: str) -> None:
        command = [str(binaries / "python"), "-m", "pip", "--disable-pip-version-check", *arguments]
        subprocess.run(command, check=True, capture_output=True)

    pip("install", "--no-deps", str(code))
    program = str(binaries / "netwright")
    surroundings = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "HOME": str(tmp_path)}
    listed = subprocess.run(
        [program, "samples"], capture_output=True, text=True, check=True, env=surroundings
    )
    assert "digits" in listed.stdout
    assert _files(environment) - before, "nothing was installed"

    pip("uninstall", "--yes", "netwright")
    left = _files(environment) - before
    assert not left, sorted(left)[:20]


def _files(environment: Path) -> set[str]:
    """Returns all that is there but what pip compiles of itself."""
    return {
        str(path.relative_to(environment))
        for path in environment.rglob("*")
        if "pip" not in path.parts and not ("__pycache__" in path.parts and "pip" in str(path))
    }
