"""The definitions that printed code needs, by their source, and the imports."""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from models.code.source import Renames, definition_lines, kept
from models.layers.layer import printed_class

if TYPE_CHECKING:
    from collections.abc import Callable

PACKAGES = ("models", "app")
"""Definitions of these packages are printed; others are imported."""

SUFFIX = "Module"
"""`ResidualModule` is printed as `Residual`: beside no block the ending says nothing."""

_TORCH = {"torch": "import torch", "nn": "from torch import nn"}
_TORCH["functional"] = "from torch.nn import functional"


@dataclass(frozen=True)
class _File:
    """A source file: its lines, its definitions by name, and its imports by the name they give.

    An import is a module and a name in it, "" for the module itself.
    """

    lines: tuple[str, ...]
    definitions: dict[str, ast.stmt]
    notes: dict[str, str]
    imports: dict[str, tuple[str, str]]


@dataclass
class Definitions:
    """Collects definitions in the order in which printed code needs them, each once.

    texts: their lines. imports: the lines that import everything else. mixed: see printed_class.
    """

    taken: set[str] = field(default_factory=set)
    texts: list[list[str]] = field(default_factory=list)
    imports: set[str] = field(default_factory=set)
    mixed: bool = False
    _names: dict[tuple[str, str], str] = field(default_factory=dict)

    def class_name(self, kind: type) -> str:
        """Returns the printed name of a class, which is defined or imported from now on."""
        kind = printed_class(kind, self.mixed)
        if kind.__module__.partition(".")[0] == "torch":
            self.imports.add(_TORCH["nn"])
            return f"nn.{kind.__name__}"

        return self._define(kind.__module__, kind.__name__)

    def function_name(self, function: Callable[..., Any]) -> str:
        """Returns the printed name of one of our functions, which is defined from now on."""
        return self._define(function.__module__, function.__name__)

    def use(self, expression: str) -> None:
        """Imports what an expression of torch's names needs."""
        for node in ast.walk(ast.parse(expression, mode="eval")):
            if isinstance(node, ast.Name) and node.id in (*_TORCH, "math"):
                self.imports.add(_TORCH.get(node.id, f"import {node.id}"))

    def import_lines(self) -> list[str]:
        """Returns the imports in order: the standard library's, a blank line, torch's."""
        groups: dict[bool, list[str]] = {False: [], True: []}
        for line in self.imports:
            groups[line.split()[1].partition(".")[0] == "torch"].append(line)

        lines: list[str] = []
        for group in filter(None, groups.values()):
            plain = sorted(line for line in group if line.startswith("import"))
            lines += [*([""] if lines else []), *plain, *sorted(set(group) - set(plain))]

        return lines

    def lines(self) -> list[str]:
        """Returns the lines of all definitions, each with blank lines above it."""
        lines: list[str] = []
        before_is_line = True
        for text in self.texts:
            is_line = not text[-1].startswith(" ")
            lines += ["", *([] if is_line and before_is_line else [""]), *text]
            before_is_line = is_line

        return lines

    def take(self) -> list[str]:
        """Returns the lines of what was gathered since the last time; names stay known."""
        lines = self.lines()
        self.texts.clear()
        return lines

    def _define(self, module: str, name: str) -> str:
        """Defines a name of one of our modules, after what it needs; returns its printed name."""
        key = (module, name)
        if key in self._names:
            return self._names[key]

        file = _read(module)
        if name not in file.definitions:
            raise TypeError(f"'{name}' of {module} is not defined at its top level")

        printed = self._free(name)
        self._names[key] = printed
        node = file.definitions[name]
        renames = self._needs(module, file, node)
        if name != printed:
            renames.definition = printed

        note = file.notes.get(name, "")
        self.texts.append(definition_lines(list(file.lines), node, renames, note))
        return printed

    def _free(self, name: str) -> str:
        """Returns a name for a definition that nothing printed has yet."""
        printed = name.removesuffix(SUFFIX) or name
        for candidate in (printed, name, *(f"{printed}{number}" for number in range(2, 1_000))):
            if candidate not in self.taken:
                self.taken.add(candidate)
                return candidate

        raise TypeError(f"there are too many definitions called '{name}'")

    def _needs(self, module: str, file: _File, node: ast.stmt) -> Renames:
        """Sees to all names that a definition uses; returns what they are called in print."""
        renames = Renames()
        local = {part.arg for part in ast.walk(node) if isinstance(part, ast.arg)}
        # Slow libraries are imported where they are used; in print they are imported on top.
        imports = file.imports | _imports(node)
        for part in kept(node):
            if not isinstance(part, ast.Name) or part.id in local:
                continue

            printed = self._name(module, file, part.id, imports)
            if printed != part.id:
                renames.names[part.id] = printed

        return renames

    def _name(
        self, module: str, file: _File, name: str, imports: dict[str, tuple[str, str]]
    ) -> str:
        """Returns what a name is called in print, and defines or imports it."""
        origin, original = imports.get(name, ("", ""))
        if name in file.definitions:
            origin, original = module, name
        if not origin:
            return name
        if origin.partition(".")[0] not in PACKAGES:
            self.imports.add(_import_line(origin, original, name))
            return name

        value = getattr(importlib.import_module(origin), original, None)
        return self.class_name(value) if isinstance(value, type) else self._define(origin, original)


def _import_line(module: str, name: str, given: str) -> str:
    if not name:
        return f"import {module}" if module == given else f"import {module} as {given}"

    return f"from {module} import {name}" + (f" as {given}" if given != name else "")


@cache
def _read(module: str) -> _File:
    """Reads the source of a module. Raises OSError where it cannot be found."""
    source = inspect.getsource(sys.modules.get(module) or importlib.import_module(module))
    tree = ast.parse(source)
    definitions: dict[str, ast.stmt] = {}
    notes: dict[str, str] = {}
    imports: dict[str, tuple[str, str]] = {}

    last = ""
    for node in tree.body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and last:
            notes[last] = " ".join(str(node.value.value).split())

        last = ""
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            definitions[node.name] = node
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            target: Any = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Name):
                definitions[target.id] = node
                last = target.id
        else:
            imports |= _imports(node)

    return _File(tuple(source.splitlines()), definitions, notes, imports)


def _imports(node: ast.stmt) -> dict[str, tuple[str, str]]:
    """Returns the imports of a statement, also those that only a type checker reads."""
    found: dict[str, tuple[str, str]] = {}
    for part in ast.walk(node):
        if isinstance(part, ast.Import):
            found |= {alias.asname or alias.name: (alias.name, "") for alias in part.names}
        elif isinstance(part, ast.ImportFrom) and part.module != "__future__":
            found |= {
                alias.asname or alias.name: (part.module or "", alias.name) for alias in part.names
            }

    return found
