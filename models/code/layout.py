"""Statements broken over lines as ruff does it, so that printed code needs no formatter."""

from __future__ import annotations

import itertools
import re
import textwrap
import tokenize
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH = 88
"""The most characters of a line: what ruff and Black take where nobody says otherwise."""

INDENT = "    "

OPENING = "([{"
CLOSING = ")]}"

_COMPREHENSION, _COMMA, _TERNARY, _LOGIC, _COMPARISON = 20, 18, 16, 14, 10

_QUOTES = '"' * 3

_OPERATORS = {
    "|": 9,
    "^": 8,
    "&": 7,
    "<<": 6,
    ">>": 6,
    "+": 5,
    "-": 5,
    "*": 4,
    "/": 4,
    "//": 4,
    "%": 4,
    "@": 4,
}
"""Binary operators and how loosely they bind; a statement is broken at the loosest."""


def statement(text: str, indent: int) -> list[str]:
    """Returns the lines of a statement, or of the head of one, that is given on one line.

    indent: how many characters stand before it.
    """
    pad = " " * indent
    if indent + len(text) <= WIDTH:
        return [pad + text]

    head, expression, end = _parts(text)
    if expression and _delimiters(expression)[0]:
        return [
            f"{pad}{head}(",
            *_body(expression, indent + len(INDENT), in_brackets=False),
            f"{pad}){end}",
        ]

    return _bracketed(text, indent)


def joined(lines: list[str]) -> str:
    """Returns a statement of several lines on one line.

    The brackets around the whole right-hand side are left out, as they only broke it.
    """
    text = ""
    for line in lines:
        part = line.strip()
        glued = not text or text[-1] in OPENING or part[0] in CLOSING or part[0] == "."
        text = text.rstrip(",") if part[0] in CLOSING and not _one_tuple(text) else text
        text += part if glued else f" {part}"

    if len(lines) > 1 and (found := re.match(r"^(return|[\w.\[\], ]+ =) \((.*)\)$", text)):
        inside = found[2]
        if _closes_at(f"({inside})", 0) == len(inside) + 1 and _delimiters(inside)[0] != _COMMA:
            return f"{found[1]} {inside}"

    return text


def docstring(paragraphs: Sequence[str], indent: int) -> list[str]:
    """Returns a docstring of these paragraphs, broken at the usual width."""
    pad = " " * indent
    if len(paragraphs) == 1 and indent + len(paragraphs[0]) + 2 * len(_QUOTES) <= WIDTH:
        return [f"{pad}{_QUOTES}{paragraphs[0]}{_QUOTES}"]

    lines: list[str] = []
    for paragraph in (_QUOTES + paragraphs[0], *paragraphs[1:]):
        # With less room for the quotes: those that end a single line stand on it in any case.
        lines += textwrap.wrap(
            paragraph,
            WIDTH - len(_QUOTES),
            initial_indent=pad,
            subsequent_indent=pad,
            break_long_words=False,
            break_on_hyphens=False,
        )
        lines.append("")

    return [*lines[:-1], pad + _QUOTES]


def comment(text: str, indent: int) -> list[str]:
    """Returns a comment broken at the usual width. text: without the sign."""
    pad = " " * indent + "# "
    return textwrap.wrap(text, WIDTH, initial_indent=pad, subsequent_indent=pad)


# --- breaking


def _bracketed(text: str, indent: int, end: str = "") -> list[str]:
    """Breaks at the last bracket before which a line is not too long: it gets lines of its own."""
    pad = " " * indent
    pairs = _pairs(text)
    outer = [(start, stop) for start, stop in pairs if stop > start + 1]
    if not outer:
        return [pad + text + end]

    fitting = [(start, stop) for start, stop in outer if indent + start < WIDTH]
    start, stop = fitting[-1] if fitting else outer[0]
    return [
        pad + text[: start + 1],
        *_body(text[start + 1 : stop], indent + len(INDENT), in_brackets=True),
        pad + text[stop:] + end,
    ]


def _body(text: str, indent: int, in_brackets: bool) -> list[str]:
    """Returns what stands between two brackets: on one line, or broken at its loosest operator."""
    pad = " " * indent
    text = text.strip()
    if indent + len(text) <= WIDTH and not text.endswith(","):
        return [pad + text]

    priority, places = _delimiters(text)
    if not priority:
        return _bracketed(text, indent)

    if priority == _COMMA:
        pieces = [piece.strip() for piece in _cut(text, places, 1)]
        lines = []
        for piece in filter(None, (piece.rstrip(",") for piece in pieces)):
            lines += _piece(piece, indent, "," if in_brackets else "")

        return lines

    lines = []
    for piece in _cut(text, places, 0):
        lines += _piece(piece.strip(), indent, "")

    return lines


