"""Loads the engine once, on a thread, and finds the device to train on."""

from __future__ import annotations

import importlib
import threading
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, Signal, Slot

from app.engine.errors import UserError
from app.ui.state.background import Failure


@dataclass(frozen=True)
class Engine:
    """The engine once it is loaded, on the device that was chosen."""

    device: str
    """Its name: "cpu", "cuda:0"."""
    text: str
    """What the header's button says."""
    why: str
    """Why this device, in a sentence."""


class EngineLoader(QObject):
    """Loads the engine; loaded(Engine) or failed(Failure) come on the window's thread."""

    loaded = Signal(object)
    failed = Signal(object)
    _came = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._thread: threading.Thread | None = None
        self._came.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    def load(self, setting: str) -> None:
        """Begins to load on a thread of its own, because the import takes seconds.

        setting: the device that is chosen.
        """
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._load, args=(setting,), name="engine")
            self._thread.start()

    def close(self, patience: float) -> bool:
        """Waits for the thread, for `patience` seconds at most.

        Returns whether it has ended: an import cannot be stopped.
        """
        if self._thread is not None:
            self._thread.join(patience)
            return not self._thread.is_alive()

        return True

    def _load(self, setting: str) -> None:
        try:
            from app.engine.compute import fake_tensors  # noqa: PLC0415 - it loads torch
            from app.engine.training.warm_up import warm_up  # noqa: PLC0415 - it loads torch

            importlib.import_module("app.engine.training.trainer")
            fake_tensors.load()  # a network is measured next, and warm_up keeps what is loaded
            warm_up()
            self._came.emit(find_engine(setting))
        except BaseException as error:
            self._came.emit(_failure(error))

    @Slot(object)
    def _tell(self, result: Engine | Failure) -> None:
        if isinstance(result, Failure):
            self.failed.emit(result)
        else:
            self.loaded.emit(result)


def find_engine(setting: str) -> Engine:
    """Returns the engine on the device of a setting ("auto", "cuda:1").

    It loads torch: never call it on the window's thread.
    """
    from app.engine.compute.device import choose, cores  # noqa: PLC0415 - choosing loads torch

    try:
        device = choose(setting)
        why = f"Chosen because {device.reason}." if device.reason else ""
    except UserError as error:
        device = choose("auto")
        why = error.message

    text = device.label
    if device.type == "cpu":
        count = cores()
        text = f"{device.label}, {count} core{'' if count == 1 else 's'}"
        why = f"{why} Small networks train well on a CPU; large pictures call for a GPU.".strip()

    return Engine(device.name, f"Training on: {text}", why)


def _failure(error: BaseException) -> Failure:
    """Returns the failure, with a remedy where torch cannot be loaded: nobody guesses that."""
    failure = Failure.of(error)
    if isinstance(error, OSError | ImportError):
        return Failure(
            f"The engine (PyTorch) could not be loaded: {error}.",
            "Install it again with 'pip install --force-reinstall torch'. On Windows also install "
            "Microsoft's "
            "Visual C++ redistributable, and start Netwright itself: PyTorch must be loaded before "
            "any window.",
            failure.details,
        )

    return failure
