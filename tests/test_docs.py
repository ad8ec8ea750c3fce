"""What the README promises a newcomer: length, pages, commands, the steps of a training."""

from __future__ import annotations

import re
import shlex

import click
import pytest

from app import reference
from app.cli import cli
from app.engine.learning.optimizer import OPTIMIZERS
from app.engine.learning.schedule import SCHEDULES
from app.engine.learning.tasks import TASKS
from app.engine.sources.samples import SAMPLES
from tests import readme

PAGE = readme.README.read_text(encoding="utf-8")
CONTRIBUTING = readme.ROOT / ".github" / "CONTRIBUTING.md"
MOST_LINES = 290
WORDS = {8: "eight", 9: "nine", 10: "ten", 11: "eleven", 12: "twelve", 13: "thirteen"}


def test_it_can_be_read_in_one_go() -> None:
    assert len(PAGE.splitlines()) <= MOST_LINES


def test_every_folder_of_the_tree_has_a_whole_sentence() -> None:
    lines = readme.tree().splitlines()[1:-1]
    assert 30 <= len(lines) <= 60
    for line in lines:
        name, _, phrase = line.strip().partition("/ ")
        assert phrase.strip().endswith("."), f"the package of {name} says what it is in a sentence"
        assert len(line) <= 120, line


def test_the_reference_of_settings_follows_the_code() -> None:
    page = readme.SETTINGS.read_text(encoding="utf-8")
    assert page == readme.settings_page(), "run: python -m tests.readme"


def test_the_reference_of_blocks_follows_the_code() -> None:
    page = readme.BLOCKS.read_text(encoding="utf-8")
    assert page == readme.blocks_page(), "run: python -m tests.readme"


def test_the_reference_has_every_setting() -> None:
    for page, sections in (
        (readme.settings_page(), reference.sections()),
        (readme.blocks_page(), reference.blocks()),
    ):
        for section in sections:
            assert f"**`{section.place}`**" in page
            assert all(f"| `{setting.name}` |" in page for setting in section.settings)


@pytest.mark.parametrize("path", [readme.README, CONTRIBUTING], ids=lambda path: path.name)
def test_files_that_a_page_names_are_there(path) -> None:
    page = path.read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!http)([^)#]+)\)", page)
    for link in links:
        assert (path.parent / link).exists() or (readme.ROOT / link).exists(), link

    for name in re.findall(r"`((?:app|models|tests|resources)/[\w/.-]+)`", page):
        assert (readme.ROOT / name).exists(), name


def test_the_numbers_of_what_there_is_are_right() -> None:
    text = " ".join(PAGE.split()).lower()
    assert f"{WORDS[len(OPTIMIZERS.all())]} optimizers" in text
    assert f"{WORDS[len(SCHEDULES.all())]} schedules" in text
    assert f"{WORDS[len(SAMPLES)]} built-in data sets" in text
    assert all(f"`{kind}`" in text for kind in TASKS)


def usages() -> list[str]:
    """Returns the lines of the README that begin with the program's name."""
    return [line for line in PAGE.splitlines() if re.match(r"netwright +(\w|the )", line)]


@pytest.mark.parametrize("line", usages())
def test_a_command_has_the_options_that_the_page_gives_it(line: str) -> None:
    words = shlex.split(re.split(r" {4,}", line)[0].replace("[", " ").replace("]", " "))
    if len(words) == 1:  # the window needs no command
        return

    command = cli.commands[words[1]]
    known = {option for item in command.params for option in item.opts}
    assert {word for word in words if word.startswith("--")} <= known
    takes = [item for item in command.params if isinstance(item, click.Argument)]
    assert bool(takes) == any(word.isupper() or word.endswith(".toml") for word in words[2:])
