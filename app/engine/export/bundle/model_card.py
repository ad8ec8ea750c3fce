"""The model card of a bundle: README.md in the form of Hugging Face."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.engine.data.nouns import counted, noun
from app.engine.errors import UserError
from app.engine.export.bundle import layout
from app.engine.export.bundle.data_licence import IDENTIFIERS
from app.engine.export.bundle.markdown import marked, plain
from app.engine.files import json_line
from app.engine.learning.metrics import METRICS, metric_text, shared_unit
from app.engine.results.report import load_report
from app.engine.sources.samples import sample_of
from app.engine.text import count_text

if TYPE_CHECKING:
    from app.engine.data.preparation import RawInput
    from app.engine.export.trained_network import TrainedNetwork
    from app.engine.results.report import Report
    from app.engine.sources.samples import Sample

PIPELINES = {
    ("classification", "image"): "image-classification",
    ("binary-classification", "image"): "image-classification",
    ("multi-label", "image"): "image-classification",
    ("soft-labels", "image"): "image-classification",
    ("classification", "row"): "tabular-classification",
    ("binary-classification", "row"): "tabular-classification",
    ("multi-label", "row"): "tabular-classification",
    ("soft-labels", "row"): "tabular-classification",
    ("regression", "row"): "tabular-regression",
    ("classification", "text"): "text-classification",
    ("binary-classification", "text"): "text-classification",
    ("multi-label", "text"): "text-classification",
    ("soft-labels", "text"): "text-classification",
    ("language-modelling", "text"): "text-generation",
    ("metric-learning", "image"): "image-feature-extraction",
    ("metric-learning", "text"): "feature-extraction",
}
"""What Hugging Face calls a task, by ours and the kind of input; others have no name there."""

MOST_NAMED = 100
"""Classes, columns and words of a column that are listed."""


def card_text(trained: TrainedNetwork, source: str) -> str:
    """Returns the card. source: of the data, as the run names it."""
    sample = sample_of(source)
    report = _report(trained)
    parts = [
        _front_matter(trained, sample, report),
        f"# {marked(trained.run.name)}",
        _what_it_is(trained),
        "## What goes in and what comes out",
        _inputs(trained),
        _outputs(trained),
        "## What it was trained on",
        _data(trained, sample),
        "## How good it is",
        _figures(trained, report),
        "## What it is not for",
        _limits(trained, report),
        "## How to use it",
        _use(),
        "## Licence",
        _licence(sample),
    ]
    return "\n\n".join(parts) + "\n"


# --- the head


def _front_matter(trained: TrainedNetwork, sample: Sample | None, report: Report | None) -> str:
    kind = trained.description.kind
    lines = ["---", *_licence_lines(sample), "library_name: netwright"]
    pipeline = PIPELINES.get((trained.task.kind, kind), "")
    if pipeline:
        lines.append(f"pipeline_tag: {pipeline}")

    lines += ["tags:", "- netwright", "- pytorch", f"- {trained.task.kind}", f"- {kind}"]
    split = report.trusted if report is not None else None
    if split is not None and split.metrics:
        lines += ["metrics:", *(f"- {name}" for name in split.metrics)]
        lines += [
            "model-index:",
            f"- name: {_quoted(trained.run.name)}",
            "  results:",
            "  - task:",
            f"      type: {pipeline or trained.task.kind}",
            f"      name: {_quoted(trained.task.label)}",
            "    dataset:",
            f"      name: {_quoted(sample.label if sample else 'Own data')}",
            f"      type: {_quoted(sample.name if sample else 'own-data')}",
            f"      split: {split.split}",
            "    metrics:",
        ]
        for name, value in split.metrics.items():
            lines += [
                f"    - type: {name}",
                f"      name: {_quoted(_label(name))}",
                f"      value: {float(value)!r}",
            ]

    return "\n".join([*lines, "---"])


def _licence_lines(sample: Sample | None) -> list[str]:
    if sample is None:
        return ["license: unknown"]
    if known := IDENTIFIERS.get(sample.licence):
        return [f"license: {known}"]

    name = re.sub(r"[^a-z0-9.]+", "-", sample.licence.lower())
    return ["license: other", f"license_name: {name}", f"license_link: {layout.LICENCE}"]


# --- what it says


def _what_it_is(trained: TrainedNetwork) -> str:
    model = trained.experiment.model
    label = model.label if model is not None else "Own network"
    weights = trained.predictor.weights
    which = "the best epoch" if weights.use == "best" else "the last step"
    version = plain(str(trained.run.environment().get("netwright", "of an unknown version")))
    return (
        f"{trained.task.summary} The network is of the kind '{marked(label)}', has "
        f"{count_text(trained.parameters, 'parameter')} and was trained with Netwright "
        f"{version}. Its weights are those of {which}, in epoch {weights.epoch}."
    )


def _inputs(trained: TrainedNetwork) -> str:
    inputs = trained.description.preparation.raw_inputs
    rows = ["| input | type | shape of an example | values |", "|---|---|---|---|"]
    for each in inputs[:MOST_NAMED]:
        shape = " × ".join(map(str, each.shape)) or "one number"
        rows.append(f"| {marked(each.name)} | {each.dtype} | {shape} | {_values(each)} |")

    text = "\n".join(rows)
    more = len(inputs) - MOST_NAMED
    return f"{text}\n\nAnd {count_text(more, 'further input')}." if more > 0 else text


def _values(raw: RawInput) -> str:
    if raw.words:
        return f"1 to {len(raw.words)}: {_listed(raw.words)}; 0 for any other"

    if raw.unit:
        return f"in {marked(raw.unit)}"

    return {"uint8": "0 to 255", "int32": "0 to 65,535"}.get(raw.dtype, "as they are")


def _outputs(trained: TrainedNetwork) -> str:
    description = trained.description
    if trained.task.answer_name == "probabilities" and description.classes:
        return f"It answers with probabilities of: {_listed(description.classes)}."
    if trained.task.answer_name == "amounts":
        amounts = [
            f"{each.name} in {each.unit}" if each.unit else each.name
            for each in description.amounts
        ]
        return f"It answers with amounts: {_listed(amounts)}."

    return {
        "probabilities": "It answers with the probabilities of the next token at every place.",
        "embedding": "It answers with points of length 1; alike examples lie near each other.",
        "restored": "It answers with the restored example, in the units of the input.",
    }[trained.task.answer_name]


def _data(trained: TrainedNetwork, sample: Sample | None) -> str:
    description = trained.description
    if sample is not None:
        head = f"'{sample.label}': {sample.summary} Source: {sample.source_note}"
    else:
        head = (
            "Data of the person who trained it, which are not in this bundle. "
            f"They were read as: {description.format}."
        )

    kind = description.kind
    sizes = {split: description.size(split) for split in ("training", "validation", "test")}
    kept = f"{sizes['validation']:,} for validation and {sizes['test']:,} for the test"
    return (
        f"{marked(head)} It learned from {counted(kind, sizes['training'])}; {kept} were kept "
        f"apart. Counts by split and class, and fingerprints: {layout.DATA_CARD}."
    )


def _report(trained: TrainedNetwork) -> Report | None:
    """Returns the report on the weights in use; None where nothing was judged yet."""
    try:
        return load_report(trained.run)
    except UserError:
        return None


def _figures(trained: TrainedNetwork, report: Report | None) -> str:
    split = report.trusted if report is not None else None
    if report is None or split is None:
        return "It was not judged on examples that were kept apart."

    unit = shared_unit(trained.description)
    rows = [f"| on {count_text(split.count, f'{split.split} example')} | |", "|---|---|"]
    rows += [
        f"| {marked(_label(name))} | {marked(metric_text(name, value, unit))} |"
        for name, value in split.metrics.items()
    ]
    return "\n".join([marked(report.verdict), "", *rows])


def _limits(trained: TrainedNetwork, report: Report | None) -> str:
    split = report.trusted if report is not None else None
    measured = (
        f"The figures above are of {count_text(split.count, 'example')} from the same source as "
        "those it learned from."
        if split is not None
        else "Nothing is known of how often it is right."
    )
    plural = noun(trained.description.kind)
    return (
        f"{measured} How it does on {plural} from elsewhere, of other times, places or devices, "
        "was not measured. Measure it on your own before you rely on it, and do not let it decide "
        "alone where a wrong answer does harm to people."
    )


def _use() -> str:
    return (
        "With Netwright: `netwright open FILE.zip` makes a run of it, which the window shows, and "
        "which `netwright predict` and `netwright evaluate` use by its name. Without it: "
        "`run/checkpoints/best/model.safetensors` holds the weights of the best epoch, "
        "`graph.json` the blocks and `description.json` the preparation beside them."
    )


def _licence(sample: Sample | None) -> str:
    if sample is None:
        return "Nobody has chosen a licence for the network; ask the person whom you have it from."

    return (
        f"The data are under: {marked(sample.licence)}. See {layout.LICENCE}. Nobody has chosen a "
        "licence of its own for the network."
    )


# --- words


def _label(name: str) -> str:
    return METRICS[name].label if name in METRICS else name


def _listed(names: tuple[str, ...] | list[str]) -> str:
    """Returns names for a sentence or a cell, of very many the first."""
    more = len(names) - MOST_NAMED
    text = ", ".join(marked(name) for name in names[:MOST_NAMED])
    return f"{text} and {more:,} more" if more > 0 else text


def _quoted(text: str) -> str:
    """Returns a text as YAML reads it: JSON's form is YAML too, where all can be printed."""
    return json_line(plain(text)).decode().strip()
