"""What the time of an epoch depends on, so that a measured time counts for like experiments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.engine.experiment import toml_file
from app.engine.experiment.training_settings import TrainingSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.data.dataset import Description
    from app.engine.experiment.resolve import ResolvedExperiment
    from app.engine.runs.events import RunPrepared

SECTIONS = ("data", "augmentation", "model", "loss", "optimizer")
"""Sections of an experiment that the time depends on as a whole."""

TRAINING_SETTINGS = (
    "batch_size",
    "accumulation",
    "recompute",
    "device",
    "precision",
    "gradient_clip",
    "cpu_use",
    "threads",
)
"""Settings of [training] that the time depends on."""


def workload_key(resolved: ResolvedExperiment) -> str:
    """Returns what the time of a step depends on, as text.

    Two experiments on the same data have the same text where the time is the same.
    """
    return repr(_workload(toml_file.to_plain(resolved)))


def epoch_seconds_like(
    prepared: RunPrepared, examples_per_second: float | None, description: Description
) -> Callable[[ResolvedExperiment], float | None]:
    """Returns a function from an experiment on these data to the seconds of an epoch.

    It knows them from a run with the same settings, and returns None where the run had others.
    """
    workload_of_run = _workload(prepared.resolved)
    examples = prepared.training_examples

    def seconds(resolved: ResolvedExperiment) -> float | None:
        same_settings = _workload(toml_file.to_plain(resolved)) == workload_of_run
        same_size = examples == description.size("training")
        if not (same_settings and same_size and examples_per_second):
            return None

        return examples / examples_per_second

    return seconds


def _workload(plain: dict[str, Any]) -> dict[str, Any]:
    """Returns what the time of a step depends on, of an experiment as plain data."""
    training = plain.get("training") or {}
    fields = TrainingSettings.model_fields
    settings = {name: training.get(name, fields[name].default) for name in TRAINING_SETTINGS}

    return {name: plain.get(name) for name in SECTIONS} | settings
