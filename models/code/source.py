"""The source of one definition as it is printed: without what only our trainer needs."""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from models.code import layout

if TYPE_CHECKING:
    from collections.abc import Iterator

OMITTED = {"initialise", "code", "keeps_more", "undecayed", "written_as", "written_mixed"}
"""Members of a class that are not printed: they speak to our trainer and to this writer."""

_PRAGMA = re.compile(r"\s*# (noqa|type: ignore).*$")
_COMPOUND = (ast.ClassDef, ast.FunctionDef, ast.If, ast.For, ast.While, ast.With)


@dataclass
class Renames:
    """What names are called in print. definition: the name of the definition itself."""

    names: dict[str, str] = field(default_factory=dict)
    definition: str = ""


def kept(node: ast.AST) -> Iterator[ast.AST]:
    """Yields a node and all below it that are printed."""
    yield node
    annotation = getattr(node, "annotation", None) if isinstance(node, ast.AnnAssign) else None
    for child in ast.iter_child_nodes(node):
        if child is not annotation and not _omitted(child):
            yield from kept(child)


def definition_lines(
    lines: list[str], node: ast.stmt, renames: Renames, note: str = ""
) -> list[str]:
    """Returns the lines of a definition of a source file of these lines.

    note: the text that explains a constant, printed as a comment above it.
    """
    printed = layout.comment(note, 0) if note else []
    return printed + _Printer(lines, renames).definition(node)


