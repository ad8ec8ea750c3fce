"""The beginning of a script: what it reproduces, and how it reads the data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.export.network_code import notes
from app.engine.learning.metrics import METRICS, metric_text, shared_unit
from app.engine.text import count_text
from models.code import layout
from models.code.calls import literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.export.script.parts import Parts
    from app.engine.export.script.source import ScriptSource

SPLITS = ("training", "validation", "test")


def docstring(paragraphs: Sequence[str]) -> str:
    """Returns the docstring of the script, whatever names stand in its paragraphs."""
    plain = [paragraph.replace("\\", "\\\\").replace('"""', '\\"""') for paragraph in paragraphs]
    return "\n".join(layout.docstring(plain, 0)) + "\n"


def documentation(source: ScriptSource, file: str) -> tuple[str, ...]:
    """Returns what a reader must know, in paragraphs."""
    environment = source.environment
    description = source.description
    splits = [
        f"{description.size(split):,} to {purpose}"
        for split, purpose in zip(SPLITS, ("learn from", "judge by", "test"), strict=True)
        if description.size(split)
    ]
    precision = "bfloat16" if source.uses_bfloat16 else "float32"
    versions = ", ".join(
        f"{name} {environment[key]}"
        for name, key in (("Python", "python"), ("PyTorch", "torch"), ("NumPy", "numpy"))
        if key in environment
    )
    return (
        f"{source.resolved.model.label}: {source.task.label}.",
        f"It trains the network as the run '{_plain(source.trained.run.name)}' did, on "
        f"{count_text(description.total, 'example')} ({', '.join(splits)}). {_reached(source)}",
        "The losses of all steps and the final weights are the same to the last bit with "
        f"{versions}, {count_text(source.threads, 'thread')} and {precision} on a processor of the "
        "same kind. Other versions and processors add up in another order: the first losses then "
        "agree to about 1 in 100,000, and later ones drift apart.",
        *(_plain(note) for note in notes(source.task.kind, description)),
        f"python {_plain(file)} trains and judges the network; --weights FILE.safetensors judges "
        "weights without training; --steps N prints the losses of the first N steps.",
    )


def _reached(source: ScriptSource) -> str:
    """Returns the figure that the run reached; "" where it has none."""
    summary = source.trained.run.summary()
    headline = source.task.headline.name
    for split in ("test", "validation"):
        value = summary.get("metrics", {}).get(split, {}).get(headline)
        if value is not None:
            unit = shared_unit(source.description)
            epoch = summary.get("best_epoch")
            return (
                f"Its best epoch, {epoch}, reached on the {split} examples: "
                f"{METRICS[headline].label} {metric_text(headline, value, unit)}."
            )

    return ""


def _plain(text: str) -> str:
    """Returns text as letters that can be printed."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )


def data(parts: Parts, name: str) -> str:
    """Returns the code that reads the data; name: of their file, beside the script."""
    source = parts.source
    lines = [
        f"DATA = Path(__file__).with_name({literal(name)})",
        "",
        "# Examples and targets as they are, and the rows of each split.",
        "with np.load(DATA) as file:",
    ]
    for half, array in zip(parts.halves, source.dataset.arrays, strict=True):
        read = half.read.replace("array", f'file["{half.key}"]')
        sizes = ", ".join(map(str, ("N", *array.shape[1:])))
        lines.append(f"    {half.constant} = {read}  # ({sizes}{',' if array.ndim == 1 else ''})")

    if parts.targets:
        lines.append(f'    {parts.targets} = torch.from_numpy(file["{parts.task.targets}"])')
    for key in parts.numbers:
        lines.append(f'    {key.upper()} = torch.from_numpy(file["{key}"])')

    splits = tuple(split for split in SPLITS if len(source.dataset.indices.get(split, ())))
    lines.append(
        f"    SPLITS = {{name: torch.from_numpy(file[name]) for name in {literal(splits)}}}"
    )
    return "\n".join(lines) + "\n"
