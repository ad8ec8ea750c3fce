"""The way of one training: what is called, room after room, and what is handed on.

The README prints it in its paragraph on the architecture; a test compares it with the code.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """A function on the way.

    depth: how many functions of the table it is called within. function: its name in its module,
    "Class.method" for a method. takes: the types of those of its parameters that come from the step
    before it, or from the function that calls it. gives: what it returns or, where a later step
    lies within it, what it hands on to that.
    """

    depth: int
    file: str
    function: str
    takes: tuple[str, ...]
    gives: str
    phrase: str

    @property
    def module(self) -> str:
        """The dotted name of its module."""
        return self.file.removesuffix(".py").replace("/", ".")

    @property
    def dotted(self) -> str:
        """The dotted name of the function."""
        return f"{self.module}.{self.function}"

    @property
    def room(self) -> str:
        """The folder it stands in: "training" for app/engine/training/loop.py."""
        return self.file.split("/")[-2]


TRAINING = "app/engine/training"

WAY = (
    Step(
        0,
        "app/train_commands.py",
        "train",
        (),
        "Experiment",
        "reads the TOML file and makes a run folder",
    ),
    Step(
        1,
        "app/headless.py",
        "train",
        ("Experiment", "Run"),
        "Experiment",
        "listens on the terminal, stops at Ctrl+C",
    ),
    Step(
        2,
        f"{TRAINING}/trainer.py",
        "train",
        ("Experiment", "Run"),
        "Experiment",
        "claims the run, makes attempts until one comes to its end",
    ),
    Step(
        3,
        f"{TRAINING}/plan.py",
        "plan_run",
        ("Experiment", "Run"),
        "Plan",
        "checks everything that can be checked without tensors",
    ),
    Step(
        4,
        "app/engine/sources/opening.py",
        "open_dataset",
        ("DataSettings",),
        "Dataset",
        "reads the files, divides them into splits",
    ),
    Step(
        4,
        "app/engine/experiment/resolve.py",
        "resolve",
        ("Experiment", "Description"),
        "ResolvedExperiment",
        "fills in what was left open, for these data",
    ),
    Step(
        3,
        f"{TRAINING}/build.py",
        "build",
        ("Plan", "Run"),
        "TrainState",
        "makes network, optimizer, loss and batches, and tries a step",
    ),
    Step(
        3,
        f"{TRAINING}/loop.py",
        "Training.fit",
        ("TrainState",),
        "int",
        "goes from step to step and from epoch to epoch",
    ),
    Step(
        4,
        "app/engine/compute/batches.py",
        "Batches.get",
        ("int",),
        "tuple[Batch, torch.Tensor]",
        "gathers, augments and prepares a batch",
    ),
    Step(
        4,
        "app/engine/compute/passes.py",
        "Passes.__call__",
        ("Batch", "torch.Tensor"),
        "torch.Tensor",
        "runs forward and backward, in parts where memory is short",
    ),
    Step(
        4,
        "app/engine/compute/passes.py",
        "Passes.step",
        ("torch.optim.Optimizer",),
        "None",
        "takes the optimizer step",
    ),
)
"""From the command line to the optimizer step, in the order in which the functions are called."""


def table() -> str:
    """Returns the way as a table for the README: a row a step, indented by depth."""
    rows = [
        f"| {'· ' * step.depth}`{step.function}` | `{step.file}` | `{step.gives}` | {step.phrase} |"
        for step in WAY
    ]
    head = ["| function | file | hands on | what it does |", "| --- | --- | --- | --- |"]
    return "\n".join([*head, *rows])
