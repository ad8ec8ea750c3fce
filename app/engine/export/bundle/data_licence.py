"""The licence of the built-in data that a network was trained on, to go with it."""

from __future__ import annotations

import re

from app.engine.files import read_regular
from app.engine.sources.samples import FOLDER, Sample

IDENTIFIERS = {
    "CC BY 4.0": "cc-by-4.0",
    "CC0": "cc0-1.0",
    "MIT": "mit",
    "BSD-3-Clause, as part of scikit-learn": "bsd-3-clause",
}
"""What Hugging Face calls a licence; others are "other" there."""

SECTIONS = {
    "fashion": ("MIT licence of Fashion-MNIST",),
    "glosses": ("Licence of WordNet",),
    "emoji": ("MIT licence of Fashion-MNIST", "Names of Unicode", "emoji.npz, the pictures"),
    "digits": ("diabetes.csv",),
    "breast-cancer": ("diabetes.csv",),
    "diabetes": ("diabetes.csv",),
    "wine": ("diabetes.csv",),
    "iris": ("diabetes.csv",),
}
"""How the headings begin of the texts that ask to go with copies, by the name of the data."""

FILES = ("README.md", "LICENSES.txt")
MOST = 1 << 20
"""Bytes of such a file, at most."""

_HEADING = re.compile(r"^(?:## (?P<marked>.+)|=+\n(?P<ruled>.+)\n=+)$", re.MULTILINE)


def licence_text(sample: Sample) -> str:
    """Returns where the data are from, their licence, and the texts that it asks to pass on."""
    head = (
        f"The network was trained on the data '{sample.label}', which are not in this bundle.\n\n"
        f"Licence of the data: {sample.licence}\nSource: {sample.source_note}\n"
    )
    texts = [text for file in FILES for title, text in _sections(file) if _asked(sample, title)]
    return "\n\n".join([head.rstrip("\n"), *texts]) + "\n"


def _asked(sample: Sample, title: str) -> bool:
    return title.startswith(SECTIONS.get(sample.name, ()))


def _sections(file: str) -> list[tuple[str, str]]:
    """Returns the sections of a file in `resources`: heading, and text with its heading."""
    text = read_regular(FOLDER / file, MOST).decode()
    found = list(_HEADING.finditer(text))
    ends = [each.start() for each in found[1:]] + [len(text)]
    return [
        (each["marked"] or each["ruled"], text[each.start() : end].strip())
        for each, end in zip(found, ends, strict=True)
    ]
