"""ONNX: the network as a graph of operators that many programs run (.onnx)."""

# ruff: noqa: PLC0415 - torch takes seconds to load; the window lists formats without it
from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from app.engine.export.format import ExportFormat

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np

    from app.engine.export.trained_network import TrainedNetwork
    from app.engine.sources.format import Progress


class Onnx(ExportFormat):
    """Batches of any size; the other sizes are those of training. Categories are words."""

    kind: ClassVar[str] = "onnx"
    label: ClassVar[str] = "ONNX"
    summary: ClassVar[str] = (
        "One .onnx file for ONNX Runtime and many other programs, on computers, telephones and in "
        "browsers: raw inputs in, answers out."
    )
    suffix: ClassVar[str] = ".onnx"
    order: ClassVar[int] = 10
    packages: ClassVar[tuple[str, ...]] = ("onnx", "onnxscript", "onnxruntime")
    loader: ClassVar[str] = "onnx_runtime"

    @override
    def left_out(self, trained: TrainedNetwork) -> tuple[str, ...]:
        from app.engine.export.to_onnx.names import renamed_columns

        return renamed_columns(trained)

    @override
    def write(self, trained: TrainedNetwork, path: Path, progress: Progress) -> None:
        from app.engine.export.to_onnx.convert import onnx_model
        from app.engine.export.to_onnx.write import write_model

        model = onnx_model(trained, progress)
        progress("Writing the file", 0, 0)
        write_model(model, path)

    @override
    def inputs(self, trained: TrainedNetwork, raw: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
        from app.engine.export.to_onnx.category_words import with_words

        return with_words(trained.description.preparation.raw_inputs, raw)


FORMAT = Onnx()
