"""A new kind of input is one folder: it is read, trained, asked and shown without more."""

from __future__ import annotations

import json
import sys
import textwrap
from typing import TYPE_CHECKING

import numpy as np
import pytest

from app import cli
from app.engine.data import kinds
from app.engine.experiment.data_settings import DataSettings
from app.engine.sources.opening import open_dataset
from app.ui.widgets.examples.example import example_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DECLARATION = '''
"""Spectra: counts by energy, a line each, in .spec files."""

from app.engine.data.kinds.kind import Kind, KindFiles


def read(path):
    import numpy as np

    from app.engine.errors import UserError

    try:
        return np.loadtxt(path, dtype=np.float32)
    except ValueError as error:
        raise UserError("a line of it is not a number", "Save it again.") from error


def fit(raws):
    from app.engine.data.kinds.spectrum.preparation import SpectrumPreparation

    return SpectrumPreparation(len(raws[0]), max(float(raw.max()) for raw in raws))


KIND = Kind("spectrum", "spectrum", "spectra", files=KindFiles((".spec",), read, fit))
'''

PREPARATION = '''
"""Spectra as the network reads them: counts divided by the largest of training."""

from dataclasses import asdict, dataclass
from typing import ClassVar

import numpy as np

from app.engine.data.preparation import Preparation
from models.shape import Input


@dataclass(frozen=True)
class SpectrumPreparation(Preparation):
    kind: ClassVar[str] = "spectrum"
    length: int
    largest: float

    @property
    def inputs(self):
        return (Input("signal", (1, self.length)),)

    def array(self, raw):
        return np.asarray(raw, np.float32)[None]

    def tensor(self, batch):
        return batch / self.largest

    def to_plain(self):
        return {"kind": self.kind, **asdict(self)}

    @classmethod
    def from_plain(cls, data):
        return cls(**data)


PREPARATION = SpectrumPreparation
'''


@pytest.fixture
def spectrum(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A kind in a folder of its own, which the program finds by walking."""
    folder = tmp_path / "kinds" / "spectrum"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(textwrap.dedent(DECLARATION), encoding="utf-8")
    (folder / "preparation.py").write_text(textwrap.dedent(PREPARATION), encoding="utf-8")
    monkeypatch.setattr(kinds, "__path__", [*kinds.__path__, str(folder.parent)])
    kinds.all_kinds.cache_clear()
    yield

    kinds.all_kinds.cache_clear()
    for name in [name for name in sys.modules if name.startswith(f"{kinds.__name__}.spectrum")]:
        del sys.modules[name]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Sixty spectra of two classes: where the peak is tells them apart."""
    generator = np.random.default_rng(0)
    for label, peak in (("iron", 8), ("lead", 24)):
        folder = tmp_path / "spectra" / label
        folder.mkdir(parents=True)
        for number in range(30):
            counts = generator.poisson(3, 32)
            counts[peak] += 60
            np.savetxt(folder / f"{number}.spec", counts, fmt="%d")

    return tmp_path / "spectra"


@pytest.mark.usefixtures("spectrum")
def test_a_new_kind_is_one_folder(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["describe", str(source), "--json"]) == 0
    described = json.loads(capsys.readouterr().out)
    assert (described["kind"], described["examples"]) == ("spectrum", 60)

    experiment = tmp_path / "spectra.toml"
    experiment.write_text(
        f'[data]\nsource = "{source.as_posix()}"\n[training]\nepochs = 4\nthreads = 1\n'
        "[model]\ntemplate = 'cnn-1d'\nwidth = 8\n",
        encoding="utf-8",
    )
    run = tmp_path / "run"
    assert cli.main(["train", str(experiment), "--run-dir", str(run), "--json"]) == 0
    summary = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert summary["status"] == "completed"

    file = str(source / "lead" / "3.spec")
    assert cli.main(["predict", str(run), file, "--json"]) == 0
    (prediction,) = json.loads(capsys.readouterr().out)["predictions"]
    assert prediction["class"] == "lead"

    assert cli.main(["evaluate", str(run), "--data", str(source), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["splits"]


@pytest.mark.usefixtures("spectrum")
def test_a_file_that_cannot_be_read_is_listed(source: Path) -> None:
    (source / "iron" / "empty.spec").write_text("not a number", encoding="utf-8")
    dataset = open_dataset(DataSettings(source=str(source)))
    (skipped,) = dataset.description.skipped
    assert (skipped.path, skipped.reason) == ("iron/empty.spec", "a line of it is not a number")
    assert dataset.description.total == 60


@pytest.mark.usefixtures("spectrum")
def test_a_new_kind_is_shown(source: Path) -> None:
    dataset = open_dataset(DataSettings(source=str(source)))
    example = example_of(dataset, 0)
    assert example.kind == "spectrum"
    assert example.signal is not None and example.signal.shape == (1, 32)
