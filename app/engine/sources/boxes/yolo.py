"""Labels of YOLO: a text for each picture with a line for each box, beginning with its class."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from app.engine.data.dataset import Skipped
from app.engine.data.names import readable
from app.engine.files import read_regular
from app.engine.sources.boxes.box_labels import LARGEST, Box, BoxLabels, Corners, label_stems

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from app.engine.sources.format import Check

FORM = "YOLO"
SUFFIX = ".txt"
NAME_FILES = (
    "data.yaml",
    "dataset.yaml",
    "data.yml",
    "classes.txt",
    "obj.names",
    "_darknet.labels",
)
"""Files with the names of the classes, the likeliest first."""

SHORTEST_POLYGON = 6
"""Numbers of a polygon at least; a box has four, and perhaps how sure it is."""

LINE = re.compile(r"(\d+)(?:\.0*)?(?:\s+-?\d*\.?\d+(?:[eE][+-]?\d+)?){4,}")
"""A line: the number of the class, then a box, a polygon or points."""


def is_label(beginning: bytes) -> bool:
    """Returns whether a text begins with lines of boxes."""
    lines = beginning.decode("latin-1").splitlines()[:20]
    lines = [line.strip() for line in lines if line.strip()]
    return bool(lines) and bool(LINE.fullmatch(lines[0]))


def read(root: Path, pictures: Iterable[str], files: Mapping[str, str], check: Check) -> BoxLabels:
    """Reads the labels of pictures.

    pictures: their paths below the source. files: all other files below it, by their path in small
    letters. A picture without a label file has no boxes, as YOLO takes it. Raises OSError for the
    source itself, and whatever `check` raises.
    """
    tags: dict[str, tuple[str, ...]] = {}
    skipped = []
    label_files = []
    numbers: dict[str, list[tuple[int, Corners]]] = {}
    has_points = _has_points(root, files)
    for picture in pictures:
        check()
        found = next(
            (files[stem + SUFFIX] for stem in label_stems(picture) if stem + SUFFIX in files), None
        )
        numbers[picture] = []
        if found is None:
            continue

        label_files.append(found)
        try:
            text = read_regular(root / found, LARGEST).decode("latin-1")
            lines = [line for line in text.splitlines() if line.strip()]
            numbers[picture] = [(_class_number(line), _corners(line, has_points)) for line in lines]
        except (OSError, ValueError) as error:
            reason = str(error) if isinstance(error, ValueError) else "it could not be opened"
            skipped.append(Skipped(readable(found), reason))
            del numbers[picture]

    names = class_names(root, files.values())
    boxes = {}
    for picture, found_numbers in numbers.items():
        distinct = dict.fromkeys(number for number, _ in found_numbers)
        tags[picture] = tuple(names.get(number, str(number)) for number in distinct)
        boxes[picture] = tuple(
            Box(names.get(number, str(number)), *corners, relative=True)
            for number, corners in found_numbers
        )

    return BoxLabels(FORM, tags, {}, tuple(label_files), tuple(skipped), boxes)


def _class_number(line: str) -> int:
    """Raises ValueError for a line that is none of a box."""
    match = LINE.fullmatch(line.strip())
    if match is None:
        raise ValueError(f"the line '{line.strip()[:40]}' is not a class with a box")

    return int(match[1])


def _corners(line: str, has_points: bool) -> Corners:
    """Returns left, top, right and bottom of a line's box, or of what a polygon covers.

    has_points: whether points of a pose stand behind the box.
    """
    values = [float(word) for word in line.split()[1:]]
    if len(values) < SHORTEST_POLYGON or has_points:
        x, y, width, height = values[:4]
        return x - width / 2, y - height / 2, x + width / 2, y + height / 2

    across, down = values[0 : len(values) // 2 * 2 : 2], values[1::2]
    return min(across), min(down), max(across), max(down)


def _has_points(root: Path, files: Mapping[str, str]) -> bool:
    """Returns whether the settings of a set say that its lines have points of a pose."""
    for path in files.values():
        if os.path.basename(path).lower() not in NAME_FILES[:3]:
            continue
        try:
            return b"kpt_shape" in read_regular(root / path, 1 << 20)
        except OSError:
            continue

    return False


def class_names(root: Path, files: Collection[str]) -> dict[int, str]:
    """Returns the names of the classes by their numbers, where a file names them; else {}."""
    by_name = {os.path.basename(path).lower(): path for path in sorted(files, reverse=True)}
    for name in NAME_FILES:
        if name not in by_name:
            continue

        try:
            text = read_regular(root / by_name[name], 1 << 20).decode("utf-8", "replace")
        except OSError:
            continue

        found = _yaml_names(text) if name.endswith(("yaml", "yml")) else text.splitlines()
        if isinstance(found, list):
            found = {index: line.strip() for index, line in enumerate(found) if line.strip()}
        if found:
            return found

    return {}


def _yaml_names(text: str) -> dict[int, str]:
    """Returns what stands under "names": a list in brackets, or a line for each name."""
    match = re.search(r"^names\s*:[ \t]*(.*)$", text, re.MULTILINE)
    if match is None:
        return {}

    rest = text[match.start(1) :]
    if rest.startswith(("[", "{")):
        end = rest.find("]" if rest[0] == "[" else "}")
        return _numbered(re.findall(r"""'[^']*'|"[^"]*"|[^,\s][^,]*""", rest[1:end]))

    lines = []
    for line in rest.splitlines()[1:]:
        content = line.split(" #")[0].strip()
        if content and not line.startswith((" ", "\t", "-")):
            break
        if content:
            lines.append(content.removeprefix("-").strip())

    return _numbered(lines)


def _numbered(items: list[str]) -> dict[int, str]:
    """Returns names by number: "3: cat" says its own, "cat" has that of its place."""
    names = {}
    for index, item in enumerate(items):
        match = re.fullmatch(r"(\d+)\s*:\s*(.+)", item.strip())
        number, name = (int(match[1]), match[2]) if match else (index, item)
        names[number] = readable(name.strip().strip("'\""))

    return names
