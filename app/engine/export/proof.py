"""What the proof of an export found, as it is kept with the run. No torch here."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

from app.engine.errors import UserError
from app.engine.learning.metrics import METRICS
from app.engine.runs.storage import manifest, shape

if TYPE_CHECKING:
    from app.engine.runs.run import Run
    from app.engine.runs.weights_in_use import WeightsInUse

FILE = "exports.json"
"""The proofs of a run, by format."""


@dataclass(frozen=True)
class Proof:
    """How an exported file answers a whole split, beside the network that it was made of.

    format: its kind. out: the name of the file. size: bytes of all its files. weight_bytes: of the
    network's numbers in float32. use, epoch, step: which weights were exported; step 0 is not
    known. time: of the proof, in seconds since 1970; 0 is not known. split: the examples were those
    of. changed: answers that a person would be told otherwise, see Task.changed. max_difference: of
    two numbers among all answers, infinite where the file answers with none; largest: the largest
    number among them. figure, value, run_value: the task's headline metric by the exported file,
    and by the network itself on the same examples; None where it is not defined. milliseconds,
    own_milliseconds: an example takes, by batch size, on one thread, in the exported file and in
    PyTorch here. allowed: the share of changed answers from which on it is marked. allowed_loss:
    how much worse the figure may be, as `lost`; None for any. left_out: what the format does not
    hold. steps, steps_same, loss_difference: of a format that trains, how many first losses were
    compared with those of the run, how many are the same to the last bit, and the largest
    difference. loss_tolerance: how large that may be where another device computed the run; None
    where bits must be the same. weights_same: whether it trained to the same final weights; None
    where that was not tried.
    """

    format: str
    out: str
    size: int
    weight_bytes: int
    use: str
    epoch: int
    split: str
    examples: int
    changed: int
    max_difference: float
    largest: float
    figure: str
    value: float | None
    run_value: float | None
    milliseconds: dict[str, float] = field(default_factory=dict)
    own_milliseconds: dict[str, float] = field(default_factory=dict)
    allowed: float = 0.0
    allowed_loss: float | None = None
    left_out: tuple[str, ...] = ()
    step: int = 0
    time: float = 0.0
    steps: int = 0
    steps_same: int = 0
    loss_difference: float = 0.0
    loss_tolerance: float | None = None
    weights_same: bool | None = None

    @property
    def trains_otherwise(self) -> bool:
        """Whether the losses of its first steps, or its final weights, are not those of the run."""
        if self.weights_same is False:
            return True
        if self.loss_tolerance is not None:
            return self.loss_difference > self.loss_tolerance

        return self.steps_same < self.steps

    @property
    def is_marked(self) -> bool:
        """Whether more changed than the format states, or it trains otherwise than the run."""
        if self.trains_otherwise:
            return True
        if self.changed > self.allowed * self.examples:
            return True
        if self.allowed_loss is None or self.run_value is None:
            return False

        lost = self.lost
        # A point of a thousand examples is 0.010000000000000009.
        return lost is None or lost > self.allowed_loss + 1e-9

    @property
    def lost(self) -> float | None:
        """How much worse the figure is than the run's own; below 0 where it is better.

        0.01 is a point of a figure that is 1 at best, and a hundredth of any other. None where one
        of both is not defined.
        """
        if self.value is None or self.run_value is None:
            return None

        metric = METRICS[self.figure]
        worse = self.run_value - self.value
        if metric.better == "lower":
            worse = -worse
        if metric.best == 1.0 or metric.shown == "percent":
            return worse

        return worse / abs(self.run_value) if self.run_value else math.copysign(math.inf, worse)

    def is_of(self, weights: WeightsInUse) -> bool:
        """Returns whether these weights were exported."""
        same_step = self.step in (0, weights.step)
        return same_step and (self.use, self.epoch) == (weights.use, weights.epoch)

    def to_plain(self) -> dict[str, Any]:
        """Returns plain data for JSON, with names that other programs rely on.

        A number that is not finite is None.
        """
        plain = asdict(self)
        checked = {
            "split": self.split,
            "examples": self.examples,
            "changed": self.changed,
            "max_difference": _finite(self.max_difference),
            "figure": {
                "name": self.figure,
                "value": _finite(self.value),
                "run": _finite(self.run_value),
            },
            "milliseconds": self.milliseconds,
            "own_milliseconds": self.own_milliseconds,
        }
        if self.steps:
            trained = ("steps", "steps_same", "loss_difference", "loss_tolerance", "weights_same")
            checked |= {name: plain[name] for name in trained}

        kept = ("format", "out", "size", "weight_bytes", "use", "epoch", "step", "time", "allowed")
        return {name: plain[name] for name in kept} | {
            "allowed_loss": self.allowed_loss,
            "left_out": list(self.left_out),
            "largest": _finite(self.largest),
            "checked": checked,
        }

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Proof:
        """Raises KeyError, TypeError or ValueError for what is not of this form."""
        checked = dict(plain["checked"])
        figure = checked.pop("figure")
        values = {name: value for name, value in plain.items() if name != "checked"} | checked
        values |= {"figure": figure["name"], "value": figure["value"], "run_value": figure["run"]}
        for name in ("max_difference", "largest"):
            values[name] = math.inf if values[name] is None else values[name]

        known = {each.name for each in fields(cls)}
        proof = shape.typed({name: value for name, value in values.items() if name in known}, cls)
        if proof is None:
            raise ValueError("its values are of other kinds")

        return proof


def read_proofs(run: Run) -> dict[str, Proof]:
    """Returns the proofs that are kept with a run, by format.

    Raises RunFileError where the file is damaged.
    """
    plain = shape.read_object(run.path, FILE)
    try:
        return {kind: Proof.from_plain(each) for kind, each in plain.items()}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise manifest.damaged(run.path, FILE, "it holds no proofs of exports") from error


def keep(run: Run, proof: Proof) -> None:
    """Keeps a proof with the run, in place of an earlier one of its format.

    A damaged record is begun anew: every proof of it can be made again. Raises UserError where the
    run is being trained or gone, or where the disk refuses.
    """
    if not run.path.is_dir():
        # Writing would make the folder anew.
        raise UserError(f"The run '{run.name}' is not where it was.", "Export it again from there.")

    run.must_rest("given the proof of an export")
    try:
        proofs = {kind: each.to_plain() for kind, each in read_proofs(run).items()}
    except manifest.RunFileError:
        proofs = {}

    run.write_json(FILE, proofs | {proof.format: proof.to_plain()})
    manifest.settle(run.path)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
