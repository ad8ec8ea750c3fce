"""Scripts of runs that were changed while they trained, began with weights, or scaled the loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import safetensors.torch

from app.engine.errors import UserError
from app.engine.export.formats.python import FORMAT
from app.engine.export.script.retrace import retrace
from app.engine.export.script.source import MOST_STEPS, ScriptSource
from app.engine.runs.live_changes import RATE_FACTOR
from app.engine.sources.format import no_progress
from tests.engine import tiny
from tests.engine.export.script.training_again import (
    PICTURES,
    Changes,
    changed,
    require_same,
    trained_run,
    written,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.tiny import Combination

pytestmark = pytest.mark.usefixtures("forked_processes")

NEXT_TOKENS = tiny.Combination("language-modelling", "text", "gpt", "cross-entropy", "muon")
AMOUNTS = tiny.Combination("regression", "row", "mlp", "huber", "sgd")

HISTORIES: dict[str, tuple[Combination, dict[str, dict[str, Any]], Changes]] = {
    "the learning rate, twice": (
        PICTURES,
        {"schedule": {"kind": "constant"}},
        {1: {RATE_FACTOR: 0.5}, 3: {RATE_FACTOR: 2.0}},
    ),
    "the learning rate of a schedule": (
        PICTURES,
        {"schedule": {"kind": "one-cycle"}},
        {2: {RATE_FACTOR: 0.25}},
    ),
    "everything": (
        PICTURES,
        {},
        {
            1: {"optimizer__weight_decay": 0.3, "training__gradient_clip": 0.7},
            2: {"loss__label_smoothing": 0.2, RATE_FACTOR: 0.5},
            4: {"training__gradient_clip": 0.0, "optimizer__weight_decay": 0.0},
        },
    ),
    "tokens, two optimizers": (
        NEXT_TOKENS,
        {},
        {1: {"loss__label_smoothing": 0.1}, 3: {"optimizer__weight_decay": 0.2}},
    ),
    "a decay of all weights": (
        AMOUNTS,
        {"optimizer": {"decay_all": True, "weight_decay": 0.0}},
        {2: {"optimizer__weight_decay": 0.1}},
    ),
}


QUICK = ("everything", "tokens, two optimizers")


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name in QUICK else pytest.mark.long) for name in HISTORIES],
)
def test_what_was_changed_is_changed_again(name: str, tmp_path: Path) -> None:
    combination, sections, changes = HISTORIES[name]
    data = tiny.dataset(combination.task, combination.sort)
    trained, losses = trained_run(changed(combination, **sections), data, tmp_path, changes)
    assert len(trained.run.summary()["changes"]) == len(changes)
    require_same(trained, losses, tmp_path)


def test_the_proof_finds_out_a_script_that_leaves_a_change_out(tmp_path: Path) -> None:
    data = tiny.dataset("classification", "image")
    trained, losses = trained_run(changed(PICTURES), data, tmp_path, {3: {RATE_FACTOR: 0.25}})
    path, _ = written(trained, tmp_path)
    assert ScriptSource.of(trained).live.last_step == 4
    assert retrace(trained, path, False, no_progress)["steps_same"] == len(losses)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("    4: {", "    999: {"), encoding="utf-8")
    found = retrace(trained, path, False, no_progress)
    # The loss of the next step is computed before it is taken.
    assert found["steps_same"] == 5 < len(losses)


@pytest.mark.long
def test_a_change_that_comes_late_is_compared_too(tmp_path: Path) -> None:
    requested = changed(PICTURES, training={"epochs": 12})
    data = tiny.dataset("classification", "image")
    trained, losses = trained_run(requested, data, tmp_path, {26: {RATE_FACTOR: 0.1}})
    path, _ = written(trained, tmp_path)
    found = retrace(trained, path, False, no_progress)
    assert MOST_STEPS < found["steps"] == found["steps_same"] == 27 + 5 < len(losses)


def test_a_run_that_began_with_other_weights(tmp_path: Path) -> None:
    data = tiny.dataset("classification", "image")
    first, _ = trained_run(changed(PICTURES), data, tmp_path / "first")
    wider = {"width": 24}
    for number, sections in enumerate(({}, {"model": wider})):
        folder = tmp_path / f"second {number}"
        folder.mkdir()
        start = {"training": {"start_from": str(first.run.path)}}
        second, losses = trained_run(changed(PICTURES, **sections, **start), data, folder)
        require_same(second, losses, folder)

        begun = safetensors.torch.load_file(folder / "again.start.safetensors")
        assert begun.keys() == safetensors.torch.load_file(folder / "again.safetensors").keys()
        files = [path for path in folder.iterdir() if path.name.startswith("again")]
        assert len(files) == 5
        assert not any(str(tmp_path).encode() in path.read_bytes() for path in files)

    first.run.discard()
    with pytest.raises(UserError, match=r"began with the weights of another one\. There is no run"):
        FORMAT.write(second, tmp_path / "late.py", no_progress)

    assert not (tmp_path / "late.py").exists()


@pytest.mark.parametrize("clip", [pytest.param(0.0, marks=pytest.mark.long), 0.1])
def test_a_loss_that_was_scaled_for_float16(clip: float, tmp_path: Path) -> None:
    training = {"precision": "float16", "gradient_clip": clip}
    data = tiny.dataset("classification", "image")
    trained, losses = trained_run(changed(PICTURES, training=training), data, tmp_path)
    require_same(trained, losses, tmp_path)


def test_a_loss_that_was_scaled_for_two_optimizers_has_no_script(tmp_path: Path) -> None:
    data = tiny.dataset("regression", "row")
    combination = AMOUNTS._replace(optimizer="muon")
    requested = changed(combination, training={"precision": "float16"})
    trained, _ = trained_run(requested, data, tmp_path)
    with pytest.raises(UserError, match="for two optimizers together; a script would not"):
        FORMAT.write(trained, tmp_path / "again.py", no_progress)


MARKS = {
    '{"mark": "memory", "step": 3, "values": {"training.accumulation": 2}}': "Memory ran out",
    '{"mark": "longer", "step": 3}': "trained longer than planned",
    '{"mark": "changed", "step": 3, "values": {"optimizer.beta1": 0.5}}': "'optimizer.beta1' of",
}


@pytest.mark.parametrize("mark", MARKS)
def test_what_a_script_does_not_repeat_is_said(mark: str, tmp_path: Path) -> None:
    trained, _ = trained_run(changed(PICTURES), tiny.dataset("classification", "image"), tmp_path)
    path = trained.run.path / "metrics.jsonl"
    path.write_text(f"{path.read_text()}{mark}\n")
    (trained.run.path / "manifest.json").unlink()
    with pytest.raises(UserError, match=MARKS[mark]):
        FORMAT.write(trained, tmp_path / "again.py", no_progress)

    assert not (tmp_path / "again.py").exists()
