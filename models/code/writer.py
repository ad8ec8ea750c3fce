"""A graph written as plain PyTorch: one file with a class `Network` that needs torch alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from torch import nn

from models.code import layout
from models.code.calls import call
from models.code.definitions import Definitions
from models.code.names import Attributes, input_names, unread_blocks, values_of
from models.groups import expanded
from models.memory.without_memory import without_memory
from models.network import input_shapes, place_blocks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.graph import Graph, Node
    from models.shape import Problem, Shape

CLASS = "Network"
"""The name of the class that the file defines."""

_BODY = 8
"""How many characters stand before a line of a method."""


@dataclass(frozen=True)
class NetworkCode:
    """The code of a network, a file or its class alone.

    text: the file. lines: by the name of each block the lines that belong to it, from 1; a block
    that changes nothing has none. prefixes: by the name of each block with a module, the name of
    its attribute, with which the names of its weights begin. Of a group each block has a line, and
    is called as in `models.groups.expanded`.
    """

    text: str
    lines: dict[str, tuple[int, ...]]
    prefixes: dict[str, str]

    def weight_name(self, name: str) -> str:
        """Returns what a weight of our network, "blocks.conv1.weight", is called in the code."""
        path = name.partition(".")[2]
        known = (block for block in self.prefixes if path.startswith(f"{block}."))
        block = max(known, key=len)
        return f"{self.prefixes[block]}{path[len(block) :]}"


def write_class(graph: Graph, problem: Problem, definitions: Definitions) -> NetworkCode:
    """Writes the class of a network alone, for a file that holds more than that.

    definitions: gathers what the class needs, to be printed above it. Raises GraphError.
    """
    return _writer(graph, problem, definitions).write_class()


def write_network(
    graph: Graph, problem: Problem, title: str = "Network", notes: tuple[str, ...] = ()
) -> NetworkCode:
    """Writes the network of a graph as code.

    title: what the file is called in its first line, beside what goes in and comes out. notes:
    what else it says, a paragraph each, without quotes of three and with backslashes doubled.
    Nothing of the size of the network is allocated. Raises GraphError for a graph whose blocks do
    not fit.
    """
    definitions = Definitions({CLASS})
    definitions.imports |= {"import torch", "from torch import nn"}
    return _writer(graph, problem, definitions).write(f"{title}: {_sizes(problem)}.", notes)


def _writer(graph: Graph, problem: Problem, definitions: Definitions) -> _Writer:
    """Returns the writer of a graph, whose groups are taken apart. Raises GraphError."""
    apart = expanded(graph)
    placed = list(place_blocks(apart, problem))
    with without_memory():
        modules = {block.node.name: block.module() for block in placed}

    shapes = input_shapes(problem) | {block.node.name: block.shape for block in placed}
    kinds = {node.name: node.kind for node in graph.nodes if node.definition is not None}
    return _Writer(apart, modules, shapes, kinds, problem, definitions)


@dataclass
class _Lines:
    """Lines of a method, and by block which of them belong to it, from 0.

    groups: the kinds of groups by their names; a line of words stands above the blocks of each.
    """

    groups: Mapping[str, str]
    texts: list[str] = field(default_factory=list)
    of_block: dict[str, list[int]] = field(default_factory=dict)
    _begun: set[str] = field(default_factory=set)

    def add(self, block: str, lines: list[str]) -> None:
        group = _group(block)
        if group in self.groups and group not in self._begun:
            self._begun.add(group)
            self.texts.append(f"{' ' * _BODY}# {group} ({self.groups[group]})")

        start = len(self.texts)
        self.of_block.setdefault(block, []).extend(range(start, start + len(lines)))
        self.texts += lines


class _Writer:
    """Writes a graph without groups. groups: name -> kind of those that it was made of."""

    def __init__(
        self,
        graph: Graph,
        modules: dict[str, nn.Module],
        shapes: dict[str, Shape],
        groups: dict[str, str],
        problem: Problem,
        definitions: Definitions,
    ) -> None:
        self._graph = graph
        self._modules = modules
        self._shapes = shapes
        self._problem = problem
        self._definitions = definitions
        self._same = {
            node.name: node.inputs[0] for node in graph.nodes if _passes_on(modules[node.name])
        }
        self._inputs = input_names(graph, problem, self._same)
        self._attributes = Attributes()
        self._init = _Lines(groups)
        self._forward = _Lines(groups)

    def write(self, title: str, notes: tuple[str, ...]) -> NetworkCode:
        """Writes the whole file."""
        written = self.write_class()
        head = [*self._head((title, *notes)), "", ""]
        lines = {
            name: tuple(len(head) + line for line in of_block)
            for name, of_block in written.lines.items()
        }
        text = "\n".join([*head, written.text, "", *_main(self._problem)])
        return NetworkCode(text + "\n", lines, written.prefixes)

    def write_class(self) -> NetworkCode:
        """Writes the class alone."""
        self._write_blocks()

        head = self._class_head()
        between = ["", *self._forward_head()]
        text = [*head, *self._init.texts, *between, *self._forward.texts]
        starts = len(head) + 1, len(head) + len(self._init.texts) + len(between) + 1

        lines: dict[str, tuple[int, ...]] = {}
        for start, part in zip(starts, (self._init, self._forward), strict=True):
            for name in self._modules:
                of_block = tuple(start + line for line in part.of_block.get(name, ()))
                for block in dict.fromkeys((name, _group(name))):
                    lines[block] = lines.get(block, ()) + of_block

        return NetworkCode("\n".join(text) + "\n", lines, self._attributes.by_block)

    # --- the blocks

    def _write_blocks(self) -> None:
        """Writes a line of the constructor and one of `forward` for every block."""
        nodes = self._graph.nodes
        modules = self._modules
        expressions = {name for name, module in modules.items() if _is_expression(module)}
        unread = unread_blocks(self._graph, expressions | set(self._same))
        values = values_of(self._graph, self._inputs, self._same, unread)
        built: dict[nn.Module, str] = {}

        for node in nodes:
            module = modules[node.name]
            last = node is nodes[-1]
            if node.name in self._same:
                if last:
                    self._write(node, f"return {values.read(node)[0]}", "")

                continue

            if node.name in unread:
                continue

            names = values.read(node)
            if node.name in expressions:
                expression: str = getattr(module, "code")(*names)  # noqa: B009 - of some modules
                self._definitions.use(expression)
            else:
                attribute = self._attributes.of(node.name)
                self._build(node, attribute, module, built)
                expression = f"self.{attribute}({', '.join(names)})"

            variable = values.written(node)
            if last:
                self._write(node, f"return {expression}", "")
            elif not values.is_read(node):
                self._write(node, expression, "")
            else:
                self._write(node, f"{variable} = {expression}", self._note(node))

    def _build(
        self, node: Node, attribute: str, module: nn.Module, built: dict[nn.Module, str]
    ) -> None:
        """Writes the line of the constructor that builds a block; shared weights are built once."""
        if module in built:
            expression = f"self.{built[module]}"
        else:
            definitions = self._definitions
            expression = call(module, definitions.class_name, definitions.mixed)
            built[module] = attribute

        self._init.add(node.name, layout.statement(f"self.{attribute} = {expression}", _BODY))

    def _write(self, node: Node, statement: str, note: str) -> None:
        lines = layout.statement(statement, _BODY)
        if note and len(lines) == 1 and len(lines[0]) + len(note) + 4 <= layout.WIDTH:
            lines = [f"{lines[0]}  # {note}"]

        self._forward.add(node.name, lines)

    def _note(self, node: Node) -> str:
        """Returns the shape of a block's output as a comment where it differs from the input's."""
        shape = self._shapes[node.name]
        return _batch(shape) if shape != self._shapes[node.inputs[0]] else ""

    # --- what stands around them

    def _head(self, paragraphs: tuple[str, ...]) -> list[str]:
        lines = layout.docstring(paragraphs, 0)
        return [*lines, "", *self._definitions.import_lines(), *self._definitions.lines()]

    def _class_head(self) -> list[str]:
        return [
            f"class {CLASS}(nn.Module):",
            f'    """{_sizes(self._problem)}."""',
            "",
            "    def __init__(self) -> None:",
            "        super().__init__()",
        ]

    def _forward_head(self) -> list[str]:
        arguments = ", ".join(f"{name}: torch.Tensor" for name in self._inputs.values())
        return layout.statement(f"def forward(self, {arguments}) -> torch.Tensor:", 4)


def _group(name: str) -> str:
    """Returns the block of the network that a block is, or is within."""
    return name.partition(".")[0]


def _is_expression(module: nn.Module) -> bool:
    """Whether a module says itself how it is computed: it holds nothing."""
    return callable(getattr(module, "code", None))


def _passes_on(module: nn.Module) -> bool:
    """Whether a module gives what it is given."""
    return type(module) is nn.Identity


def _batch(shape: Shape) -> str:
    return f"(B, {', '.join(map(str, shape))})"


def _sizes(problem: Problem) -> str:
    """Returns the shapes of inputs and output: "(B, 1, 28, 28) -> (B, 10)"."""
    inputs = ", ".join(_batch(example.shape) for example in problem.inputs)
    return f"{inputs} -> {_batch(problem.output_shape)}"


def _main(problem: Problem) -> list[str]:
    """Returns the lines that try the network, with its weights where their file is named."""
    inputs = []
    for example in problem.inputs:
        sizes = ", ".join(map(str, (1, *example.shape)))
        if example.kind == "text":
            inputs.append(f"torch.ones(1, {example.shape[0]}, dtype=torch.int64)")
        else:
            inputs.append(f"torch.{'zeros' if example.kind == 'row' else 'rand'}({sizes})")

    run = layout.statement(f"output = network({', '.join(inputs)})", 4)
    return [
        'if __name__ == "__main__":',
        "    import sys",
        "",
        f"    network = {CLASS}().eval()",
        "    if len(sys.argv) > 1:",
        "        from safetensors.torch import load_file",
        "",
        "        network.load_state_dict(load_file(sys.argv[1]))",
        "",
        *run,
        "    print(tuple(output.shape))",
    ]
