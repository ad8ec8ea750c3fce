"""Python: a script that reproduces the run, with its data, its weights and a notebook beside it."""

# ruff: noqa: PLC0415 - torch takes seconds to load; the window lists formats without it
from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from app.engine.errors import UserError
from app.engine.export.format import ExportFormat
from app.engine.export.script import beside

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np

    from app.engine.export.script.parts import Parts
    from app.engine.export.trained_network import TrainedNetwork
    from app.engine.sources.format import Progress


class Python(ExportFormat):
    """Plain PyTorch: whoever reads it sees the whole training from the data to the weights."""

    kind: ClassVar[str] = "python"
    label: ClassVar[str] = "Python script"
    summary: ClassVar[str] = (
        "A script of plain PyTorch that trains to the same weights, with the data, the weights and "
        "a notebook beside it."
    )
    suffix: ClassVar[str] = ".py"
    order: ClassVar[int] = 50
    loader: ClassVar[str] = "python_script"
    companions: ClassVar[tuple[str, ...]] = (
        beside.DATA,
        beside.WEIGHTS,
        beside.NOTEBOOK,
        beside.START,
    )
    trains: ClassVar[bool] = True

    @override
    def left_out(self, trained: TrainedNetwork) -> tuple[str, ...]:
        from app.engine.export.script.head import why_other_bits
        from app.engine.export.script.parts import Parts
        from app.engine.export.script.source import ScriptSource

        try:
            parts = Parts(ScriptSource.of(trained))
        except UserError as error:
            return (error.what,)

        return tuple(filter(None, (why_other_bits(parts),)))

    @override
    def write(self, trained: TrainedNetwork, path: Path, progress: Progress) -> None:
        import numpy as np

        from app.engine.export import network_code
        from app.engine.runs.weights_file import write_weights_file

        if path.suffix in self.companions:
            raise UserError(
                f"'{path.name}' would be written over by a file that belongs to the script.",
                "End its name with '.py'.",
            )

        progress("Writing the script", 0, 0)
        parts = self._write_texts(trained, path)

        progress("Writing the data", 0, 0)
        np.savez(path.with_suffix(beside.DATA), allow_pickle=False, **parts.arrays())
        tensors = network_code.named_weights(trained.network, parts.network)
        write_weights_file(path.with_suffix(beside.WEIGHTS), tensors)
        if parts.start is not None:
            write_weights_file(path.with_suffix(beside.START), parts.start)

    def _write_texts(self, trained: TrainedNetwork, path: Path, checked: str = "") -> Parts:
        """Writes script and notebook; returns its parts. checked: what the check of it found."""
        from app.engine.export.script.notebook import notebook
        from app.engine.export.script.writer import write_script

        names = beside.names_beside(path)
        script, parts = write_script(trained, path.name, *names, checked=checked)
        path.write_text(script.text, encoding="utf-8")
        split = "test" if trained.split == "test" else "validation"
        path.with_suffix(beside.NOTEBOOK).write_bytes(notebook(script, names, split))
        return parts

    def inputs(self, trained: TrainedNetwork, raw: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
        """Returns examples as a Dataset stores them: so the script has its data."""
        import torch

        stored = trained.description.preparation.of_raw(*map(torch.from_numpy, raw))
        halves = stored if isinstance(stored, tuple) else (stored,)
        return tuple(half.numpy() for half in halves)

    def prove_more(
        self, trained: TrainedNetwork, path: Path, whole: bool, progress: Progress
    ) -> dict[str, Any]:
        """Compares the losses of the first steps with those that the run recorded.

        Where another device computed these, the script's head says then what was found.
        """
        from app.engine.export.script.retrace import retrace
        from app.engine.export.words import tolerance_text

        found = retrace(trained, path, whole, progress)
        if "loss_tolerance" in found:
            steps, difference = found["steps"], found["loss_difference"]
            checked = tolerance_text(steps, difference, found["loss_tolerance"])
            self._write_texts(trained, path, checked)

        return found


FORMAT = Python()
