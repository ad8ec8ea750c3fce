"""Files with which others train the same run: a Dockerfile, and a file for SkyPilot.

They stand in a folder with the experiment and the program. The data stay where they are: the
container, and the machine that SkyPilot rents, find them under /data.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.engine import files
from app.engine.errors import UserError
from app.engine.experiment import toml_file
from app.engine.remote.computer import program_files
from app.engine.remote.starting import names_pictures, require_portable

if TYPE_CHECKING:
    from app.engine.experiment.experiment import Experiment

DATA = "/data"
IMAGE = "python:3.11-slim"

DOCKERFILE = """\
# The run '{name}', as netwright wrote it. Build and start it in this folder:
#   docker build --tag {tag} .
#   {start}
# The run is written to ./runs.
FROM {image}
COPY program /program
RUN {install}
WORKDIR /run
COPY experiment.toml /run/experiment.toml
CMD ["netwright", "train", "experiment.toml", "--run-dir", "/runs/{tag}"{processes}]
"""

ON_CPUS = (
    "pip install --no-cache-dir uv && "
    "uv pip install --system --no-cache --torch-backend=cpu /program"
)
ON_GPUS = "pip install --no-cache-dir /program"
"""What the index has for Linux is PyTorch for NVIDIA cards."""

SKYPILOT = """\
# The run '{name}', as netwright wrote it: sky launch --cluster {tag} skypilot.yaml
# Afterwards: rsync -a {tag}:sky_workdir/runs . && sky down {tag}
name: {tag}
resources:
{resources}
num_nodes: {machines}
workdir: .
{mounts}setup: |
  python3 -m venv ~/netwright
  ~/netwright/bin/pip install ./program
run: |
  {run}
"""

TORCHRUN = (
    "~/netwright/bin/torchrun --nnodes $SKYPILOT_NUM_NODES --node-rank $SKYPILOT_NODE_RANK "
    '--master-addr "$(echo "$SKYPILOT_NODE_IPS" | head -n 1)" --master-port 29500 '
    "--nproc-per-node {each} -m app train experiment.toml --run-dir runs/{tag}"
)


@dataclass(frozen=True)
class Recipe:
    """What the run is to have. gpus: of each machine, with their kind, as SkyPilot names it.

    cores: of each machine, 0 for the usual number. machines: more than one share the batches.
    """

    gpus: int = 0
    gpu: str = "A100"
    cores: int = 0
    machines: int = 1

    @property
    def processes(self) -> int:
        """Processes of a machine: one for each GPU."""
        return max(1, self.gpus)


def write(experiment: Experiment, folder: Path, recipe: Recipe) -> list[Path]:
    """Writes the folder, new or empty, and returns the files that tell others what to do.

    Raises UserError where something is there already, where the disk refuses, where the program is
    no clone, or where the experiment needs more of this computer than its data.
    """
    require_portable(experiment)
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise UserError(f"'{folder}' is not empty.", "Name a new folder.")

    source = Path(experiment.data.source).expanduser()
    is_here = source.exists()
    there = f"{DATA}/{source.name}" if is_here else experiment.data.source
    sent = experiment.replace(data=experiment.data.replace(source=there))
    mounted = source.absolute()
    if is_here and source.is_file() and names_pictures(experiment):
        mounted = mounted.parent  # the files that the table names lie beside it

    target = DATA if mounted != source.absolute() else there
    tag = _tag(experiment.name)
    texts = {
        "experiment.toml": toml_file.dumps(sent),
        "Dockerfile": _dockerfile(
            experiment.name, tag, recipe, mounted if is_here else None, target
        ),
        "skypilot.yaml": _skypilot(
            experiment.name, tag, recipe, mounted if is_here else None, target
        ),
        ".dockerignore": "runs\n",
    }
    try:
        for name, path in program_files().items():
            copy = folder / "program" / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            with files.open_regular(path) as file:
                files.write_atomically(copy, file.read())

        for name, text in texts.items():
            files.write_atomically(folder / name, text.encode())
    except OSError as error:
        raise files.disk_error(error, folder) from error

    return [folder / name for name in ("Dockerfile", "skypilot.yaml", "experiment.toml")]


def _dockerfile(name: str, tag: str, recipe: Recipe, data: Path | None, target: str) -> str:
    start = ["docker", "run", "--rm", "--volume", "./runs:/runs"]
    if data is not None:
        start += ["--volume", f"{data}:{target}:ro"]
    if recipe.gpus:
        start += ["--gpus", "all", "--shm-size", "1g"]

    processes = f', "--processes", "{recipe.processes}"' if recipe.processes > 1 else ""
    return DOCKERFILE.format(
        name=_line(name),
        tag=tag,
        start=shlex.join([*start, tag]),
        image=IMAGE,
        install=ON_GPUS if recipe.gpus else ON_CPUS,
        processes=processes,
    )


def _skypilot(name: str, tag: str, recipe: Recipe, data: Path | None, target: str) -> str:
    resources = []
    if recipe.gpus:
        resources.append(f"  accelerators: {recipe.gpu}:{recipe.gpus}")
    if recipe.cores or not recipe.gpus:
        resources.append(f"  cpus: {recipe.cores or 4}+")

    run = f"~/netwright/bin/netwright train experiment.toml --run-dir runs/{tag}"
    if recipe.machines > 1:
        run = TORCHRUN.format(each=recipe.processes, tag=tag)
    elif recipe.processes > 1:
        run += f" --processes {recipe.processes}"

    mounts = ""
    if data is not None:
        mounts = f"file_mounts:\n  {_quoted(target)}: {_quoted(str(data))}\n"

    return SKYPILOT.format(
        name=_line(name),
        tag=tag,
        resources="\n".join(resources),
        machines=recipe.machines,
        mounts=mounts,
        run=run,
    )


def _tag(name: str) -> str:
    """Returns a name of images and clusters: small letters, digits and single dashes."""
    letters = "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in name.lower())
    return "-".join(filter(None, letters.split("-"))) or "run"


def _line(name: str) -> str:
    """Returns a name for a comment, which is one line."""
    return " ".join(name.split())


def _quoted(text: str) -> str:
    """Returns a text as YAML reads it, whatever signs are in it."""
    return files.json_line(text, ascii_only=True).decode().strip()
