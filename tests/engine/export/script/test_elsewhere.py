"""Scripts of runs that another device computed.

No such device is here: a run of the CPU whose record says "cuda:0" stands for one. Its losses are
those of another number of threads and another precision where they are to be others.
"""

from __future__ import annotations

import json
import runpy
from typing import TYPE_CHECKING

import pytest

from app import cli
from app.engine.errors import UserError
from app.engine.export.formats.python import FORMAT
from app.engine.export.proof import Proof, read_proofs
from app.engine.export.script.elsewhere import MARGIN, loss_tolerance
from app.engine.export.script.retrace import retrace
from app.engine.export.words import mark_text, training_text
from app.engine.runs.run import Run
from app.engine.sources.format import no_progress
from tests.engine import tiny
from tests.engine.export.proofs import a_proof
from tests.engine.export.script.training_again import (
    PICTURES,
    changed,
    first_losses,
    trained_run,
    written,
)

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("forked_processes")


def say_elsewhere(run: Run) -> None:
    """Lets the record of a run say that a GPU computed it in float32."""
    record = run.environment() | {"device": "cuda:0", "precision": "float32"}
    run.write_json("environment.json", record)


def losses_of(script: Path) -> dict[int, float]:
    """Lets a script train in this process; returns its first losses by step."""
    names = runpy.run_path(str(script))
    losses = first_losses(names, names["Network"](), 6)
    return dict(enumerate(losses, start=1))


def test_the_tolerance_is_what_other_rounding_does(tmp_path: Path) -> None:
    data = tiny.dataset("classification", "image")
    requested = changed(PICTURES, training={"precision": "bfloat16"})
    trained, recorded = trained_run(requested, data, tmp_path)
    say_elsewhere(trained.run)
    (sentence,) = FORMAT.left_out(trained)
    assert sentence == (
        "The run computed on 'cuda:0', and its script computes on the CPU, where bits cannot be "
        "the same."
    )

    path, _ = written(trained, tmp_path)
    assert sentence.split(",")[0] in " ".join(path.read_text(encoding="utf-8").split())
    losses = losses_of(path)
    tolerance = loss_tolerance(trained, path, losses, losses_of)
    difference = max(abs(losses[step] - recorded[step - 1]) for step in losses)
    # The run had bfloat16, as one of the variants has.
    assert 0 < difference <= tolerance / MARGIN * 1.01 and tolerance < 0.2 * losses[1]
    assert not list(tmp_path.glob("*.variant"))


def test_other_random_numbers_are_part_of_it(tmp_path: Path) -> None:
    data = tiny.dataset("classification", "image")
    tolerances = {}
    for dropout in (0.0, 0.5):
        folder = tmp_path / str(dropout)
        folder.mkdir()
        trained, _ = trained_run(changed(PICTURES, model={"dropout": dropout}), data, folder)
        say_elsewhere(trained.run)
        path, _ = written(trained, folder)
        tolerances[dropout] = loss_tolerance(trained, path, losses_of(path), losses_of)
        assert ("dropout" in FORMAT.left_out(trained)[0]) == (dropout > 0)

    assert tolerances[0.5] > 2 * tolerances[0.0]


def proof(difference: float, tolerance: float | None) -> Proof:
    """Returns a proof of a script whose first losses are not all those of the run."""
    steps = {"steps": 20, "steps_same": 3, "loss_difference": difference}
    return a_proof(format="python", changed=0, **steps, loss_tolerance=tolerance)


def test_a_script_is_marked_beyond_its_tolerance() -> None:
    within = proof(0.01, 0.02)
    assert not within.is_marked and not mark_text(within)
    assert training_text(within).startswith(
        "The first 20 losses differ from those of the run by at most 0.01. Tolerance 0.02: twice"
    )
    assert proof(0.03, 0.02).is_marked and proof(0.0, None).is_marked
    assert Proof.from_plain(within.to_plain()) == within
    assert "otherwise" in mark_text(proof(0.03, 0.02))


@pytest.mark.long
def test_the_command_writes_it_and_states_what_it_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    experiment = tmp_path / "iris.toml"
    experiment.write_text(
        '[data]\nsource = "sample:iris"\n[training]\nepochs = 5\nthreads = 2\n', encoding="utf-8"
    )
    folder, out = tmp_path / "run", tmp_path / "again.py"
    assert cli.main(["train", str(experiment), "--run-dir", str(folder)]) == 0
    say_elsewhere(Run(folder))
    command = ["export", str(folder), "--format", "python", "--out", str(out)]
    assert cli.main([*command, "--whole"]) == 1
    assert "computed on 'cuda:0'" in capsys.readouterr().err and not out.exists()

    assert cli.main([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    checked = found["checked"]
    assert 0 <= checked["loss_difference"] <= checked["loss_tolerance"]
    assert checked["weights_same"] is None and checked["steps"] == 20
    assert found["size"] == sum(path.stat().st_size for path in tmp_path.glob("again.*"))
    kept = read_proofs(Run(folder))["python"]
    for path in (out, out.with_suffix(".ipynb")):
        text = " ".join(path.read_text(encoding="utf-8").replace("\\n", " ").split())
        assert "differ from those of the run by at most" in text.replace('", "', "")
    assert not kept.is_marked


@pytest.mark.long
def test_another_training_is_found_out(tmp_path: Path) -> None:
    data = tiny.dataset("classification", "image")
    trained, _ = trained_run(changed(PICTURES), data, tmp_path)
    say_elsewhere(trained.run)
    path, _ = written(trained, tmp_path)
    same = retrace(trained, path, False, no_progress)
    assert same["loss_difference"] == 0.0 < same["loss_tolerance"]
    path.write_text(path.read_text().replace("PEAK_RATE = ", "PEAK_RATE = 20 * "), encoding="utf-8")
    other = retrace(trained, path, False, no_progress)
    assert other["loss_difference"] > same["loss_tolerance"]
    with pytest.raises(UserError, match="Leave out --whole"):
        retrace(trained, path, True, no_progress)
