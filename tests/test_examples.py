"""Every example of the README and of the reference of settings is run as it stands.

What stands in an example for something of the reader's own (EXPERIMENT.toml, RUN, N) is put in; all
else is taken from the page. What is not run here is named with the reason.
"""

from __future__ import annotations

import importlib.util
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app import cli
from app.engine.experiment import toml_file
from app.engine.runs.run import Run
from tests import readme, tiny_files

if TYPE_CHECKING:
    from app.engine.experiment.experiment import Experiment

PAGE = readme.README.read_text(encoding="utf-8")
REFERENCE = readme.SETTINGS.read_text(encoding="utf-8")

pytestmark = pytest.mark.usefixtures("forked_processes")

NOT_RUN = {
    "netwright": "a window, which tests/ui/shell opens",
    "netwright open PATH": "a window, which tests/ui/shell opens",
    "netwright queue": "a group of commands; tests/engine/queue and the tests of the commands",
    "netwright train EXPERIMENT.toml --on HOST": "another computer; tests/engine/remote",
    "netwright train EXPERIMENT.toml --cluster": "as below",
    "netwright train EXPERIMENT.toml --cluster --partition P --minutes MINUTES": "a cluster; "
    "tests/engine/cluster has one of this computer",
    "netwright demo": "takes 10 s; tests/test_first_start.py, long tier",
    "netwright serve RUN": "runs until it is stopped; tests/engine/predicting/test_service.py",
    "netwright serve RUN --port N --host ADDRESS": "as above",
    "netwright seeds RUN --seeds 5 --together --cost --json": "several in one are for networks of "
    "tables; tests/engine/studies",
    "netwright resume RUN": "goes on with a stopped run; tests/test_cli.py stops one",
    "python3 app": "fetches packages; tests/test_first_start.py, long tier",
    "python3 app --cpu": "fetches packages; tests/test_first_start.py, long tier",
    "sh resources/installers/install.sh": "tests/test_installers.py runs it",
    "python -m tests.package OUT": "takes minutes; tests/test_package.py, long tier",
    "python3 app train ...": "is `netwright train`, which is run",
    "python3 tests": "these tests",
    "python3 tests -m long": "these tests",
    "pip install .": "fetches packages; tests/test_first_start.py, long tier",
    'pip install "netwright[dicom]"': "fetches packages",
    "apt-get install dataset-fashion-mnist": "fetches a package of Debian",
}
"""Commands of the README that no test of this file runs, and why."""

