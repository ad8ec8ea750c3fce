"""Adding a loss, a template or a format touches one file: it then appears wherever it should.

Pages, results views and kinds of input have tests of their own beside this one.
"""

from __future__ import annotations

import importlib
import json
import sys
import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtWidgets import QWidget

from app import cli
from app.engine.learning.loss import LOSSES
from app.engine.learning.tasks import TASKS
from app.engine.sources import formats
from app.ui.pages.learning.page import LearningPage
from app.ui.pages.model.page import ModelPage
from app.ui.widgets.settings.choice_box import ChoiceBox
from models.template import TEMPLATES
from tests.ui.harness import open_harness

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from models.spec import Registry

Add = Callable[[str, str, str], None] if TYPE_CHECKING else Any

LOSS = '''
"""The square root of the absolute error."""

from typing import ClassVar

from app.engine.learning.loss import LOSSES, Loss, LossFunction
from models.spec import setting


@LOSSES.register
class RootError(Loss):
    kind: ClassVar[str] = "root-error"
    label: ClassVar[str] = "Root of the error"
    summary: ClassVar[str] = "Large errors cost little more than small ones."
    explanation: ClassVar[str] = "The square root of the distance between answer and truth."
    tasks: ClassVar[tuple[str, ...]] = ("regression",)
    picture: ClassVar[str] = "distance"

    floor: float = setting(0.01, label="Floor", gt=0.0, le=1.0, help="Added before the root.")

    def build(self, counts, device, examples=0):
        return _RootError(self.floor)

    def curve(self, error):
        return (abs(error) + self.floor) ** 0.5


class _RootError(LossFunction):
    def __init__(self, floor):
        self.floor = floor

    def __call__(self, outputs, targets):
        return ((outputs.float() - targets.float()).abs() + self.floor).sqrt().mean()
'''

TEMPLATE = '''
"""One linear layer for table rows."""

from typing import ClassVar

from models.dense.mlp import MLP
from models.template import TEMPLATES


@TEMPLATES.register
class OneLayer(MLP):
    kind: ClassVar[str] = "one-layer"
    label: ClassVar[str] = "One layer"
    summary: ClassVar[str] = "The smallest network there is."
'''

FORMAT = '''
"""Rows of numbers, one file, the class in front: "iron: 1 2 3"."""

from pathlib import Path

from app.engine.sources.formats.table import TableFormat


class Colons(TableFormat):
    kind = "colons"
    label = "Lines with a colon"
    order = 1

    def matches(self, source):
        return source.endswith(".colons")

    def open(self, source, data, options):
        lines = Path(source).read_text(encoding="utf-8").splitlines()
        rows = [line.replace(":", "").split() for line in lines]
        head = ",".join(["metal", *(f"x{number}" for number in range(len(rows[0]) - 1))])
        table = Path(source).with_suffix(".csv")
        table.write_text("\\n".join([head, *map(",".join, rows)]) + "\\n", encoding="utf-8")
        return super().open(str(table), data, options)


FORMAT = Colons()
'''


def forget(registry: Registry[Any], kind: str) -> None:
    """Takes a kind out of a registry, so that it walks its packages anew."""
    registry._known.pop(kind, None)
    registry._complete = False


@pytest.fixture
def add(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Add]:
    """Puts a file with this code into a package, for this test."""
    added: list[str] = []

    def put(package: str, name: str, code: str) -> None:
        folder = tmp_path / "added" / package.replace(".", "-")
        folder.mkdir(parents=True)
        (folder / f"{name}.py").write_text(textwrap.dedent(code), encoding="utf-8")
        module = importlib.import_module(package)
        monkeypatch.setattr(module, "__path__", [*module.__path__, str(folder)])
        added.append(f"{package}.{name}")

    yield put

    for name in added:
        sys.modules.pop(name, None)


@pytest.fixture
def root_error(add: Add) -> Iterator[None]:
    add("app.engine.learning.losses", "root_error", LOSS)
    forget(LOSSES, "root-error")
    yield
    forget(LOSSES, "root-error")


@pytest.fixture
def one_layer(add: Add) -> Iterator[None]:
    add("models.dense", "one_layer", TEMPLATE)
    forget(TEMPLATES, "one-layer")
    yield
    forget(TEMPLATES, "one-layer")


@pytest.fixture
def colons(add: Add) -> Iterator[None]:
    add("app.engine.sources.formats", "colons", FORMAT)
    formats.all_formats.cache_clear()
    yield
    formats.all_formats.cache_clear()


def train(path: Path, capsys: pytest.CaptureFixture[str], *changes: str) -> dict[str, Any]:
    """Trains an experiment on the command line and returns its summary."""
    arguments = [part for change in changes for part in ("--set", change)]
    code = cli.main(
        ["train", str(path), "--run-dir", str(path.with_name("run")), "--json", *arguments]
    )
    output = capsys.readouterr()
    assert code == 0, output.err
    return dict(json.loads(output.out.splitlines()[-1]))


@pytest.fixture
def diabetes(tmp_path: Path) -> Path:
    """An experiment of a second: an amount from table rows."""
    path = tmp_path / "diabetes.toml"
    path.write_text(
        '[data]\nsource = "sample:diabetes"\n[model]\ntemplate = "mlp"\nwidth = 8\n'
        "[training]\nepochs = 2\nthreads = 1\n",
        encoding="utf-8",
    )
    return path


@pytest.mark.usefixtures("root_error")
def test_a_new_loss_is_one_file(
    qtbot: QtBot, diabetes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "root-error" in TASKS["regression"].losses
    assert cli.main(["settings", "root-error"]) == 0
    assert "floor" in capsys.readouterr().out
    assert train(diabetes, capsys, "loss.kind=root-error", "loss.floor=0.1")["best_epoch"]

    with open_harness(diabetes.parent) as harness:
        harness.parts.network_measurer.close()
        page = LearningPage(harness.parts)
        qtbot.addWidget(page)
        box = page.findChild(ChoiceBox, "learning.loss")
        assert box is not None and box.findData("root-error") >= 0


@pytest.mark.usefixtures("one_layer")
def test_a_new_template_is_one_file(
    qtbot: QtBot, diabetes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["settings", "one-layer"]) == 0
    assert "depth" in capsys.readouterr().out
    assert train(diabetes, capsys, "model.template=one-layer", "model.depth=1")["best_epoch"]

    with open_harness(diabetes.parent) as harness:
        page = ModelPage(harness.parts)
        qtbot.addWidget(page)
        assert page.findChild(QWidget, "model.template.one-layer") is not None


@pytest.mark.usefixtures("colons")
def test_a_new_format_is_one_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "metals.colons"
    lines = [f"{'iron' if number % 2 else 'lead'}: {number % 2} {number}.5" for number in range(40)]
    path.write_text("\n".join(lines), encoding="utf-8")

    assert cli.main(["describe", str(path), "--json"]) == 0
    described = json.loads(capsys.readouterr().out)
    assert (described["kind"], described["examples"]) == ("row", 40)
    names = {column["name"] for column in described["columns"]} | set(described["targets"])
    assert names == {"metal", "x0", "x1"}
