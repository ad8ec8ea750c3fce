"""Loads the engine once, behind a visible state, and says which device it found and why."""

from __future__ import annotations

import importlib
import threading

from PySide6.QtCore import QObject, Qt, Signal, Slot

from app.engine.errors import UserError
from app.ui.shell.run_bar import Engine
from app.ui.state.background import Failure


class EngineLoader(QObject):
    """loaded(Engine) and failed(Failure) come on the window's thread."""

    loaded = Signal(object)
    failed = Signal(object)
    _came = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._thread: threading.Thread | None = None
        self._came.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    def load(self, setting: str) -> None:
        """Begin on a thread of its own: the import takes seconds.

        setting: the device that is chosen.
        """
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._load, args=(setting,), name="engine")
            self._thread.start()

    def close(self, patience: float) -> bool:
        """Wait for the thread, so many seconds at most.

        Returns whether it has ended: an import cannot be stopped.
        """
        if self._thread is not None:
            self._thread.join(patience)
            return not self._thread.is_alive()

        return True

    def _load(self, setting: str) -> None:
        try:
            # Torch and the trainer take seconds to load: the window stands before that.
            from app.engine.training.warm_up import warm_up  # noqa: PLC0415 - it loads torch

            importlib.import_module("app.engine.training.trainer")
            warm_up()
            self._came.emit(look(setting))
        except BaseException as error:
            self._came.emit(_failure(error))

    @Slot(object)
    def _tell(self, result: Engine | Failure) -> None:
        if isinstance(result, Failure):
            self.failed.emit(result)
        else:
            self.loaded.emit(result)


def look(setting: str) -> Engine:
    """The device for a setting ("auto", "cuda:1"), as a person reads it.

    Loads torch: never on the window's thread.
    """
    from app.engine.compute.device import choose, cores
    from app.engine.memory.device_monitor import DeviceMonitor

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
        why = f"{why} Small networks train well on a CPU; large pictures want a GPU.".strip()

    monitor = DeviceMonitor(device.name)
    try:
        free = monitor.sample()[0].get("free")
    finally:
        monitor.close()

    return Engine(device.name, f"Training on: {text}", why, None if free is None else int(free))


def _failure(error: BaseException) -> Failure:
    """Torch that cannot be loaded is the one failure whose cause people cannot guess."""
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
