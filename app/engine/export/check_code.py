"""Proof that written code is the program's own network: both answer the same real examples."""

from __future__ import annotations

import copy
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import safetensors.torch
import torch

from app.engine import own_process
from app.engine.errors import UserError
from app.engine.files import read_regular

if TYPE_CHECKING:
    from models.code.writer import NetworkCode
    from models.network import Network

MOST_DIFFERENCE = 1e-6
"""So much may outputs in float32 differ; as a rule not one bit does."""

SCRIPT = Path(__file__).with_name("run_code.py")
MOST_BYTES = 1 << 32
"""The outputs of a few examples never take so much."""

SECONDS = 600
"""Nobody waits longer for a few examples."""


def max_difference(
    code: NetworkCode, weights: bytes, network: Network, examples: tuple[torch.Tensor, ...]
) -> float:
    """Returns the largest difference of the outputs of the code and of the network.

    Both are asked as in use, and as in training with the same random numbers. The code runs in a
    process of its own without this program. examples: (B, *shape), for each input. Raises UserError
    where the code fails.
    """
    with tempfile.TemporaryDirectory(prefix="netwright-") as folder:
        outputs = _run(Path(folder), code.text, weights, examples)

    # The caller's network stays as it is: in training averages move.
    twin = copy.deepcopy(network)
    batch = examples if len(examples) > 1 else examples[0]
    difference = 0.0
    state = torch.random.get_rng_state()
    try:
        with torch.no_grad():
            # In this order, whichever the file has: training moves the averages of batch norms.
            for mode in ("eval", "train"):
                if mode in outputs:
                    torch.manual_seed(0)
                    own: torch.Tensor = twin.train(mode == "train")(batch)
                    difference = max(difference, _difference(own, outputs[mode]))
    finally:
        torch.random.set_rng_state(state)

    return difference


def _run(
    folder: Path, text: str, weights: bytes, examples: tuple[torch.Tensor, ...]
) -> dict[str, torch.Tensor]:
    """Returns the outputs of the code by mode, "eval" and "train". Raises UserError."""
    paths = [
        folder / name for name in ("network.py", "weights.safetensors", "inputs.st", "outputs.st")
    ]
    paths[0].write_text(text, encoding="utf-8")
    paths[1].write_bytes(weights)
    paths[2].write_bytes(
        safetensors.torch.save({f"input{number}": each for number, each in enumerate(examples)})
    )

    command = own_process.foreign_python(SCRIPT, *map(str, paths), str(torch.get_num_threads()))
    try:
        ended = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise UserError(
            f"The code did not answer {len(examples[0])} examples in {SECONDS // 60} minutes.",
            "Check a smaller network.",
        ) from error

    if ended.returncode:
        reason = (ended.stderr.strip().splitlines() or ["it ended without a word"])[-1]
        raise UserError(f"The code does not run: {reason}", "Please report it.")

    return safetensors.torch.load(read_regular(paths[3], MOST_BYTES))


def _difference(own: torch.Tensor, other: torch.Tensor) -> float:
    """Returns the largest difference of two outputs; without bound where their shapes differ.

    What is not a number in both is the same in both.
    """
    if own.shape != other.shape:
        return float("inf")

    both_nan = own.isnan() & other.isnan()
    same = both_nan | (own == other)
    differences = (own.double() - other.double()).abs().masked_fill(same, 0.0)
    if differences.isnan().any():
        return float("inf")

    return float(differences.max()) if differences.numel() else 0.0
