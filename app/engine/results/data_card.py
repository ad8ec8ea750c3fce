"""The card of the data: what a network was trained on, without one of the examples.

It goes with what leaves the program: reports and bundles. Names of files, examples and folders are
not on it; names of classes and amounts are, for without them no figure can be read. No torch here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.engine.data.dataset import SPLITS
from app.engine.data.nouns import counted, noun
from app.engine.sources.samples import sample_of
from app.engine.text import count_text, percent_text

if TYPE_CHECKING:
    from app.engine.data.dataset import Description

OWN = "Own data"
"""The name of data that are not built in."""

UNKNOWN_LICENCE = "Not known"


@dataclass(frozen=True)
class DataCard:
    """What is known of a dataset.

    name, source, licence: of built-in data; of a person's own "Own data", "" and that it is not
    known. kind: of an example. read_as: the form of the source. splits: the examples of each split,
    as a share of all too. classes: names, each with its examples by split, in the order of the
    network's outputs. amounts: names with their units. left_out: what could not be read. ignored:
    junk that nobody would miss. fingerprint: of the examples and how they were prepared and
    divided; digest: of the arrays that were learned from, "" in an older run.
    """

    name: str
    source: str
    licence: str
    kind: str
    read_as: str
    splits: dict[str, int]
    split_reason: str
    classes: tuple[tuple[str, tuple[int, ...]], ...]
    amounts: tuple[str, ...]
    left_out: int
    ignored: int
    is_estimated: bool
    fingerprint: str
    digest: str

    @classmethod
    def of(cls, description: Description, source: str) -> DataCard:
        """Returns the card. source: of the data, as the run names it ("sample:digits")."""
        sample = sample_of(source)
        splits = {split: description.size(split) for split in SPLITS if split in description.counts}
        counts = zip(*(description.counts[split] for split in splits), strict=False)
        bad = sum(not skipped.ignored for skipped in description.skipped)
        return cls(
            name=sample.label if sample else OWN,
            source=sample.source_note if sample else "",
            licence=sample.licence if sample else UNKNOWN_LICENCE,
            kind=description.kind,
            read_as=description.format,
            splits=splits,
            split_reason=description.split_reason,
            classes=tuple(zip(description.classes, counts, strict=False)),
            amounts=tuple(
                f"{amount.name} ({amount.unit})" if amount.unit else amount.name
                for amount in description.amounts
            ),
            left_out=bad,
            ignored=len(description.skipped) - bad,
            is_estimated=bool(description.judged_by),
            fingerprint=description.fingerprint,
            digest=description.digest,
        )

    @property
    def total(self) -> int:
        """The examples of all splits."""
        return sum(self.splits.values())

    @property
    def total_text(self) -> str:
        """How many examples there are: "1,797 pictures"."""
        return f"{'about ' if self.is_estimated else ''}{counted(self.kind, self.total)}"

    @property
    def left_out_text(self) -> str:
        """What was left out: "3 files or rows"; "" for nothing."""
        return count_text(self.left_out, "file or row", "files or rows") if self.left_out else ""

    def split_rows(self) -> list[tuple[str, str, str]]:
        """Returns a row for each split: its name, its examples and their share of all."""
        total = max(1, self.total)
        return [
            (split.capitalize(), f"{count:,}", percent_text(count / total))
            for split, count in self.splits.items()
        ]

    def class_rows(self) -> list[tuple[str, ...]]:
        """Returns a row for each class: its name, and its examples in each split."""
        return [(name, *(f"{count:,}" for count in counts)) for name, counts in self.classes]

    def facts(self) -> list[tuple[str, str]]:
        """Returns names with values, in the order in which they are read; empty values too."""
        return [
            ("Name", self.name),
            ("Source", self.source),
            ("Licence", self.licence),
            ("Examples", self.total_text),
            ("An example is", f"a {noun(self.kind, 1)}"),
            ("Read as", self.read_as),
            ("Divided", self.split_reason),
            ("Predicted", ", ".join(self.amounts)),
            ("Left out", self.left_out_text),
            ("Fingerprint", self.fingerprint),
            ("Digest of the arrays", self.digest),
        ]
