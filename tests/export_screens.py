"""Pictures of the export dialog for tests.screens: new, under way, done, failed, many formats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from app.engine.export.formats import all_formats
from app.engine.export.formats.torch_export import TorchExport
from app.engine.export.proof import keep
from app.engine.runs.run import Run
from app.engine.runs.weights_in_use import best_weights
from app.ui.state.record import read_record
from app.ui.widgets.export.dialog import ExportDialog
from tests.engine.export.proofs import a_proof

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.export.format import ExportFormat


class Small(TorchExport):
    """A format that changes some answers."""

    kind: ClassVar[str] = "eight-bits"
    label: ClassVar[str] = "ONNX, 8 bits"
    summary: ClassVar[str] = (
        "A quarter of the size: weights and steps in whole numbers, so that some may change."
    )
    suffix: ClassVar[str] = ".onnx"


class Open(Small):
    """A format that changes none."""

    kind: ClassVar[str] = "open"
    label: ClassVar[str] = "ONNX"

    summary: ClassVar[str] = "One .onnx file for programs in any language: raw inputs in, answers."


class Absent(Small):
    """A format whose packages are not there."""

    kind: ClassVar[str] = "absent"
    label: ClassVar[str] = "Core ML"
    summary: ClassVar[str] = "One file for telephones and tablets."
    packages: ClassVar[tuple[str, ...]] = ("a_package_of_nobody", "another_of_nobody")


class Weights(Small):
    """A format that holds no preparation."""

    kind: ClassVar[str] = "weights"
    label: ClassVar[str] = "Weights alone"
    summary: ClassVar[str] = "The numbers that were learned, by name, without the code around them."
    suffix: ClassVar[str] = ".safetensors"


class Script(Small):
    """A format of which no proof is kept."""

    kind: ClassVar[str] = "script"
    label: ClassVar[str] = "Python script"
    summary: ClassVar[str] = "One readable script that trains this network again."
    suffix: ClassVar[str] = ".py"


SEVERAL: dict[str, ExportFormat] = {
    each.kind: each for each in (Open(), Small(), TorchExport(), Weights(), Script(), Absent())
}


def keep_several(run: Run) -> None:
    """Keeps proofs of several formats: good, marked, of old weights."""
    best = best_weights(run)
    assert best is not None
    now = {"epoch": best.epoch, "step": best.step, "examples": 180, "weight_bytes": 389_416}
    for changes in (
        {"format": "open", "out": "digits cnn.onnx", "size": 421_888, "changed": 0}
        | {"max_difference": 3.2e-7, "value": 0.969, "milliseconds": {"1": 0.041, "64": 0.0093}},
        {"format": "eight-bits", "out": "digits cnn eight-bits.onnx", "size": 118_784}
        | {"changed": 4, "allowed": 0.01, "value": 0.952}
        | {"left_out": ("The output layer stays in float32.",)},
        {"format": "torch-export", "out": "digits cnn.pt2", "size": 532_480, "changed": 0}
        | {"max_difference": 0.0, "value": 0.969, "epoch": 1, "step": 23},
    ):
        keep(run, a_proof(**{**now, **changes}))


def take_export(camera: Any) -> None:
    """Photographs the dialog in every state and appearance."""
    camera.open()
    camera.read("sample:digits")
    camera.inside.document.choose("model", "cnn")
    camera.train(lambda: False, epochs=3)
    camera.settle(500)
    for page in ("results", "runs"):
        camera.photograph("export", (page,))

    run = Run(camera.inside.session.record.path)
    for appearance in camera.appearances():
        _one_after_another(camera, run, appearance)

    keep_several(run)
    camera.inside.session.show(read_record(run.path))
    camera.settle(500)
    camera.photograph("exports", ("results",))
    for appearance in camera.appearances():
        dialog = _open(camera, run, SEVERAL)
        dialog.table.rows["eight-bits"].radio.click()
        _save(camera, dialog, f"several-{appearance}")
        dialog.accept()


def _one_after_another(camera: Any, run: Run, appearance: str) -> None:
    """Photographs the formats that there are: new, under way, done and failed."""
    exporter = camera.inside.exporter
    (run.path / "exports.json").unlink(missing_ok=True)
    (run.path / "manifest.json").unlink(missing_ok=True)
    dialog = _open(camera, run, dict(all_formats()))
    _save(camera, dialog, f"new-{appearance}")
    dialog.export_to(camera.home / f"digits cnn {appearance}.pt2")
    camera.wait(lambda: exporter.stage.total > 0 or not exporter.busy)
    _save(camera, dialog, f"running-{appearance}")
    camera.wait(lambda: not exporter.busy)
    camera.settle()
    _save(camera, dialog, f"done-{appearance}")
    dialog.export_to(camera.home / "a folder that is not there" / "digits.pt2")
    camera.wait(lambda: not exporter.busy)
    _save(camera, dialog, f"failed-{appearance}")
    dialog.accept()


def _open(camera: Any, run: Run, formats: dict[str, ExportFormat]) -> ExportDialog:
    inside = camera.inside
    dialog = ExportDialog(
        run.path,
        inside.exporter,
        inside.background,
        inside.theme,
        camera.window.frame,
        formats,
    )
    dialog.open()
    camera.wait(lambda: dialog.run is not None)
    camera.settle()
    return dialog


def _save(camera: Any, dialog: ExportDialog, name: str) -> None:
    path: Path = camera.out / f"export-{name}.png"
    camera.settle(60)
    dialog.grab().save(str(path))
    camera.taken.append(path)
