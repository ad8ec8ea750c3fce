"""Runs to export, trained once for all tests: on a built-in table, and on a person's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from app.engine.experiment.toml_file import from_plain
from app.engine.runs.control import Control
from app.engine.runs.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _threads() -> Iterator[None]:
    """Scripts set the number of threads of their process, which is this one here."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


TRAINING = {"epochs": 2, "batch_size": 64, "device": "cpu", "threads": 1, "embedding": 8}


def trained(folder: Path, data: dict[str, Any], model: dict[str, Any], **sections: Any) -> Run:
    """Trains a run below `folder` and returns it. sections: others of the experiment."""
    from app.engine.training.trainer import train

    training = TRAINING | sections.pop("training", {})
    plain = {"name": "small", "data": data, "model": model, "training": training, **sections}
    experiment = from_plain(plain)
    run = Run.create(folder, experiment)
    finished = train(experiment, run, lambda _: None, Control())
    assert finished.status == "completed", finished.reason
    return run


@pytest.fixture(scope="session")
def penguins(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Returns a run on a built-in table, of numbers and categories with gaps."""
    folder = tmp_path_factory.mktemp("exported")
    return trained(folder, {"source": "sample:penguins"}, {"template": "mlp", "width": 16})


@pytest.fixture(scope="session")
def overshot(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Returns a run of four epochs, with steps so large that the last is not the best."""
    return trained(
        tmp_path_factory.mktemp("overshot"),
        {"source": "sample:iris"},
        {"template": "mlp", "width": 8},
        optimizer={"kind": "sgd", "learning_rate": 3.0},
        schedule={"kind": "constant"},
        training={"epochs": 4},
    )


@pytest.fixture(scope="session")
def own_table(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Returns a run on a table of a person's own, in a folder that tells who that is."""
    folder = tmp_path_factory.mktemp("anna.example")
    generator = np.random.default_rng(0)
    values = generator.normal(size=(200, 3))
    price = 300 + 40 * values[:, 0] - 20 * values[:, 1]
    lines = [f"{a:.3f},{b:.3f},{c:.3f},{d:.2f}" for (a, b, c), d in zip(values, price, strict=True)]
    path = folder / "Häuser.csv"
    path.write_text("\n".join(["area,age,noise,price", *lines]), encoding="utf-8")
    data = {"source": str(path), "task": "regression", "target": "price"}
    return trained(folder / "runs", data, {"template": "mlp", "width": 8})
