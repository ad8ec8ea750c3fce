"""What reading costs beside the least that it could: a large table, many pictures, a long text.

Each turn is a process of its own, which starts with everything imported; its processor time is
counted, of all threads. `describe` is what the command of that name does.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from tests.bench.history import most_memory

ROWS = 1_000_000
PICTURES = 20_000
TEXT = 200_000_000
SHORT_TEXT = 1_000_000

LETTERS = "etaoinshrdlucmfwypvbgkjqxz"


def main(pairs: int, what: list[str]) -> None:
    """Prints the median ratios of processor time, and of the most memory held for the table.

    what: of "table", "pictures", "text"; [] for all.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["NETWRIGHT_HOME"] = str(folder / "home")
        for kind, measure in (("table", table), ("pictures", pictures), ("text", text)):
            if not what or kind in what:
                measure(folder, pairs)


def table(folder: Path, pairs: int) -> None:
    write_table(folder / "table.csv", ROWS)
    turns = [
        (turn("describe", folder / "table.csv"), turn("arrow", folder / "table.csv"))
        for _ in range(pairs)
    ]
    size = (folder / "table.csv").stat().st_size / 1e6
    report(f"table of {ROWS:,} x 20 ({size:.0f} MB), describe / pyarrow.csv", turns)


def pictures(folder: Path, pairs: int) -> None:
    write_pictures(folder / "pictures", PICTURES)
    first, second = [], []
    for number in range(pairs):
        home = folder / f"home {number}"
        base = turn("pillow", folder / "pictures")
        first.append((turn("describe", folder / "pictures", home), base))
        base = turn("pillow", folder / "pictures")
        second.append((turn("describe", folder / "pictures", home), base))

    report(f"{PICTURES:,} pictures of 32 x 32, describe / Pillow, first time", first)
    report("the same, second time", second)


def text(folder: Path, pairs: int) -> None:
    write_text(folder / "long.txt", TEXT)
    write_text(folder / "short.txt", SHORT_TEXT)
    turns = [
        (turn("describe", folder / "long.txt"), turn("describe", folder / "short.txt"))
        for _ in range(pairs)
    ]
    report(f"text of {TEXT:,} bytes / of {SHORT_TEXT:,}, describe", turns)


def report(name: str, turns: list[tuple[tuple[float, float], tuple[float, float]]]) -> None:
    """Prints the ratios of both figures of neighbouring turns."""
    parts = []
    for index, figure in enumerate(("CPU", "memory")):
        ratios = [ours[index] / theirs[index] for ours, theirs in turns]
        parts.append(
            f"{figure} {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        )

    ours, theirs = (statistics.median(pair[side][0] for pair in turns) for side in (0, 1))
    print(
        f"{name}: {', '.join(parts)}; {ours:.2f} s against {theirs:.2f} s, {len(turns)} pairs",
        flush=True,
    )


def turn(what: str, source: Path, home: Path | None = None) -> tuple[float, float]:
    """Returns processor seconds and the most memory in MB, of a process of its own."""
    command = [sys.executable, "-m", "tests.bench.reading", what, str(source)]
    environment = os.environ | ({"NETWRIGHT_HOME": str(home)} if home is not None else {})
    output = subprocess.check_output(command, text=True, env=environment)
    seconds, memory = output.split()
    return float(seconds), float(memory)


def write_table(path: Path, rows: int) -> None:
    """Writes a table of amounts, whole numbers, words with few values, and a class."""
    rng = np.random.default_rng(0)
    names = [f"column{number}" for number in range(19)]
    with path.open("w", encoding="ascii") as file:
        file.write(",".join([*names, "class"]) + "\n")
        for begin in range(0, rows, 10_000):
            count = min(10_000, rows - begin)
            columns = [[f"{value:.4f}" for value in rng.normal(0, 10, count)] for _ in range(13)]
            columns += [list(map(str, rng.integers(0, 100_000, count))) for _ in range(3)]
            columns += [[f"value{number}" for number in rng.integers(0, 9, count)] for _ in "abc"]
            columns += [["yes" if value > 0.5 else "no" for value in rng.random(count)]]
            file.writelines(",".join(row) + "\n" for row in zip(*columns, strict=True))


def write_pictures(folder: Path, count: int) -> None:
    """Writes noisy pictures in ten folders."""
    rng = np.random.default_rng(0)
    for number in range(10):
        (folder / f"class{number}").mkdir(parents=True)

    for number in range(count):
        pixels = rng.integers(0, 256, (32, 32, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"class{number % 10}" / f"{number}.png")


def write_text(path: Path, size: int) -> None:
    """Writes words of a made language, the frequent ones as frequent as in others."""
    rng = np.random.default_rng(0)
    lengths = rng.integers(2, 11, 50_000)
    weights = 1 / np.arange(1, len(LETTERS) + 1)
    letters = rng.choice(list(LETTERS), lengths.sum(), p=weights / weights.sum())
    words = np.array(["".join(word) for word in np.split(letters, np.cumsum(lengths)[:-1])])
    frequency = 1 / np.arange(1, len(words) + 1)
    frequency /= frequency.sum()

    written = 0
    with path.open("w", encoding="ascii") as file:
        while written < size:
            chosen = rng.choice(words, 200_000, p=frequency).tolist()
            chosen[::12] = [f"{word}.\n" for word in chosen[::12]]
            part = " ".join(chosen)[: size - written]
            file.write(part)
            written += len(part)


def _read(what: str, source: Path) -> None:
    """Does one turn, and prints its figures."""
    if what == "describe":
        import pyarrow.compute
        import pyarrow.csv

        from app.engine.experiment.data_settings import DataSettings
        from app.engine.sources import summary
        from app.engine.sources.formats import all_formats
        from app.engine.sources.opening import open_dataset

        all_formats()
        pyarrow.scalar("")  # loads pandas where that is installed, which takes 0.3 s
        settings = DataSettings(source=str(source))
        begun = time.process_time()
        summary.describe(open_dataset(settings, sample=True))
    elif what == "arrow":
        import pyarrow.csv

        begun = time.process_time()
        columns = pyarrow.csv.read_csv(source)
        _ = [column.to_numpy() for column in columns.itercolumns()]
    else:
        Image.init()
        begun = time.process_time()
        for folder in os.scandir(source):
            for file in os.scandir(folder.path):
                with Image.open(file.path) as picture:
                    np.asarray(picture)

    print(time.process_time() - begun, most_memory())


if __name__ == "__main__":
    _read(sys.argv[1], Path(sys.argv[2]))
