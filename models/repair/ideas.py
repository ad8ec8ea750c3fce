"""Edits that may mend a block which does not fit; whether they do is tried by `repairs`.

The likeliest come first: a setting that is a little wrong, a missing block in between, a wrong
place.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models import edits
from models.graph import INPUT, OTHER, Graph, GraphError, Node
from models.layers.block import BLOCKS, BlockError
from models.layers.own_block import block_class
from models.network import read_block, vocabulary_for
from models.new_block import class_of
from models.own_blocks import definitions_in
from models.spec import UnknownChoice, settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from models.graph import Kind
    from models.shape import Problem, Shape
    from models.spec import Setting

Settings = dict[str, Any]


@dataclass(frozen=True)
class Idea:
    """An edit that may help. text: what it does. edit: makes the graph, or raises GraphError."""

    text: str
    edit: Callable[[], Graph]


def ideas(graph: Graph, node: Node, shapes: dict[str, Shape], problem: Problem) -> Iterator[Idea]:
    """Yields edits that may mend this block.

    shapes: of the blocks before it, and of the example.
    """
    try:
        declared = {each.name: each for each in settings(block_class(node))}
    except UnknownChoice:
        yield from _other_kinds(graph, node)
        return
    except BlockError:  # a kind of one's own that cannot be
        return

    try:
        read_block(node)
    except GraphError:
        yield from _wrong_settings(graph, node, declared)
        yield from _usual_settings(graph, node, declared)
        return

    inputs = [shapes[name] for name in node.inputs if name in shapes]
    yield from _numbers_of_inputs(graph, node, shapes)
    vocabulary = vocabulary_for(node, problem)
    if "vocabulary" in declared and vocabulary:
        yield _set(graph, node, {"vocabulary": vocabulary})

    yield from _settings_that_fit(graph, node, declared, inputs)
    if node.kind in edits.MERGES and len(inputs) == len(node.inputs) > 1:
        yield from _made_alike(graph, node, inputs)

    if node is graph.nodes[-1] or node.name == graph.nodes[-1].name:
        yield from _endings(graph, node, inputs, problem)

    if inputs:
        yield from _in_between(graph, node, inputs[0], problem)
        yield from _elsewhere(graph, node)

    yield from _usual_settings(graph, node, declared)


def _other_kinds(graph: Graph, node: Node) -> Iterator[Idea]:
    """Yields blocks of a kind with a similar name, with those settings that it has."""
    known: dict[str, Kind] = {block.kind: block.kind for block in BLOCKS.all()}
    known |= definitions_in(graph)
    for name in difflib.get_close_matches(node.kind, known, n=3, cutoff=0.4):
        kind = known[name]
        try:
            block = class_of(kind)
        except BlockError:
            continue

        names = {each.name for each in settings(block)}
        kept = {name: value for name, value in node.settings.items() if name in names}

        def edit(kind: Kind = kind, kept: Settings = kept) -> Graph:
            return edits.set_kind(graph, node.name, kind, kept)

        yield Idea(f"Make it a {block.label.lower()}", edit)


def _wrong_settings(graph: Graph, node: Node, declared: dict[str, Setting]) -> Iterator[Idea]:
    """Yields values within their limits, and right names of settings."""
    for name, value in node.settings.items():
        if name not in declared:
            near = difflib.get_close_matches(name, declared, n=1)
            if near:
                yield _set(graph, node, {name: None, near[0]: value})

            yield Idea(f"Leave out '{name}'", _setter(graph, node, {name: None}))
            continue

        setting = declared[name]
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            if setting.minimum is not None and value < setting.minimum:
                yield _set(graph, node, {name: _whole(setting, setting.minimum)})
            if setting.maximum is not None and value > setting.maximum:
                yield _set(graph, node, {name: _whole(setting, setting.maximum)})
            if setting.type == "integer" and isinstance(value, float):
                yield _set(graph, node, {name: round(value)})
        elif setting.choices and isinstance(value, str):
            choices = [str(key) for key, _ in setting.choices]
            for choice in difflib.get_close_matches(value, choices):
                yield _set(graph, node, {name: choice})


def _usual_settings(graph: Graph, node: Node, declared: dict[str, Setting]) -> Iterator[Idea]:
    """Yields the usual value of each setting that has another one."""
    for name, value in node.settings.items():
        setting = declared.get(name)
        if setting is None or setting.default is None or value == setting.default:
            continue

        usual = setting.choice_text(setting.default) or setting.default
        words = ("on" if usual else "off") if isinstance(usual, bool) else usual
        text = f"Set {setting.label.lower()} to the usual {words}"
        yield Idea(text, _setter(graph, node, {name: None}))


def _numbers_of_inputs(graph: Graph, node: Node, shapes: dict[str, Shape]) -> Iterator[Idea]:
    """Yields edits for a block that reads too few or too many others."""
    least, most = block_class(node).arity
    if len(node.inputs) > most:
        for kind, verb in (("add", "Add"), ("concatenate", "Join")):

            def merge(kind: str = kind) -> Graph:
                return edits.merge_inputs(graph, node.name, kind)

            yield Idea(f"{verb} what it reads first", merge)

        yield Idea(
            f"Let it read '{node.inputs[0]}' alone",
            lambda: edits.set_inputs(graph, node.name, *node.inputs[:most]),
        )

    if len(node.inputs) < least:
        own = shapes.get(node.inputs[0])
        before = [name for name in shapes if name not in node.inputs]
        alike = [name for name in before if shapes[name] == own]
        for name in (*reversed(alike), *reversed(before)):

            def read_too(name: str = name) -> Graph:
                return edits.set_inputs(graph, node.name, *node.inputs, name)

            what = "the example" if name in (INPUT, OTHER) else f"'{name}'"
            yield Idea(f"Let it read {what} too", read_too)


def _settings_that_fit(
    graph: Graph, node: Node, declared: dict[str, Setting], inputs: list[Shape]
) -> Iterator[Idea]:
    """Yields values that follow from what the block reads: divisors, sides, paddings."""
    first = inputs[0] if inputs else ()
    padded = {"padding", "kernel_size"} <= declared.keys()
    if padded and node.settings.get("padding", "same") != "same":
        kernel = node.settings.get("kernel_size", declared["kernel_size"].default)
        for key, _ in declared["padding"].choices:
            if key == "same":
                text = f"Use padding {(kernel - 1) // 2}"
                yield Idea(text, _setter(graph, node, {"padding": key}))

    for name in ("heads", "groups"):
        if name in declared and first:
            width = first[-1] if name == "heads" else first[0]
            wanted = node.settings.get(name, declared[name].default)
            divisors = [number for number in range(1, width + 1) if width % number == 0]
            for number in sorted(divisors, key=lambda each: abs(each - wanted))[:3]:
                yield _set(graph, node, {name: number})

    if "channels" in declared and "groups" in declared:
        groups = node.settings.get("groups", 1)
        channels = node.settings.get("channels", declared["channels"].default)
        yield _set(graph, node, {"channels": max(groups, groups * round(channels / groups))})

    for name in ("stride", "kernel_size"):
        if name in declared and len(first) > 1:
            sides = first[1:] if len(first) == 3 else first[:1]
            for value in (min(sides), max(sides), 1):
                yield _set(graph, node, {name: value})

    if "downsample" in declared and node.settings.get("downsample"):
        yield Idea("Keep the size", _setter(graph, node, {"downsample": False}))

    if "target_shape" in declared:
        yield Idea("Flatten instead", _setter(graph, node, {"target_shape": [-1]}))

    if "columns" in declared and len(first) == 2:
        yield _set(graph, node, {"columns": 1})


def _made_alike(graph: Graph, node: Node, inputs: list[Shape]) -> Iterator[Idea]:
    """Yields blocks that give one input of a sum or concatenation the form of another."""
    for wrong, right in ((1, 0), (0, 1), *((number, 0) for number in range(2, len(inputs)))):
        has, wants = inputs[wrong], inputs[right]
        if len(has) != len(wants) or (has == wants and node.kind != "concatenate"):
            continue
        if len(has) == 3:
            yield from _pictures_alike(graph, node, wrong, has, wants)
        elif len(has) == 2 and has[0] == wants[0]:
            yield _inserted(
                graph, node, wrong, "linear", {"outputs": wants[1]}, f"a linear layer to {wants[1]}"
            )
        elif len(has) == 1:
            yield _inserted(
                graph, node, wrong, "linear", {"outputs": wants[0]}, f"a linear layer to {wants[0]}"
            )


def _pictures_alike(
    graph: Graph, node: Node, wrong: int, has: Shape, wants: Shape
) -> Iterator[Idea]:
    channels = wants[0]
    change = f"{has[0]} → {channels}"
    if has[1:] == wants[1:]:
        convolution = {"channels": channels, "kernel_size": 1}
        yield _inserted(
            graph, node, wrong, "convolution", convolution, f"a 1×1 convolution {change}"
        )
        return

    stride = -(-has[1] // wants[1])
    if stride > 1:
        if has[0] == channels or node.kind == "concatenate":
            pooling = {"kernel_size": stride}
            yield _inserted(graph, node, wrong, "pooling", pooling, f"a pooling {stride}×{stride}")

        convolution = {"channels": channels, "kernel_size": 1, "stride": stride}
        text = f"a 1×1 convolution {change} with stride {stride}"
        yield _inserted(graph, node, wrong, "convolution", convolution, text)

    settings = {"channels": channels, "height": wants[1], "width": wants[2]}
    text = f"an upsampling to {wants[1]} × {wants[2]}"
    if has[1] < wants[1]:
        yield _inserted(graph, node, wrong, "upsample", settings, text)


def _endings(graph: Graph, node: Node, inputs: list[Shape], problem: Problem) -> Iterator[Idea]:
    """Yields edits for a network that does not answer as the problem asks."""
    outputs = problem.outputs
    name = node.name
    if node.kind in ("output", "token-output", "linear"):
        yield _set(graph, node, {"outputs": outputs}, f"Give '{name}' {outputs} outputs")

    if problem.answers == "values":
        yield Idea(
            f"End with an answer of {outputs} outputs",
            lambda: edits.append(graph, "output", {"outputs": outputs}),
        )
        yield Idea(
            f"End with a global pooling and an answer of {outputs} outputs",
            lambda: edits.append(
                edits.append(graph, "global-pooling"), "output", {"outputs": outputs}
            ),
        )
    elif problem.answers == "tokens":
        yield Idea(
            f"End with an answer of {outputs} outputs at every token",
            lambda: edits.append(graph, "token-output", {"outputs": outputs}),
        )
    elif problem.answers == "copy" and len(problem.output_shape) == 3:
        channels, height, width = problem.output_shape
        shape = {"channels": channels, "height": height, "width": width}
        yield Idea(
            f"End with a convolution to {channels} {'channel' if channels == 1 else 'channels'}",
            lambda: edits.append(graph, "convolution", {"channels": channels, "bias": True}),
        )
        yield Idea(
            f"End with an upsampling to {height} × {width}",
            lambda: edits.append(graph, "upsample", shape),
        )

    del inputs


def _in_between(graph: Graph, node: Node, has: Shape, problem: Problem) -> Iterator[Idea]:
    """Yields a block before this one that gives what it reads another form."""
    steps: list[tuple[str, Settings, str]] = []
    if len(has) == 3:
        steps = [
            ("global-pooling", {}, "a global pooling"),
            ("flatten", {}, "flatten"),
            ("flatten-to-tokens", {}, "tokens of its places"),
            ("patch-embedding", {}, "patches"),
        ]
    elif len(has) == 2:
        steps = [
            ("global-pooling", {"mode": "mean"}, "a global mean pooling"),
            ("transpose", {}, "transpose"),
            ("flatten", {}, "flatten"),
            ("unpatchify", _sides(problem), "a picture of its tokens"),
        ]
    elif len(has) == 1:
        text = problem.vocabulary_of_texts
        steps = [
            ("token-embedding", {"vocabulary": text} if text else {}, "a token embedding"),
            ("reshape", {"target_shape": [1, has[0]]}, "one token of all values"),
            ("reshape", {"target_shape": [has[0], 1, 1]}, "channels of 1 × 1"),
        ]

    for kind, values, words in steps:
        for number in range(min(2, len(node.inputs))):
            text_ = "Flatten first" if kind == "flatten" else f"Insert {words} before it"

            def edit(kind: str = kind, values: Settings = values, number: int = number) -> Graph:
                return edits.insert_before(graph, node.name, number, kind, values)[0]

            yield Idea(text_, edit)


def _sides(problem: Problem) -> Settings:
    if len(problem.shape) != 3:
        return {}

    return {"height": problem.shape[1], "width": problem.shape[2]}


def _elsewhere(graph: Graph, node: Node) -> Iterator[Idea]:
    """Yields other places for this block, and for the one before it, the nearest first."""
    before = edits.ancestors(graph, node.name)
    for name in before[:6]:

        def move(name: str = name) -> Graph:
            return edits.move_before(graph, node.name, name)

        yield Idea(f"Move it before '{name}'", move)

    if before and before[0] != INPUT:
        yield Idea(f"Remove '{before[0]}' before it", lambda: edits.remove(graph, before[0]))


def _inserted(
    graph: Graph, node: Node, number: int, kind: str, values: Settings, words: str
) -> Idea:
    """Returns the edit that inserts a block between this one and one of its inputs."""
    source = node.inputs[number]
    return Idea(
        f"Insert {words} after '{source}'",
        lambda: edits.insert_before(graph, node.name, number, kind, values)[0],
    )


def _set(graph: Graph, node: Node, values: Settings, text: str = "") -> Idea:
    """Returns the edit that sets settings of a block."""
    declared = {each.name: each.label.lower() for each in settings(block_class(node))}
    chosen = {name: value for name, value in values.items() if value is not None}
    shown = ", ".join(f"{declared.get(name, name)} to {value}" for name, value in chosen.items())
    return Idea(text or f"Set {shown}", _setter(graph, node, values))


def _setter(graph: Graph, node: Node, values: Settings) -> Callable[[], Graph]:
    return lambda: edits.set_settings(graph, node.name, **values)


def _whole(setting: Setting, value: float) -> float:
    return int(value) if setting.type == "integer" else value
