"""The README: what it says is there, what it shows works, and it is short enough to be read."""

from __future__ import annotations

import re
import subprocess
import tomllib

import pytest

from app.cli import cli
from app.engine.experiment import toml_file
from tests import readme
from tests.house.import_graph import ROOT

TOP_LEVEL = {
    "app",
    "models",
    "resources",
    "tests",
    "findings",
    "pyproject.toml",
    "README.md",
    "LICENSE",
    "CHANGELOG.md",
    ".ci",
    ".github",
    ".gitignore",
    ".pre-commit-config.yaml",
}


def test_the_top_level_holds_nothing_else() -> None:
    try:
        tracked = subprocess.run(
            ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no clone")

    assert {name.partition("/")[0].strip('"') for name in tracked.splitlines()} <= TOP_LEVEL


def test_the_readme_follows_the_code() -> None:
    page = readme.README.read_text(encoding="utf-8")
    assert page == readme.written(page), "run: python -m tests.readme"


def test_the_experiment_in_the_readme_is_one() -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", readme.README.read_text(encoding="utf-8"), re.DOTALL)
    experiment = toml_file.from_plain(tomllib.loads(text))
    assert experiment.model is not None
    assert (experiment.model.kind, experiment.training.epochs) == ("resnet", 12)


def test_the_readme_names_every_command() -> None:
    page = readme.README.read_text(encoding="utf-8")
    assert all(f"netwright {name}" in page for name in cli.commands)
