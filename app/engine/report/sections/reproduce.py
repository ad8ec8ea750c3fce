"""How to train the same again: the experiment file, the commands, and what they come to."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from app.engine.experiment import toml_file
from app.engine.report.markup import Html, escaped_lines, facts, heading, items, joined, tag
from app.engine.report.section import Section
from app.engine.sources.samples import sample_of

if TYPE_CHECKING:
    from app.engine.report.content import ReportContent, ReportedRun


class Reproduce(Section):
    """The experiment file of each run and what to do with it."""

    name: ClassVar[str] = "reproduce"
    title: ClassVar[str] = "How to reproduce it"
    order: ClassVar[int] = 80

    def html(self, content: ReportContent) -> Html:
        if not content.is_comparison:
            return _one(content.runs[0])

        return joined(
            tag("details", joined((tag("summary", run.label), _one(run))))
            for run in content.runs
            if run.is_own
        )


def _one(run: ReportedRun) -> Html:
    version = str(run.environment.get("netwright") or "")
    program = f"Netwright {version}" if version else "Netwright"
    source = run.experiment.data.source
    steps = [f"Install {program}; the versions it ran with stand under Environment."]
    if sample_of(source) is None:
        steps.append(
            "Have the same data: their fingerprint stands under Data. Write where they are into "
            "source, under [data]."
        )

    steps += [
        "Save the experiment below as experiment.toml.",
        "Run: netwright train experiment.toml",
    ]
    known = facts(
        (
            ("Seed", str(run.experiment.training.seed)),
            ("Threads", str(run.environment.get("threads") or "")),
            ("SHA-256 of the best weights", str(run.summary.get("weights_sha256") or "")),
        )
    )
    text = _experiment(run)
    code = tag("pre", tag("code", text), tabindex="0", aria_label="The experiment file")
    same = tag(
        "p",
        "With the same versions, device and number of threads it comes to the same weights, bit "
        "for bit.",
    )
    return joined((items(steps, numbered=True), known, heading("experiment.toml"), code, same))


def _experiment(run: ReportedRun) -> Html:
    """Returns the experiment file without paths of this computer, its line breaks as they are."""
    experiment = run.experiment
    source = experiment.data.source
    start = experiment.training.start_from
    experiment = experiment.replace(
        data=experiment.data.replace(
            source=source if sample_of(source) else run.remover.text(source)
        ),
        training=experiment.training.replace(start_from=run.remover.text(start) if start else None),
    )
    return escaped_lines(toml_file.dumps(experiment))


SECTION = Reproduce()
