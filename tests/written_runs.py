"""Run folders that are written rather than trained: many classes and steps in a moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.data.dataset import Description, Skipped
from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.experiment import toml_file
from app.engine.experiment.resolve import resolve
from app.engine.runs import checkpoint, tensors
from app.engine.runs.epoch_records import arrays_bytes, write_arrays
from app.engine.runs.events import EpochDone, RunPrepared
from app.engine.runs.history import METRICS, Writer, epoch_line, prepared_line
from app.engine.runs.run import Run
from app.engine.runs.storage import manifest

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.experiment.resolve import ResolvedExperiment

SOURCE = "/home/anna.example/photos/cats"
BATCH = 32


@dataclass
class Shape:
    """How large a run is. logged: every so many steps stands in its history."""

    classes: tuple[str, ...] = ("left", "right", "top")
    steps: int = 120
    epochs: int = 4
    examples: int = 90
    logged: int = 1
    floor: float = 0.1
    """The loss at the end."""


def write_run(
    folder: Path,
    name: str = "written",
    shape: Shape | None = None,
    settings: dict[str, Any] | None = None,
    source: str = SOURCE,
    note: str = "",
) -> Run:
    """Returns a run that looks as if it had trained. settings: sections of its experiment."""
    shape = shape or Shape()
    plain: dict[str, Any] = {
        "name": name,
        "data": {"source": source},
        "model": {"template": "cnn", "width": 8},
    }
    for section, values in (settings or {}).items():
        plain[section] = {**plain.get(section, {}), **values}

    training = {"epochs": shape.epochs, "batch_size": BATCH, "device": "cpu", "threads": 1}
    plain["training"] = training | plain.get("training", {})
    experiment = toml_file.from_plain(plain)
    description = _description(shape)
    resolved = resolve(experiment, description)
    run = Run.create(folder, experiment)
    run.write_json("dataset.json", description.to_plain())
    _write_environment(run, shape, resolved)
    metrics = _write_history(run, shape, int(plain["training"].get("seed", 0)))
    _write_best(run, shape, description, resolved, metrics)
    test = _answers(shape, seed=2)
    write_arrays(run.path, "results/test.npz", test)
    if note:
        run.note = note

    _write_summary(run, shape, metrics)
    return run


def _description(shape: Shape) -> Description:
    each = shape.examples // len(shape.classes)
    counts = (each,) * len(shape.classes)
    return Description(
        source=SOURCE,
        format="Pictures in folders",
        shape=(1, 12, 12),
        classes=shape.classes,
        counts={"training": (8 * each,) * len(counts), "validation": counts, "test": counts},
        fingerprint="5f1c",
        preparation=ImagePreparation(12, 12, 1, "crop", (0.5,), (0.25,)),
        skipped=(Skipped(f"{SOURCE}/broken.png", "it is cut off"),),
        digest="a1b2",
    )


def _write_environment(run: Run, shape: Shape, resolved: ResolvedExperiment) -> None:
    per_epoch = shape.steps // shape.epochs
    prepared = RunPrepared(
        device="CPU, 2 cores",
        device_reason="No GPU was found.",
        threads=1,
        parameters=4_321,
        epochs=shape.epochs,
        steps=shape.steps,
        steps_per_epoch=per_epoch,
        first_step=0,
        batch_size=BATCH,
        training_examples=per_epoch * BATCH - 7,
        classes=shape.classes,
        predicted={"weights": 17_284, "gradients": 17_284, "activations": 400_000, "peak": 460_000},
        resolved=toml_file.to_plain(resolved),
        kind="image",
    )
    run.write_json(
        "environment.json",
        {
            "started": "2026-11-20T10:00:00",
            "netwright": "0.4.0",
            "python": "3.11.2",
            "torch": "2.13.0",
            "system": "Linux",
            "device": "cpu",
            "device_label": "CPU, 2 cores",
            "threads": 1,
            "prepared": prepared_line(prepared),
        },
    )


def _write_history(run: Run, shape: Shape, seed: int) -> dict[str, float]:
    """Writes falling losses with noise; returns the metrics of the best epoch, the last."""
    rng = np.random.default_rng(seed)
    steps = np.arange(1, shape.steps + 1)
    losses = shape.floor + 2.0 * np.exp(-4.0 * steps / shape.steps)
    losses = losses * rng.uniform(0.8, 1.2, len(steps))
    rates = np.full(len(steps), 0.002)
    norms = np.full(len(steps), np.nan)
    logged = (steps % shape.logged == 0) | (steps == 1)
    writer = Writer(run.path / METRICS)
    per_epoch = shape.steps // shape.epochs
    metrics: dict[str, float] = {}
    for epoch in range(1, shape.epochs + 1):
        part = slice((epoch - 1) * per_epoch, epoch * per_epoch)
        chosen = logged[part]
        writer.steps(*(each[part][chosen] for each in (steps, losses, rates, norms)))
        loss = float(losses[part].mean())
        metrics = {"accuracy": float(np.exp(-loss) * rng.uniform(0.95, 1.0)), "macro_f1": 0.5}
        done = EpochDone(
            epoch, epoch * per_epoch, loss, loss, metrics, True, epoch, 0, 0.2, elapsed=2.0 * epoch
        )
        writer.line(epoch_line(done))

    writer.close()
    manifest.note_grown(run.path)
    return metrics


def _answers(shape: Shape, seed: int) -> dict[str, np.ndarray]:
    """Returns targets and probabilities: most answers are right."""
    rng = np.random.default_rng(seed)
    count = shape.examples // len(shape.classes) * len(shape.classes)
    targets = np.arange(count) % len(shape.classes)
    scores = rng.normal(size=(count, len(shape.classes)))
    scores[np.arange(count), targets] += 2.5
    predictions = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return {
        "rows": np.arange(count),
        "targets": targets,
        "predictions": predictions.astype(np.float32),
    }


def _write_best(
    run: Run,
    shape: Shape,
    description: Description,
    resolved: ResolvedExperiment,
    metrics: dict[str, float],
) -> None:
    from models.network import build_model

    problem = resolved.problem(description)
    graph = resolved.model.graph(problem)
    state = {
        "epoch": shape.epochs,
        "step": shape.steps,
        "loss": 0.2,
        "metrics": metrics,
        "task": resolved.task.kind,
        "experiment": toml_file.to_plain(resolved),
    }
    weights = tensors.cpu_copies(build_model(graph, problem, seed=0).state_dict())
    predictions = arrays_bytes(_answers(shape, seed=1))
    best = checkpoint.Best(weights, description, graph, problem, state, predictions)
    checkpoint.save_best(run.path / "checkpoints", best)


def _write_summary(run: Run, shape: Shape, metrics: dict[str, float]) -> None:
    run.write_summary(
        {
            "status": "completed",
            "reason": "",
            "run": str(run.path),
            "name": run.name,
            "device": "CPU, 2 cores",
            "seed": 0,
            "epochs": shape.epochs,
            "steps": shape.steps,
            "seconds": 2.0 * shape.epochs,
            "examples_per_second": 1000.0,
            "parameters": 4_321,
            "best_epoch": shape.epochs,
            "loss": {"validation": 0.2, "test": 0.25},
            "metrics": {"validation": metrics, "test": metrics},
            "weights_sha256": "0" * 64,
            "memory": {
                "predicted": {"weights": 17_284, "activations": 400_000, "peak": 460_000},
                "measured": {"weights": 17_284, "activations": 400_100, "peak": 461_000},
            },
        }
    )
