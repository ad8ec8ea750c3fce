"""Where the next run trains, as a person chose it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class TrainingPlace:
    """Says where a run trains: here, or beside the window, which it then outlives.

    processes: that share each batch, beside the window. host: another computer, as ssh knows it.
    """

    beside: bool = False
    processes: int = 1
    host: str = ""

    @property
    def word(self) -> str:
        """The word on the button."""
        if self.host:
            return self.host
        if self.processes > 1:
            return f"{self.processes} processes"

        return "Beside" if self.beside else "Here"

    @property
    def line(self) -> str:
        """The line of the menu."""
        if self.host:
            return f"Train on '{self.host}', by SSH"
        if self.processes > 1:
            return f"Train in {self.processes} processes of this computer"
        if self.beside:
            return "Train beside the window, in a process of its own"

        return "Train here, in this window"

    @property
    def tip(self) -> str:
        if self.host:
            return (
                "The experiment and its data go there, the run comes back while it trains. It goes "
                "on when the window is closed or the connection is lost."
            )
        if self.processes > 1:
            return (
                "They share each batch: faster where one does not use all cores, or with several "
                "GPUs. It goes on when the window is closed."
            )
        if self.beside:
            return "It goes on when the window is closed, and is found again when it is opened."

        return "It ends with the window."

    def to_plain(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> TrainingPlace:
        """Returns a place that was kept; here, where that makes no sense."""
        processes = plain.get("processes")
        host = plain.get("host")
        if isinstance(host, str) and host:
            return cls(True, 1, host)
        if isinstance(processes, int) and not isinstance(processes, bool) and processes > 1:
            return cls(True, processes)

        return cls(bool(plain.get("beside")))


HERE = TrainingPlace()
BESIDE = TrainingPlace(beside=True)
