"""Pictures of Predict many for tests.screens: new, under way, pictures, a table, what is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from app.engine.runs.run import Run
from app.ui.widgets.predicting.dialog import PredictDialog

if TYPE_CHECKING:
    from pathlib import Path

COUNT = 240
MANY = 40_000


def take_predictions(camera: Any) -> None:
    """Photographs the dialog in every state and appearance."""
    camera.open()
    camera.read("sample:digits")
    camera.inside.document.choose("model", "cnn")
    camera.train(lambda: False, epochs=3)
    camera.settle(500)
    for page in ("tryit", "runs"):
        camera.photograph("predict", (page,))

    run = Run(camera.inside.session.record.path)
    folder = _pictures(camera.home / "photographs of digits")
    np.save(camera.home / "many.npy", np.zeros((MANY, 8, 8), np.uint8))
    for appearance in camera.appearances():
        dialog = _open(camera, run)
        _save(camera, dialog, f"new-{appearance}")
        _predict(camera, dialog, folder)
        _save(camera, dialog, f"pictures-{appearance}")
        dialog.only_told.click()
        _save(camera, dialog, f"told-{appearance}")
        dialog.predict([str(camera.home / "many.npy")])
        camera.wait(lambda dialog=dialog: dialog.table.answers.rowCount() > 1000)
        _save(camera, dialog, f"running-{appearance}")
        dialog.cancel.click()
        camera.wait(lambda: not camera.inside.predictions.busy)
        _save(camera, dialog, f"cancelled-{appearance}")
        dialog.accept()

    camera.read("sample:penguins")
    camera.inside.document.choose("model", "mlp")
    camera.train(lambda: False, epochs=20)
    camera.settle(500)
    run = Run(camera.inside.session.record.path)
    table = _table(camera.home / "penguins of next year.csv")
    wrong = camera.home / "wrong.csv"
    wrong.write_text("a,b\n1,2\n3,4\n")
    for appearance in camera.appearances():
        dialog = _open(camera, run)
        _predict(camera, dialog, wrong)
        _save(camera, dialog, f"refused-{appearance}")
        _predict(camera, dialog, table)
        _save(camera, dialog, f"table-{appearance}")
        dialog.accept()


def _pictures(folder: Path) -> Path:
    random = np.random.default_rng(0)
    for number in range(COUNT):
        path = folder / f"sheet {number // 60 + 1}" / f"digit {number:03}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 256, (8, 8), dtype=np.uint8)).save(path)

    for number in (2, 77):
        (folder / f"sheet {number // 60 + 1}" / f"digit {number:03}.png").write_bytes(b"none")

    return folder


def _table(path: Path) -> Path:
    random = np.random.default_rng(0)
    lines = [
        "island,bill length (mm),bill depth (mm),flipper length (mm),body mass (g),sex,observer"
    ]
    for number in range(120):
        island = random.choice(["Biscoe", "Dream", "Torgersen"])
        mass = "heavy" if number == 4 else f"{random.uniform(2700, 6300):.0f}"
        lines.append(
            f"{island if number != 7 else 'Anvers'},{random.uniform(32, 60):.1f},"
            f"{random.uniform(13, 21):.1f},{random.uniform(172, 231):.0f},{mass},"
            f"{random.choice(['female', 'male'])},A. Gorman"
        )

    path.write_text("\n".join(lines))
    return path


def _open(camera: Any, run: Run) -> PredictDialog:
    inside = camera.inside
    dialog = PredictDialog(
        run.path, inside.predictions, inside.background, inside.theme, camera.window.frame
    )
    dialog.open()
    camera.wait(lambda: dialog.kind is not None)
    camera.settle()
    return dialog


def _predict(camera: Any, dialog: PredictDialog, source: Path) -> None:
    dialog.predict([str(source)])
    camera.wait(lambda: not camera.inside.predictions.busy)
    camera.settle()


def _save(camera: Any, dialog: PredictDialog, name: str) -> None:
    path: Path = camera.out / f"predict-{name}.png"
    camera.settle(60)
    dialog.grab().save(str(path))
    camera.taken.append(path)
