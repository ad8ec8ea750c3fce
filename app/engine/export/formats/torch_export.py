"""torch.export: the network as a graph of PyTorch's operators (.pt2)."""

# ruff: noqa: PLC0415 - torch takes seconds to load; the window lists formats without it
from __future__ import annotations

import io
from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from app.engine.export.format import ExportFormat

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.export.trained_network import TrainedNetwork
    from app.engine.sources.format import Progress

FACTS = "netwright.json"
"""The name, in the file, of what it says of itself."""


class TorchExport(ExportFormat):
    """Batches of any size; the other sizes are those of training."""

    kind: ClassVar[str] = "torch-export"
    label: ClassVar[str] = "PyTorch program"
    summary: ClassVar[str] = (
        "One .pt2 file that PyTorch runs without this program: raw inputs in, answers out."
    )
    suffix: ClassVar[str] = ".pt2"
    order: ClassVar[int] = 30
    loader: ClassVar[str] = "torch_export"

    @override
    def write(self, trained: TrainedNetwork, path: Path, progress: Progress) -> None:
        import torch

        from app.engine.export.metadata import network_facts
        from app.engine.export.program import exported_program
        from app.engine.files import json_bytes

        progress("Exporting the network", 0, 0)
        program = exported_program(trained)

        progress("Writing the file", 0, 0)
        # With it the network is read again as it was, see reading/network_file.py.
        facts = json_bytes(network_facts(trained)).decode()
        # Into memory first: where the disk is full, PyTorch's own writer raises what nobody reads.
        content = io.BytesIO()
        torch.export.save(program, content, extra_files={FACTS: facts})
        path.write_bytes(content.getbuffer())


FORMAT = TorchExport()
