"""Opens what a person dropped or chose; what cannot be read changes nothing."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.export.bundle.opening import is_bundle, open_bundle
from app.engine.runs.run import Run, default_folder
from app.ui.shell.files import SAMPLE

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset
    from app.engine.runs.control import Control
    from app.ui.shell.files import Files
    from app.ui.state.background import Background, Failure
    from app.ui.state.data_loader import DataLoader
    from app.ui.state.document import Document
    from app.ui.widgets.toast import Toast

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
        is_free = not self._document.experiment.data.source and not is_bundle(_path_of(text))
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
            self._open_bundle(path)
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

    def _open_bundle(self, path: Path) -> None:
        """Unpacks a bundle among the runs, and opens the run that it becomes."""
        self._progress = (f"Unpacking '{self._name}'", 0, 0)
        self._reading.run(
            partial(self._unpack, path), self._take_run, partial(self._fail, str(path)), key=KEY
        )
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

    def _read(self, settings: DataSettings, control: Control) -> Dataset:
        """Reads the data; on the background thread."""
        from app.engine.sources.opening import open_dataset  # noqa: PLC0415 - with the first data

        def report(text: str, done: int, total: int) -> None:
            self._progress = (f"'{self._name}': {text}", done, total)

        return open_dataset(settings, report, control.check)

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


def _path_of(text: str) -> Path:
    return Path(text).expanduser()
