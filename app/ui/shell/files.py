"""Opens and saves experiments, data and runs, and keeps what was open last."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from app.engine import files
from app.engine.errors import UserError
from app.engine.experiment import toml_file
from app.engine.experiment.data_settings import DataSettings
from app.engine.experiment.experiment import Experiment
from app.ui.state.background import Failure
from app.ui.state.record import read_record
from app.ui.widgets.file_dialogs import LastFolders, Purpose, note_chosen, start_folder
from app.ui.widgets.message_box import message_box

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.ui.shell.problems import Problems
    from app.ui.state.background import Background
    from app.ui.state.document import Document
    from app.ui.state.preferences import Preferences
    from app.ui.state.session import Session

KEEP_MS = 800
"""Time from a change until the open experiment is written aside."""

SAMPLE = "sample:"
NAME_FILTERS = ";;".join(
    (
        "Experiments and data (*.toml *.csv *.tsv *.tab *.xlsx *.xlsm *.xls *.ods *.parquet *.pq "
        "*.txt *.text *.npz *.npy *.gz *ubyte *.jsonl *.ndjson *.json *.arff *.zip *.bz2 *.xz "
        "*.onnx *.pt2 *.safetensors)",
        "Tables (*.csv *.tsv *.tab *.xlsx *.xlsm *.xlsb *.xls *.ods *.parquet *.pq *.txt *.dat "
        "*.data *.jsonl *.ndjson *.json *.arff *.csv.gz *.csv.bz2 *.csv.xz *.zip)",
        "Texts (*.txt *.text *.md)",
        "Arrays (*.npz *.npy *.gz *ubyte)",
        "Experiments (*.toml)",
        "Networks and bundles (*.onnx *.pt2 *.safetensors *.zip)",
        "All files (*)",
    )
)


class Files(QObject):
    """Opens and saves; the open experiment is kept in `folder`, and a restart comes back to it.

    chosen(path): a person chose it in a dialog, to open it. shown(page): something was opened; that
    page shows it. again(): the same data are to be read anew.
    """

    chosen = Signal(str)
    shown = Signal(str)
    again = Signal()

    def __init__(
        self,
        window: QWidget,
        document: Document,
        session: Session,
        preferences: Preferences,
        problems: Problems,
        folder: Path,
        writing: Background,
    ) -> None:
        super().__init__()
        self._window = window
        self._folders = LastFolders(window, preferences)
        self._document = document
        self._session = session
        self._preferences = preferences
        self._problems = problems
        self._writing = writing
        self._kept_file = folder / "open.toml"
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(KEEP_MS)
        self._timer.timeout.connect(self._keep_beside)
        document.changed.connect(lambda *_: self._timer.start())

    # --- opening

    def open(self, path: str) -> None:
        """Opens a built-in data set ("sample:NAME"), data, an experiment or a run."""
        try:
            self._open(path)
        except UserError as error:
            self._preferences.forget(path)
            self._problems.tell(error)

    def forget(self, path: str) -> None:
        """Takes a path off the list of what was open lately."""
        self._preferences.forget(path)

    def require(self, path: str) -> None:
        """Opens the same. Raises UserError, and then nothing is changed."""
        self._open(path)

    @staticmethod
    def holds_settings(path: Path) -> bool:
        """Returns whether a path is that of an experiment or of a run, and not of data.

        Raises UserError where there is nothing, or OSError.
        """
        if not path.exists():
            raise UserError(f"There is no '{path}'.", "Check the name, or choose it again.")

        is_run = path.is_dir() and (path / "experiment.toml").is_file()
        return is_run or path.suffix.lower() == ".toml"

    def _open(self, text: str) -> None:
        if text.startswith(SAMPLE):
            self._begin(Experiment(name=text.removeprefix(SAMPLE), data=DataSettings(source=text)))
            return

        path = Path(text).expanduser()
        try:
            there = path.exists()
        except OSError as error:  # a name that no file can have
            raise files.disk_error(error, path) from error

        if not there:
            raise UserError(f"There is no '{path}'.", "Check the name, or choose it again.")

        path = path.resolve()
        if path.is_dir() and (path / "experiment.toml").is_file():
            self._open_run(path)
        elif path.suffix.lower() == ".toml":
            self._open_experiment(path)
        else:
            name = path.stem if path.is_file() else path.name
            self._begin(Experiment(name=name, data=DataSettings(source=str(path))))
            self._preferences.remember(str(path))

    def _begin(self, experiment: Experiment) -> None:
        """Starts a new experiment on other data, as one step that can be undone."""
        same = self._document.experiment.data == experiment.data
        self._document.path = None
        self._document.set(experiment)

        if same:
            self.again.emit()

        self.shown.emit("data")

    def _open_experiment(self, path: Path) -> None:
        experiment = toml_file.read(path)
        self._when_safe(lambda: self._take(experiment, path))

    def _take(self, experiment: Experiment, path: Path) -> None:
        self._document.open(experiment, path)
        self._preferences.remember(str(path))
        self.shown.emit("data")

    def _open_run(self, path: Path) -> None:
        record = read_record(path)
        experiment = toml_file.read(path / "experiment.toml")

        def take() -> None:
            self._document.open(experiment)
            self._session.show(record)
            self._preferences.remember(str(path))
            self.shown.emit("training" if record.finished is None else "results")

        self._when_safe(take)

    def _when_safe(self, then: Callable[[], None]) -> None:
        """Goes on, after a question where changes of a saved experiment would be lost.

        Everything else can be undone.
        """
        document = self._document
        if document.path is None or not document.dirty:
            then()
            return

        box = message_box(
            self._window,
            "files.save_changes",
            f"'{document.path.name}' has changes that are not saved.",
            "Save them before the other experiment is opened?",
        )
        buttons = QMessageBox.StandardButton
        box.setStandardButtons(buttons.Save | buttons.Discard | buttons.Cancel)

        def decide(code: int) -> None:
            if code == buttons.Cancel or (code == buttons.Save and not self.save()):
                return
            then()

        box.finished.connect(decide)
        self._show(box)

    def ask_folder(self) -> None:
        dialog = QFileDialog(self._window, "Open a folder of data", self._start("data"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly, True)
        self._note(dialog, "data")
        dialog.fileSelected.connect(self.chosen)
        self._show(dialog)

    def ask_file(self) -> None:
        dialog = QFileDialog(
            self._window, "Open an experiment or a data file", self._start("data"), NAME_FILTERS
        )
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        self._note(dialog, "data")
        dialog.fileSelected.connect(self.chosen)
        self._show(dialog)

    # --- saving

    def save(self) -> bool:
        """Writes to the experiment's file, or asks for one. Returns whether it is written now."""
        if self._document.path is None:
            self.save_as()
            return False

        return self._write(self._document.path)

    def save_as(self) -> None:
        name = self._document.experiment.name or "experiment"
        dialog = QFileDialog(
            self._window,
            "Save the experiment",
            str(Path(self._start("experiment")) / f"{name}.toml"),
        )
        dialog.setNameFilter("Experiments (*.toml)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("toml")
        dialog.selectFile(f"{name}.toml")
        self._note(dialog, "experiment")
        dialog.fileSelected.connect(lambda path: self._write(Path(path)))
        self._show(dialog)

    def _write(self, path: Path) -> bool:
        try:
            self._document.save(path)
        except UserError as error:
            self._problems.tell(error)
            return False

        self._preferences.remember(str(path))
        return True

    # --- what survives a restart

    def keep(self) -> None:
        """Writes the open experiment aside, so that nothing is lost however the program ends."""
        self._timer.stop()
        try:
            self._to_keep()()
        except UserError as error:
            self._problems.note(Failure.of(error))

    def _keep_beside(self) -> None:
        """Does the same on another thread: until the disk has it, 80 ms may pass."""
        write = self._to_keep()
        self._writing.run(lambda _: write(), lambda _: None, self._problems.note, key="keep")

    def _to_keep(self) -> Callable[[], None]:
        """Returns what writes the experiment and the preferences of now. It raises UserError."""
        experiment = toml_file.dumps(self._document.experiment).encode()
        self._preferences.set("open_path", str(self._document.path or ""))
        preferences = self._preferences.values()

        def write() -> None:
            files.write_atomically(self._kept_file, experiment)
            self._preferences.write(preferences)

        return write

    def restore(self) -> bool:
        """Opens the experiment that was open last. Returns whether there was one with data."""
        if not self._kept_file.is_file():
            return False

        try:
            experiment = toml_file.read(self._kept_file)
        except UserError as error:
            self._problems.note(Failure.of(error))
            return False

        path = Path(self._preferences.get("open_path", ""))
        name = experiment.name if experiment.name != self._kept_file.stem else ""
        self._document.restore(experiment.replace(name=name), path if path.is_file() else None)

        return bool(experiment.data.source)

    # --- dialogs

    def _show(self, dialog: QFileDialog | QMessageBox) -> None:
        """Shows a dialog without an event loop of its own: training and drawing go on."""
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _note(self, dialog: QFileDialog, purpose: Purpose) -> None:
        """Remembers where something will be chosen in a dialog."""
        dialog.fileSelected.connect(lambda path: note_chosen(self._window, purpose, path))

    def _start(self, purpose: Purpose) -> str:
        """Returns the folder in which dialogs begin: that of before, or of what was opened last."""
        if folder := start_folder(self._window, purpose):
            return folder

        for path in self._preferences.recent():
            if Path(path).parent.is_dir():
                return str(Path(path).parent)

        return str(Path.home())


def saved_words(document: Document) -> tuple[str, str]:
    """Returns whether the experiment is saved, in a word and in a sentence."""
    if document.path is None:
        return "autosaved", "Not saved to a file yet; it is kept for the next start."
    if document.dirty:
        return (
            "changed",
            f"Changes are not in '{document.path.name}' yet; they are kept all the same.",
        )

    return "saved", f"Saved in '{document.path}'."
