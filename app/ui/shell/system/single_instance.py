"""Lets each person have one window: a second start hands its paths to the first one."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING

from PySide6.QtCore import QLockFile, QObject, Signal

from app.engine.files import json_line

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtNetwork import QLocalServer

PATIENCE_MS = 2000
LOCK = "window.lock"


class SingleInstance(QObject):
    """The first window, or the way to it. The lock is a file in `folder`.

    asked(paths): another start wants these opened; come to the front.
    """

    asked = Signal(list)

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._name = f"netwright-{zlib.crc32(str(folder.resolve()).encode()):08x}"
        self._lock: QLockFile | None = None
        self._server: QLocalServer | None = None

    def first(self) -> bool:
        """Returns whether no other window of this person is open.

        A lock whose process is dead does not count.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            return True  # where nothing can be written, nothing can be shared

        lock = QLockFile(str(self._folder / LOCK))
        lock.setStaleLockTime(0)

        if lock.tryLock(0):
            self._lock = lock
            return True

        return lock.error() != QLockFile.LockError.LockFailedError

    def hand_over(self, paths: list[str]) -> bool:
        """Asks the first window to open paths and come to the front; returns whether it did."""
        from PySide6.QtNetwork import QLocalSocket  # noqa: PLC0415 - a first start needs it later

        socket = QLocalSocket()
        socket.connectToServer(self._name)
        if not socket.waitForConnected(PATIENCE_MS):
            return False

        socket.write(json_line(paths, ascii_only=True))
        answered = socket.waitForBytesWritten(PATIENCE_MS) and socket.waitForReadyRead(PATIENCE_MS)
        socket.disconnectFromServer()

        return answered

    def listen(self) -> None:
        """Answers other starts from now on. Call it once the window is painted."""
        if self._lock is None:
            return

        from PySide6.QtNetwork import QLocalServer  # noqa: PLC0415 - after the window is painted

        QLocalServer.removeServer(self._name)  # one that a killed window left behind
        server = QLocalServer(self)
        server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        server.newConnection.connect(self._answer)
        server.listen(self._name)
        self._server = server

    def _answer(self) -> None:
        socket = self._server.nextPendingConnection() if self._server is not None else None
        if socket is None:
            return

        def read() -> None:
            if not socket.canReadLine():
                return

            line = bytes(socket.readLine().data())
            socket.write(b"ok\n")
            socket.flush()

            try:
                paths = json.loads(line)
            except ValueError:
                return

            self.asked.emit([path for path in paths if isinstance(path, str)])

        socket.readyRead.connect(read)
        socket.disconnected.connect(socket.deleteLater)
        read()

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None
