"""safetensors: the weights under the names of the written code, with all that they mean."""

# ruff: noqa: PLC0415 - torch takes seconds to load; the window lists formats without it
from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from app.engine.export.format import ExportFormat

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.export.trained_network import TrainedNetwork
    from app.engine.sources.format import Progress


class SafetensorsFile(ExportFormat):
    """Weights that the code of `netwright code` loads as they are.

    Their names are those of the written code and not of the graph: whoever opens the file elsewhere
    has that code, or writes a class of his own with such attributes. The graph stands beside them.
    """

    kind: ClassVar[str] = "safetensors"
    label: ClassVar[str] = "Weights"
    summary: ClassVar[str] = (
        "One .safetensors file: the weights, with the graph and the preparation as JSON in its "
        "metadata."
    )
    suffix: ClassVar[str] = ".safetensors"
    order: ClassVar[int] = 40
    loader: ClassVar[str] = "written_code"

    @override
    def left_out(self, trained: TrainedNetwork) -> tuple[str, ...]:
        return ("The file holds no code: 'netwright code' writes the code that loads it.",)

    @override
    def write(self, trained: TrainedNetwork, path: Path, progress: Progress) -> None:
        from app.engine.export import metadata, network_code
        from app.engine.export.network_source import of_predictor
        from app.engine.runs.weights_file import write_weights_file

        progress("Writing the weights", 0, 0)
        source = of_predictor(trained.predictor)
        code = network_code.code_of(source)
        facts = metadata.weights_metadata(trained, code)
        write_weights_file(path, network_code.named_weights(source.network, code), facts)

    @override
    def answering_path(self, trained: TrainedNetwork, path: Path, scratch: Path) -> Path:
        from app.engine.export.answering_files import write_answering_files

        raw = trained.raw(trained.rows[[0, -1]])
        return write_answering_files(trained.predictor, path, raw, scratch)


FORMAT = SafetensorsFile()
