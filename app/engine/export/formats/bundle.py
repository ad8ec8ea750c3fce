"""bundle: a run for another computer, with its model card, in one .zip."""

# ruff: noqa: PLC0415 - torch takes seconds to load; the window lists formats without it
from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from app.engine.errors import UserError
from app.engine.export.format import ExportFormat
from app.engine.sources.samples import sample_of

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.export.trained_network import TrainedNetwork
    from app.engine.sources.format import Progress


class Bundle(ExportFormat):
    """The run as it is, but for the paths of this computer and what only going on needs."""

    kind: ClassVar[str] = "bundle"
    label: ClassVar[str] = "Bundle"
    summary: ClassVar[str] = (
        "One .zip for this program on another computer: the run with its figures and curves, and a "
        "model card."
    )
    suffix: ClassVar[str] = ".zip"
    order: ClassVar[int] = 60
    loader: ClassVar[str] = "written_code"

    @override
    def left_out(self, trained: TrainedNetwork) -> tuple[str, ...]:
        from app.engine.export.bundle.contents import holds_state

        found = []
        if not holds_state(trained.run):
            found.append("The run cannot be trained longer from it; new runs can start from it.")
        if sample_of(trained.run.experiment().data.source) is None:
            found.append("Your data are not in it.")

        return tuple(found)

    @override
    def write(self, trained: TrainedNetwork, path: Path, progress: Progress) -> None:
        from app import __version__
        from app.engine.export.bundle import (
            archive,
            contents,
            data_card,
            data_licence,
            layout,
            model_card,
        )
        from app.engine.runs.weights_in_use import read_weights_in_use

        run = trained.run
        run.must_rest("bundled")
        use = read_weights_in_use(run).use
        if trained.predictor.weights.use != use:
            raise UserError(
                f"The run '{run.name}' answers with its {use} weights, and so does its bundle.",
                "Choose these weights for the run first, or export those that are in use.",
            )

        progress("Collecting the files of the run", 0, 0)
        members = contents.run_members(run)
        source = run.experiment().data.source
        members[layout.CARD] = model_card.card_text(trained, source).encode()
        members[layout.DATA_CARD] = data_card.card_text(trained.description, source).encode()
        if sample := sample_of(source):
            members[layout.LICENCE] = data_licence.licence_text(sample).encode()

        facts = {"version": layout.VERSION, "name": run.name, "program": __version__}
        archive.write_archive(path, facts, members, progress)

    @override
    def answering_path(self, trained: TrainedNetwork, path: Path, scratch: Path) -> Path:
        """Opens the bundle as another computer would, and takes the network from the run there."""
        from app.engine.export import network_code
        from app.engine.export.answering_files import write_answering_files
        from app.engine.export.bundle.opening import open_bundle
        from app.engine.export.network_source import of_predictor
        from app.engine.results.predictor import Predictor
        from app.engine.runs.weights_file import write_weights_file

        predictor = Predictor.load(open_bundle(path, scratch / "runs"))
        source = of_predictor(predictor)
        weights = scratch / "weights.safetensors"
        tensors = network_code.named_weights(source.network, network_code.code_of(source))
        write_weights_file(weights, tensors)

        raw = trained.raw(trained.rows[[0, -1]])
        return write_answering_files(predictor, weights, raw, scratch)


FORMAT = Bundle()
