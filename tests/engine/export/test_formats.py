"""Every export format, found by walking, holds every task: the same answers in another process."""

from __future__ import annotations

import json
import os
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest

from app.engine.experiment.toml_file import from_plain
from app.engine.export import proving
from app.engine.export.exported_file import ExportedFile
from app.engine.export.formats import all_formats
from app.engine.export.proof import Proof
from app.engine.export.proving import prove
from app.engine.export.trained_network import TrainedNetwork
from app.engine.sources.format import no_progress
from tests import tiny_files
from tests.engine.export.untrained import untrained_run

if TYPE_CHECKING:
    from app.engine.export.format import ExportFormat
    from tests.engine.tiny import Combination

FORMATS = [
    each for each in all_formats().values() if not each.missing_packages() and not each.trains
]
"""Those that train have tests of their own: initial weights were never trained."""
EXACT = ("torch-export",)
"""Formats that must answer to the bit."""

FLOAT32 = 1e-4
"""So far may answers in float32 be apart, in times of the largest."""


def first_of_each_task() -> list[Combination]:
    """Returns a combination for every task, whose kinds of data come in turn."""
    found: dict[str, list[Combination]] = {}
    for combination in tiny_files.all_combinations():
        found.setdefault(combination.task, []).append(combination)

    chosen = []
    for number, own in enumerate(found.values()):
        sorts = list(dict.fromkeys(combination.sort for combination in own))
        sort = sorts[number % len(sorts)]
        chosen.append(next(each for each in own if each.sort == sort))

    return chosen


def first_of_each_form() -> list[Combination]:
    """Returns one combination for every template with every task and kind of data."""
    found: dict[tuple[str, str, str], Combination] = {}
    for each in tiny_files.all_combinations():
        found.setdefault((each.task, each.sort, each.template), each)

    return list(found.values())


