"""ONNX with weights and activations in 8 bits: smaller and faster, and a little less exact."""

# ruff: noqa: PLC0415 - torch takes seconds to load; the window lists formats without it
from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from app.engine.export.formats.onnx import Onnx

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.export.trained_network import TrainedNetwork
    from app.engine.sources.format import Progress


class OnnxInt8(Onnx):
    """As ONNX; answers change, and the figure tells whether that matters."""

    kind: ClassVar[str] = "onnx-int8"
    label: ClassVar[str] = "ONNX, 8 bits"
    summary: ClassVar[str] = (
        "One .onnx file with numbers of 8 bits, up to four times smaller than ONNX and often "
        "faster; some answers may change."
    )
    order: ClassVar[int] = 20
    most_changed: ClassVar[float] = 1.0
    most_lost: ClassVar[float | None] = 0.01

    @override
    def write(self, trained: TrainedNetwork, path: Path, progress: Progress) -> None:
        from app.engine.export.to_onnx.convert import onnx_model
        from app.engine.export.to_onnx.metadata import describe
        from app.engine.export.to_onnx.quantise import quantised
        from app.engine.export.to_onnx.write import write_model

        # Nothing else holds the model in float32: it goes as soon as it is written.
        model = quantised(onnx_model(trained, progress), trained, progress)
        describe(model, trained)

        progress("Writing the file", 0, 0)
        write_model(model, path)


FORMAT = OnnxInt8()
