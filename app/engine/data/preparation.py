"""The preparation of inputs: from what a person has to what the network reads.

Training, validation, prediction and export all use this one. A preparation stands in the folder of
its kind in `kinds`; here is what each must offer.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

if TYPE_CHECKING:
    import numpy as np
    import torch

    from models.shape import Input

    Batch = torch.Tensor | tuple[torch.Tensor, ...]
    """Prepared inputs: a tensor, or one for each half of pairs."""


@dataclass(frozen=True)
class RawInput:
    """One input of an exported network, as other programs have it.

    shape: of one example; () for a number. words: of a category, whose numbers begin at 1, because
    0 is whatever was not seen in training; () for other inputs. unit: of its values, "" for none.
    tokenizer: as JSON, of tokens; "" where a token is a byte plus 1, None for other inputs.
    """

    name: str
    dtype: Literal["uint8", "int32", "int64", "float32"]
    shape: tuple[int, ...] = ()
    words: tuple[str, ...] = ()
    unit: str = ""
    tokenizer: str | None = None


@dataclass(frozen=True)
class PreparationCode:
    """A preparation as code that needs torch alone.

    examples: what several are called, the key of their array: "pictures". text: defines
    `prepare(examples)`, from batches (B, ...) as `read` gives them to what the network reads. read:
    an expression of `array`, a NumPy array as a Dataset stores it. arrays: numbers that the text
    reads as tensors, by the names of the constants in small letters. note: on the array, "" for
    none.
    """

    examples: str
    text: str
    read: str = "torch.from_numpy(array)"
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    note: str = ""


class Preparation(ABC):
    """How inputs are prepared, fitted on the training examples and kept beside the weights."""

    kind: ClassVar[str]
    """The name of its folder in `kinds`."""

    @property
    @abstractmethod
    def inputs(self) -> tuple[Input, ...]:
        """The shapes that the network reads: one, or those of both halves of pairs."""

    @property
    def data_settings(self) -> dict[str, Any]:
        """The settings of [data] that it stands for, by name, for the record of a run."""
        return {}

    @abstractmethod
    def array(self, raw: Any) -> np.ndarray | tuple[np.ndarray, ...]:
        """Encodes one example as a Dataset stores it; a pair as one array for each half.

        raw: a decoded picture (pictures.decode), the cells of a row by column, a text, a signal (C,
        L), or two of them. Raises UserError where it cannot be used.
        """

    def left_out_note(self, raw: Any) -> str:  # noqa: ARG002 - most kinds read all of an example
        """Returns a sentence where not all of an example is read, or it is padded, else "".

        raw: see `array`.
        """
        return ""

    def to_display(self, stored: Any) -> Any:
        """Returns what a person is shown of an example that a Dataset stores; not for pairs.

        A picture (C, H, W) uint8 and a signal (C, L) as they are; of a row ((column, value), ...),
        values as numbers or words of their own; of a text the text.
        """
        return stored

    @abstractmethod
    def tensor(self, batch: Batch) -> Batch:
        """Returns what the network reads of a batch (B, ...) as it is stored, on its device.

        The batch itself is not changed.
        """

    # --- outside of this program

    @property
    def raw_inputs(self) -> tuple[RawInput, ...]:
        """What an exported network is given, in order: one input, or one a column of rows."""
        return tuple(RawInput("values", "float32", half.shape) for half in self.inputs)

    def to_raw(self, *stored: np.ndarray) -> tuple[np.ndarray, ...]:
        """Returns what other programs would give for examples (B, ...) as a Dataset stores them.

        stored: an array, or one for each half of pairs. The arrays are those of `raw_inputs`.
        """
        return stored

    def of_raw(self, *raw: torch.Tensor) -> Batch:
        """Returns raw inputs (B, ...) as a Dataset stores them; `tensor` takes them.

        It holds tensor operations alone, so that it can be exported with the network.
        """
        return raw[0]

    def in_units(self, values: torch.Tensor) -> torch.Tensor:
        """Returns standardised values (B, ...) in the units of the raw inputs.

        What `tensor` does, backwards: tones of pictures, numbers of rows, samples of signals. Only
        for kinds whose examples can be restored.
        """
        raise NotImplementedError(f"examples of the kind '{self.kind}' are not restored")

    def code(self) -> PreparationCode:
        """Returns the preparation as code. Raises NotImplementedError where there is none."""
        raise NotImplementedError(f"examples of the kind '{self.kind}' have no code")

    def units_code(self) -> str:
        """Returns code that defines `answers(outputs)`, what `in_units` does.

        Raises NotImplementedError where examples are not restored, or nobody has written it.
        """
        raise NotImplementedError(f"examples of the kind '{self.kind}' have no code")

    @abstractmethod
    def to_plain(self) -> dict[str, Any]:
        """Returns the preparation as plain data for JSON, of which `read_preparation` makes it."""

    @classmethod
    @abstractmethod
    def from_plain(cls, data: dict[str, Any]) -> Preparation:
        """Raises KeyError, TypeError or ValueError for what is not of this form."""
