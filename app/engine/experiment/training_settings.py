"""The settings of [training]: how long, in what batches and on what device."""

from __future__ import annotations

from typing import Literal

from app.engine.experiment.limits import LARGEST_SEED, MOST_EPOCHS
from app.engine.learning.tasks import TASKS
from models.spec import Spec, setting

MOST_THREADS = 256
"""More than a computer of today has cores; each thread takes memory before it computes anything."""


class TrainingSettings(Spec):
    """Says how long the network is trained, in what batches and on what device: [training]."""

    epochs: int | None = setting(
        None,
        label="Epochs",
        ge=1,
        le=MOST_EPOCHS,
        help="How often every training example is seen.",
    )
    batch_size: int | None = setting(
        None,
        label="Batch size",
        unit="examples",
        ge=1,
        le=1_000_000,
        logarithmic=True,
        help="Examples that go through the network together. Larger is smoother and takes more "
        "memory.",
    )
    accumulation: int = setting(
        1,
        label="Gradient accumulation",
        unit="batches a step",
        ge=1,
        le=4096,
        advanced=True,
        help="Adds up the gradients of so many batches before each step: the effect of a larger "
        "batch in the memory of a small one.",
    )
    recompute: bool = setting(
        False,
        label="Recompute activations",
        advanced=True,
        help="Keeps only what goes into each block and computes the rest again in the backward "
        "pass: less memory for a second forward pass at every step, and the same result.",
    )
    seed: int = setting(
        0,
        label="Seed",
        ge=0,
        le=LARGEST_SEED,
        help="The same seed gives the same run on the same computer.",
    )
    device: str = setting(
        "auto",
        label="Device",
        help="Where to compute: auto, cpu, cuda, cuda:1, mps.",
        advanced=True,
    )
    precision: Literal["auto", "float32", "bfloat16", "float16"] = setting(
        "auto",
        label="Precision",
        advanced=True,
        choices={
            "auto": "Automatic",
            "float32": "float32 (exact)",
            "bfloat16": "bfloat16 (half the memory)",
            "float16": "float16 with scaling (for older GPUs)",
        },
        help="Two bytes a number halve the memory of activations; automatic takes bfloat16 "
        "where the device is faster with it. float16 also needs its loss scaled, which "
        "happens automatically.",
    )
    gradient_clip: float | None = setting(
        None,
        label="Gradient clipping",
        unit="norm",
        ge=0.0,
        le=1e6,
        step=0.5,
        advanced=True,
        live=True,
        help="A gradient longer than this is shortened to it; 0 leaves it. Helps against sudden "
        "jumps.",
    )
    patience: int = setting(
        0,
        label="Early stopping",
        unit="epochs without improvement",
        ge=0,
        le=MOST_EPOCHS,
        help="Stops after so many epochs without a better validation loss; 0 never stops early.",
    )
    min_delta: float = setting(
        0.0,
        label="Least improvement",
        ge=0.0,
        le=1e6,
        step=0.001,
        advanced=True,
        help="What counts as better, in validation loss, for early stopping.",
    )
    start_from: str | None = setting(
        None,
        label="Start from weights",
        advanced=True,
        help="The folder or the name of one of your runs, or a .safetensors file: its weights are "
        "the start where names and shapes agree, and what is not taken over is listed. Left open, "
        "all weights begin at random.",
    )
    keep_epochs: bool = setting(
        False,
        label="Keep every epoch",
        advanced=True,
        help="Keeps weights and optimizer of every epoch, so that a training can go on from any of "
        "them. Takes as much of the disk as weights and moments take of the memory, for each "
        "epoch.",
    )
    embedding: int = setting(
        64,
        label="Embedding",
        unit="numbers",
        ge=2,
        le=4096,
        step=16,
        advanced=True,
        applies=tuple(kind for kind, task in TASKS.items() if task.embeds),
        help="How many numbers stand for an example, so that what belongs together lies close "
        "together.",
    )
    best_by: Literal["loss", "metric"] | None = setting(
        None,
        label="Best epoch by",
        choices={"loss": "Validation loss", "metric": "The main figure of validation"},
        advanced=True,
        help="Which figure decides whose weights are kept. Left open, the task decides: usually "
        "the loss.",
    )
    cpu_use: Literal["gentle", "normal", "max"] = setting(
        "normal",
        label="CPU use",
        advanced=True,
        choices={"gentle": "Gentle: one core", "normal": "Normal: measured", "max": "All cores"},
        help="How much of the computer a training on the CPU takes. Normal tries thread counts for "
        "a second before the first training, and later ones of the same network keep the fastest.",
    )
    threads: int | None = setting(
        None,
        label="Threads",
        ge=1,
        le=MOST_THREADS,
        advanced=True,
        help="CPU threads. Left open, they follow CPU use. The same number gives the same bits.",
    )

    batch_norm: Literal["local", "gathered"] = setting(
        "local",
        label="Batch norm of several processes",
        advanced=True,
        choices={
            "local": "Each process its own share",
            "gathered": "Gathered: the whole batch",
        },
        help="Where several processes share a batch: what batch norm takes its averages from. "
        "Gathered ones give the step of one process, and take longer.",
    )

    @property
    def step_size(self) -> int:
        """The examples of a step: those of all batches whose gradients are added up.

        An open batch size counts as 1.
        """
        return (self.batch_size or 1) * self.accumulation
