"""What the README promises a newcomer: length, pages, commands, the way of a training."""

from __future__ import annotations

import ast
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
MOST_LINES = 250
WORDS = {8: "eight", 9: "nine", 10: "ten", 11: "eleven", 12: "twelve", 13: "thirteen"}


def test_it_can_be_read_in_one_go() -> None:
    assert len(PAGE.splitlines()) <= MOST_LINES


def test_every_folder_of_the_tree_has_a_whole_sentence() -> None:
    lines = readme.tree().splitlines()[1:-1]
    assert 30 <= len(lines) <= 50
    for line in lines:
        name, _, phrase = line.strip().partition("/ ")
        assert phrase.strip().endswith("."), f"the package of {name} says what it is in a sentence"
        assert len(line) <= 120, line


def test_the_reference_of_settings_follows_the_code() -> None:
    page = readme.SETTINGS.read_text(encoding="utf-8")
    assert page == readme.settings_page(), "run: python -m tests.readme"


def test_the_reference_has_every_setting() -> None:
    page = readme.settings_page()
    for section in reference.sections():
        assert f"**`[{section.name}]`**" in page
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
    """The lines of the README that begin with the program's name."""
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


def way() -> list[tuple[str, str, str]]:
    """(function, file, what it hands over) of each row of the way of a training."""
    return re.findall(r"^\| `([\w.]+)` \| `([\w/.]+)` \| (.*) \|$", PAGE, re.MULTILINE)


def definition(name: str, file: str) -> ast.FunctionDef:
    """The function of this name, or Class.function, in a file."""
    scope = ast.parse((readme.ROOT / file).read_text(encoding="utf-8")).body
    for part in name.split("."):
        node = next(
            node
            for node in scope
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == part
        )
        scope = node.body

    assert isinstance(node, ast.FunctionDef)
    return node


def types_of(function: ast.FunctionDef) -> str:
    """All annotations of a function: what it takes and what it returns."""
    arguments = [*function.args.args, *function.args.kwonlyargs]
    annotations = [*(argument.annotation for argument in arguments), function.returns]
    return " ".join(ast.unparse(node) for node in annotations if node is not None)


def test_the_way_of_a_training_is_as_the_page_tells_it() -> None:
    rows = way()
    assert len(rows) >= 6
    functions = [definition(name, file) for name, file, _ in rows]
    after = [*functions[1:], None]

    for (name, file, handed), function, following in zip(rows, functions, after, strict=True):
        types = f"{types_of(function)} {types_of(following) if following else ''}"
        for kind in re.findall(r"`([A-Z]\w+)`", handed):
            assert re.search(rf"\b{kind}\b", types), f"{name} of {file} hands over no {kind}"

    for index, following in enumerate(functions[1:], 1):
        earlier = [(readme.ROOT / file).read_text(encoding="utf-8") for _, file, _ in rows[:index]]
        assert any(re.search(rf"\b{following.name}\(", source) for source in earlier), (
            f"nothing on the way calls {following.name}"
        )
