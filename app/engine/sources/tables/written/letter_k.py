"""What K behind the numbers of a column stands for: thousands, or a temperature in kelvins."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.numbers import COLUMN_FITS, NO_NUMBER
from app.engine.data.units import SCALES, unit_in
from app.engine.sources.arrays.headers import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.experiment.data_settings import DataSettings, LetterK
    from app.engine.sources.tables.columns import Column, Table

KELVIN = "K"
SAMPLE = 200
"""So many distinct cells of a column, evenly spread, are looked at."""

FIRST = 50
"""Cells at the beginning, of which one must have a K."""

HOTTEST = 9_999
"""Larger numbers are no usual temperatures."""

TEMPERATURES = words("temp temps temperature temperatures temperatur kelvin kelvins")
AMOUNTS = words(
    "price prices cost costs salary salaries income revenue sales budget value amount views "
    "followers subscribers likes users downloads installs reviews population size count"
)
"""Words in names of columns that say what their numbers are."""

_SCALES = "|".join(map(re.escape, SCALES))
_SCALED = re.compile(rf"[+\-−]?\d[\d.,'’]*(?P<blank>\s?)(?P<word>{_SCALES})")
_PLAIN = re.compile(r"[+\-−]?\d[\d.,'’]*")
_WORDS = re.compile(r"[^\W\d_]+")


def with_letter_k(table: Table, data: DataSettings) -> Table:
    """Returns a table in which a K behind numbers stands for one thing, and a note that says so.

    Only of columns without another unit. Beside "1.2M" or "3k" it stands for thousands.
    """
    columns = list(table.columns)
    found: dict[str, tuple[LetterK, str]] = {}
    for index, column in enumerate(columns):
        cells = _cells_in_doubt(column)
        if not cells:
            continue

        meant, reason = _guess(column.name, cells)
        if data.letter_k is not None and data.letter_k != meant:
            meant, reason = data.letter_k, "as chosen"
        found[column.name] = meant, reason
        columns[index] = (
            replace(column, known_unit=KELVIN)
            if meant == "kelvins"
            else replace(column, certain=True)
        )

    if not found:
        return table

    meant, reason = next(iter(found.values()))
    reasons = {**table.dialect.reasons, "letter_k": reason}
    dialect = replace(table.dialect, letter_k=meant, reasons=reasons)
    notes = [_note(name, *what) for name, what in found.items()]
    return replace(table, columns=tuple(columns), dialect=dialect, notes=(*table.notes, *notes))


def _cells_in_doubt(column: Column) -> list[str]:
    """Returns distinct cells of a column whose numbers have a K and nothing else; [] for others."""
    if column.stored_texts is None or column.nested or column.nominal or column.separator:
        return []
    if not any(text.endswith(KELVIN) for text in column.stored_texts[:FIRST].to_pylist()):
        return []

    every = column.stored_texts.unique().to_pylist()
    filled = [text for text in every if text.lower() not in NO_NUMBER]
    places = np.linspace(0, len(filled) - 1, min(SAMPLE, len(filled))).astype(int)
    cells = [filled[place] for place in places.tolist()]
    known = [cell for cell in cells if _SCALED.fullmatch(cell) or _PLAIN.fullmatch(cell)]
    return known if len(known) >= COLUMN_FITS * len(cells) else []


def _guess(name: str, cells: Sequence[str]) -> tuple[LetterK, str]:
    """Returns what K stands for and why, in words that follow "because"."""
    matches = [_SCALED.fullmatch(cell) for cell in cells]
    others = {match["word"] for match in matches if match} - {KELVIN}
    if others:
        return "thousands", f"'{min(others)}' stands behind others"

    in_name = {word.lower() for word in _WORDS.findall(name)}
    if in_name & TEMPERATURES or unit_in(name) == KELVIN:
        return "kelvins", "the name of the column is that of a temperature"
    if in_name & AMOUNTS:
        return "thousands", "the name of the column is that of an amount"

    if not all(matches):
        return "thousands", "numbers without it stand among them"

    digits = [cell.strip("+-−K ").replace(",", "") for cell in cells]
    whole = [text.split(".")[0] for text in digits]
    if any(len(text) > len(str(HOTTEST)) for text in whole):
        return "thousands", "they are no usual temperatures"
    if all(match and match["blank"] for match in matches):
        return "kelvins", "a blank stands before it, as before a unit"
    if all(len(text) >= 3 for text in whole):
        return "kelvins", "they are usual temperatures"

    return "thousands", "they are no usual temperatures"


def _note(name: str, meant: LetterK, reason: str) -> str:
    other = "thousands" if meant == "kelvins" else "kelvins"
    why = reason if reason == "as chosen" else f"because {reason}"
    rest = "" if reason == "as chosen" else f" ([data] letter_k = '{other}' reads it otherwise)"
    return f"K behind the numbers of '{name}' stands for {meant}, {why}{rest}."
