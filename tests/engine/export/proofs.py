"""A proof with values of its own, for tests of what is said of one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from app.engine.export.proof import Proof

PROOF = Proof(
    format="torch-export",
    out="digits.pt2",
    size=2_000_000,
    weight_bytes=7_800_000,
    use="best",
    epoch=3,
    split="test",
    examples=5700,
    changed=4,
    max_difference=0.0213,
    largest=1.0,
    figure="accuracy",
    value=0.967,
    run_value=0.969,
    milliseconds={"1": 0.1, "64": 0.02},
    own_milliseconds={"1": 0.21, "64": 0.0201},
    allowed=0.01,
    left_out=(),
    step=66,
)


def a_proof(**changes: Any) -> Proof:
    """Returns a proof of a file that changed 4 of 5,700 answers, with other values."""
    return replace(PROOF, **changes)
