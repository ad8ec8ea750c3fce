"""What the README.md of a data set says of its columns, in the YAML at its beginning.

Of YAML only what the library `datasets` writes there is read: blocks of names and of items, plain
and quoted texts, and lists of texts in one line. Anything else says nothing.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from app.engine.files import read_regular

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

README = "README.md"
LARGEST = 4 << 20
"""Bytes of that file at most."""

DEEPEST = 24
"""Blocks within blocks."""

FENCE = "---"
KINDS = {"image": "Image", "audio": "Audio"}
LISTS = ("sequence", "list", "large_list")

_ENTRY = re.compile(
    r"""(?P<key>'(?:[^']|'')*'|"(?:[^"\\]|\\.)*"|[^\s'"#&*!|>%@`\[\]{},-][^#]*?|-[^\s#][^#]*?)
    \s*:(?:\s+(?P<value>.*))?""",
    re.VERBOSE,
)
"""A name and what stands behind it in its line."""

_ITEM = re.compile(r"""\s*('(?:[^']|'')*'|"(?:[^"\\]|\\.)*"|[^,'"\[\]{}]+?)\s*(?:,|$)""")


class _Unknown(ValueError):
    """This is YAML of another kind."""


def features_in_readme(folder: Path, columns: Sequence[str]) -> dict[str, Any]:
    """Returns the features of these columns in the form of dataset_info.json.

    {} where README.md says none, or is of other columns.
    """
    try:
        lines = _front_matter(read_regular(folder / README, LARGEST).decode("utf-8-sig"))
        content = _block(lines, 0, lines[0][0], 0)[0] if lines else {}
    except (OSError, ValueError, RecursionError):
        return {}

    info = content.get("dataset_info") if isinstance(content, dict) else None
    for configuration in info if isinstance(info, list) else [info]:
        if not isinstance(configuration, dict):
            continue

        described = configuration.get("features")
        features = _features(described if isinstance(described, list) else [])
        if set(features) == set(columns):
            return features

    return {}


def _features(described: Sequence[Any]) -> dict[str, Any]:
    found = {}
    for item in described:
        if isinstance(item, dict) and isinstance(item.get("name"), str):
            found[item["name"]] = _feature(item)

    return found


def _feature(item: dict[str, Any]) -> Any:
    """Returns a feature as dataset_info.json has it; {} for one that says nothing here."""
    for name in LISTS:
        if name in item:
            inner = item[name]
            inner = inner if isinstance(inner, dict) else {"dtype": inner}
            whole = inner if "dtype" in inner else {"dtype": inner}
            return {"_type": "List", "feature": _feature(whole)}

    kind = item.get("dtype")
    if isinstance(kind, str):
        return {"_type": KINDS[kind]} if kind in KINDS else {}
    if not isinstance(kind, dict) or not isinstance(kind.get("class_label"), dict):
        return {}

    return {"_type": "ClassLabel", "names": _names(kind["class_label"].get("names"))}


def _names(names: Any) -> list[str]:
    """Returns the names of the classes 0, 1, ..., [] where some are missing."""
    if isinstance(names, dict):
        names = [names.get(str(number)) for number in range(len(names))]
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return []

    return names


# --- YAML


def _front_matter(text: str) -> list[tuple[int, str]]:
    """Returns the lines at the beginning of a README: how far each is indented, and its text."""
    every = text.splitlines()
    if not every or every[0].rstrip() != FENCE or FENCE not in map(str.rstrip, every[1:]):
        return []

    end = [line.rstrip() for line in every].index(FENCE, 1)
    lines: list[tuple[int, str]] = []
    for line in every[1:end]:
        content = line.strip()
        if not content or content.startswith("#"):
            continue

        indent = len(line) - len(line.lstrip(" "))
        if lines and indent > lines[-1][0] and _goes_on(lines[-1][1], content):
            before = lines[-1][1]
            joined = before[:-1] + content if before.endswith("\\") else f"{before} {content}"
            lines[-1] = (lines[-1][0], joined)
        else:
            lines.append((indent, content))

    return lines


def _goes_on(before: str, line: str) -> bool:
    """Returns whether a text that is too long for its line goes on in the next one."""
    value = _value_in(before)
    if value[:1] in ("'", '"'):
        return not _is_closed(value)

    return bool(value) and not line.startswith("- ") and _ENTRY.fullmatch(line) is None


def _value_in(line: str) -> str:
    while line.startswith("- "):
        line = line[2:].lstrip()

    match = _ENTRY.fullmatch(line)
    return (match["value"] or "") if match else line


def _is_closed(text: str) -> bool:
    quoted = re.match(r"""'(?:[^']|'')*'|"(?:[^"\\]|\\.)*\"""", text)
    return quoted is not None


def _block(
    lines: list[tuple[int, str]], index: int, indent: int, depth: int
) -> tuple[dict[str, Any] | list[Any] | str, int]:
    """Returns what stands in the lines from here on that are indented so, and the line behind it.

    Raises _Unknown for what is not read.
    """
    if depth > DEEPEST:
        raise _Unknown

    text = lines[index][1]
    if text == "-" or text.startswith("- "):
        return _items(lines, index, indent, depth)
    if _ENTRY.fullmatch(text) is None:
        return _scalar(text), index + 1

    found: dict[str, Any] = {}
    while index < len(lines) and lines[index][0] == indent:
        match = _ENTRY.fullmatch(lines[index][1])
        if match is None:
            break

        key = str(_scalar(match["key"]))
        if value := match["value"]:
            found[key] = _scalar(value)
            index += 1
            continue

        index += 1
        found[key] = None
        if index < len(lines):
            below, first = lines[index]
            if below > indent or (below == indent and first.startswith("-")):
                found[key], index = _block(lines, index, below, depth + 1)

    if index < len(lines) and lines[index][0] > indent:
        raise _Unknown

    return found, index


def _items(
    lines: list[tuple[int, str]], index: int, indent: int, depth: int
) -> tuple[list[Any], int]:
    found = []
    while index < len(lines) and lines[index][0] == indent and lines[index][1][:1] == "-":
        rest = lines[index][1][1:]
        content = rest.lstrip()
        if not content:
            index += 1
            if index >= len(lines) or lines[index][0] <= indent:
                raise _Unknown
            inner = lines[index][0]
        else:
            inner = indent + 1 + len(rest) - len(content)
            lines[index] = (inner, content)

        item, index = _block(lines, index, inner, depth + 1)
        found.append(item)

    return found, index


def _scalar(text: str) -> Any:
    """Returns a text, or a list of texts in one line. Raises _Unknown for anything else."""
    if text.startswith("'"):
        if len(text) < 2 or not text.endswith("'"):
            raise _Unknown
        return text[1:-1].replace("''", "'")
    if text.startswith('"'):
        return str(json.loads(re.sub(r"\\ ", " ", text)))
    if text.startswith("["):
        inside = text.removesuffix("]")[1:].strip()
        return [_scalar(word) for word in _ITEM.findall(inside)] if text.endswith("]") else []
    if text[:1] in "{|>&*!%@`":
        raise _Unknown

    return text.split(" #")[0].rstrip()
