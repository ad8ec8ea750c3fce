"""What answers with a file of weights: the written code, and what stands around the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from app.engine.export import network_code
from app.engine.export.network_source import of_predictor
from app.engine.files import json_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np

    from app.engine.results.predictor import Predictor

FILE = "answering.json"
"""Names the weights; what else is needed stands beside it, see loaders/written_code.py."""


class _Prepared(nn.Module):
    """Raw inputs (B, ...) as the network reads them."""

    def __init__(self, predictor: Predictor) -> None:
        super().__init__()
        self._preparation = predictor.description.preparation

    def forward(self, *raw: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        return self._preparation.tensor(self._preparation.of_raw(*raw))


class _Answers(nn.Module):
    """The network's outputs (B, ...) as answers."""

    def __init__(self, predictor: Predictor) -> None:
        super().__init__()
        self._description = predictor.description
        self._task = predictor.task

    def forward(self, outputs: torch.Tensor) -> torch.Tensor:
        return self._task.to_answers(self._description, outputs)


def write_answering_files(
    predictor: Predictor, weights: Path, raw: Sequence[np.ndarray], folder: Path
) -> Path:
    """Writes what answers raw inputs with the weights in a file, and returns its path.

    weights: a safetensors file under the names of the code. raw: inputs of two examples, for the
    shapes. folder: an empty one. Raises OSError.
    """
    code = network_code.code_of(of_predictor(predictor))
    (folder / "network.py").write_text(code.text, encoding="utf-8")

    example = tuple(torch.from_numpy(array) for array in raw)
    prepared = _Prepared(predictor)
    _export(prepared, example, folder / "prepare.pt2")

    with torch.no_grad():
        outputs = predictor.network(prepared(*example))
    _export(_Answers(predictor), (outputs,), folder / "answers.pt2")

    path = folder / FILE
    path.write_bytes(json_line({"weights": str(weights)}, ascii_only=True))
    return path


def _export(module: nn.Module, example: tuple[torch.Tensor, ...], path: Path) -> None:
    """Writes a module without weights as a program of PyTorch, for batches of any size."""
    batch = torch.export.Dim("batch")
    shapes = tuple({0: batch} for _ in example)
    # A module that takes any number of tensors has one argument, all of them.
    takes_many = isinstance(module, _Prepared)
    program = torch.export.export(
        module.eval(), example, dynamic_shapes=(shapes,) if takes_many else shapes
    )
    torch.export.save(program, path)
