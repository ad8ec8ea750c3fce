"""Opens what a person dropped or chose; what cannot be read changes nothing."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer

from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.export.bundle.opening import is_bundle, open_bundle
from app.engine.export.reading.endings import is_network_file
from app.engine.runs.run import Run, default_folder
from app.ui.shell.files import SAMPLE
from models.own_network import OwnNetwork

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.data.dataset import Dataset
    from app.engine.runs.control import Control
    from app.ui.shell.files import Files
    from app.ui.state.background import Background, Failure
    from app.ui.state.data_loader import DataLoader
    from app.ui.state.document import Document
    from app.ui.widgets.toast import Toast
    from models.graph import Graph

PROGRESS_MS = 200

KEY = "opener"


class Opener(QObject):
    """Reads data in the background before they take the place of those that are open.

    What fails for want of a choice, such as which column is the target, is opened all the same: the
    choice is offered on the Data page.
    """

    def __init__(
        self,
        files: Files,
        document: Document,
        data_loader: DataLoader,
        reading: Background,
        toast: Toast,
    ) -> None:
        super().__init__()
        self._files = files
        self._document = document
        self._data_loader = data_loader
        self._reading = reading
        self._toast = toast
        self._progress: tuple[str, int, int] = ("", 0, 0)
        self._name = ""
        self._watch = QTimer(self, interval=PROGRESS_MS)
        self._watch.timeout.connect(self._show_progress)

    def open(self, text: str) -> None:
        """Opens a built-in data set ("sample:NAME"), a folder, a file, an experiment or a run.

        Where no data are open there is nothing to lose: the Data page shows how far they are read,
        and what is wrong with them.
        """
        path = _path_of(text)
        special = is_bundle(path) or is_network_file(path)
        is_free = not self._document.experiment.data.source and not special
        if text.startswith(SAMPLE) or is_free:
            if self._watch.isActive():
                self._cancel()
                self._toast.hide()

            self._files.open(text)
        else:
            self.open_instead(text)

    def open_instead(self, text: str) -> None:
        """Opens a folder, a data file, an experiment, a run or a bundle, once it can be read."""
        path = _path_of(text)
        self._name = path.name or text
        if is_bundle(path):
            self._begin(f"Unpacking '{self._name}'", self._unpack, self._take_run, path)
            return
        if is_network_file(path) and path.is_file():
            self._begin(f"Reading '{self._name}'", _read_network, self._take_network, path)
            return

        try:
            path = path.resolve()
            is_data = not self._files.holds_settings(path)
            if not is_data:
                self._files.require(text)
                return
        except (UserError, OSError) as error:
            self._files.forget(text)
            self._refuse(str(error))
            return

        self._progress = (f"Reading '{self._name}'", 0, 0)
        settings = DataSettings(source=str(path))
        self._reading.run(
            partial(self._read, settings),
            partial(self._take, text, settings),
            partial(self._fail, text),
            key=KEY,
        )
        self._show_progress()
        self._watch.start()

    def _begin(
        self,
        text: str,
        work: Callable[[Path, Control], Any],
        then: Callable[[Any], None],
        path: Path,
    ) -> None:
        """Does something with a file in the background, and shows that it is under way."""
        self._progress = (text, 0, 0)
        self._reading.run(partial(work, path), then, partial(self._fail, str(path)), key=KEY)
        self._show_progress()
        self._watch.start()

    def _unpack(self, path: Path, control: Control) -> Run:
        """Unpacks a bundle; on the background thread."""

        def report(text: str, *_: int) -> None:
            self._progress = (text, 0, 0)

        return open_bundle(path, default_folder(), report, control.check)

    def _take_run(self, run: Run) -> None:
        self._watch.stop()
        self._files.open(str(run.path))
        self._toast.say(f"'{run.name}' is now among your runs.")

    def _take_network(self, read: tuple[Graph, Path, str]) -> None:
        """Makes a network of another program the one that is trained, from its weights."""
        self._watch.stop()
        graph, weights, note = read
        experiment = self._document.experiment
        training = experiment.training.replace(start_from=str(weights))
        self._document.set(experiment.replace(model=OwnNetwork(blocks=graph), training=training))
        self._files.shown.emit("model")
        self._toast.say(f"A training starts from the weights of this network. {note}".strip())

    def _read(self, settings: DataSettings, control: Control) -> Dataset:
        """Reads the data; on the background thread."""
        from app.engine.sources.opening import open_dataset  # noqa: PLC0415 - with the first data

        def report(text: str, done: int, total: int) -> None:
            self._progress = (f"'{self._name}': {text}", done, total)

        return open_dataset(settings, report, control.check, sample=True)

    def _show_progress(self) -> None:
        text, done, total = self._progress
        count = f", {done:,} of {total:,}" if total else ""
        self._toast.wait(f"{text}{count} …", self._cancel)

    def _cancel(self) -> None:
        self._watch.stop()
        self._reading.forget(KEY)

    def _take(self, text: str, settings: DataSettings, dataset: Dataset) -> None:
        self._watch.stop()
        self._toast.hide()
        self._data_loader.offer(settings, dataset)
        self._files.open(text)

    def _fail(self, text: str, failure: Failure) -> None:
        self._watch.stop()
        if failure.setting.startswith("data.") and failure.setting != "data.source":
            self._toast.hide()
            self._files.open(text)
        else:
            self._refuse(failure.message)

    def _refuse(self, sentence: str) -> None:
        self._toast.say(f"Nothing was opened. {sentence}", "problem")

    def close(self) -> None:
        self._cancel()


def _read_network(path: Path, _: Control) -> tuple[Graph, Path, str]:
    """Reads a network, and writes its weights beside it; on the background thread.

    Returns its graph, the file of its weights, and what a person should know, "" for nothing.
    """
    from app.engine.export.reading.network_file import (  # noqa: PLC0415 - it loads torch
        read_network,
        write_weights,
    )

    network = read_network(path)
    if path.suffix.lower() == ".safetensors":
        return network.graph, path.absolute(), ""

    number = 1
    target = path.absolute().with_suffix(".safetensors")
    while target.exists():
        number += 1
        target = target.with_name(f"{path.stem} {number}.safetensors")

    write_weights(network, target)
    notes = (*network.notes, f"Its weights are in '{target.name}' beside it.")
    return network.graph, target, " ".join(notes)


def _path_of(text: str) -> Path:
    return Path(text).expanduser()
