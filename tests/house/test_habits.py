"""Lint, format and types are clean, and every import inside a function has its reason."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.house.import_graph import ROOT, SOURCE

PARTS = ("app", "models", "tests")


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Runs a module of Python in the root of the project."""
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, encoding="utf-8"
    )


@pytest.mark.parametrize(
    "command", (("check", "--no-cache"), ("format", "--check", "--no-cache")), ids=" ".join
)
def test_ruff_is_content(command: tuple[str, ...]) -> None:
    done = run("ruff", *command, *PARTS)
    assert done.returncode == 0, done.stdout + done.stderr


def test_mypy_is_content() -> None:
    """Strict, for everything but the tests; pyproject.toml lists the exceptions."""
    done = run("mypy", "--no-error-summary")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_late_import_has_its_reason() -> None:
    bare = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in SOURCE
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if "noqa: PLC0415" in line and not re.search(r"noqa: PLC0415 - \w+ \w+", line)
    ]
    assert not bare, "write the reason behind it: # noqa: PLC0415 - torch takes seconds to load"
