"""The command line: its commands, and the one place where failures become an exit code.

Each command imports what it needs itself: --help comes at once, and only what needs torch or Qt
waits for it.
"""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app import __version__, system_libraries
from app.code_command import code
from app.command_options import as_json, writing_options
from app.commands.detached import runs, stop, watch
from app.commands.explain import explain
from app.commands.mlflow import mlflow
from app.commands.queue import queue
from app.commands.recipe import recipe
from app.commands.report import report
from app.commands.robustness import robustness
from app.commands.serve import serve
from app.commands.studies import ablation, seeds
from app.commands.suspects import suspects
from app.commands.tensorboard import tensorboard
from app.engine.errors import UserError
from app.export_command import export
from app.find_run import find_run
from app.graph_command import graph
from app.open_command import to_open
from app.output import complain, complain_of, say, say_json
from app.search_command import search
from app.train_commands import resume, train

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.engine.experiment.data_settings import DataSettings

DEMO = "sample:digits"
FAILED = 1
WRONG_USAGE = 2
INTERRUPTED = 130
TERMINATED = 128 + signal.SIGTERM


@click.group(
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="netwright")
@click.pass_context
def cli(context: click.Context) -> int | None:
    """Build and train neural networks by sight. Without a command: the window."""
    if context.invoked_subcommand is not None:
        return None
    if system_libraries.has_display():
        return _window([])

    say("There is no display, so there is no window. The built-in digits are trained here instead.")
    return _demo()


@cli.command("open")
@click.argument("path")
def open_(path: str) -> int:
    """Open the window on an experiment, a run or data.

    A bundle of another computer is unpacked among your runs, also where there is no window.
    """
    opened = to_open(path)
    return _window([opened]) if opened else 0


@cli.command()
def demo() -> int:
    """Train a built-in data set, in the window or without one."""
    return _window([DEMO], train=True) if system_libraries.has_display() else _demo()


@cli.command()
@as_json
def samples(json_: bool) -> None:
    """List the built-in data sets."""
    from app.engine.sources.samples import SAMPLES  # noqa: PLC0415 - not for --help
    from app.terminal import sample_lines  # noqa: PLC0415 - not for --help

    if json_:
        say_json(
            {"samples": [{**vars(sample), "source": sample.source} for sample in SAMPLES.values()]}
        )
        return

    for line in sample_lines():
        say(line)


@cli.command()
@click.argument("path")
@as_json
def describe(path: str, json_: bool) -> None:
    """Say what a data set holds: kind, task, counts, problems.

    PATH may be an experiment file too.
    """
    from app.engine.sources import summary  # noqa: PLC0415 - not for --help
    from app.engine.sources.opening import open_dataset  # noqa: PLC0415 - not for --help
    from app.terminal import description_lines, display_for  # noqa: PLC0415 - not for --help

    with display_for(json_) as display:
        dataset = open_dataset(_data_of(path), display.stage, sample=True)

    facts = summary.describe(dataset)
    if json_:
        say_json(facts)
        return

    for line in description_lines(facts):
        say(line)


@cli.command()
@click.argument("run")
@click.option(
    "--data", "path", metavar="PATH", help="Evaluate the network on all examples of other data."
)
@as_json
def evaluate(run: str, path: str | None, json_: bool) -> None:
    """Show what a run gets right and wrong.

    That is: figures, what guessing would reach, details, and the worst examples.
    """
    from app.terminal import display_for, print_report  # noqa: PLC0415 - not for --help

    evaluated = find_run(run)
    names: Sequence[str] = ()
    notes: Sequence[str] = ()
    if path is None:
        from app.engine.results.report import load_report  # noqa: PLC0415 - not for --help

        report = load_report(evaluated)
    else:
        from app.engine.results.predictor import Predictor  # noqa: PLC0415 - loads torch

        predictor = Predictor.load(evaluated)
        with display_for(json_) as display:
            dataset = predictor.open(path, display.stage)
            display.stage("Judging")
            report = predictor.report_on(dataset)

        names = dataset.names
        notes = [*dataset.description.notes, *predictor.targets_for(dataset).notes]

    if json_:
        said = {"notes": list(notes)} if notes else {}
        say_json({"run": str(evaluated.path), **report.to_plain(), **said})
        return

    for note in notes:
        say(note)

    print_report(report, names)


@cli.command()
@click.argument("run")
@click.argument("files", nargs=-1, metavar="FILE...")
@click.option(
    "--text",
    "texts",
    multiple=True,
    metavar="TEXT",
    help="A text to answer, typed here; may be repeated.",
)
@click.option(
    "--out",
    metavar="FILE",
    help="Write the examples with the answers beside them: .csv, .tsv, .parquet or .jsonl.",
)
@click.option("--prompt", metavar="TEXT", help="Of a language model: go on with this text.")
@writing_options
@as_json
def predict(
    run: str,
    files: tuple[str, ...],
    texts: tuple[str, ...],
    out: str | None,
    prompt: str | None,
    tokens: int,
    temperature: float,
    seed: int,
    json_: bool,
) -> int:
    """Predict with a trained network.

    It is that of the run's best epoch, or of its last where that was chosen.
    FILE is what the network reads: a picture, a .txt, a sound, a folder of such, or a table or
    array file of many, of any size.
    Of a network that compares pairs: a table with both halves, two files, or a file and a --text.
    """
    if not files and not texts and prompt is None:
        raise click.UsageError("Missing argument 'FILE...'.")

    opened_run = find_run(run)
    from app import prediction_command  # noqa: PLC0415 - loads torch

    if prompt is not None:
        return prediction_command.continue_text(
            opened_run, prompt, tokens, temperature, seed, json_
        )

    return prediction_command.predict(opened_run, files, texts, out, json_)