@pytest.fixture(autouse=True)
def _brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measures the time of the network here only as often as it must."""
    monkeypatch.setattr(proving, "LEAST_SECONDS", 0.0)


def trained(folder: Path, combination: Combination) -> TrainedNetwork:
    """Returns a network with initial weights, and its real files."""
    plain: dict[str, Any] = tiny_files.settings(combination)
    plain["data"] = tiny_files.write_files(folder / "files", combination.task, combination.sort)
    run, _ = untrained_run(folder / "runs", from_plain(plain))
    return TrainedNetwork.load(run)


def written(network: TrainedNetwork, form: ExportFormat, folder: Path) -> Path:
    """Writes a format into a folder of its own, in this process, and returns its file."""
    folder.mkdir(exist_ok=True)
    path = folder / f"network{form.suffix}"
    form.write(network, path, no_progress)
    return path


def require_same(network: TrainedNetwork, form: ExportFormat, path: Path) -> None:
    """Proves a file and looks at every figure of the proof."""
    proof = prove(network, form, path, no_progress)
    assert (proof.format, proof.out, proof.split) == (form.kind, path.name, "test")
    assert proof.examples == len(network.rows) > 5
    assert proof.size == sum(each.stat().st_size for each in path.parent.iterdir())
    assert set(proof.milliseconds) == set(proof.own_milliseconds) == {"1", "64"}
    assert all(value > 0 for value in proof.milliseconds.values())
    assert Proof.from_plain(json.loads(json.dumps(proof.to_plain()))) == proof
    if form.most_lost is not None:
        return  # 8 bits: what initial weights answer says nothing

    assert proof.changed == 0 and not proof.is_marked
    assert proof.max_difference <= FLOAT32 * proof.largest
    assert proof.value == pytest.approx(proof.run_value, abs=1e-4)
    if form.kind in EXACT:
        assert proof.max_difference == 0


@pytest.mark.long
@pytest.mark.parametrize("combination", first_of_each_task(), ids=lambda each: each.task)
@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.kind)
def test_every_format_holds_every_task(
    combination: Combination, form: ExportFormat, tmp_path: Path
) -> None:
    network = trained(tmp_path, combination)
    require_same(network, form, written(network, form, tmp_path / form.kind))


@pytest.mark.long
@pytest.mark.parametrize("combination", first_of_each_form(), ids=str)
def test_every_template_in_every_format(combination: Combination, tmp_path: Path) -> None:
    network = trained(tmp_path, combination)
    for form in FORMATS:
        require_same(network, form, written(network, form, tmp_path / form.kind))


# --- a table in all formats


class Table(NamedTuple):
    """A network for rows, and its files in every format, each in a folder of its own."""

    network: TrainedNetwork
    files: dict[str, Path]


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Table:
    folder = tmp_path_factory.mktemp("Tabelle é")
    rows = (each for each in tiny_files.all_combinations() if each.sort == "row")
    network = trained(folder, next(each for each in rows if each.template == "mlp"))
    files = {form.kind: written(network, form, folder / form.kind) for form in FORMATS}
    return Table(network, files)


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.kind)
def test_every_format_answers_as_the_network(form: ExportFormat, table: Table) -> None:
    require_same(table.network, form, table.files[form.kind])


@pytest.mark.long
def test_batches_of_any_size(table: Table, tmp_path: Path) -> None:
    network = table.network
    every = network.raw(network.rows[np.arange(64) % len(network.rows)])
    for kind, path in table.files.items():
        form = all_formats()[kind]
        scratch = tmp_path / kind
        scratch.mkdir()
        with ExportedFile(form.loader, form.answering_path(network, path, scratch), 1) as file:
            whole = file.answers(form.inputs(network, every))
            for size in (1, 2, 3):
                part = file.answers(form.inputs(network, [array[:size] for array in every]))
                np.testing.assert_allclose(part, whole[:size], rtol=0, atol=1e-6)


def test_no_path_of_this_computer_stands_in_a_file(table: Table) -> None:
    source = Path(table.network.run.experiment().data.source)
    root = Path(__file__).resolve().parents[3]
    secrets = {str(Path.home()), str(root), str(source), str(table.network.run.path)}
    secrets |= {os.environ.get("USER", ""), "site-packages", sys.prefix}
    for path in table.files.values():
        for file in path.parent.iterdir():
            content = file.read_bytes()
            for secret in filter(None, secrets):
                assert secret.encode() not in content, (file, secret)


def test_an_onnx_file_says_what_it_reads_and_answers(table: Table) -> None:
    onnx = pytest.importorskip("onnx")
    network = table.network
    model = onnx.load(table.files["onnx"])
    facts = {entry.key: entry.value for entry in model.metadata_props}
    inputs = json.loads(facts["inputs"])
    names = [raw.name for raw in network.description.preparation.raw_inputs]
    assert [each["name"] for each in inputs] == names == [each.name for each in model.graph.input]
    assert facts["task"] == network.task.kind and facts["output"] == network.task.answer_name
    assert [each.name for each in model.graph.output] == [network.task.answer_name]

    types = {each.name: each.type.tensor_type.elem_type for each in model.graph.input}
    assert types["form"] == onnx.TensorProto.STRING and types["one"] == onnx.TensorProto.FLOAT
    assert [dim.dim_param for dim in model.graph.input[0].type.tensor_type.shape.dim] == ["batch"]
    assert not any(node.metadata_props or node.doc_string for node in model.graph.node)


def test_a_program_of_pytorch_says_the_same_and_holds_no_example(table: Table) -> None:
    network = table.network
    with zipfile.ZipFile(table.files["torch-export"]) as archive:
        (facts,) = (name for name in archive.namelist() if name.endswith("netwright.json"))
        plain = json.loads(archive.read(facts))
        content = b"".join(map(archive.read, archive.namelist()))

    assert plain["output"] == network.task.answer_name
    assert [each["name"] for each in plain["inputs"]] == [
        raw.name for raw in network.description.preparation.raw_inputs
    ]
    assert network.raw(network.rows[:1])[0].tobytes() not in content


def test_words_that_were_never_seen_are_all_one(table: Table) -> None:
    network = table.network
    (words,) = (raw.words for raw in network.description.preparation.raw_inputs if raw.words)
    raw = network.raw(network.rows[:1])
    with ExportedFile("onnx_runtime", table.files["onnx"], 1) as file:
        first, *others, new, other, empty = (
            file.answers([np.array([word]) if array.dtype == np.int64 else array for array in raw])
            for word in (*words, "quite new", "something else", "")
        )

    np.testing.assert_array_equal(new, other)
    np.testing.assert_array_equal(new, empty)
    assert all((first != each).any() for each in (*others, new))
