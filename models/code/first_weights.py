"""The first weights of a network as code: those rules of `models.first_weights` that it needs."""

from __future__ import annotations

import ast
import inspect
import textwrap
from typing import TYPE_CHECKING, Any

from models.code import layout
from models.code.source import Renames, definition_lines
from models.first_weights import RULES, WITH_BIAS, Rule, rule_of
from models.layers.heads.output import OutputModule
from models.layers.layer import printed_class

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from torch import nn

    from models.code.definitions import Definitions
    from models.network import Network

_BRANCH = 8
_BODY = 12
"""How many characters stand before a branch of the loop, and before what it does."""


def first_weights_lines(
    network: Network, prefixes: Mapping[str, str], definitions: Definitions
) -> list[str]:
    """Returns the lines of a function `initialise` that draws the weights as `build_model` does.

    It has no branches for layers that begin as they are built. prefixes: the attributes of the
    blocks, see NetworkCode. definitions: knows the printed names of classes.
    """
    modules = list(network.modules())
    branches: dict[str, list[str]] = {}
    for rule in RULES:
        fitting = [module for module in modules if rule_of(module) is rule]
        if not fitting or rule.as_built:
            continue

        if OutputModule in rule.classes:
            test = _is_one_of(network, prefixes)
        else:
            names = {definitions.class_name(_class_of(module, rule)) for module in fitting}
            test = _isinstance(names)

        branches[test] = _body(rule.fill)

    for module in modules:
        own = getattr(module, "initialise", None)
        if rule_of(module) is None and callable(own) and _draws(own):
            name = definitions.class_name(type(module))
            branches.setdefault(_isinstance({name}), _body(own))

    return _function(branches, _bias_lines(modules, definitions))


def _function(branches: Mapping[str, list[str]], biases: list[str]) -> list[str]:
    lines = [
        "@torch.no_grad()",
        "def initialise(network: Network, generator: torch.Generator) -> None:",
        '    """Draws the first weights, layer by layer in their order."""',
        "    for module in network.modules():",
    ]
    for place, (test, body) in enumerate(branches.items()):
        lines += layout.statement(f"{'elif' if place else 'if'} {test}:", _BRANCH)
        lines += body

    lines += [*([""] if branches and biases else []), *biases]
    (node,) = ast.parse("\n".join(lines)).body
    return definition_lines(lines, node, Renames())


def _bias_lines(modules: list[nn.Module], definitions: Definitions) -> list[str]:
    """Returns the lines that set biases to 0; none where no layer has any."""
    layers: list[Any] = [module for module in modules if isinstance(module, WITH_BIAS)]
    if all(layer.bias is None for layer in layers):
        return []

    found = {
        definitions.class_name(next(kind for kind in WITH_BIAS if isinstance(layer, kind)))
        for layer in layers
    }
    test = _isinstance(found)
    if any(layer.bias is None for layer in layers):
        test = f"{test} and module.bias is not None"

    return [*layout.statement(f"if {test}:", _BRANCH), f"{' ' * _BODY}nn.init.zeros_(module.bias)"]


def _class_of(module: nn.Module, rule: Rule) -> type[nn.Module]:
    """Returns the class that is asked for: torch's own class of the layer."""
    printed = printed_class(type(module))
    if printed.__module__.startswith("torch."):
        return printed

    return next(kind for kind in rule.classes if isinstance(module, kind))


def _isinstance(names: Iterable[str]) -> str:
    ordered = sorted(names)
    several = f"({', '.join(ordered)})"
    return f"isinstance(module, {ordered[0] if len(ordered) == 1 else several})"


def _is_one_of(network: Network, prefixes: Mapping[str, str]) -> str:
    """Returns the test for the output layers, which are torch's linear layers in print."""
    paths = []
    for name, module in network.named_modules():
        if isinstance(module, OutputModule):
            _, block, *rest = name.split(".")
            inside = "".join(f"[{part}]" if part.isdigit() else f".{part}" for part in rest)
            paths.append(f"network.{prefixes[block]}{inside}")

    return f"module is {paths[0]}" if len(paths) == 1 else f"module in ({', '.join(paths)})"


def _draws(function: Callable[..., Any]) -> bool:
    """Whether a method `initialise` uses its generator; else it does what the constructor did."""
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    return any(isinstance(part, ast.Name) and part.id == "generator" for part in ast.walk(node))


def _body(function: Callable[..., Any]) -> list[str]:
    """Returns what a function does, as the lines of a branch about `module`.

    Its docstring becomes a comment.
    """
    source = textwrap.dedent(inspect.getsource(function))
    (node,) = ast.parse(source).body
    assert isinstance(node, ast.FunctionDef)
    first, *statements = node.body

    documentation = ast.get_docstring(node)
    lines = layout.comment(documentation.partition("\n\n")[0], _BODY) if documentation else []
    if documentation is None:
        statements = [first, *statements]

    begin = statements[0].lineno
    text = "\n".join(source.splitlines()[begin - 1 : node.end_lineno])
    for line in textwrap.dedent(text).replace("self.", "module.").splitlines():
        lines.append(" " * _BODY + line if line else "")

    return lines
