"""What one must know to use an exported network, as plain data that stand in its file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app import __version__
from app.engine.sources.samples import sample_of

if TYPE_CHECKING:
    from app.engine.data.preparation import RawInput
    from app.engine.export.trained_network import TrainedNetwork


def facts_of(trained: TrainedNetwork, names: tuple[str, ...] = ()) -> dict[str, Any]:
    """Returns the inputs and answers of a network, and where it is from, as plain data for JSON.

    names: of the inputs, where the file calls them otherwise than Preparation.raw_inputs. No path
    of this computer is among the facts, and so no source of a person's own data.
    """
    description = trained.description
    raw_inputs = description.preparation.raw_inputs
    facts: dict[str, Any] = {
        "name": trained.run.name,
        "program": f"Netwright {__version__}",
        "task": trained.task.kind,
        "epoch": trained.predictor.epoch,
        "inputs": [
            _input_facts(raw, name)
            for raw, name in zip(raw_inputs, names or [raw.name for raw in raw_inputs], strict=True)
        ],
        "output": trained.task.answer_name,
    }
    if description.classes:
        facts["classes"] = list(description.classes)
    if description.amounts:
        facts["amounts"] = [
            {"name": amount.name, "unit": amount.unit} for amount in description.amounts
        ]

    source = trained.run.experiment().data.source
    sample = sample_of(source)
    if sample is not None:
        facts["data"] = {
            "name": sample.label,
            "licence": sample.licence,
            "source": sample.source_note,
        }

    return facts


def _input_facts(raw: RawInput, name: str) -> dict[str, Any]:
    """Returns what is given to one input: its name, type and shape, and what its numbers mean."""
    facts: dict[str, Any] = {"name": name, "type": raw.dtype, "shape": list(raw.shape)}
    if raw.words:
        facts["words"] = list(raw.words)
    if raw.unit:
        facts["unit"] = raw.unit
    if raw.tokenizer is not None:
        facts["tokenizer"] = raw.tokenizer or "bytes"

    return facts
