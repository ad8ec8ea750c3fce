"""A script as a Jupyter notebook: a cell for each section."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.engine.export.script.head import beside
from app.engine.files import json_bytes
from models.code.calls import literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.export.script.writer import Script

LAST = """\
torch.set_num_threads(THREADS)
network = Network()
best = train(network)
print(f"SHA-256 of the weights: {sha256(network)}")

network.load_state_dict(best)
evaluate(network, "SPLIT")
"""
"""The last cell, in place of the command line."""


def notebook(script: Script, names: Sequence[str], split: str) -> bytes:
    """Returns the content of an .ipynb file.

    names: of the files that lie beside it. split: the one that is judged at the end.
    """
    title, *paragraphs = script.documentation
    cells = [
        _cell("markdown", "\n\n".join([f"# {title.rstrip('.')}", *paragraphs[:-1]])),
        _cell("code", script.imports),
    ]
    for name, text in script.sections[:-1]:
        code = text
        for file in names:
            code = code.replace(beside(file), f"Path({literal(file)})")

        cells += [_cell("markdown", f"## {name[:1].upper()}{name[1:]}"), _cell("code", code)]

    digest = script.sections[-1].text.partition("def main(")[0]
    cells += [
        _cell("markdown", "## Train and judge"),
        _cell("code", f"{digest.strip()}\n\n\n{LAST.replace('SPLIT', split)}"),
    ]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"

    return json_bytes(
        {
            "cells": cells,
            "metadata": {
                "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
                "language_info": {"name": "python"},
            },
            "nbformat": 4,
            "nbformat_minor": 5,
        }
    )


def _cell(kind: str, text: str) -> dict[str, Any]:
    source = text.strip("\n").splitlines(keepends=True)
    cell: dict[str, Any] = {"cell_type": kind, "id": "", "metadata": {}, "source": source}
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})
