"""What is shown of one block of the drawn network, as a value."""

from __future__ import annotations

import html
from dataclasses import dataclass

from app.engine.errors import with_remedy
from app.engine.text import bytes_text, percent_text, short_text


@dataclass(frozen=True)
class BlockView:
    """What is shown of one block.

    name: as in the graph.
    shape: in words, "" where the block is not reached.
    form: the shape in numbers, () where it is not known.
    share: of the network's parameters, 0 to 1; 0 also where the whole is not known.
    held: bytes in training because of it, of a whole batch.
    error, remedy: why it cannot be built, and what to change.
    pending: the block was changed, and its numbers are not known yet.
    most_inputs: how many others it can read.
    group: it is made of other blocks, and can come apart.
    """

    name: str
    title: str
    shape: str
    inputs: tuple[str, ...] = ()
    help: str = ""
    parameters: int = 0
    share: float = 0.0
    multiply_adds: int = 0
    activation_bytes: int = 0
    held: int = 0
    error: str = ""
    remedy: str = ""
    reached: bool = True
    source: bool = False
    form: tuple[int, ...] = ()
    pending: bool = False
    most_inputs: int = 1
    group: bool = False

    @property
    def trouble(self) -> str:
        """Why the block cannot be and what to change, in one line; "" where it can."""
        return with_remedy(self.error, self.remedy)

    def rich_tooltip(self) -> str:
        """Returns everything there is to say of the block, as rich text."""
        lines = [f"<b>{html.escape(self.title)}</b> ({html.escape(self.name)})"]
        if self.help:
            lines.append(html.escape(self.help))

        if self.error:
            lines.append(html.escape(self.trouble))
        elif self.reached and not self.source and not self.pending:
            share = f" ({percent_text(self.share)})" if self.share else ""
            held = f"<br>{bytes_text(self.held)} in training, with a batch and the optimizer"
            lines.append(
                f"{self.parameters:,} parameters{share}<br>"
                f"{short_text(self.multiply_adds)} multiply-adds for each example<br>"
                f"{bytes_text(self.activation_bytes)} of activations for each example"
                f"{held if self.held else ''}"
            )

        return "<div style='max-width: 320px'>" + "<br>".join(lines) + "</div>"

    def words(self) -> str:
        """Returns the block in one sentence, for screen readers."""
        if self.error:
            return f"{self.title}: {self.trouble}"
        if self.pending:
            return f"{self.title}: being measured"
        if not self.reached:
            return f"{self.title}: not reached"

        numbers = f", {self.parameters:,} parameters" if self.parameters else ""
        return f"{self.title}: {self.shape}{numbers}"
