"""The temperature by which the answers of a run's weights are scaled, where a person chose it.

calibration.json names the weights that it was fitted for: others answer as they are. It changes how
sure answers sound, and none of them (see results.calibration).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from app.engine.runs.storage import manifest, shape

if TYPE_CHECKING:
    from app.engine.runs.run import Run

FILE = "calibration.json"


def read_temperature(run: Run, step: int) -> float | None:
    """Returns the temperature kept for the weights of a step; None where there is none.

    Raises RunFileError where the file is damaged.
    """
    plain = shape.read_object(run.path, FILE)
    if not plain:
        return None

    temperature, of = plain.get("temperature"), plain.get("step")
    if (
        not isinstance(temperature, int | float)
        or not isinstance(of, int)
        or not math.isfinite(temperature)
        or temperature <= 0
    ):
        raise manifest.damaged(run.path, FILE, "it holds no temperature")

    return float(temperature) if of == step else None


def keep_temperature(run: Run, temperature: float, step: int) -> None:
    """Keeps the temperature for the weights of a step. Raises UserError where the disk refuses."""
    run.write_json(FILE, {"temperature": temperature, "step": step})


def forget_temperature(run: Run) -> None:
    """Lets the weights answer as they are. Raises UserError where the disk refuses."""
    manifest.remove(run.path, FILE)
