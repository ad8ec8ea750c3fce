"""What each column is: as a person said, else guessed from its name and its values, with the
reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.numbers import DATE_WORDS
from app.engine.data.splits import FREE, split_of
from app.engine.text import number_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.engine.experiment.data_settings import Role
    from app.engine.sources.tables.columns import Column, Table

PICTURE = re.compile(r"\.(png|apng|jpe?g|jfif|bmp|gif|tiff?|webp|ppm|pgm|pbm)$", re.IGNORECASE)
ID_NAME = re.compile(
    r"(^|[\s_\-.])(id|ids|uuid|guid|index|idx|key|nr|no|number|row|row name|unnamed.*|__index_level_\d+__)$",
    re.IGNORECASE,
)
GROUP_NAME = re.compile(
    r"^(group|gruppe|patient|subject|person|participant|customer|user|session)([\s_\-.]?(id|no|nr))$",
    re.IGNORECASE,
)
SPLIT_NAMES = ("split", "set", "subset", "partition", "usage", "fold")
FEW_GROUPS = 10
SENTENCE_WORDS = 4.0
MANY_NUMBERS = 2
"""With more columns of numbers and categories beside it, a column of sentences is not what is read."""

LOOKED_AT = 400


@dataclass(frozen=True)
class Guess:
    """role: of a column. reason: a few words for a person. given: whether a person chose it."""

    role: Role
    reason: str
    given: bool = False


def guess(table: Table, columns: Mapping[str, Role], targets: Sequence[str]) -> dict[str, Guess]:
    """The role of every column, in the table's order.

    columns: those a person chose; targets: by the setting.

    No column is made the target here: see `plan`.
    """
    found: dict[str, Guess] = {}
    for column in table.columns:
        if column.name in targets:
            found[column.name] = Guess("target", "chosen to be predicted", True)
        elif column.name in columns:
            found[column.name] = Guess(columns[column.name], "as chosen", True)
        else:
            found[column.name] = _guess(column, len(table))

    return _choose_texts(table, found)


def _guess(column: Column, rows: int) -> Guess:
    kind = column.kind
    if kind == "empty":
        return Guess("ignore", "it has no values")
    if kind == "nested":
        return Guess("ignore", "it has lists or other nested values")
    if column.different == 1:
        return Guess(
            "ignore", "every value is the same" if column.present.all() else "it has only one value"
        )

    if kind == "date":
        form = DATE_WORDS.get(column.date.split(" ")[0], "dates")
        return Guess(
            "number",
            f"{form}: read as days" if form == "dates" else f"dates ({form}): read as days",
        )

    if kind == "number":
        return _guess_number(column, rows)

    if kind == "mixed":
        cells = ", ".join(f"'{odd.text}'" for odd in column.odd())
        return Guess(
            "ignore",
            f"numbers with texts among them ({cells}); as numbers, those would count as missing",
        )

    return _guess_text(column, rows)


def _guess_number(column: Column, rows: int) -> Guess:
    values = column.numbers[0]
    present = values[np.isfinite(values)]
    if column.whole and len(present) > 2 and column.different == len(present):
        steps = np.diff(present)
        running = bool((steps == 1).all())
        if (
            running
            and (len(present) == rows)
            and (present[0] in (0, 1) or ID_NAME.search(column.name))
        ):
            return Guess("ignore", "a running number")
        if ID_NAME.search(column.name):
            return Guess("ignore", "an identifier: every value is different")

    if column.whole and GROUP_NAME.match(column.name) and FEW_GROUPS <= column.different < rows:
        return Guess("group", "rows of one of them stay in one split")

    return Guess("number", "whole numbers" if column.whole else "numbers")


def _guess_text(column: Column, rows: int) -> Guess:
    codes, words = column.coded
    present = int((codes >= 0).sum())

    sample = words[:: max(1, len(words) // LOOKED_AT)][:LOOKED_AT]
    if sum(bool(PICTURE.search(word)) for word in sample) > 0.9 * len(sample):
        return Guess("image", "it names picture files")
    if column.name.lower() in SPLIT_NAMES and all(split_of(word) != FREE for word in words):
        return Guess("ignore", "it says which split a row belongs to, and is followed")

    length = float(np.mean([len(word.split()) for word in sample]))
    if length >= SENTENCE_WORDS and len(words) > 0.3 * present:
        return Guess("text", f"texts of {number_text(length)} words on average")
    if GROUP_NAME.match(column.name) and FEW_GROUPS <= len(words) < present:
        return Guess("group", "rows of one of them stay in one split")
    if len(words) == present and present > 2:
        return Guess("ignore", "an identifier: every value is different")
    if len(words) > max(20, present // 2):
        return Guess(
            "ignore", f"{len(words):,} different values in {present:,} rows: too many to learn from"
        )

    return Guess("category", f"{len(words):,} different values")


def _choose_texts(table: Table, found: dict[str, Guess]) -> dict[str, Guess]:
    """Sentences beside many numbers are not what is read; where nothing else can be read, texts
    that are all different are.
    """
    roles = [one.role for one in found.values()]
    chosen = any(one.given and one.role in ("text", "image") for one in found.values())
    if sum(role in ("number", "category") for role in roles) > MANY_NUMBERS + 1 and not chosen:
        for name, one in found.items():
            if one.role == "text" and not one.given:
                found[name] = replace(
                    one,
                    role="ignore",
                    reason=f"{one.reason}; choose 'text' to read them instead of the other columns",
                )
        return found

    inputs = sum(role in ("text", "image") for role in roles)
    usable = sum(role in ("number", "category") for role in roles)
    if usable + inputs > 1 or chosen:
        return found

    spare = [
        column
        for column in table.columns
        if found[column.name].role == "ignore"
        and not found[column.name].given
        and column.kind == "text"
        and column.different > 2
        and not ID_NAME.search(column.name)
        and "split" not in found[column.name].reason
    ]
    spare.sort(
        key=lambda column: -float(np.mean([len(word) for word in column.coded[1][:LOOKED_AT]]))
    )

    for column in spare[: max(0, 2 - usable - inputs)]:
        found[column.name] = Guess("text", "texts: there is nothing else to read")

    return found


def split_column(table: Table, roles: Mapping[str, Guess]) -> Column | None:
    """The column that says training, validation or test of nearly every row."""
    for column in table.columns:
        guess_of = roles[column.name]
        if (
            guess_of.role in ("target", "group")
            or column.name.lower() not in SPLIT_NAMES
            or column.kind != "text"
        ):
            continue
        if guess_of.given and guess_of.role != "ignore":
            continue

        codes, words = column.coded
        known = np.array([split_of(word) != FREE for word in words])
        if len(words) and known[codes[codes >= 0]].mean() > 0.9:
            return column

    return None