@cli.command()
@as_json
def doctor(json_: bool) -> None:
    """Say what is here: versions, devices, memory, what is missing."""
    from app.engine.diagnosis import diagnose, lines  # noqa: PLC0415 - not for --help

    facts = diagnose()
    facts["display"] = system_libraries.has_display()
    missing = system_libraries.missing_packages(display=facts["display"])
    facts["missing_system_libraries"] = missing
    facts["install_them"] = system_libraries.how_to_install(missing) if missing else ""
    if json_:
        say_json(facts)
        return

    for line in lines(facts):
        say(line)


@cli.command("settings")
@click.argument("section", default="")
@as_json
def settings_(section: str, json_: bool) -> None:
    """Print the settings of an experiment file.

    Each with what it does, its default, its choices and its limits.
    SECTION is one of the file's ("data", "optimizer" ...) or one kind ("adamw", "resnet" ...).
    """
    from app import reference  # noqa: PLC0415 - not for --help

    chosen = reference.find(section)
    if json_:
        say_json({"sections": reference.plain(chosen)})
        return

    for line in reference.lines(chosen):
        say(line)


cli.add_command(train)
cli.add_command(resume)
cli.add_command(watch)
cli.add_command(stop)
cli.add_command(runs)
cli.add_command(queue)
cli.add_command(graph)
cli.add_command(code)
cli.add_command(export)
cli.add_command(report)
cli.add_command(recipe)
cli.add_command(search)
cli.add_command(explain)
cli.add_command(robustness)
cli.add_command(suspects)
cli.add_command(seeds)
cli.add_command(ablation)
cli.add_command(serve)
cli.add_command(tensorboard)
cli.add_command(mlflow)


# --- what the commands share


def _demo() -> int:
    from app import headless  # noqa: PLC0415 - loads numpy and rich

    return headless.demo()


def _window(paths: list[str], train: bool = False) -> int:
    """Opens the window and returns its exit code; says what Qt needs where it cannot be loaded."""
    missing = system_libraries.provide_for_window()
    if missing:
        # Line by line: a sentence has its line breaks shown, and this command is to be copied.
        complain("The window needs system libraries that are missing.")
        for line in system_libraries.how_to_install(missing).splitlines():
            complain(line)
        return FAILED

    from app.ui.shell.application import main  # noqa: PLC0415 - Qt is loaded for the window only

    return main(paths, train)


def _data_of(path: str) -> DataSettings:
    """Returns the data settings of an experiment file, or those of data opened as they are."""
    from app.engine.experiment import toml_file  # noqa: PLC0415 - not for --help
    from app.engine.experiment.data_settings import DataSettings  # noqa: PLC0415 - not for --help

    if path.endswith(".toml"):
        return toml_file.read(Path(path).expanduser()).data

    return DataSettings(source=path)


def main(arguments: list[str] | None = None) -> int:
    """Runs a command and returns its exit code.

    No traceback reaches the terminal: an unexpected failure is one sentence, and its details are in
    a file. A SIGTERM ends it as Ctrl+C does, with what is half done removed.
    """
    with _terminations() as came:
        code = _run(arguments)
        return TERMINATED if came and code == INTERRUPTED else code


@contextmanager
def _terminations() -> Iterator[list[int]]:
    """Makes a SIGTERM raise KeyboardInterrupt, and notes it in the list.

    A handler that somebody has set before stays, and only the main thread can set one.
    """
    came: list[int] = []

    def end(number: int, _frame: object) -> None:
        came.append(number)
        raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGTERM)
    if before is not signal.SIG_DFL or threading.current_thread() is not threading.main_thread():
        yield came
        return

    signal.signal(signal.SIGTERM, end)
    try:
        yield came
    finally:
        signal.signal(signal.SIGTERM, before)


def _run(arguments: list[str] | None) -> int:
    """Runs a command and returns its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a name must not end a training.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")

    try:
        code = cli.main(arguments, prog_name="netwright", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as ending:
        return ending.exit_code
    except click.ClickException as error:
        complain(error.format_message())
        if isinstance(error, click.UsageError):
            complain(f"See: {error.ctx.command_path if error.ctx else 'netwright'} --help")
        return WRONG_USAGE
    except UserError as error:
        complain(str(error))
        return FAILED
    except (KeyboardInterrupt, click.Abort):
        complain("Stopped.")
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output has gone, as `head` does
        sys.stderr.close()
        return FAILED
    except Exception as error:
        complain_of(error)
        return FAILED
