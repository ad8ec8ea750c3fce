"""Preparation of signals: one rate, one length, each channel standardised."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from app.engine.data import sounds
from app.engine.data.names import readable
from app.engine.data.preparation import Preparation, PreparationCode, RawInput
from app.engine.errors import UserError
from app.engine.text import number_text
from models.shape import Input

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class SignalPreparation(Preparation):
    """Stores signals as (N, C, L) float32 in their own unit, which the network reads standardised.

    rate: samples a second, None where it is not known. mean, std: per channel, of the training
    signals; a channel without variation has std 1.
    """

    kind: ClassVar[str] = "signal"

    channels: int
    length: int
    rate: float | None
    mean: tuple[float, ...]
    std: tuple[float, ...]

    @property
    def inputs(self) -> tuple[Input, ...]:
        return (Input("signal", (self.channels, self.length)),)

    def to_plain(self) -> dict[str, Any]:
        return {"kind": self.kind, **asdict(self)}

    @classmethod
    def from_plain(cls, data: dict[str, Any]) -> SignalPreparation:
        values = dict(data)
        values["mean"] = tuple(values["mean"])
        values["std"] = tuple(values["std"])
        return cls(**values)

    def array(self, raw: np.ndarray | str | Path | Any) -> np.ndarray:
        """Encodes one signal as (C, L) float32, cropped or padded as `sounds.crop_or_pad` does.

        raw: (C, any) or (any,) numbers at this rate, or the path of a sound at any rate. Raises
        UserError where it cannot be used.
        """
        rate = self.rate
        if isinstance(raw, (str, Path)):
            values, rate = self._read(Path(raw))
        else:
            try:
                with np.errstate(over="ignore"):  # becomes infinite, which is refused below
                    values = np.asarray(raw, np.float32)
            except (TypeError, ValueError):
                raise UserError(
                    "A signal is a list of numbers.", "Leave out what is not a number."
                ) from None

        return self.conform(values, rate)

    def conform(self, values: np.ndarray, rate: float | None = None) -> np.ndarray:
        """Returns a signal (C, any) or (any,) at this rate and length, (C, L) float32.

        rate: of the signal, None where it is this one. Raises UserError.
        """
        if values.ndim == 1:
            values = values[None]
        if values.ndim != 2 or not values.shape[1]:
            raise UserError("The signal is empty.", "Give a list of numbers.")
        if not np.isfinite(values).all():
            raise UserError(
                "The signal holds values that are not numbers.", "Leave them out, or fill them in."
            )
        if len(values) != self.channels:
            raise UserError(
                f"The signal has {len(values):,} {'channel' if len(values) == 1 else 'channels'}; "
                f"the network was trained on {self.channels:,}.",
                "Choose a signal with the same channels.",
            )

        if rate is not None and self.rate is not None:
            try:
                values = sounds.resample(values, rate, self.rate)
            except sounds.UnreadableSound as error:
                raise UserError(
                    f"The signal has {rate:,} samples a second, the network {self.rate:,}: "
                    f"{error.reason}.",
                    "Give a signal of another rate.",
                ) from error

        return np.ascontiguousarray(sounds.crop_or_pad(values, self.length), np.float32)

    def left_out_note(self, raw: np.ndarray | str | Path | Any) -> str:
        """Returns a sentence for numbers of another length, or on how a sound was read.

        That is its wrong header, another rate, or channels that cancel each other out. Sounds in
        files have been of different lengths in training too.
        """
        if isinstance(raw, (str, Path)):
            return self._note_on_sound(Path(raw))

        count = np.shape(raw)[-1]
        if count > self.length:
            return f"Only the middle {self.length:,} of {count:,} values are read."
        if count < self.length:
            return (
                f"It has {count:,} values and the network reads {self.length:,}: the "
                "rest is filled with its own mean."
            )

        return ""

    def _read(self, path: Path) -> tuple[np.ndarray, float]:
        """Reads a sound, and returns its samples and rate. Raises UserError."""
        try:
            values, rate = sounds.read_wave(path)
        except sounds.UnreadableSound as error:
            raise UserError(
                f"'{readable(path.name)}' cannot be used: {error.reason}.", "Try another file."
            ) from error
        except OSError as error:
            raise UserError(
                f"'{readable(path.name)}' could not be opened ({error.strerror or 'disk error'}).",
                "Try another file.",
            ) from error

        if sounds.is_silent(values):
            raise UserError(
                f"'{readable(path.name)}' is silent from beginning to end.", "Try another file."
            )

        return (sounds.mixed(values)[0] if self.channels == 1 else values), float(rate)

    def _note_on_sound(self, path: Path) -> str:
        """Returns what a person should know of how a sound was read, "" where it is nothing."""
        try:
            header = sounds.read_header(path)
            stereo = self.channels == 1 and header.channels > 1
            cancelled = stereo and sounds.mixed(sounds.read_wave(path, header)[0])[1]
        except (sounds.UnreadableSound, OSError):
            return ""

        notes = [f"The {sounds.REMARKS[header.remark][0]}."] if header.remark else []
        if self.rate is not None and header.rate != self.rate:
            old, new = f"{header.rate:,}", number_text(self.rate)
            notes.append(f"It was brought from {old} to {new} samples a second.")
        if cancelled:
            notes.append("Its channels cancel each other out: the first one is read.")

        return " ".join(notes)

    def tensor(self, batch: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        """Returns a batch (B, C, L) float32 standardised, on its device."""
        import torch  # noqa: PLC0415 - torch takes seconds to load; the window starts without it

        values = batch.to(torch.float32)
        mean = torch.tensor(self.mean, dtype=torch.float32, device=values.device).view(-1, 1)
        std = torch.tensor(self.std, dtype=torch.float32, device=values.device).view(-1, 1)

        return (values - mean) / std

    # --- outside of this program

    @property
    def raw_inputs(self) -> tuple[RawInput, ...]:
        return (RawInput("signal", "float32", (self.channels, self.length)),)

    def in_units(self, values: torch.Tensor) -> torch.Tensor:
        mean, std = (
            values.new_tensor(statistic).view(-1, 1) for statistic in (self.mean, self.std)
        )
        return values * std + mean

    def code(self) -> PreparationCode:
        return PreparationCode(
            "signals",
            f"MEAN = torch.tensor({list(self.mean)}).view(-1, 1)\n"
            f"STD = torch.tensor({list(self.std)}).view(-1, 1)\n\n\n"
            "def prepare(signals: torch.Tensor) -> torch.Tensor:\n"
            f'    """Standardises each channel of signals (B, {self.channels}, {self.length})."""\n'
            "    return (signals - MEAN) / STD\n",
        )

    def units_code(self) -> str:
        return (
            "def answers(outputs: torch.Tensor) -> torch.Tensor:\n"
            '    """Restored signals in their own unit."""\n'
            "    return outputs * STD + MEAN\n"
        )


def statistics(values: np.ndarray, rows: np.ndarray) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Returns mean and standard deviation of each channel of these rows of (N, C, L).

    The standard deviation is 1 where a channel does not vary.
    """
    count = 0
    total = np.zeros(values.shape[1])
    squares = np.zeros(values.shape[1])

    # Without the shift to about 0 squares would lose their digits.
    shift = values[rows[0]].mean(axis=1, dtype=np.float64) if len(rows) else total
    for start in range(0, len(rows), 1024):
        part = values[rows[start : start + 1024]].astype(np.float64) - shift[:, None]
        count += part.shape[0] * part.shape[2]
        total += part.sum(axis=(0, 2))
        squares += (part**2).sum(axis=(0, 2))

    mean = total / max(1, count)
    std = np.sqrt(np.maximum(squares / max(1, count) - mean**2, 0))
    mean = mean + shift
    constant = std <= 1e-6 * np.maximum(np.abs(mean), 1e-6)  # float32 holds seven digits

    return tuple(mean.tolist()), tuple(np.where(constant, 1.0, std).tolist())


PREPARATION = SignalPreparation