class _Printer:
    """Walks the statements of a definition; what lies between them stays as it is."""

    def __init__(self, lines: list[str], renames: Renames) -> None:
        self._lines = lines
        self._renames = renames

    def definition(self, node: ast.stmt) -> list[str]:
        printed = self._statement(node)
        tidy: list[str] = []
        for line in printed:
            opens_block = bool(tidy) and tidy[-1].endswith(":")
            if line or (tidy and tidy[-1] and not opens_block):
                tidy.append(line)

        while tidy and not tidy[-1]:
            tidy.pop()

        return tidy

    def _statement(self, node: ast.stmt) -> list[str]:
        if isinstance(node, _COMPOUND):
            return self._compound(node)

        first, last = _first_line(node), node.end_lineno or node.lineno
        if _is_docstring(node):
            lines = self._lines[first - 1 : last]
            return lines if _fits(lines) else layout.docstring(_paragraphs(node), node.col_offset)

        if isinstance(node, ast.AnnAssign):
            if node.value is None:
                return []

            return self._plain(node, first, last, annotated=True)

        return self._plain(node, first, last)

    def _plain(self, node: ast.stmt, first: int, last: int, annotated: bool = False) -> list[str]:
        """Returns a simple statement: as it stands where it fits, else broken anew."""
        lines = self._renamed(node, first, last)
        if annotated and isinstance(node, ast.AnnAssign) and node.value is not None:
            target = ast.get_source_segment("\n".join(self._lines), node.target)
            value = layout.joined(lines)
            return layout.statement(f"{target} ={value.partition(' =')[2]}", node.col_offset)

        if _fits(lines):
            return lines

        return layout.statement(layout.joined(lines), node.col_offset)

    def _compound(self, node: ast.stmt) -> list[str]:
        first = _first_line(node)
        body: list[ast.stmt] = getattr(node, "body", [])
        printed = self._head(node, first, _first_line(body[0]) - 1)

        printed += self._block(body)
        other: list[ast.stmt] = getattr(node, "orelse", [])
        if not other:
            return printed

        if isinstance(other[0], ast.If) and self._line(other[0]).startswith("elif "):
            return printed + self._compound(other[0])

        return [*printed, f"{' ' * node.col_offset}else:", *self._block(other)]

    def _line(self, node: ast.stmt) -> str:
        return self._lines[node.lineno - 1].strip()

    def _head(self, node: ast.stmt, first: int, last: int) -> list[str]:
        """Returns the decorators and the head of a compound statement, up to its colon."""
        while not re.match(r"^\s*[^#\s].*:$", _PRAGMA.sub("", self._lines[last - 1])):
            last -= 1

        lines = self._renamed(node, first, last, head=True)
        decorators = node.lineno - first
        head = lines[decorators:]
        if not _fits(head):
            head = layout.statement(layout.joined(head), node.col_offset)

        return lines[:decorators] + head

    def _block(self, statements: list[ast.stmt]) -> list[str]:
        """Returns the statements of a block with the comments and blank lines between them."""
        printed: list[str] = []
        before = 0
        skip: ast.stmt | None = None
        for place, node in enumerate(statements):
            if _omitted(node) or node is skip:
                before = node.end_lineno or node.lineno
                continue

            following = statements[place + 1] if place + 1 < len(statements) else None
            if before:
                printed += self._between(before + 1, _first_line(node) - 1)
            elif place == 0:
                printed += self._comments_above(node)

            if (text := self._returned(node, following)) is not None:
                printed += text
                skip = following
            else:
                printed += self._statement(node)

            before = node.end_lineno or node.lineno

        return printed

    def _between(self, first: int, last: int) -> list[str]:
        """Returns comments and blank lines; comments that are too long are broken anew."""
        lines: list[str] = []
        gathered: list[str] = []
        for line in [*self._lines[first - 1 : last], ""]:
            text = line.strip()
            if text.startswith("#"):
                gathered.append(line)
                continue

            if gathered:
                indent = len(gathered[0]) - len(gathered[0].lstrip())
                if any(len(each) > layout.WIDTH for each in gathered):
                    words = " ".join(each.strip().removeprefix("#").strip() for each in gathered)
                    lines += layout.comment(words, indent)
                else:
                    lines += gathered

                gathered = []

            lines.append("")

        return lines[:-1]

    def _comments_above(self, node: ast.stmt) -> list[str]:
        """Returns the comments right above the first statement of a block."""
        first = _first_line(node)
        start = first
        while self._lines[start - 2].strip().startswith("#"):
            start -= 1

        return self._between(start, first - 1) if start < first else []

    def _returned(self, node: ast.stmt, following: ast.stmt | None) -> list[str] | None:
        """Returns `return f(x)` for `y: Tensor = f(x)` with `return y` below it; None for others.

        Such a `y` only tells a type checker what it is.
        """
        if not (
            isinstance(node, ast.AnnAssign)
            and isinstance(node.target, ast.Name)
            and node.value is not None
            and isinstance(following, ast.Return)
            and isinstance(following.value, ast.Name)
            and following.value.id == node.target.id
        ):
            return None

        last = node.end_lineno or node.lineno
        value = layout.joined(self._renamed(node, node.lineno, last)).partition(" = ")[2]
        return layout.statement(f"return {value}", node.col_offset)

    def _renamed(self, node: ast.stmt, first: int, last: int, head: bool = False) -> list[str]:
        """Returns lines of the source with the printed names, and without words to linters."""
        lines = list(self._lines[first - 1 : last])
        places = [
            (part.lineno, part.col_offset, part.id, self._renames.names[part.id])
            for part in ast.walk(node)
            if isinstance(part, ast.Name)
            and part.id in self._renames.names
            and first <= part.lineno <= last
        ]
        own = getattr(node, "name", "")
        if head and own and self._renames.definition and node.col_offset == 0:
            text = lines[node.lineno - first]
            places.append((node.lineno, text.index(own), own, self._renames.definition))

        for line, column, name, printed in sorted(places, reverse=True):
            text = lines[line - first]
            # The syntax tree counts bytes; the source has letters that take several.
            start = len(text.encode()[:column].decode())
            lines[line - first] = text[:start] + printed + text[start + len(name) :]

        return [_PRAGMA.sub("", line) for line in lines]


def _fits(lines: list[str]) -> bool:
    return all(len(line) <= layout.WIDTH for line in lines)


def _paragraphs(node: ast.stmt) -> list[str]:
    """Returns the paragraphs of a docstring, each on one line."""
    text = str(node.value.value)  # type: ignore[attr-defined]
    return [" ".join(part.split()) for part in inspect.cleandoc(text).split("\n\n")]


def _first_line(node: ast.stmt) -> int:
    """Returns the line on which a statement begins, its decorators included."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _is_docstring(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _omitted(node: ast.AST) -> bool:
    """Whether a statement is not printed: some members of classes, and imports in functions."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return True

    if isinstance(node, ast.FunctionDef):
        return node.name in OMITTED

    return (
        isinstance(node, (ast.AnnAssign, ast.Assign))
        and isinstance(
            target := node.target if isinstance(node, ast.AnnAssign) else node.targets[0], ast.Name
        )
        and target.id in OMITTED
    )
