"""Rows of a table as inputs.

What fills gaps, scales numbers and encodes categories is fitted on the training rows.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.data.fingerprints import ROWS, fingerprints_of_rows, number_equals
from app.engine.data.kinds.row.column import RowColumn
from app.engine.data.kinds.row.preparation import RowPreparation
from app.engine.data.kinds.row.remarks import is_far, range_text
from app.engine.data.kinds.row.tails import bend_of
from app.engine.data.names import natural_key
from app.engine.data.values import NO_VALUE
from app.engine.errors import UserError
from app.engine.sources.loaded import Part
from app.engine.text import number_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.engine.data.numbers import NumberStyle
    from app.engine.data.preparation import Preparation
    from app.engine.experiment.data_settings import Missing
    from app.engine.sources.tables.columns import Column

POLICIES: dict[str, tuple[str, ...]] = {
    "number": ("median", "mean", "zero", "drop"),
    "category": ("category", "drop"),
}
"""What may happen where a value is missing, by the role of the column, the default first."""

DUPLICATES = 0.5
"""With more than this share of rows that equal another, equal rows are no copies.

A table of few distinct values has few distinct rows.
"""

REPORTED_UNSEEN = 10
REPORTED_GAPS = 20
"""At most so many columns are named in the notes."""


class RowPart(Part):
    """Columns of one length, read but not fitted.

    roles: "number" or "category" by name. missing: what a person chose, by name; rows that are to
    be dropped are gone already.
    """

    def __init__(
        self,
        columns: Sequence[Column],
        roles: Mapping[str, str],
        missing: Mapping[str, Missing],
        style: NumberStyle,
    ) -> None:
        self.columns = tuple(columns)
        self.roles = dict(roles)
        self.missing = dict(missing)
        self.style = style
        self._notes: list[str] = []

        for column in self.columns:
            missing_policy(column.name, self.roles[column.name], self.missing)

    def __len__(self) -> int:
        return len(self.columns[0])

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(self._notes)

    def fit(self, training: np.ndarray) -> tuple[np.ndarray, Preparation]:
        columns = tuple(self._fit_column(column, training) for column in self.columns)
        preparation = RowPreparation(columns, self.style.decimal, self.style.thousands)
        return self.encode(preparation), preparation

    def encode(self, preparation: Preparation) -> np.ndarray:
        if not isinstance(preparation, RowPreparation):
            raise UserError(
                "The network was not trained on rows of a table.",
                "Choose other data.",
                "data.source",
            )

        self._notes = []
        values = self._encoded(preparation)
        self._note_gaps(preparation)
        self._note_far(preparation, values)

        return values

    def fingerprints(self) -> np.ndarray:
        hashes = {
            column.name: np.array(
                [_hash_word(word) for word in (*column.factorized[1], "")], np.uint64
            )
            for column in self.columns
            if self.roles[column.name] == "category"
        }

        def block_of(rows: slice) -> np.ndarray:
            block = np.empty((len(range(len(self))[rows]), len(self.columns)), np.uint64, order="F")
            for index, column in enumerate(self.columns):
                if column.name in hashes:
                    block[:, index] = hashes[column.name][column.factorized[0][rows]]
                else:
                    numbers = block[:, index].view(np.float64)
                    np.add(column.numbers[0][rows], 0.0, out=numbers)  # so that -0 is 0
                    numbers[np.isnan(numbers)] = np.nan

            return block

        found = fingerprints_of_rows(len(self), block_of)
        copy_of = number_equals(found)
        if copy_of.max(initial=0) + 1 >= DUPLICATES * len(found):
            return found

        # Equal rows are told apart by their number among their equals.
        order = np.argsort(copy_of, kind="stable")
        sorted_copies = copy_of[order]
        begins = np.flatnonzero(np.r_[True, sorted_copies[1:] != sorted_copies[:-1]])
        starts = np.zeros(len(order), np.int64)
        starts[begins] = begins
        nth = np.empty(len(order), np.uint64)
        nth[order] = np.arange(len(order)) - np.maximum.accumulate(starts)

        return fingerprints_of_rows(
            len(self), lambda rows: np.concatenate([block_of(rows), nth[rows, None]], axis=1)
        )

    # --- fitting

    def _fit_column(self, column: Column, training: np.ndarray) -> RowColumn:
        policy = missing_policy(column.name, self.roles[column.name], self.missing)
        if self.roles[column.name] == "category":
            return _fit_category(column, policy, training)

        return _fit_number(column, policy, training)

    # --- encoding

    def _encoded(self, preparation: RowPreparation) -> np.ndarray:
        """Returns the columns as (N, F) float32. Raises UserError for a missing column."""
        by_name = {column.name: column for column in self.columns}
        absent = [column.name for column in preparation.columns if column.name not in by_name]
        if absent:
            more = " …" if len(absent) > 5 else ""
            shown = ", ".join(f"'{name}'" for name in absent[:5]) + more
            raise UserError(
                f"The table has no column {shown}, which the network was trained on.",
                "Choose a table with the same columns.",
                "data.source",
            )

        values = np.empty((len(self), len(preparation.features)), np.float32)
        numbers = [by_name[column.name].numbers[0] for column in preparation.amounts]
        for start in range(0, len(self), ROWS):
            # Some rows at a time: a column of all of them would touch the whole array.
            block = values[start : start + ROWS]
            for place, column_numbers in enumerate(numbers):
                block[:, place] = column_numbers[start : start + ROWS]

        index = len(numbers)

        for number_index, column in enumerate(preparation.amounts):
            if column.flagged:
                values[:, index] = np.isnan(values[:, number_index])
                index += 1

        unseen: dict[str, int] = {}
        for column in preparation.categories:
            table_column = by_name[column.name]
            codes, words = table_column.factorized
            found = [
                column.spellings.find(word, table_column.style) or 0 for word in (*words, NO_VALUE)
            ]
            values[:, index] = np.array(found, np.float32)[codes]
            if count := int((values[:, index] == 0).sum()):
                unseen[column.name] = count

            index += 1

        for name, count in list(unseen.items())[:REPORTED_UNSEEN]:
            rows = "row has" if count == 1 else "rows have"
            self._notes.append(
                f"{count:,} {rows} a value of '{name}' that does not come up in training; it "
                "counts as unseen."
            )

        return values

    def _note_gaps(self, preparation: RowPreparation) -> None:
        """Adds sentences on the gaps that were filled."""
        notes = []
        by_name = {column.name: column for column in self.columns}
        for fitted in preparation.columns:
            column = by_name[fitted.name]
            if fitted.role == "number":
                gaps = int((~np.isfinite(column.numbers[0])).sum())
            else:
                gaps = int((column.factorized[0] < 0).sum())

            if not gaps:
                continue

            count = f"{gaps:,} missing {'value' if gaps == 1 else 'values'} of '{column.name}'"
            if fitted.role == "number":
                average = f"the {fitted.missing} of training, {number_text(fitted.fill, 6)}"
                filling = "0" if fitted.missing == "zero" else average
                flag = "; a further input says where" if fitted.flagged else ""
                notes.append(f"{count}: {filling}{flag}.")
            elif NO_VALUE in fitted.numbers:  # else they are counted as unseen
                notes.append(f"{count}: a category of their own.")

        self._notes += notes[:REPORTED_GAPS]
        if len(notes) > REPORTED_GAPS:
            self._notes.append(
                f"{len(notes) - REPORTED_GAPS:,} more columns have missing values, treated in the "
                "same way."
            )

    def _note_far(self, preparation: RowPreparation, values: np.ndarray) -> None:
        """Adds sentences on the numbers far outside of training."""
        amounts = values[:, : len(preparation.amounts)]
        if not len(amounts):
            return

        # Whole rows at a time: going down a column of them takes several times as long.
        ends = zip(np.fmin.reduce(amounts), np.fmax.reduce(amounts), strict=True)
        counts = [
            (column, int(is_far(column, amounts[:, place]).sum()))
            for place, (column, end) in enumerate(zip(preparation.amounts, ends, strict=True))
            if is_far(column, np.array(end)).any()
        ]
        for column, count in counts[:REPORTED_UNSEEN]:
            verb = "value of '{}' is" if count == 1 else "values of '{}' are"
            self._notes.append(
                f"{count:,} {verb.format(column.name)} far from training, which had "
                f"{range_text(column)}."
            )


def _fit_category(column: Column, policy: str, training: np.ndarray) -> RowColumn:
    """Numbers the categories that come up in training, the most frequent first."""
    codes, words = column.factorized
    counts = np.bincount(codes[training] + 1, minlength=len(words) + 1).tolist()
    categories = [(count, word) for count, word in zip(counts[1:], words, strict=True) if count]
    if counts[0]:
        categories.append((counts[0], NO_VALUE))

    categories.sort(key=lambda item: (-item[0], natural_key(item[1])))
    return RowColumn(
        column.name, "category", policy, categories=tuple(word for _, word in categories)
    )


def _fit_number(column: Column, policy: str, training: np.ndarray) -> RowColumn:
    """Finds out what fills gaps, and the mean and spread of the filled column."""
    kept = column.numbers[0].astype(np.float32)[training]  # in 32 bits
    values = kept.astype(np.float64)
    present = values[np.isfinite(values)]
    if not len(present):
        return RowColumn(
            column.name,
            "number",
            policy,
            flagged=bool(len(values)),
            whole=column.whole,
            date=column.date,
            unit=column.unit,
        )

    median = _median(kept[np.isfinite(kept)])
    fill = {"mean": float(present.mean()), "zero": 0.0}.get(policy, median)
    filled = np.where(np.isfinite(values), values, fill)
    mean = float(filled.mean())
    spread = float(filled.std())
    varies = spread > 1e-6 * max(abs(mean), 1e-30)  # less is what 32 bits round away

    fitted = RowColumn(
        column.name,
        "number",
        policy,
        fill,
        len(present) < len(values),
        mean,
        spread if varies else 1.0,
        float(present.min()),
        float(present.max()),
        median,
        column.whole,
        column.date,
        unit=column.unit,
    )
    bend = bend_of(filled) if varies else None
    if bend is None:
        return fitted

    return replace(
        fitted, centre=bend.centre, bend=bend.scale, bent_mean=bend.mean, bent_std=bend.std
    )


def missing_policy(name: str, role: str, chosen: Mapping[str, Any]) -> str:
    """Returns what happens where a value of a column is missing.

    Raises UserError for what the column's role does not allow.
    """
    allowed = POLICIES[role]
    policy = chosen.get(name, allowed[0])
    if policy not in allowed:
        raise UserError(
            f"'{name}' is a {role}; its missing values cannot be treated as '{policy}'.",
            f"Choose one of: {', '.join(allowed)}.",
            "data.missing",
        )

    return str(policy)


def _hash_word(word: str) -> int:
    return int.from_bytes(
        hashlib.blake2b(word.encode("utf-8", "replace"), digest_size=8).digest(), "little"
    )


def _median(values: np.ndarray) -> float:
    """Returns the median of numbers (n,) float32 without NaN, in 64 bits.

    Half the work of numpy's, which looks for NaN and for both numbers in the middle.
    """
    middle = len(values) // 2
    parted = np.partition(values, middle)
    upper = float(parted[middle])
    return upper if len(values) % 2 else (float(parted[:middle].max()) + upper) / 2