def _piece(text: str, indent: int, end: str) -> list[str]:
    if indent + len(text) + len(end) <= WIDTH:
        return [" " * indent + text + end]

    return _bracketed(text, indent, end)


def _cut(text: str, places: list[int], behind: int) -> list[str]:
    """Cuts a text before (0) or behind (1) each of the places."""
    cuts = [0, *(place + behind for place in places), len(text)]
    return [text[start:stop] for start, stop in itertools.pairwise(cuts)]


def _parts(text: str) -> tuple[str, str, str]:
    """Returns what stands before an expression that may be put into brackets, it, and the rest."""
    for pattern in (r"^(return )(.*)()$", r"^((?:if|elif|while) )(.*)(:)$"):
        if found := re.match(pattern, text):
            return found[1], found[2], found[3]

    depth = 0
    for token in _tokens(text):
        if token.string in OPENING:
            depth += 1
        elif token.string in CLOSING:
            depth -= 1
        elif not depth and token.type == tokenize.OP and re.fullmatch(r"[-+*/|&]?=", token.string):
            place = token.end[1] + 1
            return text[:place], text[place:], ""

    return "", "", ""


def _delimiters(text: str) -> tuple[int, list[int]]:
    """Returns how loosely the loosest operators outside brackets bind (0: none) and their places.

    A comma binds most loosely but for the `for` of a comprehension.
    """
    found: list[tuple[int, int]] = []
    depth = 0
    before = None
    comprehends = False
    for token in _tokens(text):
        word = token.string
        if word in OPENING:
            depth += 1
        elif word in CLOSING:
            depth -= 1
        elif not depth:
            operand = before is not None and (
                (
                    before.type in (tokenize.NAME, tokenize.NUMBER, tokenize.STRING)
                    and before.string not in ("return", "in", "and", "or", "not", "if", "else")
                )
                or before.string in CLOSING
            )
            comprehends = comprehends or word == "for"
            priority = _priority(word, operand, comprehends)
            if priority:
                found.append((priority, token.start[1]))

        before = token

    if not found:
        return 0, []

    most = max(priority for priority, _ in found)
    return most, [place for priority, place in found if priority == most]


def _priority(word: str, operand: bool, comprehends: bool) -> int:
    """Returns how loosely a word binds as an operator; operand: whether one stands before it."""
    if word == ",":
        return _COMMA
    if word == "for" or (word == "if" and comprehends):
        return _COMPREHENSION
    if word in ("if", "else"):
        return _TERNARY
    if word in ("and", "or"):
        return _LOGIC
    if word in ("<", ">", "==", "!=", "<=", ">="):
        return _COMPARISON

    return _OPERATORS.get(word, 0) if operand else 0


def _pairs(text: str) -> list[tuple[int, int]]:
    """Returns where the outermost brackets begin and end, in order."""
    pairs = []
    depth = start = 0
    for token in _tokens(text):
        if token.string in OPENING:
            start = token.start[1] if not depth else start
            depth += 1
        elif token.string in CLOSING:
            depth -= 1
            if not depth:
                pairs.append((start, token.start[1]))

    return pairs


def _closes_at(text: str, place: int) -> int:
    """Returns where the bracket that opens at a place closes, -1 where it does not."""
    return next((stop for start, stop in _pairs(text) if start == place), -1)


def _one_tuple(text: str) -> bool:
    """Whether a text that ends with a comma ends with a tuple of one: it needs the comma."""
    opened = max(text.rfind(bracket) for bracket in OPENING)
    return text.endswith(",") and text[opened] == "(" and text[opened - 1 : opened] in ("", " ")


def _tokens(text: str) -> list[tokenize.TokenInfo]:
    """Returns the tokens of a text on one line, also of one that is no whole statement."""
    kinds = (tokenize.NAME, tokenize.NUMBER, tokenize.STRING, tokenize.OP)
    tokens: list[tokenize.TokenInfo] = []
    try:
        for token in tokenize.generate_tokens(iter([text]).__next__):
            if token.type in kinds and token.string:
                tokens.append(token)
    except (tokenize.TokenError, IndentationError):
        pass  # it begins or ends within brackets

    return tokens
