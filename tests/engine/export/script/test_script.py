"""The script of a run trains to the same weights, bit for bit, and answers as the run's network."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from app import cli
from app.engine.experiment.toml_file import from_plain, to_plain
from app.engine.export.script.retrace import retrace
from app.engine.learning.optimizer import OPTIMIZERS
from app.engine.learning.schedule import SCHEDULES
from app.engine.sources.format import no_progress
from tests.engine import tiny
from tests.engine.export.script.training_again import (
    BATCH,
    EPOCHS,
    PICTURES,
    TEXTS,
    changed,
    require_same,
    trained_run,
    written,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.tiny import Combination

ALL = tiny.combinations()
LONG = pytest.mark.long


def few_of_all() -> list[Combination]:
    """Returns combinations that have every task, kind of data and optimizer among them."""
    found: list[Combination] = []
    for combination in tiny.thinned(ALL):
        tasks, sorts = {each.task for each in found}, {each.sort for each in found}
        if combination.task not in tasks or combination.sort not in sorts:
            found.append(combination)

    kinds = itertools.cycle(sorted(optimizer.kind for optimizer in OPTIMIZERS.all()))
    return [each._replace(optimizer=kind) for each, kind in zip(found, kinds, strict=False)]


FEW = few_of_all()


@pytest.mark.parametrize(
    "combination",
    [
        # The first of each task; the others have the same code for other kinds of data.
        pytest.param(
            each, marks=[] if each.task not in {other.task for other in FEW[:place]} else LONG
        )
        for place, each in enumerate(FEW)
    ],
    ids=str,
)
def test_a_script_trains_to_the_same_weights(combination: Combination, tmp_path: Path) -> None:
    requested = tiny.experiment(combination, EPOCHS, BATCH)
    data = tiny.dataset(combination.task, combination.sort)
    trained, losses = trained_run(requested, data, tmp_path)
    require_same(trained, losses, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("combination", tiny.thinned(ALL), ids=str)
def test_every_combination_trains_to_the_same_weights(
    combination: Combination, tmp_path: Path
) -> None:
    test_a_script_trains_to_the_same_weights(combination, tmp_path)


@pytest.mark.parametrize("schedule", ["one-cycle", "plateau"])
def test_a_schedule(schedule: str, tmp_path: Path) -> None:
    requested = changed(PICTURES)
    requested = requested.replace(schedule=SCHEDULES.get(schedule)())
    trained, losses = trained_run(requested, tiny.dataset("classification", "image"), tmp_path)
    require_same(trained, losses, tmp_path)


@pytest.mark.parametrize("dtype", ["int16", pytest.param("int32", marks=LONG)])
def test_tokens_of_a_long_text_are_stored_in_fewer_bytes(dtype: str, tmp_path: Path) -> None:
    combination = next(each for each in FEW if each.task == "language-modelling")
    data = tiny.dataset(combination.task, combination.sort)
    data = replace(data, targets=data.targets.astype(dtype))
    trained, losses = trained_run(tiny.experiment(combination, EPOCHS, BATCH), data, tmp_path)
    require_same(trained, losses, tmp_path)


SETTINGS: dict[str, dict[str, dict[str, Any]]] = {
    "moved": {"augmentation": {"flip": True, "shift": 0.2}},
    "everything": {
        "augmentation": {
            "flip": True,
            "shift": 0.2,
            "rotate": 10.0,
            "scale": 0.1,
            "light": 0.3,
            "erase": 0.4,
        },
        "model": {"dropout": 0.3},
    },
    "erased": {"augmentation": {"erase": 0.5}},
    "smoothed, clipped and weighted": {
        "loss": {"label_smoothing": 0.1, "class_weights": "balanced"},
        "training": {"gradient_clip": 0.1},
        "optimizer": {"weight_decay": 0.1},
    },
    "decays everything": {"optimizer": {"weight_decay": 0.1, "decay_all": True}},
    "accumulates": {"training": {"accumulation": 3, "batch_size": 4}},
    "recomputes": {"training": {"recompute": True}},
    "stops early": {"training": {"patience": 1, "min_delta": 10.0, "epochs": 5}},
    "one left over": {"training": {"batch_size": 23}},
    "best by the figure": {"training": {"best_by": "metric"}},
    "bfloat16": {"training": {"precision": "bfloat16"}},
}


QUICK = ("everything", "smoothed, clipped and weighted", "accumulates", "stops early")
"""Settings that are tried each time; the others take as long and change a line each."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in QUICK else LONG) for name in SETTINGS]
)
def test_settings_of_a_training(name: str, tmp_path: Path) -> None:
    trained, losses = trained_run(
        changed(PICTURES, **SETTINGS[name]), tiny.dataset("classification", "image"), tmp_path
    )
    require_same(trained, losses, tmp_path)


