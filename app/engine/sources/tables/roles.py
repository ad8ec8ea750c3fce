"""What each column is: as a person chose, else guessed from its name and its values."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.dates import DATE_WORDS
from app.engine.data.numbers import COLUMN_FITS
from app.engine.data.splits import UNASSIGNED, split_of
from app.engine.data.units import SCALES, is_unit, split_unit, unit_in
from app.engine.sources.saved.contents import PictureColumn
from app.engine.sources.tables.choice.target_names import TARGET_NAMES, plain_name
from app.engine.sources.tables.written.tag_cells import holds_tags
from app.engine.text import number_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.engine.experiment.data_settings import Role
    from app.engine.sources.tables.columns import Column, Table

PICTURE = re.compile(r"\.(png|apng|jpe?g|jfif|bmp|gif|tiff?|webp|ppm|pgm|pbm)$", re.IGNORECASE)
ID_NAME = re.compile(
    r"(^|[\s_\-.])"
    r"(id|ids|uuid|guid|index|idx|key|nr|no|number|row|row name|unnamed.*|__index_level_\d+__)$",
    re.IGNORECASE,
)
GROUP_NAME = re.compile(
    r"^(group|gruppe|patient|subject|person|participant|customer|user|session)"
    r"([\s_\-.]?(id|no|nr))$",
    re.IGNORECASE,
)
NESTED = re.compile(r"\[.*\]|\{.*\}", re.DOTALL)
"""A list or a record that a program wrote into a cell."""

AS_TARGET = "as the target, its lists are tags"

SPLIT_NAMES = ("split", "set", "subset", "partition", "usage", "fold")
"""Names of columns that may say which split a row belongs to."""

FEW_GROUPS = 10
"""With fewer groups none is left for every split, so the column is no group."""

FIRST = 10_000
"""Values that are compared before all of a column are sorted for it."""

SENTENCE_WORDS = 4.0
"""Texts of so many words on average are sentences, shorter ones are categories."""

MANY_NUMBERS = 2
"""With more columns of numbers and categories beside it, a column of sentences is not read."""

SAMPLED_WORDS = 400
"""So many distinct texts of a column, evenly spread, are looked at."""


@dataclass(frozen=True)
class RoleGuess:
    """The role of a column.

    reason: a few words for a person. chosen: whether a person chose it.
    """

    role: Role
    reason: str
    chosen: bool = False


def guess_roles(
    table: Table, columns: Mapping[str, Role], targets: Sequence[str]
) -> dict[str, RoleGuess]:
    """Returns the role of every column, in the table's order.

    columns: those a person chose; targets: by the setting. No other column is made the target here:
    see `target_guess`.
    """
    guesses: dict[str, RoleGuess] = {}
    for column in table.columns:
        if column.name in targets:
            guesses[column.name] = RoleGuess("target", "chosen to be predicted", True)
        elif column.name in columns:
            guesses[column.name] = RoleGuess(columns[column.name], "as chosen", True)
        else:
            guesses[column.name] = _guess(column, len(table))

    return _choose_texts(table, guesses)


def _guess(column: Column, rows: int) -> RoleGuess:
    if isinstance(column, PictureColumn):
        return RoleGuess("image", "it has pictures")

    kind = column.kind
    if kind == "empty":
        return RoleGuess("ignore", "it has no values")
    if kind == "nested":
        return RoleGuess("ignore", column.unread)
    if column.is_constant:
        complete = column.present.all()
        return RoleGuess(
            "ignore", "every value is the same" if complete else "it has only one value"
        )

    if kind == "date":
        form = DATE_WORDS.get(column.date.split(" ")[0], "")
        return RoleGuess(
            "number", f"dates ({form}): read as days" if form else "dates: read as days"
        )

    if kind == "number":
        return _guess_number(column, rows)

    if kind == "mixed":
        cells = ", ".join(f"'{cell.text}'" for cell in column.non_numbers())
        return RoleGuess(
            "ignore",
            f"numbers with texts among them ({cells}); as numbers, those would count as missing",
        )

    return _guess_text(column)


def _all_differ(column: Column, present: np.ndarray) -> bool:
    """Returns whether no two numbers are the same. Of most columns the first ones tell it."""
    first = present[:FIRST]
    return len(np.unique(first)) == len(first) and column.distinct == len(present)


def _guess_number(column: Column, rows: int) -> RoleGuess:
    values = column.numbers[0]
    present = values[np.isfinite(values)]
    if column.whole and len(present) > 2 and _all_differ(column, present):
        named_so = ID_NAME.search(column.name)
        running = bool((np.diff(present) == 1).all()) and len(present) == rows
        if running and (present[0] in (0, 1) or named_so):
            return RoleGuess("ignore", "a running number")
        if named_so:
            return RoleGuess("ignore", "an identifier: every value is different")

    if column.whole and GROUP_NAME.match(column.name) and FEW_GROUPS <= column.distinct < rows:
        return RoleGuess("group", "rows of one of them stay in one split")

    words = "whole numbers" if column.whole else "numbers"
    unit = column.unit or unit_in(column.name)
    return RoleGuess("number", f"{words} in {unit}" if unit else words)


def _guess_text(column: Column) -> RoleGuess:
    codes, words = column.factorized
    present = int((codes >= 0).sum())

    sample = words[:: max(1, len(words) // SAMPLED_WORDS)][:SAMPLED_WORDS]
    if sum(bool(PICTURE.search(word)) for word in sample) > 0.9 * len(sample):
        return RoleGuess("image", "it names picture files")
    if column.name.lower() in SPLIT_NAMES and all(split_of(word) != UNASSIGNED for word in words):
        return RoleGuess("ignore", "it says which split a row belongs to, and is followed")

    units = [unit for unit in _units(sample) if unit]
    if len(units) > 1:
        shown = ", ".join(f"'{unit}'" for unit in units[:3])
        return RoleGuess("ignore", f"amounts in several units ({shown})")

    length = float(np.mean([len(word.split()) for word in sample]))
    if length >= SENTENCE_WORDS and len(words) > 0.3 * present:
        return RoleGuess("text", f"texts of {number_text(length)} words on average")
    if GROUP_NAME.match(column.name) and FEW_GROUPS <= len(words) < present:
        return RoleGuess("group", "rows of one of them stay in one split")
    if sum(bool(NESTED.fullmatch(word)) for word in sample) > 0.9 * len(sample):
        advice = f"; {AS_TARGET}" if holds_tags(column) else ""
        return RoleGuess("ignore", f"it has lists or records, written as texts{advice}")
    if column.separator and len(words) > max(20, present // 2):
        return RoleGuess("ignore", f"it has lists of many sorts; {AS_TARGET}")
    if len(words) == present and present > 2:
        return RoleGuess("ignore", _all_different(column, sample))
    if len(words) > max(20, present // 2):
        return RoleGuess(
            "ignore", f"{len(words):,} different values in {present:,} rows: too many to learn from"
        )

    return RoleGuess("category", f"{len(words):,} different values")


def _all_different(column: Column, sample: Sequence[str]) -> str:
    """Returns why a column is not read in which every text is another."""
    blanks = sum(" " in word for word in sample)
    if blanks > len(sample) / 2 and not ID_NAME.search(column.name):
        return "every text is different, so that none says anything of another row"

    return "an identifier: every value is different"


def _units(words: Sequence[str]) -> list[str]:
    """Returns the units in which nearly all of these are amounts, the most frequent first.

    () where they are none, or their units are no known ones.
    """
    found = [split[0] for split in map(split_unit, words) if split is not None]
    known = all(is_unit(unit) or unit in SCALES for unit in found if unit)
    if not known or len(found) < COLUMN_FITS * len(words):
        return []

    return [unit for unit, _ in Counter(found).most_common()]


def _choose_texts(table: Table, guesses: dict[str, RoleGuess]) -> dict[str, RoleGuess]:
    """Decides between texts and other columns; only one of the two can be read.

    Sentences beside many numbers are not read. Where nothing else can be read, texts that are all
    different are, which else count as identifiers.
    """
    roles = [guess.role for guess in guesses.values()]
    chosen = any(guess.chosen and guess.role in ("text", "image") for guess in guesses.values())
    values = sum(role in ("number", "category") for role in roles)

    if values > MANY_NUMBERS + 1 and not chosen:
        for name, guess in guesses.items():
            if guess.role == "text" and not guess.chosen:
                advice = "choose 'text' to read them instead of the other columns"
                guesses[name] = replace(guess, role="ignore", reason=f"{guess.reason}; {advice}")
        return guesses

    texts = sum(role in ("text", "image") for role in roles)
    if values + texts > 1 or chosen:
        return guesses

    spare = [
        column
        for column in table.columns
        if guesses[column.name].role == "ignore"
        and not guesses[column.name].chosen
        and column.kind == "text"
        and column.distinct > 2
        and not ID_NAME.search(column.name)
        and "split" not in guesses[column.name].reason
        and not (plain_name(column.name) in TARGET_NAMES and holds_tags(column))
    ]
    spare.sort(key=_mean_length, reverse=True)

    for column in spare[: max(0, 2 - values - texts)]:
        guesses[column.name] = RoleGuess("text", "texts: there is nothing else to read")

    return guesses


def _mean_length(column: Column) -> float:
    """Returns the characters of a text on average, from the first distinct ones."""
    return float(np.mean([len(word) for word in column.factorized[1][:SAMPLED_WORDS]]))


def find_split_column(table: Table, roles: Mapping[str, RoleGuess]) -> Column | None:
    """Finds the column that says training, validation or test of nearly every row."""
    for column in table.columns:
        guess = roles[column.name]
        if column.name.lower() not in SPLIT_NAMES or column.kind != "text":
            continue
        if guess.role in ("target", "group") or (guess.chosen and guess.role != "ignore"):
            continue

        codes, words = column.factorized
        known = np.array([split_of(word) != UNASSIGNED for word in words])
        if len(words) and known[codes[codes >= 0]].mean() > 0.9:
            return column

    return None
