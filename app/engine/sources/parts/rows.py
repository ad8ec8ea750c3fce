"""Rows of a table: what fills gaps, scales amounts and numbers categories is learned from the
training rows.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.data.kinds.row.preparation import NO_VALUE, RowColumn, RowPreparation
from app.engine.data.names import natural_key
from app.engine.errors import UserError
from app.engine.sources.loaded import Part
from app.engine.text import number_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.engine.data.numbers import NumberStyle
    from app.engine.data.preparation import Preparation
    from app.engine.experiment.data_settings import Missing
    from app.engine.sources.tables.columns import Column

FOR_NUMBERS = ("median", "mean", "zero", "drop")
FOR_CATEGORIES = ("category", "drop")
"""What may happen where a value is missing, the usual first."""

TWINS = 0.5
"""With more than this share of rows that are like another, a row like another is no copy: few
values make few rows.
"""


class RowPart(Part):
    """columns: of one length.

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
            policy_of(column.name, self.roles[column.name], self.missing)

    def __len__(self) -> int:
        return len(self.columns[0])

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(self._notes)

    def settle(self, training: np.ndarray) -> tuple[np.ndarray, Preparation]:
        settled = tuple(self._settle(column, training) for column in self.columns)
        preparation = RowPreparation(settled, self.style.decimal, self.style.thousands)
        return self.coded(preparation), preparation

    def coded(self, preparation: Preparation) -> np.ndarray:
        if not isinstance(preparation, RowPreparation):
            raise UserError(
                "The network was not trained on rows of a table.",
                "Choose other data.",
                "data.source",
            )

        self._notes = []
        values = self._fill(preparation)
        self._tell(preparation)

        return values

    def digests(self) -> np.ndarray:
        values = np.empty((len(self), len(self.columns)), np.uint64)
        for place, column in enumerate(self.columns):
            if self.roles[column.name] == "category":
                codes, words = column.coded
                prints = [_print(word) for word in (*words, "")]
                values[:, place] = np.array(prints, np.uint64)[codes]
            else:
                numbers = column.numbers[0] + 0.0  # so that -0 is 0
                values[:, place] = np.where(np.isnan(numbers), np.nan, numbers).view(np.uint64)

        found = _hashed(values)
        _, first, twins = np.unique(
            found.view("V16").ravel(), return_index=True, return_inverse=True
        )
        if len(first) >= TWINS * len(found):
            return found

        order = np.argsort(twins, kind="stable")
        starts = np.zeros(len(found), np.int64)
        sorted_twins = twins[order]
        begin = np.flatnonzero(np.r_[True, sorted_twins[1:] != sorted_twins[:-1]])
        starts[begin] = begin
        nth = np.empty(len(found), np.uint64)
        nth[order] = np.arange(len(found)) - np.maximum.accumulate(starts)

        return _hashed(np.concatenate([values, nth[:, None]], axis=1))

    # --- settling

    def _settle(self, column: Column, training: np.ndarray) -> RowColumn:
        policy = policy_of(column.name, self.roles[column.name], self.missing)
        if self.roles[column.name] == "category":
            codes, words = column.coded
            counts = np.bincount(codes[training] + 1, minlength=len(words) + 1)
            seen = [place for place in range(len(words)) if counts[place + 1]]

            names = [(int(counts[place + 1]), words[place]) for place in seen]
            if counts[0]:
                names.append((int(counts[0]), NO_VALUE))

            names.sort(key=lambda item: (-item[0], natural_key(item[1])))
            return RowColumn(
                column.name, "category", policy, categories=tuple(word for _, word in names)
            )

        values = column.numbers[0].astype(np.float32).astype(np.float64)[training]
        present = values[np.isfinite(values)]
        if not len(present):
            return RowColumn(
                column.name,
                "number",
                policy,
                flagged=bool(len(values)),
                whole=column.whole,
                date=column.date,
            )

        median = float(np.median(present))
        mean = float(present.mean())
        fill = {"mean": mean, "zero": 0.0}.get(policy, median)
        filled = np.where(np.isfinite(values), values, fill)
        spread = float(filled.std())
        exact = spread > 1e-6 * max(
            abs(float(filled.mean())), 1e-30
        )  # less is what 32 bits round away

        return RowColumn(
            column.name,
            "number",
            policy,
            fill,
            len(present) < len(values),
            float(filled.mean()),
            spread if exact else 1.0,
            float(present.min()),
            float(present.max()),
            median,
            column.whole,
            column.date,
        )

    def _fill(self, preparation: RowPreparation) -> np.ndarray:
        """(N, F) float32. Raises UserError for a column that is not there."""
        here = {column.name: column for column in self.columns}
        absent = [column.name for column in preparation.columns if column.name not in here]
        if absent:
            shown = ", ".join(f"'{name}'" for name in absent[:5]) + (
                " …" if len(absent) > 5 else ""
            )
            raise UserError(
                f"The table has no column {shown}, which the network was trained on.",
                "Choose a table with the same columns.",
                "data.source",
            )

        values = np.empty((len(self), len(preparation.features)), np.float32)
        place = 0
        for column in preparation.amounts:
            values[:, place] = here[column.name].numbers[0]
            place += 1

        for number, column in enumerate(preparation.amounts):
            if column.flagged:
                values[:, place] = np.isnan(values[:, number])
                place += 1

        unseen: list[tuple[str, int]] = []
        for column in preparation.categories:
            codes, words = here[column.name].coded
            table = np.array(
                [column.numbers.get(word, 0) for word in (*words, NO_VALUE)], np.float32
            )
            values[:, place] = table[codes]

            new = int((values[:, place] == 0).sum())
            if new:
                unseen.append((column.name, new))

            place += 1

        for name, count in unseen[:10]:
            rows = "row has" if count == 1 else "rows have"
            self._notes.append(
                f"{count:,} {rows} a value of '{name}' that does not come up in training; it "
                "counts as "
                "unseen."
            )

        return values

    def _tell(self, preparation: RowPreparation) -> None:
        """Sentences on the gaps that were filled."""
        told = []
        here = {column.name: column for column in self.columns}
        for settled in preparation.columns:
            column = here[settled.name]
            gaps = int(
                (~np.isfinite(column.numbers[0])).sum()
                if settled.role == "number"
                else (column.coded[0] < 0).sum()
            )
            if not gaps:
                continue

            count = f"{gaps:,} missing {'value' if gaps == 1 else 'values'} of '{column.name}'"
            if settled.role == "category":
                if NO_VALUE in settled.numbers:  # else they are told of as unseen
                    told.append(f"{count}: a category of their own.")
            else:
                what = {"zero": "0"}.get(
                    settled.missing,
                    f"the {settled.missing} of training, {number_text(settled.fill, 6)}",
                )
                flag = "; a further input says where" if settled.flagged else ""
                told.append(f"{count}: {what}{flag}.")

        self._notes += told[:20]
        if len(told) > 20:
            self._notes.append(
                f"{len(told) - 20:,} more columns have missing values, treated in the same way."
            )


def policy_of(name: str, role: str, chosen: Mapping[str, Any]) -> str:
    """What happens where a value is missing.

    Raises UserError for what the column's role does not allow.
    """
    allowed = FOR_CATEGORIES if role == "category" else FOR_NUMBERS
    policy = chosen.get(name, allowed[0])
    if policy not in allowed:
        raise UserError(
            f"'{name}' is a {role}; its missing values cannot be treated as '{policy}'.",
            f"Choose one of: {', '.join(allowed)}.",
            "data.missing",
        )

    return str(policy)


def _print(word: str) -> int:
    return int.from_bytes(
        hashlib.blake2b(word.encode("utf-8", "replace"), digest_size=8).digest(), "little"
    )


def _hashed(values: np.ndarray) -> np.ndarray:
    """(N, K) uint64 -> (N, 16) uint8."""
    found = np.empty((len(values), 16), np.uint8)
    for row, content in enumerate(np.ascontiguousarray(values)):
        found[row] = np.frombuffer(hashlib.blake2b(content.data, digest_size=16).digest(), np.uint8)

    return found