BLOCKS = re.findall(r"^```\w*\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
(EXPERIMENT,) = (block for block in BLOCKS if block.startswith("netwright = "))
SHORT = EXPERIMENT.replace("epochs = 12", "epochs = 1")
(COMMANDS,) = (block for block in BLOCKS if block.startswith("netwright  "))

GRAPH = """
[model]
blocks = [
    { name = "conv1", kind = "convolution", channels = 4 },
    { name = "pool", kind = "global-pooling" },
    { name = "answer", kind = "output" },
]
"""
"""A graph file, which names no data."""


def usages(line: str) -> list[str]:
    """Returns a line of the page in full and without its options, each alternative for itself."""
    first, *others = (part.strip() for part in re.split(r" {3,}", line)[0].split(" | "))
    shared = first.partition(" --")[0]
    alternatives = [first, *(f"{shared} {other}" for other in others)]
    forms = [
        form
        for usage in alternatives
        for form in (re.sub(r"[\[\]]|\.\.\.", "", usage), re.sub(r"\[[^]]*\]|\.\.\.", "", usage))
    ]
    return list(dict.fromkeys(" ".join(form.split()) for form in forms))


WRITTEN = [usage for line in COMMANDS.splitlines() for usage in usages(line)]
INLINE = re.findall(
    r"`((?:netwright|python3|pip|apt-get|sh) [^`]+|python -m tests\.package [^`]+)`", PAGE
)


def pictures() -> Path:
    """Returns the folder that the page's experiment names, with a few tiny pictures in it."""
    folder = Path("~/pictures/fashion").expanduser()
    folder.parent.mkdir(parents=True, exist_ok=True)
    for name in tiny_files._pictures(folder):
        label = folder / "abc"[int(Path(name).stem) % 3]
        label.mkdir(exist_ok=True)
        (folder.parent / name).rename(label / Path(name).name)

    return folder


def trained(folder: Path, text: str) -> Path:
    """Trains an experiment file of this text; returns its run."""
    file = folder / "fashion.toml"
    file.write_text(text, encoding="utf-8")
    assert cli.main(["train", str(file), "--run-dir", str(folder / "run")]) == 0
    return folder / "run"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Returns a run of the page's own experiment, one that reads texts, and one that writes."""
    page = tmp_path_factory.mktemp("page")
    pictures()
    made = {"page": trained(page, EXPERIMENT)}
    short = tmp_path_factory.mktemp("short")
    for command in ("seeds", "ablation"):  # they train it again and again
        made.setdefault(command, made.get("seeds") or trained(short, SHORT))

    for option, task in (("--text", "classification"), ("--prompt", "language-modelling")):
        folder = tmp_path_factory.mktemp(task)
        data = tiny_files.write_files(folder, task, "text")
        experiment = {"data": data, "training": {"epochs": 1, "threads": 1}}
        toml_file.write(toml_file.from_plain(experiment), folder / "fashion.toml")
        made[option] = trained(folder, (folder / "fashion.toml").read_text(encoding="utf-8"))

    return made


def test_the_experiment_is_trained_as_it_stands(runs: dict[str, Path]) -> None:
    experiment = Run(runs["page"]).experiment()
    assert (experiment.name, experiment.training.epochs) == ("fashion cnn", 12)
    assert experiment.model.kind == "resnet"
    assert Run(runs["page"]).summary()["status"] == "completed"


def _path(usage: str, folder: Path, data: Path) -> Path:
    """Returns what PATH stands for in a command: data, an experiment or a graph file."""
    if "--input" in usage:
        (folder / "graph.toml").write_text(GRAPH, encoding="utf-8")
        return folder / "graph.toml"

    return folder / "fashion.toml" if usage.split()[1] in ("graph", "code") else data


@pytest.mark.parametrize("usage", [usage for usage in WRITTEN if usage not in NOT_RUN])
def test_a_command_is_run_as_it_stands(
    usage: str, runs: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = pictures()
    kind = next((option for option in runs if option in usage), "page")
    if "resume" in usage:
        shutil.copytree(runs[kind], tmp_path / "copy")
        runs = {kind: tmp_path / "copy"}

    (tmp_path / "fashion.toml").write_text(EXPERIMENT, encoding="utf-8")
    own = {
        "EXPERIMENT.toml": tmp_path / "fashion.toml",
        "RUN": runs[kind],
        "PATH": _path(usage, tmp_path, folder),
        "FILE.py": tmp_path / "network.py",
        "FILE.safetensors": tmp_path / "network.safetensors",
        "DIR": tmp_path / "mine",
        "FILE": tmp_path / "exported" if "export" in usage else folder / "a" / "0.png",
        "FORMAT": "python" if "--whole" in usage else "torch-export",
        "best|last": "last",
        "FILE.html": tmp_path / "report.html",
        "FILE.csv": tmp_path / "answers.csv",
        "FOLDER": tmp_path / "logs",
        "FOLDER|ADDRESS": tmp_path / "mlflow",
        "SECTION": "optimizer",
        "TEXT": "apple k l m n",
        "M": "occlusion",
        "PART": "schedule",
        "BEGINNING": "The apple",
        "N": 2 if "search" in usage or "processes" in usage else 13,
        "STRATEGY": "random",
        "T": 0.8,
    }
    words = [str(own.get(word, word)) for word in shlex.split(usage)]

    assert cli.main(words[1:]) == 0, capsys.readouterr().err
    out, err = capsys.readouterr()
    assert out.strip()
    assert "Traceback" not in err


@pytest.mark.parametrize("command", [command for command in INLINE if command not in NOT_RUN])
def test_a_command_in_a_sentence_is_run(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    program, *arguments = shlex.split(command)
    assert program == "netwright"
    assert cli.main(arguments) == 0
    assert capsys.readouterr().out.strip()


def test_what_is_not_run_stands_on_the_page() -> None:
    starts = [line for block in BLOCKS for line in block.splitlines()]
    assert set(NOT_RUN) <= {*WRITTEN, *INLINE, *starts}


def test_an_extra_that_the_page_names_is_there() -> None:
    project = tomllib.loads((readme.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    named = re.findall(r"netwright\[(\w+)\]", PAGE)
    assert named and set(named) <= set(project["project"]["optional-dependencies"])


def test_a_measurement_that_the_page_names_is_there() -> None:
    (paragraph,) = (line for line in PAGE.splitlines() if "python -m tests.bench`" in line)
    for module in re.findall(r"`(?:python -m )?(tests\.\w+)`", paragraph):
        assert importlib.util.find_spec(module), module

    shown = subprocess.run(
        [sys.executable, "-m", "tests.bench", "--help"],
        capture_output=True,
        text=True,
        check=True,
        cwd=readme.ROOT,
    ).stdout
    for example in re.findall(r"`\.\.\. ([^`]+)`", paragraph):
        for word in example.split():
            assert word in shown or word == "REV", example


def test_a_setting_in_a_sentence_can_be_written() -> None:
    settings = re.findall(r"`(\w+ = \"\w+\")`", PAGE)
    assert settings
    for setting in settings:
        toml_file.from_plain({"data": tomllib.loads(setting)})


# --- the reference of settings


def tables() -> list[tuple[str, str, list[tuple[str, str, str]]]]:
    """Returns of each table: section, the line that names its kind, and its rows."""
    found = []
    for title in re.split(r"^(?=\*\*`\[)", REFERENCE, flags=re.MULTILINE)[1:]:
        section, kind = re.match(r"\*\*`\[(\w+)\]`\*\*(?: with `([^`]+)`)?", title).groups()
        rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.*) \|$", title, re.MULTILINE)
        found.append((section, kind or "", rows))

    return found


def read(section: str, lines: list[str]) -> Experiment:
    return toml_file.from_plain(tomllib.loads("\n".join([f"[{section}]", *lines])))


@pytest.mark.parametrize(("section", "kind", "rows"), tables(), ids=lambda part: str(part)[:30])
def test_what_the_reference_gives_is_read_and_is_the_default(
    section: str, kind: str, rows: list[tuple[str, str, str]]
) -> None:
    defaults = [f"{name} = {value.strip('`')}" for name, value, _ in rows if "`" in value]
    assert read(section, [kind, *defaults]) == read(section, [kind])

    for name, _, help_ in rows:
        listed = help_.partition("One of ")[2]
        for choice in re.findall(r"`([^`]+)`", listed):
            written = choice.replace("\\|", "|")
            chosen = read(section, [kind, f"{name} = {written}"])
            (value,) = tomllib.loads(f"x = {written}").values()
            assert getattr(getattr(chosen, section), name) == value


KINDS = {"image": "cnn", "row": "mlp", "text": "text-cnn", "signal": "cnn-1d"}
"""A template for each kind of data that a single network reads."""


@pytest.mark.parametrize("sort", KINDS)
def test_the_example_of_set_suits_every_kind_of_data(
    sort: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (example,) = set(re.findall(r"--set (\w+\.\w+=\w+)", PAGE))
    data = tiny_files.write_files(tmp_path, "classification", sort)
    training = {"epochs": 1, "threads": 1}
    toml_file.write(
        toml_file.from_plain({"data": data, "training": training}), tmp_path / "mine.toml"
    )

    run = tmp_path / "run"
    words = ["train", str(tmp_path / "mine.toml"), "--run-dir", str(run), "--set", example]
    assert cli.main(words) == 0, capsys.readouterr().err
    assert Run(run).experiment().model.width == 32


@pytest.mark.parametrize("sort", KINDS)
def test_a_template_is_trained_with_what_the_reference_gives(
    sort: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kind = f'template = "{KINDS[sort]}"'
    (rows,) = (rows for section, line, rows in tables() if (section, line) == ("model", kind))
    data = tiny_files.write_files(tmp_path, "classification", sort)
    training = {"epochs": 1, "threads": 1}
    file = tmp_path / "mine.toml"
    toml_file.write(toml_file.from_plain({"data": data, "training": training}), file)
    lines = [f"{name} = {value.strip('`')}" for name, value, _ in rows if "`" in value]
    text = file.read_text(encoding="utf-8")
    assert "[model]" not in text
    file.write_text("\n".join([text, "[model]", kind, *lines]) + "\n", encoding="utf-8")

    assert cli.main(["train", str(file), "--run-dir", str(tmp_path / "run")]) == 0
    assert capsys.readouterr().out
