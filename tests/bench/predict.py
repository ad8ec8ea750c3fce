"""Many examples predicted: pictures beside a bare loop, and the memory that a large table takes.

Each turn is a process of its own. The bare loop decodes the same way in as many threads, calls the
same network with as many examples at once and keeps the likeliest class; `netwright predict` does
what the command of that name does, into a file. The memory is how much more is held than the loaded
network had held at most when it had answered once.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from app.engine.experiment.toml_file import from_plain
from tests.bench.history import most_memory
from tests.bench.reading import write_table
from tests.engine.export.untrained import untrained_run

if TYPE_CHECKING:
    from collections.abc import Iterator

PICTURES = 20_000
SIDES = (224, 32)
"""The longer the side, the less everything but decoding weighs."""

TRAINING_SIZE = 64
ROWS = (100_000, 1_000_000)
FORMAT_ROWS = 300_000
MOST_MEMORY = 300e6
LEAST_SPEED = 0.9


def main(pairs: int, what: list[str]) -> int:
    """Prints ratios of speed and the most memory; returns 1 where a limit is missed.

    what: of "pictures", "table" and "formats"; [] for all.
    """
    good = True
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["NETWRIGHT_HOME"] = str(folder / "home")
        if not what or "pictures" in what:
            good = min([_pictures(folder, side, pairs) for side in SIDES]) and good
        if not what or "table" in what:
            good = _table(folder) and good
        if not what or "formats" in what:
            good = _formats(folder) and good

    return 0 if good else 1


def _pictures(folder: Path, side: int, pairs: int) -> bool:
    source = folder / f"pictures {side}"
    for number in range(10):
        (source / f"class{number}").mkdir(parents=True)
    rng = np.random.default_rng(0)
    low = rng.integers(0, 256, (PICTURES, 8, 8, 3), np.uint8)
    for number in range(PICTURES):
        picture = Image.fromarray(low[number]).resize((side, side), Image.Resampling.BICUBIC)
        picture.save(source / f"class{number % 10}" / f"{number}.jpg", quality=85)

    few = folder / f"few {side}"
    for number in range(100):
        (few / f"class{number % 10}").mkdir(parents=True, exist_ok=True)
        name = Path(f"class{number % 10}") / f"{number}.jpg"
        (few / name).write_bytes((source / name).read_bytes())

    size = min(side, TRAINING_SIZE)
    data = {"source": str(few), "height": size, "width": size}
    made, _ = untrained_run(folder / "runs", from_plain({"netwright": 2, "data": data}, "bench"))
    run = made.path

    turns = []
    for pair in range(pairs):
        kinds = ("ours", "bare") if pair % 2 else ("bare", "ours")
        turns.append({kind: _turn(kind, run, source) for kind in kinds})

    walls = [turn["bare"][0] / turn["ours"][0] for turn in turns]
    processors = [turn["bare"][1] / turn["ours"][1] for turn in turns]
    memory = max(turn["ours"][2] for turn in turns)
    speed = statistics.median(walls)
    print(
        f"{PICTURES:,} pictures of {side} x {side}: {speed:.2f} times the speed of a bare loop "
        f"({min(walls):.2f} to {max(walls):.2f}), by processor time "
        f"{statistics.median(processors):.2f}; {memory / 1e6:.0f} MB over the network, "
        f"{pairs} pairs, {statistics.median(turn['ours'][0] for turn in turns):.1f} s",
        flush=True,
    )
    return side != max(SIDES) or (speed >= LEAST_SPEED and memory <= MOST_MEMORY)


def _table(folder: Path) -> bool:
    write_table(folder / "training.csv", 5_000)
    data = {"source": str(folder / "training.csv"), "target": "class"}
    made, _ = untrained_run(folder / "runs", from_plain({"netwright": 2, "data": data}, "bench"))

    memories = []
    for rows in ROWS:
        source = folder / f"{rows}.csv"
        write_table(source, rows)
        wall, _, memory = _turn("ours", made.path, source)
        memories.append(memory)
        print(
            f"a table of {rows:,} rows ({source.stat().st_size / 1e6:.0f} MB): "
            f"{memory / 1e6:.0f} MB over the network, {wall:.0f} s, {rows / wall:,.0f} rows/s",
            flush=True,
        )

    return max(memories) <= MOST_MEMORY


def _formats(folder: Path) -> bool:
    """Measures tables of other sorts; a sheet is held by its own process beside that."""
    write_table(folder / "training.csv", 5_000)
    data = {"source": str(folder / "training.csv"), "target": "class"}
    made, _ = untrained_run(folder / "runs", from_plain({"netwright": 2, "data": data}, "bench"))
    memories = []
    for source in write_formats(folder, FORMAT_ROWS):
        wall, _, memory = _turn("ours", made.path, source)
        memories.append(memory)
        print(
            f"{source.suffix} of {FORMAT_ROWS:,} rows ({source.stat().st_size / 1e6:.0f} MB): "
            f"{memory / 1e6:.0f} MB over the network, {wall:.0f} s",
            flush=True,
        )

    return max(memories) <= MOST_MEMORY


def write_formats(folder: Path, rows: int) -> Iterator[Path]:
    """Writes the same table in one form after another."""
    import gzip

    import openpyxl
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    text = folder / "formats.csv"
    write_table(text, rows)
    table = pyarrow.csv.read_csv(text)
    with gzip.open(folder / "formats.csv.gz", "wb", 1) as packed:
        packed.write(text.read_bytes())
    yield folder / "formats.csv.gz"

    pyarrow.parquet.write_table(table, folder / "formats.parquet")
    yield folder / "formats.parquet"

    with pa.ipc.new_file(folder / "formats.arrow", table.schema) as writer:
        writer.write_table(table, max_chunksize=1 << 16)
    yield folder / "formats.arrow"

    with (folder / "formats.jsonl").open("w") as lines:
        for row in table.to_pylist():
            lines.write(json.dumps(row) + "\n")
    yield folder / "formats.jsonl"

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(table.column_names)
    for row in table.to_pylist():
        sheet.append(list(row.values()))
    book.save(folder / "formats.xlsx")
    yield folder / "formats.xlsx"


def _turn(kind: str, run: Path, source: Path) -> tuple[float, float, float]:
    """Returns seconds, processor seconds and the most memory in bytes, of a process of its own."""
    command = [sys.executable, "-m", "tests.bench.predict", kind, str(run), str(source)]
    output = subprocess.check_output(command, text=True)
    wall, processor, memory = map(float, output.split()[-3:])
    return wall, processor, memory


def _do(kind: str, run_folder: Path, source: Path) -> None:
    """Does one turn, and prints its figures."""
    import torch

    from app import prediction_command
    from app.engine.compute.batches import as_batch
    from app.engine.results.predictor import Predictor
    from app.engine.runs.run import Run
    from app.engine.sources.decoding.threads import MOST_THREADS

    run = Run(run_folder)
    predictor = Predictor.load(run)
    shape = predictor.description.shape
    predictor.predictions(np.zeros((128, *shape), predictor_type(predictor)))
    held = most_memory() * 1e6
    walls = time.perf_counter()
    begun = time.process_time()
    if kind == "ours":
        out = source.parent / "answers.csv"
        assert prediction_command.predict(run, (str(source),), (), str(out), False) == 0
    else:
        from concurrent.futures import ThreadPoolExecutor

        preparation = predictor.description.preparation
        files = sorted(str(path) for path in source.rglob("*.jpg"))
        answers = []

        def decode(path: str) -> np.ndarray:
            return preparation.array(preparation.decoded(Path(path)))

        with ThreadPoolExecutor(min(MOST_THREADS, os.cpu_count() or 1)) as pool, torch.no_grad():
            decoded = pool.map(decode, files)
            for first in range(0, len(files), 128):
                names = files[first : first + 128]
                batch = np.stack([next(decoded) for _ in names])
                tensor = preparation.tensor(as_batch([torch.from_numpy(batch)]))
                shares = predictor.network(tensor).softmax(-1)
                answers += zip(names, *map(torch.Tensor.tolist, shares.max(-1)), strict=True)

    seconds = time.process_time() - begun
    print(time.perf_counter() - walls, seconds, most_memory() * 1e6 - held)


def predictor_type(predictor: object) -> type:
    """Returns the type of numbers in which a network's examples are kept."""
    kind = predictor.description.kind  # type: ignore[attr-defined]
    return np.uint8 if kind == "image" else np.float32


if __name__ == "__main__":
    _do(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
