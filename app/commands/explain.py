"""`netwright explain`: what an answer rests on, and whether the map of it tells the truth."""

from __future__ import annotations

import io
import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.command_options import as_json
from app.engine.errors import UserError
from app.find_run import find_run
from app.output import complain, say, say_json

if TYPE_CHECKING:
    from app.engine.explain.explaining import Explanation
    from app.engine.results.predictor import Predictor

FAILED = 1


class Pictures:
    """The folder into which a call writes the pictures of its maps."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._written: set[Path] = set()

    def write(self, explanation: Explanation, name: str) -> list[Path]:
        """Writes a picture of each half of an example and returns their paths.

        Examples of one name from several folders are numbered. Raises UserError where the folder
        cannot be written.
        """
        from app.engine import files  # noqa: PLC0415 - for pictures only
        from app.engine.explain.picture import draw  # noqa: PLC0415 - for pictures only

        paths = []
        for number, half in enumerate(explanation.halves):
            stem = Path(name).name + ("-other" if number else "")
            path = self._free(f"{stem}-{half.method.kind}")
            content = io.BytesIO()
            draw(half).save(content, "PNG")
            files.write_atomically(path, content.getvalue())
            paths.append(path)

        return paths

    def _free(self, stem: str) -> Path:
        names = itertools.chain([stem], (f"{stem}-{number}" for number in itertools.count(2)))
        path = next(
            path for name in names if (path := self._folder / f"{name}.png") not in self._written
        )
        self._written.add(path)
        return path


@click.command()
@click.argument("run")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--method", metavar="M", help="How: grad-cam, occlusion, integrated-gradients ...")
@click.option("--out", metavar="DIR", help="Write a picture of each map into this folder.")
@as_json
def explain(
    run: str, files: tuple[str, ...], method: str | None, out: str | None, json_: bool
) -> int:
    """Show what the answers of a trained network rest on.

    FILE is what the network reads, as for predict. Each map is tested: the answer must fall sooner
    without what it marks than without random parts, and random weights must give another map.
    """
    from app.engine.results.predictor import Predictor  # noqa: PLC0415 - loads torch

    found = find_run(run)
    predictor = Predictor.load(found)
    pictures = Pictures(Path(out).expanduser()) if out is not None else None
    explanations: list[dict[str, Any]] = []
    for name, raw, error in _examples(predictor, files):
        entry: dict[str, Any] = {"file": name}
        explanations.append(entry)
        try:
            if error is not None:
                raise error
            entry |= _explained(predictor, name, raw, method, pictures, quiet=json_)
        except UserError as problem:
            complain(f"{name}: {problem}")
            entry["error"] = str(problem)

    if json_:
        say_json({"run": str(found.path), "explanations": explanations})

    return FAILED if any("error" in entry for entry in explanations) else 0


def _examples(
    predictor: Predictor, files: tuple[str, ...]
) -> list[tuple[str, Any, UserError | None]]:
    """Returns each example with its name, or with the reason why its file cannot be read.

    Of a network that compares pairs, two files are one example.
    """
    from app.engine.data.kinds.pair.preparation import PairPreparation  # noqa: PLC0415 - see above
    from app.engine.experiment.data_settings import DataSettings  # noqa: PLC0415 - see above
    from app.engine.results.inputs import TABLES, read_half, read_input  # noqa: PLC0415 - see above

    preparation = predictor.description.preparation
    tables = any(file.lower().endswith(TABLES) for file in files)
    if isinstance(preparation, PairPreparation) and len(files) == 2 and not tables:
        halves = zip(files, preparation.halves, strict=True)
        return [(" + ".join(files), tuple(read_half(*half) for half in halves), None)]

    settings = predictor.experiment.data if predictor.experiment is not None else DataSettings()
    found: list[tuple[str, Any, UserError | None]] = []
    for file in files:
        try:
            given = read_input(file, predictor.description, settings)
        except UserError as error:
            found.append((file, None, error))
            continue

        found += [(name, raw, None) for name, raw in zip(given.names, given.raws, strict=True)]

    return found


def _explained(
    predictor: Predictor,
    name: str,
    raw: Any,
    method: str | None,
    pictures: Pictures | None,
    quiet: bool,
) -> dict[str, Any]:
    """Explains one example, says it and writes its pictures; returns it as plain data."""
    from app.engine.explain.explaining import explain as explain_one  # noqa: PLC0415 - loads torch

    explanation = explain_one(predictor, predictor.read(raw), method)
    plain = explanation.to_plain()
    if pictures is not None:
        plain["pictures"] = [str(path) for path in pictures.write(explanation, name)]
    if quiet:
        return plain

    say(f"{name}: {explanation.answer}")
    for half in explanation.halves:
        say(f"  {half.method.label}: strongest at {_place(half.strongest)}")
        say(f"  {half.truth.verdict}")

    for picture in plain.get("pictures", ()):
        say(f"  {picture}")

    return plain


def _place(strongest: list[int] | str) -> str:
    if isinstance(strongest, str):
        return f"'{strongest}'"
    if len(strongest) == 1:
        return f"sample {strongest[0]}"

    return f"row {strongest[0]}, column {strongest[1]}"
