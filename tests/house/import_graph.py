"""Reads the imports of every source file: at the top, in functions, for types, or as strings."""

from __future__ import annotations

import ast
import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).resolve().parents[2]
SOURCE = sorted([*ROOT.glob("app/**/*.py"), *ROOT.glob("models/**/*.py")])


@dataclass(frozen=True)
class Import:
    """One import: the module that asks, the line, and the module that it asks for."""

    importer: str
    line: int
    imported: str

    def __str__(self) -> str:
        return f"{self.importer}:{self.line} imports {self.imported}"


def module_name(path: Path) -> str:
    """Returns the dotted name of a source file; a package is called like its folder."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def within(name: str, *packages: str) -> bool:
    """Whether a module is one of these packages or lies in one."""
    return any(name == package or name.startswith(package + ".") for package in packages)


MODULES = {module_name(path): path for path in SOURCE}


def imports_of(path: Path, types: bool = True) -> Iterator[Import]:
    """Yields every import of a file.

    `from package import name` counts as the module `package.name` where there is one. A string that
    is the dotted name of a module of ours counts too: that is how importlib and registries load.

    Args:
        path: a source file below ROOT.
        types: whether imports that only a type checker reads are counted.

    Raises:
        AssertionError: where an import is relative.
    """
    importer = module_name(path)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if not types:
        for node in ast.walk(tree):
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
                node.body = []

    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(importer, node.lineno, alias.name)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, f"{path}: relative import"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield Import(importer, node.lineno, inner if inner in MODULES else node.module)
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and "." in node.value
            and node.value in MODULES
        ):
            yield Import(importer, node.lineno, node.value)


@functools.cache
def all_imports(types: bool = True) -> tuple[Import, ...]:
    """Returns the imports of all source files."""
    return tuple(found for path in SOURCE for found in imports_of(path, types))


def cycles(edges: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Returns the groups of nodes that reach one another.

    They are the strongly connected components of two or more nodes (Tarjan 1972).
    """
    graph: dict[str, list[str]] = {}
    for start, end in edges:
        graph.setdefault(start, []).append(end)
        graph.setdefault(end, [])

    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    groups: list[list[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)

        for end in graph[node]:
            if end not in index:
                visit(end)
                low[node] = min(low[node], low[end])
            elif end in stack:
                low[node] = min(low[node], index[end])

        if low[node] == index[node]:
            place = stack.index(node)
            group = stack[place:]
            del stack[place:]
            if len(group) > 1:
                groups.append(sorted(group))

    for node in list(graph):
        if node not in index:
            visit(node)

    return groups
