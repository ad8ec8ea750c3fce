"""The beginning of a script: what it reproduces, and how it reads the data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.export.network_code import LOGIT_A_CLASS, notes
from app.engine.learning.metrics import METRICS, metric_text, shared_unit
from app.engine.text import count_text, list_text
from models.code import layout
from models.code.calls import literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from app.engine.export.script.parts import Parts
    from app.engine.export.script.source import ScriptSource

SPLITS = ("training", "validation", "test")

TOLERANCE = (
    "On four networks, with other instructions of the processor and other thread counts, the first "
    "loss agreed to 1 in 100,000 and the first 20 to 2 in 100 or better; later ones drift apart."
)
"""Measured on a small CNN, a ResNet, a text encoder and an MLP; the ResNet drifted furthest."""

MOST_NAMED = 40
"""So many classes or amounts are named."""


def docstring(paragraphs: Sequence[str]) -> str:
    """Returns the docstring of the script, whatever names stand in its paragraphs."""
    plain = [paragraph.replace("\\", "\\\\").replace('"""', '\\"""') for paragraph in paragraphs]
    return "\n".join(layout.docstring(plain, 0)) + "\n"


def documentation(parts: Parts, file: str, checked: str) -> tuple[str, ...]:
    """Returns what a reader must know, in paragraphs. checked: what the check of it found."""
    source = parts.source
    environment = source.environment
    description = source.description
    splits = [
        f"{description.size(split):,} to {purpose}"
        for split, purpose in zip(SPLITS, ("learn from", "judge by", "test"), strict=True)
        if description.size(split)
    ]
    versions = ", ".join(
        f"{name} {environment[key]}"
        for name, key in (("Python", "python"), ("PyTorch", "torch"), ("NumPy", "numpy"))
        if key in environment
    )
    return (
        f"{source.resolved.model.label}: {source.task.label}.",
        f"It trains the network as the run '{plain_text(source.trained.run.name)}' did, on "
        f"{count_text(description.total, 'example')} ({', '.join(splits)}). {_reached(source)}"
        f"{_stopped(source)}",
        *filter(None, (_begun(source), _changed(source))),
        _sameness(parts, versions, checked),
        *(
            plain_text(note)
            for note in filter(None, (*notes(source.task.kind, description), _targets(source)))
        ),
        f"python {plain_text(file)} trains and judges it; --weights FILE.safetensors judges "
        "weights without training; --steps N prints the losses of the first N steps.",
    )


def _sameness(parts: Parts, versions: str, checked: str) -> str:
    """Returns how far the script trains as the run did, and under which conditions."""
    source = parts.source
    computed = f"{versions}, {count_text(source.threads, 'thread')} and {source.precision}"
    if source.is_elsewhere:
        return " ".join(filter(None, (why_other_bits(parts), f"It had {computed}.", checked)))

    return (
        "The losses of all steps and the final weights are the same to the last bit with "
        f"{computed} on a processor of the same kind. Other versions, processors and thread counts "
        f"add up in another order. {TOLERANCE}"
    )


def why_other_bits(parts: Parts) -> str:
    """Returns sentences on what a script cannot repeat of a run; "" of one on the CPU."""
    source = parts.source
    if not source.is_elsewhere:
        return ""

    text = (
        f"The run computed on '{source.device}', and its script computes on the CPU, where bits "
        "cannot be the same."
    )
    if not parts.draws_on_device:
        return text

    return f"{text} The random numbers of dropout and augmentation are others too."


def _targets(source: ScriptSource) -> str:
    """Returns what the targets are where the outputs do not tell it."""
    description = source.description
    if description.amounts:
        names = [
            f"{each.name} [{each.unit}]" if each.unit else each.name for each in description.amounts
        ]
        return f"Amounts: {list_text(names, MOST_NAMED)}."
    if description.classes and source.task.kind not in LOGIT_A_CLASS:
        names = [f"{number} {name}" for number, name in enumerate(description.classes)]
        return f"Labels: {list_text(names, MOST_NAMED)}."

    return ""


def _begun(source: ScriptSource) -> str:
    """Returns a sentence on a run that began with other weights than random ones."""
    if source.start is None:
        return ""

    return (
        "The run began with the weights of an earlier one, or of a file. They stand beside the "
        "script as START, together with the random ones of what is new."
    )


def _changed(source: ScriptSource) -> str:
    """Returns a sentence on a run of which settings were changed while it trained."""
    count = len(source.live.by_step.keys() - {0})
    if not source.live.by_step:
        return ""

    times = f" {count_text(count, 'time')}" if count else " before the first step"
    return (
        f"While the run trained, settings of it were changed{times}; the script makes the same "
        "CHANGES at the same steps."
    )


def _stopped(source: ScriptSource) -> str:
    """Returns a sentence where the run did not come to its end."""
    summary = source.trained.run.summary()
    if summary.get("status") == "completed":
        return ""

    epochs = count_text(source.resolved.training.epochs, "epoch")
    return f" The run did not come to its end; the script trains all {epochs}."


def _form(array: np.ndarray) -> str:
    """Returns shape and type of an array for a comment."""
    sizes = ", ".join(map(str, array.shape))
    return f"({sizes}{',' if array.ndim == 1 else ''}) {array.dtype}"


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


def plain_text(text: str) -> str:
    """Returns text as letters that can be printed."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )


def beside(name: str) -> str:
    """Returns the expression of the path of a file beside the script."""
    return f"Path(__file__).with_name({literal(name)})"


def data(parts: Parts, name: str, start: str) -> str:
    """Returns the code that reads the data.

    name: of their file, beside the script. start: of that with the first weights, if it has one.
    """
    source = parts.source
    lines = [
        f"DATA = {beside(name)}",
        *([f"START = {beside(start)}"] if parts.start is not None else []),
        "",
        "# Examples and targets as they are, and the rows of each split.",
        "with np.load(DATA) as file:",
    ]
    arrays = parts.arrays()
    for half in parts.halves:
        if half.note:
            lines += layout.comment(plain_text(half.note), 4)
        read = half.read.replace("array", f'file["{half.key}"]')
        lines.append(f"    {half.constant} = {read}  # {_form(arrays[half.key])}")

    others = [parts.task.targets, *parts.numbers] if parts.targets else [*parts.numbers]
    for key in others:
        read = f'torch.from_numpy(file["{key}"])'
        lines.append(f"    {key.upper()} = {read}  # {_form(arrays[key])}")

    splits = tuple(split for split in SPLITS if len(source.dataset.indices.get(split, ())))
    lines.append(
        f"    SPLITS = {{name: torch.from_numpy(file[name]) for name in {literal(splits)}}}"
    )
    return "\n".join(lines) + "\n"
