"""A dataset: examples in arrays, divided into splits, and the description kept with the weights."""

from __future__ import annotations

import functools
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from app.engine.data.kinds import read_preparation
from app.engine.data.reading import NOT_A_TABLE, Reading
from app.engine.text import rounded_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from app.engine.data.preparation import Preparation
    from app.engine.data.verification import MappedCopy

SPLITS = ("training", "validation", "test")


@dataclass(frozen=True)
class Skipped:
    """A file or row that was left out, and why, in a person's words.

    ignored: whether it is junk that nobody would miss.
    """

    path: str
    reason: str
    ignored: bool = False


@dataclass(frozen=True)
class Amount:
    """One target of a regression, in its own unit.

    The statistics are of the training examples. std is never 0. is_position: whether it says where
    something stands in the picture, so that it would change with a picture that is moved.
    """

    name: str
    unit: str = ""
    mean: float = 0.0
    std: float = 1.0
    low: float = 0.0
    high: float = 1.0
    median: float = 0.0
    is_position: bool = False


@dataclass(frozen=True)
class Damage:
    """What is done to an example that the network has to restore.

    share: of the values that are hidden, or the strength of the noise in standard deviations.
    patch: the side of what is hidden at once, in pixels or values.
    """

    kind: Literal["noise", "mask"]
    share: float
    patch: int = 1


@dataclass(frozen=True)
class Description:
    """What a dataset holds, without the examples.

    It is written to dataset.json and kept beside the weights.

    shape: of one example as the network sees it (of a pair: of its first half), see
    models.shape.Input. classes: names of classes or tags in the order of the network's outputs; ()
    where there are none. counts: per split, examples per class or tag, in order; one number where
    there are no classes. fingerprint: of the examples and how they were prepared and divided.
    notes: what a person should know, one sentence each ("3 animated pictures: first frame used").
    task: what is predicted, as requested or as the data suggest. sizes: examples per split, because
    counts of tags do not say it. amounts: the targets of a regression. damage: of a reconstruction.
    chosen: settings of [data] that were left open and what was chosen for them, for the record of a
    run. digest: of the arrays that are learned from, inputs and targets, after decoding; "" in a
    run of before there were digests. reading: how the source was read, which later files are read
    by. contradictions: which equal examples have different labels, in a sentence, "" for none.
    judged_by: what the numbers of examples were estimated from, "" where they were counted.
    framed: whether pictures are trimmed to what they show, so that a shift cuts some of it off.
    """

    source: str
    format: str
    shape: tuple[int, ...]
    classes: tuple[str, ...]
    counts: dict[str, tuple[int, ...]]
    fingerprint: str
    preparation: Preparation
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    mirror_safe: bool = True
    split_reason: str = ""
    task: str = "classification"
    sizes: dict[str, int] = field(default_factory=dict)
    amounts: tuple[Amount, ...] = ()
    damage: Damage | None = None
    chosen: dict[str, Any] = field(default_factory=dict)
    digest: str = ""
    reading: Reading = NOT_A_TABLE
    contradictions: str = ""
    judged_by: str = ""
    framed: bool = False

    @property
    def total(self) -> int:
        """How many examples there are in all splits."""
        total = sum(self.size(split) for split in self.counts)
        return rounded_count(total) if self.judged_by else total

    def size(self, split: str) -> int:
        """Returns how many examples a split has."""
        return self.sizes[split] if split in self.sizes else sum(self.counts.get(split, ()))

    @property
    def about(self) -> str:
        """What stands before a number of examples: "about " where they were not counted."""
        return "about " if self.judged_by else ""

    @property
    def kind(self) -> str:
        """The kind of its inputs: "image", "row", "text", "signal" or "pair"."""
        return self.preparation.kind

    def to_plain(self) -> dict[str, Any]:
        """Returns the description as plain data for JSON."""
        return asdict(self) | {
            "preparation": self.preparation.to_plain(),
            "reading": self.reading.to_plain(),
        }

    @classmethod
    def from_plain(cls, data: dict[str, Any]) -> Description:
        """Raises KeyError, TypeError or ValueError for what is not of this form."""
        values = dict(data)
        values["shape"] = tuple(values["shape"])
        values["classes"] = tuple(values["classes"])
        values["counts"] = {split: tuple(counts) for split, counts in values["counts"].items()}
        values["preparation"] = read_preparation(values["preparation"])
        values["skipped"] = tuple(Skipped(**item) for item in values["skipped"])
        values["notes"] = tuple(values["notes"])
        values["contradictions"] = str(values.get("contradictions", ""))
        values["judged_by"] = str(values.get("judged_by", ""))
        values["amounts"] = tuple(Amount(**item) for item in values.get("amounts", ()))
        values["damage"] = Damage(**values["damage"]) if values.get("damage") else None
        values["reading"] = (
            Reading.from_plain(values["reading"])
            if "reading" in values
            else Reading.of_older_run(values["preparation"], values.get("chosen", {}))
        )

        return cls(**values)


@dataclass(frozen=True, eq=False)  # comparing arrays gives no yes or no
class Dataset:
    """Examples with their targets. Arrays are shared and read-only; they may be memory maps.

    inputs: (N, ...) as Preparation.array stores an example: pictures (C, H, W) uint8, rows (F,) and
    signals (C, L) float32, texts (L,) int32. second_halves: of pairs, a row each,
    else None.

    targets: one a row, by task: (N,) int64 class numbers; (N, K) float32 of 0 and 1, tags; (N, T)
    float32 amounts in their own units; (N, L) int64 the next tokens, -100 where there is none; (N,)
    int64 zeros where none is needed; of pairs, numbers that are equal where two second halves are.
    Tokens of a long text, inputs and targets, have as few bytes as hold them.

    indices: per split, the rows of its examples, ascending. names: where each example came from: a
    path, or "file.gz #123". mapped_copies: arrays that are compared with their digests only
    while they are learned from. is_sample: whether these are only some of the examples, while the
    description is that of all; then training reads all. stays_on_disk: whether these, too, will not
    be held in memory. fingerprints: (N, 16) uint8, of each example as it was read, by which a
    revision names it; None where they are not known.
    """

    description: Description
    inputs: np.ndarray
    targets: np.ndarray
    indices: dict[str, np.ndarray]
    names: Sequence[str] = field(repr=False, default=())
    second_halves: np.ndarray | None = None
    mapped_copies: tuple[MappedCopy, ...] = field(repr=False, default=())
    is_sample: bool = False
    stays_on_disk: bool = False
    fingerprints: np.ndarray | None = field(repr=False, default=None)

    @functools.cached_property
    def arrays(self) -> tuple[np.ndarray, ...]:
        """The arrays of the inputs: one, or one for each half of pairs."""
        return (self.inputs,) if self.second_halves is None else (self.inputs, self.second_halves)

    @property
    def is_damaged(self) -> bool:
        """Whether a mapped array was found damaged, so that the data must be opened again."""
        return any(copy.is_damaged for copy in self.mapped_copies)

    @property
    def example_bytes(self) -> int:
        """The bytes that the inputs of one example take as they are stored."""
        return sum(int(array[0].nbytes) for array in self.arrays)

    def split(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Returns copies of the inputs and targets of a split; of pairs the first halves."""
        rows = self.indices[name]
        return self.inputs[rows], self.targets[rows]
