"""What is said of a proof, in a sentence and in lines."""

from __future__ import annotations

import math
from typing import Any

import pytest

from app.engine.export.words import figure_text, mark_text, proof_lines, speed_text, summary_text
from tests.engine.export.proofs import a_proof

pytestmark = pytest.mark.usefixtures("forked_processes")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    (
        (
            {},
            "PyTorch program: 4 of 5,700 test answers changed, accuracy 0.2 points lower, "
            "3.9 times smaller than the weights in float32, 2.1 times faster than PyTorch.",
        ),
        (
            {"changed": 0, "value": 0.969, "size": 7_900_000, "milliseconds": {}},
            "PyTorch program: none of 5,700 test answers changed, as large as the weights in "
            "float32.",
        ),
        (
            {"format": "of-later", "size": 52_000_000, "milliseconds": {"1": 0.42}},
            "of-later: 4 of 5,700 test answers changed, accuracy 0.2 points lower, 6.7 times "
            "larger than the weights in float32, 2 times slower than PyTorch.",
        ),
        (
            {"value": 0.9692, "size": 7_800_000, "milliseconds": {"1": 0.21}, "examples": 1},
            "PyTorch program: 4 of 1 test answer changed, accuracy less than 0.1 points higher, "
            "as large as the weights in float32.",
        ),
        (
            {"value": 0.959, "size": 7_800_000, "milliseconds": {}, "split": "validation"},
            "PyTorch program: 4 of 5,700 validation answers changed, accuracy 1 point lower, "
            "as large as the weights in float32.",
        ),
        (
            {"figure": "rmse", "value": 2.5, "run_value": 2.0, "size": 7_800_000}
            | {"milliseconds": {}},
            "PyTorch program: 4 of 5,700 test answers changed, RMSE 2.5 cm instead of 2 cm, as "
            "large as the weights in float32.",
        ),
        (
            {"figure": "of a later version", "size": 7_800_000, "milliseconds": {}},
            "PyTorch program: 4 of 5,700 test answers changed, as large as the weights in float32.",
        ),
    ),
)
def test_a_proof_in_a_sentence(changes: dict[str, Any], sentence: str) -> None:
    assert summary_text(a_proof(**changes), "cm") == sentence


def test_what_changes_more_than_stated_is_said() -> None:
    assert mark_text(a_proof()) == ""
    assert "More than 1 % of the answers changed" in mark_text(a_proof(changed=58))
    assert mark_text(a_proof(allowed=0.0)).startswith("No answer should have changed")


def test_the_lines_begin_with_the_whole_and_end_with_what_is_left_out() -> None:
    proof = a_proof(allowed=0.0, left_out=("It has no names of classes.",))
    lines = proof_lines(proof, "there/digits.pt2")
    assert lines[0] == summary_text(proof)
    assert lines[1] == "there/digits.pt2: 1.9 MiB."
    assert lines[2] == "4 of 5,700 test answers changed. Largest difference 0.0213."
    assert lines[3] == "Accuracy 96.7 %; of the network here 96.9 %."
    assert lines[4] == (
        "On one thread an example takes 0.1 ms one at a time, 2.1 times faster than PyTorch; 0.02 "
        "ms 64 at a time."
    )
    assert lines[5:] == [mark_text(proof), "It has no names of classes."]


def test_what_is_not_known_is_left_out() -> None:
    proof = a_proof(value=None, run_value=None, milliseconds={}, max_difference=math.inf)
    assert figure_text(proof) == "" and speed_text(proof) == ""
    assert "Largest difference ∞." in proof_lines(proof, "a.pt2")[2]
