"""Windows of a long text: so many tokens in a row, and for each of them the next one."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, overload

import numpy as np

from app.engine.data.digests import ArrayDigests, BlockDigests
from app.engine.data.fingerprints import fingerprints_of
from app.engine.errors import UserError
from app.engine.learning.losses.cross_entropy import NO_TOKEN
from app.engine.sources.loaded import Part

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.engine.data.kinds.text.preparation import TextPreparation
    from app.engine.data.preparation import Preparation
    from app.engine.data.verification import MappedCopy

INPUTS = np.dtype(np.int32)
TARGETS = np.dtype(np.int64)
"""The types as which inputs and targets are digested, in however few bytes they are stored."""


def window_type(preparation: TextPreparation) -> np.dtype[Any]:
    """Returns the type of a window as it is stored: two bytes a token where these hold all."""
    tokens = "<i2" if preparation.vocabulary <= np.iinfo(np.int16).max + 1 else "<i4"
    return np.dtype(
        [
            ("inputs", tokens, (preparation.length,)),
            ("targets", tokens, (preparation.length,)),
        ]
    )


class Cut(NamedTuple):
    """Some windows.

    windows: (n,) records of `window_type`. starts: (n,) int64, the byte of the text at which each
    begins. fingerprints: (n, 16) uint8, of content and position.
    """

    windows: np.ndarray
    starts: np.ndarray
    fingerprints: np.ndarray


class WindowCutter:
    """Cuts the tokens of a text into windows, part by part; none reaches over an edge of parts.

    position: the bytes of the text so far. tokens: how many there are. input_digests,
    target_digests: of the windows so far.
    """

    def __init__(self, preparation: TextPreparation) -> None:
        self.position = 0
        self.tokens = 0
        self.input_digests = BlockDigests()
        self.target_digests = BlockDigests()
        self._length = preparation.length
        self._sizes = preparation.token_bytes()
        self._dtype = window_type(preparation)

    def cut(self, groups: Iterable[np.ndarray]) -> Iterator[Cut]:
        """Yields the windows of a part, some at a time.

        groups: its tokens, one group after the other. The last window is filled up with padding,
        and with NO_TOKEN in the targets.
        """
        rest = np.zeros(0, np.int32)
        for group in groups:
            self.tokens += len(group)
            rest = np.concatenate([rest, group])
            count = (len(rest) - 1) // self._length
            if count > 0:
                yield self._windows(rest[: count * self._length + 1], count)
                rest = rest[count * self._length :]

        if len(rest) > 1:
            yield self._windows(rest, 1)
            rest = rest[-1:]

        self.position += int(self._sizes[rest].sum())

    def _windows(self, tokens: np.ndarray, count: int) -> Cut:
        """Returns windows of tokens, of which the last one is a target alone."""
        length = self._length
        inputs = _filled(tokens[:-1], count, length, 0, INPUTS)
        targets = _filled(tokens[1:], count, length, NO_TOKEN, TARGETS)
        offsets = np.concatenate([[0], np.cumsum(self._sizes[tokens[:-1]])])
        starts = self.position + offsets[np.arange(count) * length]
        self.position += int(offsets[-1])

        self.input_digests.update(inputs)
        self.target_digests.update(targets)
        windows = np.empty(count, self._dtype)
        windows["inputs"] = inputs
        windows["targets"] = targets
        return Cut(windows, starts, _fingerprints(inputs, starts))


def _filled(
    tokens: np.ndarray, count: int, length: int, filling: int, dtype: np.dtype[Any]
) -> np.ndarray:
    """Tokens (n,) as windows (count, length), the last one filled up."""
    flat = np.full(count * length, filling, dtype)
    flat[: len(tokens)] = tokens
    return flat.reshape(count, length)


def _fingerprints(inputs: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Returns fingerprints of content and position: (n, 16) uint8.

    A text may say a thing twice, on both sides of an edge, and that is no copy.
    """
    return fingerprints_of(
        struct.pack("<q", start) + row.tobytes()
        for start, row in zip(starts.tolist(), inputs, strict=True)
    )


@dataclass(frozen=True, eq=False)
class Windows(Part):
    """Windows of one text, fitted already, because the training part is known beforehand.

    inputs: (N, L), in memory or mapped. known_fingerprints: (N, 16). known_digests: of the inputs.
    """

    inputs: np.ndarray
    known_fingerprints: np.ndarray = field(repr=False)
    preparation: TextPreparation
    known_digests: ArrayDigests = field(repr=False)
    copy: MappedCopy | None = None

    def __len__(self) -> int:
        return len(self.inputs)

    def fit(
        self,
        training: np.ndarray,  # noqa: ARG002 - the training part was fitted on beforehand
    ) -> tuple[np.ndarray, Preparation]:
        return self.inputs, self.preparation

    def encode(self, preparation: Preparation) -> np.ndarray:
        if preparation != self.preparation:
            raise UserError(
                "These texts are not cut into tokens as in the network's training.",
                "Open the text again.",
                "data.source",
            )
        return self.inputs

    def fingerprints(self) -> np.ndarray:
        return self.known_fingerprints

    def digests(self, array: np.ndarray) -> ArrayDigests:  # noqa: ARG002 - of these inputs alone
        return self.known_digests

    @property
    def mapped_copy(self) -> MappedCopy | None:
        return self.copy


class PlaceNames(Sequence[str]):
    """The names of windows: where each begins. Made when they are asked for: there are millions."""

    def __init__(self, name: str, starts: np.ndarray) -> None:
        self._name = name
        self._starts = starts

    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> PlaceNames: ...

    def __getitem__(self, index: int | slice) -> str | PlaceNames:
        if isinstance(index, slice):
            return PlaceNames(self._name, self._starts[index])

        return f"{self._name}, byte {int(self._starts[index]):,}"
