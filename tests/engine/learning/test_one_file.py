"""A task, a loss, an optimizer and a schedule are added in one file each, and nothing else changes.

The source is copied, a file of each sort is added, and the copy trains with them.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

FILES = {
    "losses/cubic.py": '''
"""A loss that nobody knows by name."""

from app.engine.learning.loss import LOSSES, Loss, LossFunction


@LOSSES.register
class Cubic(Loss):
    kind = "cubic"
    label = "Cubic"
    summary = "The cube of the error."
    explanation = "Large errors cost most."
    tasks = ("guessing",)

    def build(self, counts, device, examples=0):
        return CubicFunction()


class CubicFunction(LossFunction):
    def __call__(self, outputs, targets):
        return (outputs - targets).abs().pow(3).mean()
''',
    "optimizers/plodding.py": '''
"""An optimizer that nobody knows by name."""

import torch

from app.engine.learning.optimizer import OPTIMIZERS, Optimizer


@OPTIMIZERS.register
class Plodding(Optimizer):
    kind = "plodding"
    label = "Plodding"
    summary = "Small steps."
    explanation = "It is SGD with momentum under another name."
    state_names = {"momentum_buffer": "first_moment"}
    default_learning_rate = 0.01

    def state_shapes(self, shape, matrix=False):
        return {"momentum_buffer": shape}

    def build(self, groups, device):
        return torch.optim.SGD(groups, lr=self.peak_rate(), momentum=0.5)
''',
    "schedules/halving.py": '''
"""A schedule that nobody knows by name."""

from app.engine.learning.schedule import SCHEDULES, Schedule


@SCHEDULES.register
class Halving(Schedule):
    kind = "halving"
    label = "Halving"
    summary = "Half the rate for the second half."
    explanation = "First fast, then careful."

    def factor(self, step, steps):
        return 1.0 if 2 * step < steps else 0.5
''',
    "tasks/guessing.py": '''
"""A task that nobody knows by name."""

from app.engine.learning.tasks.regression import Regression


class Guessing(Regression):
    kind = "guessing"
    label = "Guessing"
    summary = "Regression under another name."
    example = "How much?"
    order = 999


TASK = Guessing()
''',
}

SCRIPT = """
import sys
from pathlib import Path

from app.engine.experiment.toml_file import from_plain, to_plain
from app.engine.learning.tasks import TASKS
from app.engine.runs.control import Control
from app.engine.runs.run import Run
from app.engine.training.trainer import train
from tests.engine import tiny

data = tiny.dataset("regression", "row")
requested = from_plain({
    "data": {"task": "guessing"},
    "model": {"template": "mlp", "width": 16, "depth": 1},
    "loss": {"kind": "cubic"},
    "optimizer": {"kind": "plodding"},
    "schedule": {"kind": "halving"},
    "training": {"epochs": 2, "batch_size": 8, "threads": 1, "device": "cpu"},
})
assert from_plain(to_plain(requested)) == requested
assert TASKS["guessing"].losses == ("cubic",)

run = Run.create(Path(sys.argv[1]), requested)
finished = train(requested, run, lambda event: None, Control(), data)
assert finished.status == "completed", (run.path / "log.txt").read_text()

memory = run.summary()["memory"]
for row in ("weights", "gradients", "first_moment", "second_moment", "other_state"):
    assert memory["predicted"][row] == memory["measured"][row], row
print("trained")
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Returns a copy of the source with one more file of each kind."""
    ignored = shutil.ignore_patterns("__pycache__")
    for part in ("app", "models", "tests"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=ignored)

    for name, text in FILES.items():
        path = tmp_path / "app" / "engine" / "learning" / name
        path.write_text(text.lstrip("\n"), encoding="utf-8")

    return tmp_path


def test_a_file_of_each_kind_is_enough_to_train_with_it(copy: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(copy / "runs")],
        cwd=copy,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.stdout.strip() == "trained", done.stderr
