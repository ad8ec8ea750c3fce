"""The style of the numbers of a table, found in cells from all over it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.data.numbers import COLUMN_FITS, NO_NUMBER, STYLES, NumberStyle
from app.engine.data.units import is_currency, split_scale, split_unit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.tables.columns import Column

SAMPLE_CELLS = 400
"""So many cells of a column, evenly spread over its rows, decide about the style."""

STYLE_COLUMNS = 300
"""At most about so many columns, evenly spread, decide about it."""

UNREAD_CELLS = 100
"""So many cells that are no numbers yet, of a column of numbers, are looked at once more."""

SHEET = ";"
"""The delimiter for cells of files that have none: a comma in them may be anything."""


_GROUPED = re.compile(r"-?[1-9]\d{0,2}[.,]\d{3}|-?\d+")
"""A number whose sign may stand between thousands or before decimals, or a whole one."""

_PLAIN = re.compile(r"[+\-−]?\d(?:.*\d)?$|\w+$")
"""A cell without a unit before or behind its number."""


def with_style(
    columns: Sequence[Column], delimiter: str, data: DataSettings, check: Callable[[], None]
) -> tuple[list[Column], NumberStyle]:
    """Returns the columns in the style in which most of their texts are numbers, and the style.

    Cells that are no numbers so, among many that are, have a say as well: thousands may begin far
    below. Raises whatever `check` raises.
    """
    texts = [column for column in columns if column.values is None and not column.nested]
    texts = texts[:: max(1, len(texts) // STYLE_COLUMNS)]
    samples = [spread(column.some_texts, SAMPLE_CELLS) for column in texts]
    style = find_style(samples, delimiter, data.decimal, data.thousands)
    styled = [column.in_style(style) for column in columns]

    unread: dict[str, list[str]] = {}
    for column in styled:
        check()
        if column.values is None and not column.nested and column.kind == "mixed":
            unread[column.name] = spread(column.texts.filter(column.numbers[1]), UNREAD_CELLS)

    if not any(
        "," in cell or "." in cell or "'" in cell for few in unread.values() for cell in few
    ):
        return styled, style

    names = [column.name for column in texts]
    known = dict(zip(names, samples, strict=True))
    samples = [[*known.get(name, ()), *unread.get(name, ())] for name in {*names, *unread}]
    other = find_style(samples, delimiter, data.decimal, data.thousands)
    if other == style:
        return styled, style

    restyled = [column.in_style(other) for column in columns]
    before, after = (
        sum(int(column.numbers[1].sum()) for column in some if column.name in unread)
        for some in (styled, restyled)
    )
    return (restyled, other) if after < before else (styled, style)


def spread(cells: Any, most: int) -> list[str]:
    """Returns at most so many cells of an Arrow array, evenly spread over it."""
    if len(cells) <= most:
        return list(cells.to_pylist())

    return list(cells.take(np.linspace(0, len(cells) - 1, most).astype(np.int64)).to_pylist())


def find_style(
    columns: Sequence[Sequence[str]],
    delimiter: str,
    decimal: str | None = None,
    thousands: str | None = None,
) -> NumberStyle:
    """Finds the style in which most columns are numbers, with or without a unit.

    columns: some cells of each. Among styles that suit as many columns the one wins that reads more
    cells, then the simpler one; digits in groups of three are thousands only if the column's other
    numbers are below 1000. decimal, thousands: signs that are chosen.
    """
    styles = [
        style
        for style in STYLES
        if decimal in (None, style.decimal)
        and thousands in (None, style.thousands)
        and style.decimal != thousands
    ] or [NumberStyle(decimal or ("," if thousands == "." else "."), thousands or "")]
    samples: Sequence[Sequence[str]] = [
        [cell for cell in cells if cell.lower() not in NO_NUMBER] for cells in columns
    ]

    # Columns of digits alone say nothing about the style.
    samples = [cells for cells in samples if any(not cell.isdigit() for cell in cells)]
    samples, money = zip(*map(_without_units, samples), strict=True) if samples else ((), ())
    doubts = [
        doubt
        for cells, currency in zip(samples, money, strict=True)
        if (doubt := _doubt(cells, currency, delimiter)) is not None
    ]

    def score(style: NumberStyle) -> tuple[int, int, int, int]:
        read = [len(list(filter(style.matches.match, cells))) for cells in samples]
        fitting = [
            count
            for count, cells in zip(read, samples, strict=True)
            if count >= COLUMN_FITS * len(cells)
        ]
        simplicity = -STYLES.index(style) if style in STYLES else 0
        return len(fitting), _plausibility(style, doubts), sum(fitting), simplicity

    return max(styles, key=score)


def _without_units(cells: Sequence[str]) -> tuple[list[str], bool]:
    """Returns cells without their units, and whether one of them is a currency."""
    bare = []
    money = False
    for cell in cells:
        found = None if _PLAIN.match(cell) else split_unit(split_scale(cell)[0])
        bare.append(cell if found is None else found[1])
        money = money or (found is not None and is_currency(found[0]))

    return bare, money


def _doubt(cells: Sequence[str], money: bool, delimiter: str) -> tuple[str, bool] | None:
    """Returns the sign in cells such as "1,234", and whether it stands between thousands.

    None where the cells leave no doubt. money: whether they are amounts of money, which have no
    three decimals.
    """
    if not all(map(_GROUPED.fullmatch, cells)):
        return None

    sign = next((sign for sign in ",." if any(sign in cell for cell in cells)), None)
    if sign is None:
        return None
    if money:
        return sign, True

    ungrouped = [cell.lstrip("-") for cell in cells if sign not in cell]
    if ungrouped:
        return sign, all(len(cell) <= 3 for cell in ungrouped)

    return sign, sign == "," and delimiter != ";"  # beside commas a comma is no decimal sign


def _plausibility(style: NumberStyle, doubts: Sequence[tuple[str, bool]]) -> int:
    """Returns how well a style explains cells such as "1,234", with thousands or with decimals."""
    points = 0
    for sign, grouped in doubts:
        if style.thousands == sign:
            points += 1 if grouped else -1
        elif style.decimal == sign:
            points += -1 if grouped else 1

    return points