@pytest.mark.parametrize(
    ("template", "task", "sections"),
    [
        ("realmlp", "regression", {}),
        ("tabm", "classification", {"schedule": {"kind": "cosine-log"}}),
        ("mlp", "classification", {"model": {"members": 3}, "training": {"accumulation": 2}}),
    ],
)
def test_networks_for_tables(
    template: str, task: str, sections: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    loss = "l2" if task == "regression" else "cross-entropy"
    combination = tiny.Combination(task, "row", template, loss, "adamw")
    trained, losses = trained_run(
        changed(combination, **sections), tiny.dataset(task, "row"), tmp_path
    )
    require_same(trained, losses, tmp_path)


GRU = [
    {"name": "tokens", "kind": "token-embedding", "vocabulary": 257, "width": 8},
    {"name": "mask", "kind": "padding-mask", "inputs": ["input"]},
    {"name": "_read", "kind": "gru", "width": 8, "inputs": ["tokens", "mask"], "output": "last"},
    {"name": "answer", "kind": "output", "outputs": 3},
]
"""Its blocks have another order by their names than the attributes of the code."""


@LONG
def test_attention_in_bfloat16(tmp_path: Path) -> None:
    requested = changed(TEXTS, training={"precision": "bfloat16"})
    trained, losses = trained_run(requested, tiny.dataset("classification", "text"), tmp_path)
    require_same(trained, losses, tmp_path)


@pytest.mark.parametrize("precision", [pytest.param("float32", marks=LONG), "bfloat16"])
def test_an_own_network_with_a_recurrent_layer(precision: str, tmp_path: Path) -> None:
    requested = changed(TEXTS, training={"precision": precision})
    plain = to_plain(requested)
    plain["model"] = {"blocks": GRU}
    trained, losses = trained_run(
        from_plain(plain), tiny.dataset("classification", "text"), tmp_path
    )
    require_same(trained, losses, tmp_path)


@LONG
def test_the_proof_compares_the_first_losses_and_the_final_weights(tmp_path: Path) -> None:
    trained, losses = trained_run(
        changed(PICTURES), tiny.dataset("classification", "image"), tmp_path
    )
    path, _ = written(trained, tmp_path)
    assert retrace(trained, path, True, no_progress) == {
        "steps": len(losses),
        "steps_same": len(losses),
        "loss_difference": 0.0,
        "weights_same": True,
    }

    # Another seed is another training, and is found out.
    path.write_text(path.read_text().replace("SEED = 0\n", "SEED = 1\n"))
    found = retrace(trained, path, True, no_progress)
    assert found["steps_same"] == 0 and found["weights_same"] is False
    assert found["loss_difference"] > 0


@pytest.mark.parametrize(
    "combination",
    [
        PICTURES,
        tiny.Combination("matching", "image+text", "two-tower", "triplet", "sgd"),
        *(
            pytest.param(each, marks=LONG)
            for each in (
                tiny.Combination("multi-label", "row", "mlp", "binary-cross-entropy", "muon"),
                tiny.Combination("language-modelling", "text", "gpt", "cross-entropy", "adamw"),
                tiny.Combination(
                    "reconstruction", "signal", "masked-autoencoder", "huber", "nadam"
                ),
            )
        ),
    ],
    ids=str,
)
def test_ruff_finds_nothing_to_mend(combination: Combination, tmp_path: Path) -> None:
    requested = changed(combination, **SETTINGS["everything"], schedule={"kind": "cosine"})
    if "dropout" not in type(requested.model).model_fields:
        requested = changed(combination, schedule={"kind": "cosine"})

    data = tiny.dataset(combination.task, combination.sort)
    trained, _ = trained_run(requested, data, tmp_path)
    path, _ = written(trained, tmp_path)
    for command in (["check", "--isolated"], ["format", "--isolated", "--diff"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--no-cache", str(path)]
        ended = subprocess.run(ruff, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stdout + ended.stderr

    assert max(len(line) for line in path.read_text(encoding="utf-8").splitlines()) <= 100


def test_the_notebook_has_the_same_code(tmp_path: Path) -> None:
    data = tiny.dataset("classification", "image")
    trained, _ = trained_run(changed(PICTURES), data, tmp_path)
    path, script = written(trained, tmp_path)
    cells = json.loads(path.with_suffix(".ipynb").read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]

    names: dict[str, Any] = {}
    with contextlib.chdir(tmp_path), contextlib.redirect_stdout(io.StringIO()) as output:
        for cell in code:
            exec(cell, names)

    assert trained.run.summary()["weights_sha256"] in output.getvalue()
    assert {name for name in script if name.islower() and name[0] != "_"} - set(names) <= {
        "main",
        "argparse",
    }


@LONG
def test_the_command_exports_a_script_that_is_proved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    experiment = tmp_path / "iris.toml"
    experiment.write_text(
        '[data]\nsource = "sample:iris"\n[training]\nepochs = 1\nthreads = 1\n', encoding="utf-8"
    )
    run = tmp_path / "run"
    assert cli.main(["train", str(experiment), "--run-dir", str(run)]) == 0

    out = tmp_path / "ba\"d' näme.py"
    command = ["export", str(run), "--format", "python", "--out", str(out), "--whole", "--json"]
    assert cli.main(command) == 0
    checked = json.loads(capsys.readouterr().out.splitlines()[-1])["checked"]
    assert checked["steps"] == checked["steps_same"] > 0 and checked["weights_same"] is True
    assert checked["changed"] == 0 and checked["max_difference"] == 0.0
    names = {path.suffix for path in tmp_path.iterdir() if path.stem == out.stem}
    assert names == {".py", ".npz", ".safetensors", ".ipynb"}

    home = str(tmp_path).encode()
    assert not any(home in path.read_bytes() for path in tmp_path.glob("ba*"))


def test_files_that_are_there_are_not_written_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tiny.dataset("classification", "image")
    trained, _ = trained_run(changed(PICTURES), data, tmp_path)
    (tmp_path / "mine.npz").write_bytes(b"mine")
    command = ["export", str(trained.run.path), "--format", "python", "--out"]
    assert cli.main([*command, str(tmp_path / "mine.py")]) == 1
    assert "mine.npz" in capsys.readouterr().err
    assert (tmp_path / "mine.npz").read_bytes() == b"mine"
    assert not list(tmp_path.glob("*.ipynb")) and not list(tmp_path.glob(".netwright-*"))

    whole = [*command, str(tmp_path / "network.pt2"), "--whole"]
    whole[3] = "torch-export"
    assert cli.main(whole) == 1
    assert "does not train" in capsys.readouterr().err
