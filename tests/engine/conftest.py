"""A dataset with its description, and a run whose best network has known weights, untrained."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.engine.data.dataset import Dataset, Description
from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.experiment.data_settings import DataSettings
from app.engine.experiment.experiment import Experiment
from app.engine.experiment.resolve import resolve
from app.engine.runs.run import Run
from app.engine.sources.opening import open_dataset

Describe = Callable[..., Description]


@pytest.fixture
def describe() -> Describe:
    def make(
        counts: tuple[int, ...] = (50, 40, 30),
        validation: tuple[int, ...] | None = None,
        **more: object,
    ) -> Description:
        values: dict[str, object] = {
            "source": "somewhere",
            "format": "Pictures",
            "shape": (1, 8, 8),
            "classes": ("Shirt", "T-shirt", "Bag", "Boot", "Coat")[: len(counts)],
            "counts": {
                "training": counts,
                "validation": validation or (30,) * len(counts),
                "test": (30,) * len(counts),
            },
            "fingerprint": "0",
            "preparation": ImagePreparation(8, 8, 1, "crop", (0.5,), (0.25,)),
        }
        return Description(**(values | more))  # type: ignore[arg-type]

    return make


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Returns a folder of 90 grey pictures of three classes, of several sizes, some coloured."""
    folder = tmp_path / "Bilder ü"
    random = np.random.default_rng(3)
    for number, name in enumerate(("left", "right", "top 10")):
        (folder / name).mkdir(parents=True)
        for index in range(30):
            side = int(random.integers(12, 30))
            pixels = random.integers(0, 90, (side, side), dtype=np.uint8)
            half = [np.s_[:, : side // 2], np.s_[:, side // 2 :], np.s_[: side // 2]][number]
            pixels[half] += 150
            Image.fromarray(pixels).save(folder / name / f"{index}.png")

    return folder


@pytest.fixture
def dataset(pictures: Path) -> Dataset:
    return open_dataset(DataSettings(source=str(pictures), height=12, width=12))


@pytest.fixture
def kept_run(tmp_path: Path, dataset: Dataset) -> Run:
    """Returns a run with a best epoch: a small network with weights that follow from a seed."""
    from app.engine.experiment import toml_file
    from app.engine.runs import checkpoint, tensors
    from models.network import build_model

    description = dataset.description
    experiment = Experiment.model_validate(
        {
            "data": {"source": description.source, "height": 12, "width": 12},
            "model": {"template": "cnn", "width": 8},
        }
    )

    resolved = resolve(experiment, description)
    problem = resolved.problem(description)
    graph = resolved.model.graph(problem)
    run = Run.create(tmp_path / "runs", experiment)
    state = {
        "epoch": 3,
        "step": 9,
        "loss": 1.0,
        "metrics": {},
        "task": resolved.task.kind,
        "experiment": toml_file.to_plain(resolved),
    }

    network = build_model(graph, problem, seed=5)
    best = checkpoint.Best(
        tensors.cpu_copies(network.state_dict()), description, graph, problem, state
    )
    checkpoint.save_best(run.path / "checkpoints", best)
    run.write_json("dataset.json", description.to_plain())

    return run


Maker = Callable[..., Path]


@pytest.fixture
def picture() -> Callable[..., Path]:
    """Returns picture(path, size=(w, h), mode="RGB", seed=0), which saves noise as the suffix says.

    The noise is different for every seed.
    """

    def make(
        path: Path, size: tuple[int, int] = (12, 12), mode: str = "RGB", seed: int = 0
    ) -> Path:
        random = np.random.default_rng(seed)
        colours = random.integers(0, 256, (size[1], size[0], 4), dtype=np.uint8)
        image = (
            Image.fromarray(colours, "RGBA")
            if mode == "RGBA"
            else Image.fromarray(colours[..., :3]).convert(mode)
        )

        path.parent.mkdir(parents=True, exist_ok=True)
        image.save(path)
        return path

    return make


@pytest.fixture
def folder(tmp_path: Path, picture: Callable[..., Path]) -> Callable[..., Path]:
    """Returns folder({"cat": 5, "train/dog": 3}, size=...), which makes folders of pictures.

    The numbers say how many pictures each folder holds. It returns the root.
    """

    def make(
        counts: dict[str, int], root: str = "pictures", suffix: str = ".png", **how: object
    ) -> Path:
        base = tmp_path / root
        for index, (name, count) in enumerate(counts.items()):
            (base / name).mkdir(parents=True, exist_ok=True)
            for number in range(count):
                picture(base / name / f"{number}{suffix}", seed=1000 * index + number, **how)

        return base

    return make
