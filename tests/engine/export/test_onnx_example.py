"""The script in resources that predicts a file with an exported ONNX network, run as it stands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.engine.experiment.toml_file import from_plain
from app.engine.export.formats import format_called
from app.engine.export.trained_network import TrainedNetwork
from app.engine.results.answers import answer_file
from app.engine.results.predictor import Predictor
from app.engine.runs.run import Run
from app.engine.sources.format import no_progress
from tests.engine.export.untrained import untrained_run

pytest.importorskip("onnxruntime")

SCRIPT = Path(__file__).resolve().parents[3] / "resources" / "examples" / "predict_onnx.py"


def printed(network: Path, file: Path, folder: Path) -> list[dict[str, float]]:
    """Returns what the script prints, a line each, where this program is not to be found."""
    done = subprocess.run(
        [sys.executable, "-P", str(SCRIPT), str(network), str(file)],
        capture_output=True,
        text=True,
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.strip().splitlines()
    return [
        {name: float(value) for name, value in re.findall(r"([^,]+?) ([-\d.e+]+)(?:, |$)", line)}
        for line in lines
    ]


def export(folder: Path, data: dict[str, str]) -> tuple[Path, Predictor]:
    run, _ = untrained_run(folder / "run", from_plain({"netwright": 2, "data": data}, "test"))
    path = folder / "network.onnx"
    format_called("onnx").write(TrainedNetwork.load(run), path, no_progress)
    return path, Predictor.load(Run(run.path))


def test_a_table(tmp_path: Path) -> None:
    lines = [f"{20 + n},{'in' if n % 3 else 'out'},{9 * n + 200}" for n in range(90)]
    (tmp_path / "flats.csv").write_text("\n".join(["size,where,rent", *lines]))
    data = {"source": str(tmp_path / "flats.csv"), "target": "rent"}
    path, predictor = export(tmp_path, data)
    (tmp_path / "later.csv").write_text("where,size\nin,40.5\nout,\nin,70\n")
    found = printed(path, tmp_path / "later.csv", tmp_path)
    expected = answer_file(predictor, tmp_path / "later.csv").answers
    for line, answered in zip(found, expected, strict=True):
        assert answered.predictions is not None
        assert line == {"rent": pytest.approx(float(answered.predictions[0]), rel=1e-3)}


def test_a_picture(tmp_path: Path) -> None:
    path, predictor = export(tmp_path, {"source": "sample:digits"})
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "one.png")
    (found,) = printed(path, tmp_path / "one.png", tmp_path)
    (answered,) = answer_file(predictor, tmp_path / "one.png").answers
    assert answered.predictions is not None
    assert list(found.values()) == pytest.approx(answered.predictions.tolist(), abs=1e-3)
