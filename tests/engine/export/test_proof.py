"""The proofs of a run as they are kept: what is not finite, what is damaged, of which weights."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import pytest

from app.engine.errors import UserError
from app.engine.experiment.experiment import Experiment
from app.engine.export import exporting
from app.engine.export.proof import FILE, Proof, keep, read_proofs
from app.engine.files import json_bytes
from app.engine.runs.run import Run
from app.engine.runs.storage.manifest import RunFileError
from app.engine.runs.weights_in_use import WeightsInUse
from tests.engine.export.proofs import a_proof

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run.create(tmp_path, Experiment())


def test_a_proof_comes_back_as_it_was_kept(run: Run) -> None:
    assert read_proofs(run) == {}
    keep(run, a_proof(left_out=("It has no names of classes.",)))
    keep(run, a_proof(format="other", value=None, max_difference=math.inf, largest=math.inf))
    assert read_proofs(run) == {
        "torch-export": a_proof(left_out=("It has no names of classes.",)),
        "other": a_proof(format="other", value=None, max_difference=math.inf, largest=math.inf),
    }

    keep(run, a_proof(changed=0))
    assert read_proofs(run)["torch-export"].changed == 0
    assert list(read_proofs(run)) == ["torch-export", "other"]


def test_the_names_that_others_rely_on() -> None:
    plain = a_proof(max_difference=math.nan).to_plain()
    checked = plain["checked"]
    assert (plain["format"], plain["out"], plain["size"]) == (
        "torch-export",
        "digits.pt2",
        2_000_000,
    )
    assert (checked["examples"], checked["changed"], checked["max_difference"]) == (5700, 4, None)
    assert checked["figure"] == {"name": "accuracy", "value": 0.967, "run": 0.969}
    assert checked["milliseconds"] == {"1": 0.1, "64": 0.02}
    json_bytes(plain)


@pytest.mark.parametrize(
    "change",
    ({"size": "large"}, {"checked": 5}, {"checked": {}}, {"left_out": 7}, {"epoch": None}),
    ids=str,
)
def test_a_file_of_other_values_is_damaged(run: Run, change: dict[str, Any]) -> None:
    run.write_json(FILE, {"torch-export": a_proof().to_plain() | change})
    with pytest.raises(RunFileError, match="holds no proofs"):
        read_proofs(run)


def test_a_damaged_file_gives_way_to_the_next_proof(run: Run) -> None:
    keep(run, a_proof())
    kept = json.loads((run.path / FILE).read_text())
    kept["torch-export"]["checked"]["changed"] = 0
    (run.path / FILE).write_text(json.dumps(kept))
    with pytest.raises(RunFileError, match="is damaged"):
        read_proofs(run)

    keep(run, a_proof(format="other"))
    assert list(read_proofs(run)) == ["other"]


def test_no_proof_is_kept_with_a_run_that_is_trained(run: Run) -> None:
    run.claim()
    try:
        with pytest.raises(UserError, match="is running"):
            keep(run, a_proof())
    finally:
        run.release()


def test_it_knows_of_which_weights_it_is() -> None:
    proof: Proof = a_proof()
    assert proof.is_of(WeightsInUse("best", 3, 66))
    assert not proof.is_of(WeightsInUse("best", 5, 110))
    assert not proof.is_of(WeightsInUse("last", 3, 66))


def test_a_proof_that_cannot_be_kept_does_not_deny_the_file(run: Run) -> None:
    (run.path / FILE).mkdir()
    with pytest.raises(UserError, match=r"^'digits.pt2' is written and proved; only its proof"):
        exporting._keep(run, a_proof())

    run.discard()
    with pytest.raises(UserError, match=r"not kept: the run '.*' is not where it was"):
        exporting._keep(run, a_proof())
    assert not run.path.exists(), "it stays in the trash"
