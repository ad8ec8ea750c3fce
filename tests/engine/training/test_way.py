"""The way of one training, as the README prints it, is the way that the code takes."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.way import WAY, Step, table

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
TRAINER = ROOT / "app/engine/training/trainer.py"
Function = ast.FunctionDef


def tree_of(file: str) -> ast.Module:
    return ast.parse((ROOT / file).read_text(encoding="utf-8"))


def functions_of(file: str) -> dict[str, Function]:
    """Returns the functions of a module by name, methods as "Class.method"."""
    functions: dict[str, Function] = {}
    for node in tree_of(file).body:
        if isinstance(node, Function):
            functions[node.name] = node
        if isinstance(node, ast.ClassDef):
            for method in node.body:
                if isinstance(method, Function):
                    functions[f"{node.name}.{method.name}"] = method

    return functions


def parameter_types(step: Step) -> set[str]:
    """Returns the annotations of a function's parameters, and of its constructor's for a method."""
    functions = functions_of(step.file)
    types: set[str] = set()
    for name in (step.function, f"{step.function.split('.')[0]}.__init__"):
        if name in functions:
            arguments = functions[name].args
            for argument in (*arguments.args, *arguments.kwonlyargs):
                if argument.annotation is not None:
                    types.add(ast.unparse(argument.annotation))

    return types


def returned_type(step: Step) -> str:
    returns = functions_of(step.file)[step.function].returns
    return ast.unparse(returns) if returns is not None else ""


def children(index: int) -> list[Step]:
    """Returns the steps that are called within a step."""
    steps: list[Step] = []
    for step in WAY[index + 1 :]:
        if step.depth <= WAY[index].depth:
            break
        if step.depth == WAY[index].depth + 1:
            steps.append(step)

    return steps


def called_names(step: Step) -> set[str]:
    """Returns what a function calls by name, itself or through functions of its own module."""
    functions = functions_of(step.file)
    owner = step.function.split(".")[0]
    waiting = [step.function]
    visited: set[str] = set()
    names: set[str] = set()

    while waiting:
        name = waiting.pop()
        if name in visited or name not in functions:
            continue

        visited.add(name)
        for node in ast.walk(functions[name]):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func).split(".")[-1]
                names.add(called)
                waiting += [called, f"{owner}.{called}"]

    return names


def rooms_entered() -> Iterator[str]:
    """Yields a room when a step is in another room than the one that calls it or stands before."""
    callers: list[Step] = []
    before = ""
    for step in WAY:
        callers = callers[: step.depth]
        if step.room != before and (not callers or step.room != callers[-1].room):
            yield step.room

        callers.append(step)
        before = step.room


@pytest.mark.parametrize("step", WAY, ids=lambda step: step.dotted)
def test_each_function_is_in_its_file_and_takes_what_the_way_says(step: Step) -> None:
    assert step.function in functions_of(step.file)
    assert set(step.takes) <= parameter_types(step)


@pytest.mark.parametrize("index", range(len(WAY)), ids=lambda index: WAY[index].dotted)
def test_what_a_step_gives_is_returned_or_taken_by_a_step_within_it(index: int) -> None:
    step = WAY[index]
    within = {kind for child in children(index) for kind in child.takes}
    assert step.gives == returned_type(step) or step.gives in within


@pytest.mark.parametrize("index", range(len(WAY)), ids=lambda index: WAY[index].dotted)
def test_each_step_calls_those_within_it(index: int) -> None:
    names = called_names(WAY[index])
    for child in children(index):
        owner, _, method = child.function.rpartition(".")
        name = owner.lower() if method == "__call__" else method
        assert name in names, f"{WAY[index].dotted} does not call {child.dotted}"


def test_each_room_is_entered_once() -> None:
    rooms = list(rooms_entered())
    assert rooms == ["app", "training", "sources", "experiment", "compute"]


def test_the_trainer_tells_the_same_way() -> None:
    """Every step within the trainer is named in its docstring's list, in the same order."""
    text = ast.get_docstring(ast.parse(TRAINER.read_text(encoding="utf-8"))) or ""
    points = [point for point in re.split(r"\n(?=\d\. )", text) if re.match(r"\d\. ", point)]
    assert [int(point[0]) for point in points] == list(range(1, len(points) + 1))

    listed = [name for point in points for name in re.findall(r"`([\w.]+)`", point)]
    trainer = next(index for index, step in enumerate(WAY) if step.file.endswith("trainer.py"))
    steps = [step.function for step in WAY[trainer:]]
    assert [name for name in listed if name in steps] == steps

    for step in WAY[trainer + 1 :]:
        assert Path(step.file).name in text


def test_the_table_for_the_readme_names_every_step() -> None:
    _, _, *rows = table().splitlines()
    for step, row in zip(WAY, rows, strict=True):
        assert step.function in row and step.file in row and step.gives in row
