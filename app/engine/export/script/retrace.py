"""Runs a script in a process of its own, and compares what it does with what the run recorded."""

from __future__ import annotations

import math
import re
import subprocess
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine import own_process
from app.engine.errors import UserError
from app.engine.export.script.elsewhere import loss_tolerance
from app.engine.export.script.source import ScriptSource

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.export.trained_network import TrainedNetwork
    from app.engine.sources.format import Progress

_STEP = re.compile(r"^step +(\d+) +loss (\S+)$")
_EPOCH = re.compile(r"^epoch +(\d+):")
_DIGEST = re.compile(r"^SHA-256 of the weights: ([0-9a-f]{64})$")


def retrace(trained: TrainedNetwork, path: Path, whole: bool, progress: Progress) -> dict[str, Any]:
    """Returns fields of Proof: how many of the first losses are those of the run.

    whole: the script trains to its end too, and its final weights are compared. Of a run on another
    device the tolerance is measured. Raises UserError where the script fails.
    """
    source = ScriptSource.of(trained)
    if whole and source.is_elsewhere:
        raise UserError(
            f"The run computed on '{source.device}', so that its final weights cannot be repeated "
            "bit for bit here.",
            "Leave out --whole.",
        )

    recorded = source.recorded_losses(source.compared_steps)
    progress("Training the first steps again", 0, 0)

    def train(script: Path) -> dict[int, float]:
        return _losses(_output(script, ("--steps", str(max(recorded))), progress))

    found = train(path) if recorded else {}

    for step in recorded:
        if not math.isfinite(found.get(step, math.nan)):
            raise UserError(f"The script has no loss at step {step}.", "Please report it.")

    pairs = [(loss, found[step]) for step, loss in recorded.items()]
    fields: dict[str, Any] = {
        "steps": len(pairs),
        "steps_same": sum(same_loss(loss, other) for loss, other in pairs),
        "loss_difference": max((abs(loss - other) for loss, other in pairs), default=0.0),
    }
    if source.is_elsewhere and recorded:
        progress("Measuring what other rounding does to the first steps", 0, 0)
        fields["loss_tolerance"] = loss_tolerance(trained, path, found, train)
    if not whole:
        return fields
    if not source.weights_sha256:
        raise UserError(
            "The run did not come to its end, so that no final weights can be compared.",
            "Leave out --whole.",
        )

    epochs = source.resolved.training.epochs
    progress("Training it again", 0, epochs)
    lines = _output(path, (), progress, epochs)
    digest = next((match[1] for line in lines if (match := _DIGEST.match(line))), "")
    return fields | {"weights_same": digest == source.weights_sha256}


def same_loss(recorded: float, loss: float) -> bool:
    """Whether two losses of float32 are the same; runs of before 0.4.0 kept eight digits."""
    if np.float32(recorded) == np.float32(loss):
        return True

    return recorded == float(f"{recorded:.8g}") and f"{recorded:.8g}" == f"{loss:.8g}"


def _losses(lines: list[str]) -> dict[int, float]:
    """Returns the losses that the script printed, by the numbers of their steps."""
    return {int(match[1]): float(match[2]) for line in lines if (match := _STEP.match(line))}


def _output(
    path: Path, arguments: tuple[str, ...], progress: Progress, epochs: int = 0
) -> list[str]:
    """Runs the script and returns the lines that it prints. Raises UserError where it fails."""
    process = subprocess.Popen(
        own_process.foreign_python(path, *arguments),
        cwd=path.parent,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    lines: list[str] = []
    with process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            if epochs and (match := _EPOCH.match(line)):
                progress("Training it again", int(match[1]), epochs)

    if process.returncode:
        reason = lines[-1] if lines else f"it ended with {process.returncode}"
        raise UserError(f"The script does not run: {reason}", "Please report it.")

    return lines
